package progress

import (
	"fmt"
	"os"
	"strings"
	"time"

	"archway/test/rehearse/internal/aws/codepipeline"
	"archway/test/rehearse/internal/report"
)

var spinner = []string{"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"}

// mark is the sign of a status, in color on a terminal.
func (v *View) mark(s codepipeline.Status) string {
	sign, color := "·", ""
	switch s {
	case codepipeline.Succeeded:
		sign, color = "✓", "32"
	case codepipeline.Failed:
		sign, color = "✗", "31"
	case codepipeline.Stopped:
		sign, color = "■", "33"
	case codepipeline.InProgress:
		sign, color = spinner[v.frame%len(spinner)], "36"
	case codepipeline.DidNotRun:
		sign = "-"
	}
	if color == "" || !v.live || os.Getenv("NO_COLOR") != "" {
		return sign
	}
	return "\x1b[" + color + "m" + sign + "\x1b[0m"
}

// tree draws an execution.
func (v *View) tree(r codepipeline.Result) []string {
	title := r.Pipeline
	if t := v.titles[r.Execution]; t != "" {
		title += "  " + t
	}
	lines := []string{"", title}
	for _, stage := range r.Stages {
		lines = append(lines,
			fmt.Sprintf("  %s %-38s %8s", v.mark(stage.Status), stage.Name, since(stage.Span, stage.Status)))
		if stage.Status == codepipeline.Waiting || stage.Status == codepipeline.DidNotRun {
			continue
		}
		for _, a := range stage.Actions {
			line := fmt.Sprintf("    %s %-36s %8s", v.mark(a.Status), a.Name, since(a.Span, a.Status))
			switch a.Status {
			case codepipeline.InProgress:
				line += "  " + v.last[stage.Name+"/"+a.Name]
			case codepipeline.Failed:
				line += "  " + firstLine(a.Message)
			}
			lines = append(lines, strings.TrimRight(line, " "))
		}
	}
	return lines
}

func since(s codepipeline.Span, status codepipeline.Status) string {
	switch {
	case s.Start.IsZero():
		return ""
	case status == codepipeline.InProgress:
		return report.Duration(time.Since(s.Start))
	}
	return report.Duration(s.Duration())
}

// redraw draws the live part again; v.mu is held.
func (v *View) redraw() { v.draw("") }

// draw writes text that stays, if there is any, and below it the live part.
func (v *View) draw(text string) {
	var kept, lines []string
	if text != "" {
		kept = strings.Split(text, "\n")
	}
	if v.live && !v.closed && !v.paused {
		lines = v.livePart()
	}
	var b strings.Builder
	if v.drawn > 0 {
		fmt.Fprintf(&b, "\x1b[%dA", v.drawn)
	}
	// Each line is overwritten, and only its rest erased: erasing the screen
	// flickers, and some terminals keep what was erased.
	end := "\n"
	if v.live {
		end = "\x1b[K\n"
	}
	for _, line := range kept {
		b.WriteString(line + end)
	}
	width, _ := v.size()
	for _, line := range lines {
		b.WriteString(clip(line, width-1) + end)
	}
	if v.drawn > len(kept)+len(lines) {
		b.WriteString("\x1b[J")
	}
	v.drawn = len(lines)
	fmt.Fprint(v.out, b.String())
}

// livePart is what is under way, as far as the screen has room for it.
func (v *View) livePart() []string {
	var lines []string
	for _, s := range v.steps {
		line := fmt.Sprintf("%s %-42s %7s", v.mark(codepipeline.InProgress), s.name,
			report.Duration(time.Since(s.started)))
		if s.said != "" {
			line += "  " + s.said
		}
		lines = append(lines, line)
	}
	for _, id := range v.running {
		lines = append(lines, v.tree(v.seen[id])...)
	}
	// A live part that is higher than the screen can't be taken back.
	_, height := v.size()
	if len(lines) > height-1 {
		lines = lines[len(lines)-(height-1):]
	}
	return lines
}

// clip cuts a line to a width; escape sequences have none.
func clip(line string, width int) string {
	var b strings.Builder
	n, escape := 0, false
	for _, r := range line {
		switch {
		case r == '\x1b':
			escape = true
		case escape:
			escape = r != 'm'
		default:
			if n == width {
				continue
			}
			n++
		}
		b.WriteRune(r)
	}
	return b.String()
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return line
}
