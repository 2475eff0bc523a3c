package executable

import (
	"bytes"
	"regexp"
)

// scriptLimit is how much of a shell script is searched. Entrypoint scripts of Docker's official images have up to 15 KB, and
// end with what is looked for.
const scriptLimit = 64 << 10

// shells are first lines that name a shell, be it for env or busybox to find.
var shells = regexp.MustCompile(`(?:^|[/\s])(?:sh|bash|dash|ash|zsh|ksh)(?:\s|$)`)

// handing is a command that executes the script's own arguments: exec "$@", or exec of a program whose arguments name what it
// executes in turn, such as gosu, before them; or the arguments alone.
var handing = regexp.MustCompile(`(?:^|[;&|({]|\s)exec\s+(?:-a\s+\S+\s+|-\S+\s+)*` +
	`(?:"?(?:\S*/)?(?:gosu|su-exec|setpriv|runuser|su|sudo|doas|chroot|s6-setuidgid|chpst|tini|tini-static|docker-init|dumb-init|` +
	`catatonit|env|nice|ionice|nohup|stdbuf|taskset|timeout)"?\s(?:[^;&|]*\s)?)?` + arguments + `|^\s*` + arguments + `"?\s*$`)

// arguments are all of a script's.
const arguments = `"?\$(?:[@*]|\{[@*]\})`

// handsOn reports whether a shell script's text says that it executes what it is given. Nobody interprets the script: a command
// may stand where it is never reached.
func handsOn(text []byte) bool {
	for line := range bytes.Lines(text) {
		if !bytes.ContainsAny(line, "@*") {
			continue
		}
		line, _, _ = bytes.Cut(bytes.TrimSpace(line), []byte(" #"))
		if !bytes.HasPrefix(line, []byte("#")) && handing.Match(line) {
			return true
		}
	}
	return false
}
