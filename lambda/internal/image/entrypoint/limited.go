package entrypoint

import (
	"regexp"
	"slices"
	"strings"
)

// limiter is a program that starts another one under some condition: how its own options are told
// from the other's command.
type limiter struct {
	// values are the options that take the next argument, flags those that don't.
	values, flags []string
	// own is how many arguments of its own stand before the command.
	own int
}

// limiters are what GNU coreutils, util-linux and BusyBox bring.
var limiters = map[string]limiter{
	"timeout": {values: []string{"-k", "-s", "--kill-after", "--signal"},
		flags: []string{"--preserve-status", "--foreground", "-v", "--verbose", "-f", "-p"}, own: 1},
	"nice":   {values: []string{"-n", "--adjustment"}},
	"ionice": {values: []string{"-c", "-n", "--class", "--classdata"}, flags: []string{"-t", "--ignore"}},
	"stdbuf": {values: []string{"-i", "-o", "-e", "--input", "--output", "--error"}},
	"setsid": {flags: []string{"-c", "-f", "-w", "--ctty", "--fork", "--wait"}},
	"chrt": {flags: []string{"-f", "--fifo", "-r", "--rr", "-b", "--batch", "-i", "--idle", "-o", "--other"},
		own: 1},
	"taskset": {flags: []string{"-c", "--cpu-list"}, own: 1},
	"linux32": {}, "linux64": {},
}

// attached is an option with its value in one word, such as -k5 or -n10 or --signal=KILL.
var attached = regexp.MustCompile(`^(-[a-z][0-9LK].*|-[0-9]+|--[a-z-]+=.*)$`)

// limited gives the command that such a program starts. It is empty where an option stands that
// isn't known here; ok is false if the name is another program's.
func limited(name string, args []string) (rest []string, ok bool) {
	l, ok := limiters[name]
	if !ok {
		return nil, false
	}
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		switch arg := args[0]; {
		case arg == "--":
			args = args[1:]
			return args[min(l.own, len(args)):], true
		case slices.Contains(l.values, arg) && len(args) > 1:
			args = args[2:]
		case slices.Contains(l.flags, arg), attached.MatchString(arg):
			args = args[1:]
		default:
			return nil, true
		}
	}
	return args[min(l.own, len(args)):], true
}
