// Package entrypoint follows what would start in an image, from the Entrypoint and Cmd of its
// config to the last dynamic loader, the way a runtime and the kernel would. It judges nothing:
// each step says what was named, where that led, and what was there.
package entrypoint

import (
	"cmp"
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
	// Fits reports whether a machine's programs run on the platform. What doesn't fit is not
	// followed any further.
	Fits func(executable.Machine) bool
}

// Files is an image's root file system. *rootfs.FS is one.
type Files interface {
	Resolve(ctx context.Context, folder, name string) (rootfs.File, error)
	// Folder follows a working directory, which the runtime makes where it is missing.
	Folder(ctx context.Context, name string) (rootfs.File, error)
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
	// Probable is what a shell's command begins with, or what a script is given whose text says
	// that it executes what it is given. It is followed only if it is there.
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
	// Searched are the folders of PATH that were searched. Empty if the name has a slash, or PATH
	// is empty.
	Searched []string
	// Relative is the folder of PATH in which the program was found, if it doesn't begin at the
	// root and the runtime therefore refuses it.
	Relative string
	// Refuses is an option that the program is given and doesn't have.
	Refuses string
	// Again says that the program is a script whose own first line led here, so that it starts
	// itself without end. It is followed no further.
	Again bool
	File  rootfs.File
	// Args are those that it is started with, its name first. Empty of interpreters and loaders.
	Args []string
	// Merged is the name below /usr where the file is that isn't at its own: something hides the
	// link between the two that the base has. Else it is empty.
	Merged string
}

// Trace is all that would start.
type Trace struct {
	// Args are Entrypoint and Cmd together.
	Args []string
	// Folder is the working directory.
	Folder Folder
	Steps  []Step
}

// Folder is a working directory.
type Folder struct {
	// Name is as the config has it, or "/".
	Name string
	File rootfs.File
}

// Relative reports whether the folder's name doesn't begin at the root, which runtimes refuse
// (runc's utils_linux.go, validateProcessSpec, v1.1.5 to v1.4; Docker when it makes the container).
func (f Folder) Relative() bool { return !strings.HasPrefix(f.Name, "/") }

