// Package progress shows a rehearsal while it runs: a live tree on a terminal,
// plain lines elsewhere.
package progress

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"archway/test/rehearse/internal/aws/codepipeline"
	"archway/test/rehearse/internal/report"
)

// View shows progress. Its methods can be called from several goroutines.
type View struct {
	out     io.Writer
	live    bool // a terminal
	verbose bool
	size    func() (width, height int)
	started time.Time

	mu    sync.Mutex
	steps []*step
	// executions under way, in the order of their start; seen holds the latest
	// state of each that was shown.
	running []string
	seen    map[string]codepipeline.Result
	titles  map[string]string
	last    map[string]string // last line of each running action, by stage and name
	drawn   int               // lines of the live part
	frame   int
	paused  bool
	closed  bool
	stop    chan struct{}
	stopped sync.WaitGroup
}

type step struct {
	name    string
	started time.Time
	said    string
}

// refresh is how often the live part is drawn.
const refresh = 100 * time.Millisecond

// New returns a View. On a terminal it draws until Close.
func New(out *os.File, verbose bool) *View {
	v := newView(out, verbose)
	if term.IsTerminal(int(out.Fd())) && os.Getenv("TERM") != "dumb" {
		v.live = true
		v.size = func() (int, int) {
			width, height, err := term.GetSize(int(out.Fd()))
			if err != nil {
				return 80, 24
			}
			return width, height
		}
		v.stopped.Go(v.animate)
	}
	return v
}

func newView(out io.Writer, verbose bool) *View {
	return &View{
		out: out, verbose: verbose, started: time.Now(), stop: make(chan struct{}),
		seen: map[string]codepipeline.Result{}, titles: map[string]string{}, last: map[string]string{},
		size: func() (int, int) { return 120, 40 },
	}
}

func (v *View) animate() {
	ticker := time.NewTicker(refresh)
	defer ticker.Stop()
	for {
		select {
		case <-v.stop:
			return
		case <-ticker.C:
			v.mu.Lock()
			v.frame++
			if !v.paused {
				v.redraw()
			}
			v.mu.Unlock()
		}
	}
}

// Close ends the live part; what is under way is left out.
func (v *View) Close() {
	select {
	case <-v.stop:
		return
	default:
	}
	close(v.stop)
	v.stopped.Wait()
	v.mu.Lock()
	defer v.mu.Unlock()
	v.closed = true
	v.redraw()
}

// Step shows a part of the set-up.
func (v *View) Step(name string) (done func(error)) {
	s := &step{name: name, started: time.Now()}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.steps = append(v.steps, s)
	return func(err error) {
		v.mu.Lock()
		defer v.mu.Unlock()
		for i, other := range v.steps {
			if other == s {
				v.steps = append(v.steps[:i:i], v.steps[i+1:]...)
				break
			}
		}
		mark := v.mark(codepipeline.Succeeded)
		if err != nil {
			mark = v.mark(codepipeline.Failed)
		}
		v.print(fmt.Sprintf("%s %-42s %7s", mark, s.name, report.Duration(time.Since(s.started))))
	}
}

// Title names what an execution is about.
func (v *View) Title(execution, title string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.titles[execution] = title
}

// Observe shows a change of an execution.
func (v *View) Observe(r codepipeline.Result) {
	v.mu.Lock()
	defer v.mu.Unlock()
	before, known := v.seen[r.Execution]
	v.seen[r.Execution] = r
	if !known {
		v.running = append(v.running, r.Execution)
	}
	if !v.live {
		v.changes(before, r)
	}
	if r.Status == codepipeline.InProgress {
		return
	}
	for i, id := range v.running {
		if id == r.Execution {
			v.running = append(v.running[:i:i], v.running[i+1:]...)
			break
		}
	}
	if v.live {
		v.print(strings.Join(v.tree(r), "\n"))
	}
}

// Pause takes the live part away and asks a question, whose answer is typed right
// after it. Nothing is drawn until Resume.
func (v *View) Pause(question string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.paused = true
	v.draw("")
	fmt.Fprint(v.out, question)
}

// Resume draws again.
func (v *View) Resume() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.paused = false
	v.redraw()
}

// Print writes text that stays.
func (v *View) Print(text string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.print(text)
}

// print writes above the live part; v.mu is held.
func (v *View) print(text string) {
	v.draw(strings.TrimRight(text, "\n"))
}

// Elapsed is the time since the view was made.
func (v *View) Elapsed() time.Duration { return time.Since(v.started) }
