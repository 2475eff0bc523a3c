package entrypoint

import (
	"context"

	"archway/lambda/internal/image/executable"
	"archway/lambda/internal/image/rootfs"
)

// told follows what a script's first line has its interpreter execute, where that is env or the
// like. The kernel gives it the rest of the line as one argument, and then the script's own name
// (fs/binfmt_script.c): where the line names nothing to execute, the script itself is executed
// again.
func (f *follower) told(ctx context.Context, script, at int, line executable.Shebang) error {
	if f.trace.Steps[at].File.Node.Program.Kind == executable.Script {
		return nil // whose text would say what it does with its arguments
	}
	args := []string{line.Interpreter}
	if line.Argument != "" {
		args = append(args, line.Argument)
	}
	_, rest := f.next(at, append(args, f.trace.Steps[script].File.Path))
	if len(rest) == 0 || len(f.trace.Steps) >= maxSteps {
		return nil
	}
	s, err := f.find(ctx, rest[0])
	if err != nil {
		return err
	}
	s.How, s.From = Wrapped, at
	if s.Again = f.again(s.File, script); s.Again {
		f.trace.Steps = append(f.trace.Steps, s)
		return nil
	}
	_, err = f.execute(ctx, s, 0)
	return err
}

// again reports whether a file is a script that is being followed, or one whose first line leads to
// it.
func (f *follower) again(file rootfs.File, script int) bool {
	for n := script; ; {
		s := f.trace.Steps[n]
		if file.State == rootfs.Found && s.File.Path == file.Path {
			return true
		}
		if s.How != Interpreter && (s.How != Wrapped || f.trace.Steps[s.From].How != Interpreter) {
			return false
		}
		n = s.From
	}
}
