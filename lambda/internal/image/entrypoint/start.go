// Package entrypoint follows what would start in an image, from the Entrypoint and Cmd of its config to the last dynamic loader,
// the way a runtime and the kernel would. It judges nothing: each step says what was named, where that led, and what was there.
package entrypoint

import (
	"context"
	"fmt"
	"path"
	"regexp"
	"strings"

	"archway/lambda/internal/image/executable"
	"archway/lambda/internal/image/layer"
	"archway/lambda/internal/image/rootfs"
)

// Command is what an image's config says about starting it.
type Command struct {
	Entrypoint, Cmd, Env []string
	WorkingDir           string
	// Fits tells whether a machine's programs run on the platform. What doesn't fit is not followed any further.
	Fits func(executable.Machine) bool
}

// Files is an image's root file system. *rootfs.FS is one.
type Files interface {
	Resolve(ctx context.Context, folder, name string) (rootfs.File, error)
}

// How says in which way a step follows from the one before.
type How int

// The ways in which one program leads to the next.
const (
	// Entry is what the runtime executes.
	Entry How = iota
	// Interpreter is named in a script's first line.
	Interpreter
	// Loader is an ELF program's dynamic loader.
	Loader
	// Wrapped is what a program such as env or tini is told to execute.
	Wrapped
	// Probable is what a shell's command begins with, or what a script is given whose text says that it
	// executes what it is given. It is followed only if it is there.
	Probable
	// Guessed is what a script is given whose text doesn't say that. It may read it as data, and is
	// followed only if it is there.
	Guessed
)

// Step is one program on the way.
type Step struct {
	How How
	// Name is how the program is called in the place that names it.
	Name string
	// From is the step that leads here, or -1.
	From int
	// Searched are the folders of PATH that were searched. Empty if the name has a slash.
	Searched []string
	File     rootfs.File
	// Args are those that it is started with, its name first. Empty of interpreters and loaders.
	Args []string
	// Merged is the name below /usr where the file is that isn't at its own: something hides the link
	// between the two that the base has. Else it is empty.
	Merged string
}

// Trace is all that would start.
type Trace struct {
	// Args are Entrypoint and Cmd together.
	Args  []string
	Steps []Step
}

// Guess reports whether a step, or one that leads to it, is only guessed to be executed.
func (t Trace) Guess(s Step) bool {
	for s.How != Guessed && s.From >= 0 {
		s = t.Steps[s.From]
	}
	return s.How == Guessed
}

// defaultPath is what Docker and containerd set where an image sets no PATH.
const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// maxSteps bounds the chain of programs. Six would be many.
const maxSteps = 40

// maxScripts is how many scripts the kernel follows that are each other's interpreters (fs/exec.c, exec_binprm).
const maxScripts = 5

// Follow traces a command. The error is that of reading the files, and the trace is what was known by then.
func Follow(ctx context.Context, files Files, c Command) (Trace, error) {
	search := environment(c.Env)
	if len(search) > maxVariable {
		return Trace{}, &rootfs.Limit{
			Reason: fmt.Sprintf("its PATH has more than the %d bytes that Linux allows", maxVariable), Cure: "set a shorter PATH with ENV",
		}
	}
	f := &follower{files: files, command: c, folder: c.WorkingDir, path: strings.Split(search, ":")}
	f.trace.Args = append(append([]string{}, c.Entrypoint...), c.Cmd...)
	if len(f.trace.Args) == 0 {
		return f.trace, nil
	}
	err := f.follow(ctx, Entry, -1, f.trace.Args)
	return f.trace, err
}

// maxVariable is the longest variable that Linux hands to a program (MAX_ARG_STRLEN).
const maxVariable = 128 << 10

// environment gives the PATH that holds in the container. The last of several counts.
func environment(env []string) string {
	value := defaultPath
	for _, variable := range env {
		if v, ok := strings.CutPrefix(variable, "PATH="); ok {
			value = v
		}
	}
	return value
}

type follower struct {
	files   Files
	command Command
	folder  string
	path    []string
	trace   Trace
}

// follow follows a program with its arguments, and then what it is told to execute.
func (f *follower) follow(ctx context.Context, how How, from int, args []string) error {
	at, err := f.program(ctx, how, from, args[0])
	if err != nil || at < 0 {
		return err
	}
	f.trace.Steps[at].Args = args
	next, rest := f.next(at, args)
	if len(rest) == 0 || len(f.trace.Steps) >= maxSteps {
		return nil
	}
	return f.follow(ctx, next, at, rest)
}

