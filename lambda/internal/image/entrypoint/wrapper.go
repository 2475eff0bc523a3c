package entrypoint

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"archway/lambda/internal/image/executable"
)

// shells run a command that is given as text after -c.
var shells = []string{"sh", "bash", "dash", "ash", "zsh", "ksh"}

// inits start what follows their own options. The options named here take a value.
var inits = map[string][]string{
	"tini":        {"-p", "-e"},
	"tini-static": {"-p", "-e"},
	"docker-init": {"-p", "-e"},
	"dumb-init":   {"-r", "--rewrite"},
	"catatonit":   nil,
	"nohup":       nil,
}

// next says what a program executes that was started with these arguments, and how sure that is. No
// rest means: nothing else, or nothing that is known here.
func (f *follower) next(at int, args []string) (how How, rest []string) {
	name := path.Base(args[0])
	if (name == "busybox" || name == "toybox") && len(args) > 1 && !strings.HasPrefix(args[1], "-") {
		args = args[1:]
		name = args[0] // one of its own programs
	}
	if rest, ok := limited(name, args[1:]); ok {
		return Wrapped, rest
	}
	if name == "env" {
		if f.refused(at, args[1:]) {
			return Wrapped, nil
		}
		rest, _ = executable.Env(args[1:])
		return Wrapped, rest
	}
	if name == "gosu" || name == "su-exec" { // the user comes first
		if len(args) > 2 && !strings.HasPrefix(args[1], "-") {
			return Wrapped, args[2:]
		}
		return Wrapped, nil
	}
	if values, ok := inits[name]; ok {
		return Wrapped, afterOptions(args[1:], values)
	}
	if slices.Contains(shells, name) {
		return Probable, firstWord(args[1:])
	}
	// By the convention of Docker's official images, a script that is the entrypoint ends with exec
	// "$@".
	p := f.trace.Steps[at].File.Node.Program
	if p.Kind != executable.Script || len(args) < 2 || strings.HasPrefix(args[1], "-") || !f.interpretedByShell(at) {
		return Wrapped, nil
	}
	if p.HandsOn {
		return Probable, args[1:]
	}
	return Guessed, args[1:]
}

// refused notes an option at which env ends: one that BusyBox's hasn't of GNU's, or a blank.
func (f *follower) refused(at int, args []string) bool {
	env := &f.trace.Steps[at]
	env.Refuses = executable.EnvRefuses(args, env.File.Node.BusyBox)
	return env.Refuses != ""
}

// afterOptions leaves a program's options out; those in values take the next argument too.
func afterOptions(args, values []string) []string {
	for len(args) > 0 {
		switch arg := args[0]; {
		case arg == "--":
			return args[1:]
		case !strings.HasPrefix(arg, "-"):
			return args
		case slices.Contains(values, arg) && len(args) > 1:
			args = args[2:]
		default:
			args = args[1:]
		}
	}
	return nil
}

// shellOptions is a cluster of one-letter options that ends in c: the next argument is the command.
var shellOptions = regexp.MustCompile(`^-[a-z]*c$`)

// plainWord is a word that means itself to a shell.
var plainWord = regexp.MustCompile(`^[A-Za-z0-9_./+@%:-]+$`)

// assignment sets a variable for one command.
var assignment = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*=[A-Za-z0-9_./+@%:,-]*$`)

// firstWord gives the program that a shell's command begins with, where the command is so simple
// that a look can tell.
func firstWord(args []string) []string {
	for len(args) > 1 && strings.HasPrefix(args[0], "-") && !shellOptions.MatchString(args[0]) {
		if strings.HasSuffix(args[0], "o") { // -o pipefail
			args = args[1:]
		}
		args = args[1:]
	}
	if len(args) < 2 || !shellOptions.MatchString(args[0]) {
		return nil
	}
	for _, word := range strings.Fields(args[1]) {
		switch {
		case word == "exec", assignment.MatchString(word) && !strings.HasPrefix(word, "PATH="):
			continue
		case plainWord.MatchString(word):
			return []string{word}
		}
		return nil
	}
	return nil
}

// interpretedByShell reports whether a script's interpreter is a shell.
func (f *follower) interpretedByShell(at int) bool {
	line := f.trace.Steps[at].File.Node.Program.Shebang()
	if slices.Contains(shells, path.Base(line.Interpreter)) {
		return true
	}
	rest, ok := executable.Env([]string{line.Argument})
	return path.Base(line.Interpreter) == "env" && ok && slices.Contains(shells, path.Base(rest[0]))
}