// Good reports whether a container can start in the folder.
func (f Folder) Good() bool {
	return !f.Relative() && (f.File.Usable() || f.File.State == rootfs.Outside)
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

// maxScripts is how many scripts the kernel follows that are each other's interpreters (fs/exec.c,
// exec_binprm).
const maxScripts = 5

// Follow traces a command. The error is that of reading the files, and the trace is what was known
// by then.
func Follow(ctx context.Context, files Files, c Command) (Trace, error) {
	search := environment(c.Env)
	if len(search) > maxVariable {
		return Trace{}, &rootfs.Limit{
			Reason: fmt.Sprintf("its PATH has more than the %d bytes that Linux allows", maxVariable),
			Cure:   "set a shorter PATH with ENV",
		}
	}
	f := &follower{files: files, command: c, folder: cmp.Or(c.WorkingDir, "/"), search: search}
	f.trace.Args = append(append([]string{}, c.Entrypoint...), c.Cmd...)
	if len(f.trace.Args) == 0 {
		return f.trace, nil
	}
	if err := f.enter(ctx); err != nil {
		return f.trace, err
	}
	if name := f.trace.Args[0]; !f.trace.Folder.Good() && strings.Contains(name, "/") && !strings.HasPrefix(name, "/") {
		return f.trace, nil // it is in that folder, or nowhere
	}
	err := f.follow(ctx, Entry, -1, f.trace.Args)
	return f.trace, err
}

// enter looks at the working directory. Where no container can be in it, all else is followed from
// the root.
func (f *follower) enter(ctx context.Context) error {
	in := Folder{Name: f.folder}
	if !in.Relative() {
		var err error
		if in.File, err = f.files.Folder(ctx, in.Name); err != nil {
			return err
		}
	}
	f.trace.Folder = in
	if !in.Good() {
		f.folder = "/"
	}
	return nil
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
	// search is PATH.
	search string
	trace  Trace
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

// program finds a program by name, and follows what the kernel needs to execute it. It returns the
// program's step, or -1 if there is nothing more to follow.
func (f *follower) program(ctx context.Context, how How, from int, name string) (int, error) {
	find := f.find
	if how == Entry {
		find = f.lookPath
	}
	step, err := find(ctx, name)
	if err != nil {
		return -1, err
	}
	if (how == Probable || how == Guessed) && !runnable(step.File) {
		return -1, nil
	}
	step.How, step.From = how, from
	return f.execute(ctx, step, 0)
}

// lookPath finds a program as runc does (libcontainer/standard_init_linux.go), by Go's
// exec.LookPath: it cleans each name before it asks the kernel, passes over nothing that may be
// executed but folders, and refuses what it finds in a folder that doesn't begin at the root (since
// Go 1.19, os/exec/lp_unix.go). An empty PATH has no folders.
func (f *follower) lookPath(ctx context.Context, name string) (Step, error) {
	if name == "" || strings.Contains(name, "/") {
		return f.find(ctx, name)
	}
	s := Step{Name: name, File: rootfs.File{State: rootfs.Absent}}
	if f.search == "" {
		return s, nil
	}
	s.Searched = strings.Split(f.search, ":")
	for _, folder := range s.Searched {
		full := path.Join(cmp.Or(folder, "."), name)
		file, err := f.files.Resolve(ctx, f.folder, full)
		if err != nil {
			return s, err
		}
		if file.State == rootfs.Found && file.Node.Kind != layer.Dir && file.Node.Exec {
			s.File = file
			if !path.IsAbs(full) {
				s.Relative = cmp.Or(folder, ".")
			}
			return s, nil
		}
		s.File = telling(s.File, file)
	}
	return s, nil
}

// find finds a program as execvp does: a name with a slash is a path, others are searched in PATH
// for the first file that may be executed.
func (f *follower) find(ctx context.Context, name string) (Step, error) {
	s := Step{Name: name, File: rootfs.File{State: rootfs.Absent}}
	if name == "" {
		return s, nil
	}
	if strings.Contains(name, "/") {
		err := f.resolve(ctx, &s)
		return s, err
	}
	s.Searched = strings.Split(f.search, ":")
	for _, folder := range s.Searched {
		file, err := f.files.Resolve(ctx, f.folder, cmp.Or(folder, ".")+"/"+name)
		if err != nil {
			return s, err
		}
		if runnable(file) {
			s.File = file
			return s, nil
		}
		s.File = telling(s.File, file)
	}
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
	if err == nil &&
		(below.State == rootfs.Found || below.Dangling) { // dangling, if its own link leads through the hidden one
		s.Merged = "/usr" + s.Name
	}
	return err
}

// telling is the better of two finds that can't be executed: what is there tells more than that
// nothing is.
func telling(best, file rootfs.File) rootfs.File {
	if best.State != rootfs.Found && (file.State == rootfs.Found || file.Dangling) {
		return file
	}
	return best
}

func runnable(file rootfs.File) bool {
	return file.State == rootfs.Found && file.Node.Kind == layer.File && file.Node.Exec
}

// execute notes a step, and follows what the kernel does with the file.
func (f *follower) execute(ctx context.Context, s Step, scripts int) (int, error) {
	at := len(f.trace.Steps)
	f.trace.Steps = append(f.trace.Steps, s)
	if !runnable(s.File) || s.Relative != "" {
		return -1, nil
	}
	switch p := s.File.Node.Program; p.Kind {
	case executable.ELF:
		if p.Fault != "" || p.NoEntry || !f.command.Fits(p.Machine) {
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
	if err != nil || at < 0 {
		return err
	}
	return f.told(ctx, script, at, line)
}
