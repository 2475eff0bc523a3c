package executable

import (
	"bytes"
	"regexp"
)

// scriptLimit is how much of a shell script is searched. Entrypoint scripts of Docker's official
// images have up to 15 KB, and end with what is looked for.
const scriptLimit = 64 << 10

// shells are first lines that name a shell, be it for env or busybox to find.
var shells = regexp.MustCompile(`(?:^|[/\s])(?:sh|bash|dash|ash|zsh|ksh)(?:\s|$)`)

// arguments are all of a script's; the first is what it executes where it stands in the place of a
// command.
const (
	arguments = `"?\$(?:[@*]|\{[@*]\})`
	first     = `"?\$(?:[@*1]|\{[@*1]\})`
)

// handing is a command that executes the script's own arguments: they are its first word, or what a
// program is given that is known to execute what it is given, or that gets them behind "--", "run"
// or "exec", as such programs do.
var handing = regexp.MustCompile(`(?:^|[;&|({!]|\b(?:then|else|do|time|eval))\s*` + first +
	`|(?:^|[;&|({!\s])exec\s+(?:-a\s+\S+\s+|-\S+\s+)*(?:` + first + `|(?:` +
	`"?(?:\S*/)?(?:` + handers + `)"?\s(?:[^;&|]*\s)?` +
	`|[^;&|]*\s(?:--|run|exec|-c)\s+)` + arguments + `)`)

// handers execute what their arguments name.
const handers = `gosu|su-exec|setpriv|setuser|runuser|su|sudo|doas|chroot|s6-setuidgid|chpst|tini|tini-static|docker-init|dumb-init|` +
	`catatonit|env|nice|ionice|nohup|stdbuf|taskset|timeout|numactl|unshare|xvfb-run|ddtrace-run|opentelemetry-instrument`

// handsOn reports whether a shell script's text says that it executes what it is given. Nobody
// interprets the script: a command may stand where it is never reached.
func handsOn(text []byte) bool {
	for line := range bytes.Lines(text) {
		if !candidate(line) { // nearly all lines: patterns are slow
			continue
		}
		line, _, _ = bytes.Cut(bytes.TrimSpace(line), []byte(" #"))
		if !bytes.HasPrefix(line, []byte("#")) && handing.Match(line) {
			return true
		}
	}
	return false
}

// candidate reports whether a line may match: it holds $@, $*, $1 or one of them in braces, and
// that either begins a command or stands beside an exec.
func candidate(line []byte) bool {
	executes := bytes.Contains(line, []byte("exec"))
	for at := 0; ; at++ {
		next := bytes.IndexByte(line[at:], '$')
		if next < 0 {
			return false
		}
		at += next
		name := bytes.TrimPrefix(line[at+1:], []byte("{"))
		if len(name) == 0 || !bytes.ContainsRune([]byte("@*1"), rune(name[0])) {
			continue
		}
		before := bytes.TrimRight(line[:at], "\" \t")
		if executes || len(before) == 0 ||
			bytes.IndexByte([]byte(";&|({!neol"), before[len(before)-1]) >= 0 { // then, else, do, time, eval
			return true
		}
	}
}
