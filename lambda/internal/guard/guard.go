// Package guard turns a panic into an error. Whoever sends an image should never find a mistake in
// this program; but if somebody does, the answer is that the image could not be examined, and no
// stack trace.
package guard

import (
	"fmt"
	"path"
	"runtime"
	"strings"
)

// Panic says that this program made a mistake, so that nothing is known.
type Panic struct {
	Reason any
	// Where is the place in the code, such as "layer/stream.go:48".
	Where string
}

func (p *Panic) Error() string {
	return fmt.Sprintf("it could not be examined: this program made a mistake (%v, at %s); please report it",
		p.Reason, p.Where)
}

// Do runs a function, and gives its error or a *Panic. Every goroutine needs a call of its own.
func Do(run func() error) (err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = &Panic{Reason: reason, Where: where()}
		}
	}()
	return run()
}

// where names the line that panicked: the first one below the panic that isn't the runtime's.
func where() string {
	var callers [64]uintptr
	frames := runtime.CallersFrames(callers[:runtime.Callers(1, callers[:])])
	panicked := false
	for {
		frame, more := frames.Next()
		switch {
		case frame.Function == "runtime.gopanic":
			panicked = true
		case panicked && !strings.HasPrefix(frame.Function, "runtime."):
			return fmt.Sprintf("%s:%d", path.Join(path.Base(path.Dir(frame.File)), path.Base(frame.File)), frame.Line)
		case !more:
			return "an unknown place"
		}
	}
}
