package entrypoint

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"archway/lambda/internal/image/executable"
	"archway/lambda/internal/image/rootfs"
)

// Given is a file that an interpreter is told to run: java's archive, a shell's script.
type Given struct {
	// Step is the interpreter's place in the trace.
	Step int
	// Name is the file as it is written, and Names all that the interpreter would take for it.
	Name  string
	Names []string
	// By is the interpreter as a shell's command names it, if one does.
	By string
	// Sure says that the interpreter does nothing else first, and was started with what the image
	// says.
	Sure bool
}

// Given lists the files that interpreters on the way are told to run, where that can be seen from
// their arguments. PATH is the one that holds in the container.
func (t Trace) Given(env []string) []Given {
	var all []Given
	folders := strings.Split(environment(env), ":")
	for n, s := range t.Steps {
		if len(s.Args) < 2 || s.File.State != rootfs.Found || s.File.Node.Program.Kind != executable.ELF {
			continue
		}
		args := s.Args
		if base := path.Base(args[0]); (base == "busybox" || base == "toybox") && len(args) > 2 {
			args = args[1:]
		}
		g := Given{Step: n, Sure: t.Certain(n)}
		if slices.Contains(shells, path.Base(args[0])) {
			if words, command := words(args[1:]); command {
				if len(words) == 0 {
					continue
				}
				if g.program(words, folders) {
					all = append(all, g)
					continue
				}
				args, g.By = words, words[0]
			}
		}
		if g.file(args, folders) {
			all = append(all, g)
		}
	}
	return all
}

// Certain reports whether the program of a step is started for sure, and with the environment that
// the image says.
func (t Trace) Certain(step int) bool {
	for n := step; n >= 0; n = t.Steps[n].From {
		s := t.Steps[n]
		if s.How == Probable || s.How == Guessed || s.How == Wrapped && t.changes(s.From) {
			return false
		}
	}
	return true
}

// changes reports whether a program that starts another one may change its environment.
func (t Trace) changes(n int) bool {
	if n < 0 {
		return true
	}
	s := t.Steps[n]
	if path.Base(s.Name) != "env" && !slices.Contains(s.Args, "env") {
		return false
	}
	args := s.Args
	if s.How == Interpreter {
		args = strings.Fields(t.Steps[s.From].File.Node.Program.Shebang().Argument)
	}
	return slices.ContainsFunc(args,
		func(arg string) bool { return strings.Contains(arg, "=") || strings.HasPrefix(arg, "-") && arg != "-S" })
}

// plainArgument is a word that a shell passes on as it is.
var plainArgument = regexp.MustCompile(`^[A-Za-z0-9_./+@%:=,-]+$`)

// words are those of a shell's command that is one program with its arguments, and nothing else.
// command is false if the shell isn't given a command with -c; words are empty if the command is
// more than that.
func words(args []string) (all []string, command bool) {
	for len(args) > 1 && strings.HasPrefix(args[0], "-") && !shellOptions.MatchString(args[0]) {
		if strings.HasSuffix(args[0], "o") {
			args = args[1:]
		}
		args = args[1:]
	}
	if len(args) < 2 || !shellOptions.MatchString(args[0]) {
		return nil, false
	}
	all = strings.Fields(args[1])
	for _, word := range all {
		if !plainArgument.MatchString(word) {
			return nil, true
		}
	}
	if strings.Contains(strings.TrimSpace(args[1]), "\n") {
		return nil, true
	}
	for len(all) > 0 && (all[0] == "exec" || assignment.MatchString(all[0]) && !strings.HasPrefix(all[0], "PATH=")) {
		all = all[1:]
	}
	return all, true
}

// program looks at the program that a shell's command is. Names without a slash may be the shell's
// own.
func (g *Given) program(words, folders []string) bool {
	name := words[0]
	if !strings.Contains(name, "/") || !plainWord.MatchString(name) {
		return false
	}
	g.Name, g.Names = name, []string{name}
	return !interprets(name)
}

// interprets reports whether what is given to a program may be looked at too.
func interprets(name string) bool {
	base := path.Base(name)
	_, known := readers[base]
	return known || python.MatchString(base)
}

// reader says how to find the file that an interpreter is told to run among its arguments. It is ""
// if there is none, or it can't be told.
type reader func(args []string) string

var python = regexp.MustCompile(`^python[0-9.]*$`)

var readers = map[string]reader{
	"java":   jar,
	"node":   options(nil, []string{"-r", "--require", "--import"}, "inspect", "run"),
	"nodejs": options(nil, []string{"-r", "--require", "--import"}, "inspect"),
	"perl":   options(nil, nil), "ruby": options(nil, nil), "php": options(nil, nil),
	"dotnet": func(args []string) string {
		if len(args) > 0 && strings.HasSuffix(args[0], ".dll") {
			return args[0]
		}
		return ""
	},
	"sh": shellScript, "bash": shellScript, "dash": shellScript, "ash": shellScript,
}

// options gives the first argument that is no option. Options of which it isn't known whether they
// take a value end the search.
func options(flags, values []string, verbs ...string) reader {
	return func(args []string) string {
		for len(args) > 0 {
			switch arg := args[0]; {
			case slices.Contains(verbs, arg):
				return ""
			case !strings.HasPrefix(arg, "-"):
				return arg
			case slices.Contains(values, arg) && len(args) > 1:
				args = args[2:]
			case slices.Contains(flags, arg), strings.HasPrefix(arg, "--") && strings.Contains(arg, "="):
				args = args[1:]
			default:
				return ""
			}
		}
		return ""
	}
}

var (
	pythonScript = options([]string{"-u", "-B", "-O", "-OO", "-E", "-I", "-s", "-S", "-v", "-q", "-b", "-bb", "-uB",
		"-Bu"}, []string{"-W", "-X"})
	shellScript = options([]string{"-e", "-u", "-x", "-l", "-ex", "-eu", "-eux", "-xe", "-ue", "-v", "--login",
		"--posix", "--norc", "--noprofile"}, []string{"-o"})
)

// jar gives the archive that java runs.
func jar(args []string) string {
	values := []string{"-cp", "-classpath", "--class-path", "-p", "--module-path", "--add-opens", "--add-exports",
		"--add-modules", "--add-reads", "--enable-native-access"}
	for len(args) > 1 && strings.HasPrefix(args[0], "-") {
		switch {
		case args[0] == "-jar":
			return args[1]
		case args[0] == "-m" || args[0] == "--module":
			return ""
		case slices.Contains(values, args[0]):
			args = args[1:]
		}
		args = args[1:]
	}
	return ""
}

// file looks at what an interpreter is told to run.
func (g *Given) file(args, folders []string) bool {
	base := path.Base(args[0])
	read := readers[base]
	if python.MatchString(base) {
		read = pythonScript
	}
	if read == nil {
		return false
	}
	g.Name = read(args[1:])
	if g.Name == "" || g.Name == "-" || strings.Contains(g.Name, "://") {
		return false
	}
	g.Names = []string{g.Name}
	switch {
	case strings.HasPrefix(base, "node"):
		for _, end := range []string{".js", ".json", ".node", ".cjs", ".mjs"} {
			g.Names = append(g.Names, g.Name+end)
		}
	case slices.Contains(shells, base) && !strings.Contains(g.Name, "/"), base == "perl", base == "ruby":
		for _, folder := range folders {
			g.Names = append(g.Names, folder+"/"+g.Name)
		}
	}
	return true
}