// program finds a program by name, and follows what the kernel needs to execute it. It returns the program's step, or -1 if
// there is nothing more to follow.
func (f *follower) program(ctx context.Context, how How, from int, name string) (int, error) {
	step, err := f.search(ctx, name)
	if err != nil {
		return -1, err
	}
	if (how == Probable || how == Guessed) && !runnable(step.File) {
		return -1, nil
	}
	step.How, step.From = how, from
	return f.execute(ctx, step, 0)
}

// search finds a program as the runtime does (runc's and Go's LookPath, execvp): a name with a slash is a path, others are
// searched in PATH for the first file that may be executed.
func (f *follower) search(ctx context.Context, name string) (Step, error) {
	s := Step{Name: name}
	if name == "" {
		s.File.State = rootfs.Absent
		return s, nil
	}
	if strings.Contains(name, "/") {
		err := f.resolve(ctx, &s)
		return s, err
	}
	s.Searched = f.path
	best := rootfs.File{State: rootfs.Absent}
	for _, folder := range f.path {
		if folder == "" {
			folder = "."
		}
		file, err := f.files.Resolve(ctx, f.folder, folder+"/"+name)
		if err != nil {
			return s, err
		}
		if runnable(file) {
			s.File = file
			return s, nil
		}
		// What is there but can't be executed tells more than that nothing is there.
		if best.State != rootfs.Found && (file.State == rootfs.Found || file.Dangling) {
			best = file
		}
	}
	s.File = best
	return s, nil
}

// mergedFolders are those that distributions have below /usr today, with a link at the root (merged
// /usr).
var mergedFolders = regexp.MustCompile(`^/(bin|sbin|lib|lib32|lib64)/`)

// resolve follows a step's name. Where nothing is there, it looks below /usr too.
func (f *follower) resolve(ctx context.Context, s *Step) error {
	var err error
	s.File, err = f.files.Resolve(ctx, f.folder, s.Name)
	if err != nil || s.File.State != rootfs.Absent || s.File.Dangling || !mergedFolders.MatchString(s.Name) {
		return err
	}
	below, err := f.files.Resolve(ctx, f.folder, "/usr"+s.Name)
	if err == nil && (below.State == rootfs.Found || below.Dangling) { // dangling, if its own link leads through the hidden one
		s.Merged = "/usr" + s.Name
	}
	return err
}

func runnable(file rootfs.File) bool {
	return file.State == rootfs.Found && file.Node.Kind == layer.File && file.Node.Exec
}

// execute notes a step, and follows what the kernel does with the file.
func (f *follower) execute(ctx context.Context, s Step, scripts int) (int, error) {
	at := len(f.trace.Steps)
	f.trace.Steps = append(f.trace.Steps, s)
	if !runnable(s.File) {
		return -1, nil
	}
	switch p := s.File.Node.Program; p.Kind {
	case executable.ELF:
		if p.Fault != "" || !f.command.Fits(p.Machine) {
			return -1, nil
		}
		if p.Loader != "" {
			loader := Step{How: Loader, Name: p.Loader, From: at}
			if err := f.resolve(ctx, &loader); err != nil {
				return -1, err
			}
			f.trace.Steps = append(f.trace.Steps, loader)
		}
		return at, nil
	case executable.Script:
		if err := f.interpreter(ctx, at, p.Shebang(), scripts); err != nil {
			return -1, err
		}
		return at, nil
	}
	return -1, nil
}

// interpreter follows a script's first line.
func (f *follower) interpreter(ctx context.Context, script int, line executable.Shebang, scripts int) error {
	if line.Fault != "" {
		return nil
	}
	s := Step{How: Interpreter, Name: line.Interpreter, From: script}
	if scripts == maxScripts {
		s.File.State = rootfs.Circle
		f.trace.Steps = append(f.trace.Steps, s)
		return nil
	}
	if err := f.resolve(ctx, &s); err != nil {
		return err
	}
	at, err := f.execute(ctx, s, scripts+1)
	if err != nil || at < 0 || path.Base(line.Interpreter) != "env" || line.Argument == "" {
		return err
	}
	if rest, ok := executable.Env([]string{line.Argument}); ok {
		_, err = f.program(ctx, Wrapped, at, rest[0])
	}
	return err
}
