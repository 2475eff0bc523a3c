package check

import (
	"fmt"
	"path"
	"regexp"
	"strings"

	"archway/lambda/internal/image/index"
)

// shellForm refuses an ENTRYPOINT or CMD that was meant as a list and isn't valid JSON, such as one
// in single quotes: Docker silently takes it as a command for the shell, and the shell looks for a
// program called "[/app]".
var shellForm = Check{Name: "shell-form",
	About: "a list that isn't valid JSON, such as ENTRYPOINT ['/app'], became a shell's command",
	run: func(in Input, r *report) {
		for _, e := range started(in.Image) {
			text := shellFormed(e)
			if text == "" {
				continue
			}
			r.add(Error, about(e), fmt.Sprintf(
				"write valid JSON with double quotes and without a comma at its end, as in %s", asJSON(text)),
				"the shell is given %s as a command, expected a program; probably ENTRYPOINT or CMD was meant as a list, but isn't valid JSON, so that Docker took it as text; nothing of it starts",
				text)
		}
	}}

// list is a text that looks like a list of quoted words, and not like a test in brackets: its first
// word is quoted, and no variable.
var list = regexp.MustCompile(`^\[\s*(['"“‘”][^$'"“‘”]*['"“”’]\s*,\s*)*['"“‘”][^$'"“‘”]*['"“”’]\s*,?\s*\]$`)

// shellFormed gives a shell's command that is such a list.
func shellFormed(e *index.Entry) string {
	args := e.Start.Trace.Args
	if len(args) < 3 || !strings.HasSuffix(path.Base(args[0]), "sh") || args[1] != "-c" {
		return ""
	}
	if text := strings.TrimSpace(args[2]); list.MatchString(text) {
		return text
	}
	return ""
}

var quotes = strings.NewReplacer("'", `"`, "“", `"`, "”", `"`, "‘", `"`, "’", `"`)

func asJSON(text string) string {
	return strings.Replace(regexp.MustCompile(`,\s*\]$`).ReplaceAllString(quotes.Replace(text), "]"), "[ ", "[", 1)
}
