package progress

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"

	"archway/test/rehearse/internal/report"
)

// lineWriter calls a function for each line.
type lineWriter struct {
	mu     sync.Mutex
	buffer []byte
	line   func(string)
}

func (w *lineWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.buffer = append(w.buffer, p...)
	for {
		i := bytes.IndexByte(w.buffer, '\n')
		if i < 0 {
			return len(p), nil
		}
		line := strings.TrimRight(string(w.buffer[:i]), "\r")
		w.buffer = w.buffer[i+1:]
		w.line(line)
	}
}

// Stream takes what an action prints: all of it is shown if the view is verbose,
// the last line on a terminal.
func (v *View) Stream(stage, action string) io.Writer {
	return &lineWriter{line: func(line string) {
		v.mu.Lock()
		defer v.mu.Unlock()
		if v.verbose {
			v.print(fmt.Sprintf("%s | %s", action, line))
			return
		}
		readable, show := report.LogLine(line)
		if text := plain(readable); show && text != "" {
			v.last[stage+"/"+action] = text
		}
	}}
}

// Writer takes what set-up programs say; on a terminal their last line stands beside
// the step.
func (v *View) Writer() io.Writer {
	return &lineWriter{line: func(line string) {
		v.mu.Lock()
		defer v.mu.Unlock()
		if v.live && !v.verbose && len(v.steps) > 0 {
			v.steps[len(v.steps)-1].said = plain(line)
			return
		}
		v.print("  " + line)
	}}
}

// plain is a line without the agent's prefix and without escape sequences.
func plain(line string) string {
	if rest, ok := strings.CutPrefix(line, "[Container] "); ok {
		if fields := strings.SplitN(rest, " ", 3); len(fields) == 3 {
			line = fields[2]
		}
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' {
			return -1
		}
		return r
	}, strings.TrimSpace(line))
}
