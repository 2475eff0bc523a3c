package executable

import (
	"regexp"
	"strings"
)

// lineLimit is how many bytes of a script the kernel looks at (BINPRM_BUF_SIZE since Linux 5.1; 128
// before).
const lineLimit = 256

// Shebang is a script's first line, taken apart as the kernel does (fs/binfmt_script.c): an
// interpreter, and the whole rest as one argument.
type Shebang struct {
	Interpreter string
	Argument    string
	// CR says that the line ends in a carriage return, which the kernel takes as part of the last
	// word: the file has Windows line ends.
	CR bool
	// Fault says why the kernel refuses the line, in words that follow "its first line". Empty if
	// it doesn't.
	Fault string
}

// Shebang takes the first line of a script apart.
func (p Program) Shebang() Shebang {
	line := p.Line
	if nul := strings.IndexByte(line, 0); nul >= 0 {
		line, p.Cut = line[:nul], false
	}
	const blank = " \t"
	text := strings.TrimLeft(line, blank)
	end := strings.IndexAny(text, blank)
	if p.Cut && end < 0 {
		return Shebang{Fault: "is longer than the 256 bytes that the kernel reads"}
	}
	text = strings.TrimRight(text, blank)
	s := Shebang{Interpreter: text, CR: strings.HasSuffix(text, "\r")}
	if end = strings.IndexAny(text, blank); end >= 0 {
		s.Interpreter, s.Argument = text[:end], strings.Trim(text[end:], blank)
	}
	if strings.Trim(s.Interpreter, "\r") == "" {
		s.Fault = "names no interpreter after #!"
	}
	return s
}

// Env is what "env" starts when it gets these arguments. ok is false if it starts nothing, or in a
// way that isn't followed here: with another PATH, or in another folder.
func Env(args []string) (rest []string, ok bool) {
	for len(args) > 0 {
		arg := args[0]
		switch {
		case arg == "-u" && len(args) > 1 && args[1] != "PATH":
			args = args[2:]
		case strings.HasPrefix(arg, "-u") && arg != "-u" && arg != "-uPATH",
			strings.HasPrefix(arg, "--unset=") && arg != "--unset=PATH":
			args = args[1:]
		case arg == "-i", arg == "-", arg == "--ignore-environment":
			if rest, ok = Env(args[1:]); ok && strings.Contains(rest[0], "/") {
				return rest, true
			}
			return nil, false // a name is searched in the C library's own PATH
		case arg == "--":
			args = args[1:]
			for len(args) > 0 && strings.Contains(args[0], "=") {
				args = args[1:]
			}
			return args, len(args) > 0
		case strings.HasPrefix(arg, "-S"), strings.HasPrefix(arg, "-vS"), strings.HasPrefix(arg, "--split-string"):
			words, plain := split(arg, args[1:])
			if !plain {
				return nil, false
			}
			args = words
		case arg == "-v", arg == "--debug":
			args = args[1:]
		case strings.HasPrefix(arg, "-"), strings.HasPrefix(arg, "PATH="):
			return nil, false
		case strings.Contains(arg, "="):
			args = args[1:]
		default:
			return args, true
		}
	}
	return nil, false
}

// blankOption is a cluster of env's options that a blank follows within one argument, as in a first
// line without -S.
var blankOption = regexp.MustCompile(`^-[iv0]+[ \t]`)

// EnvRefuses gives the first option of "env" that ends it, or "": every env refuses a blank among
// its options, and BusyBox's some that GNU's has.
func EnvRefuses(args []string, busybox bool) string {
	if len(args) > 0 && blankOption.MatchString(args[0]) {
		return args[0]
	}
	if busybox {
		return boxRefuses(args)
	}
	return ""
}

// boxRefuses gives the first option of "env" that GNU has and BusyBox hasn't (coreutils/env.c, up
// to 1.37), or "".
func boxRefuses(args []string) string {
	for len(args) > 0 && strings.HasPrefix(args[0], "-") && args[0] != "--" {
		switch arg := args[0]; {
		case arg == "-u":
			args = args[1:]
		case strings.HasPrefix(arg, "-S"), strings.HasPrefix(arg, "-v"):
			return arg[:2]
		case strings.HasPrefix(arg, "--split-string"), arg == "--debug":
			option, _, _ := strings.Cut(arg, "=")
			return option
		}
		args = args[min(1, len(args)):]
	}
	return ""
}

// split takes the argument of env's -S apart. Quotes, escapes and variables are left to env.
func split(arg string, after []string) (words []string, plain bool) {
	for _, prefix := range []string{"--split-string=", "-vS", "-S"} {
		if text, found := strings.CutPrefix(arg, prefix); found {
			if text == "" && len(after) > 0 {
				text, after = after[0], after[1:]
			}
			if strings.ContainsAny(text, `"'\$#`) {
				return nil, false
			}
			return append(strings.Fields(text), after...), true
		}
	}
	return nil, false
}
