package progress

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"archway/test/rehearse/internal/aws/codepipeline"
)

func result(status, build codepipeline.Status) codepipeline.Result {
	return codepipeline.Result{
		Pipeline: "app", Execution: "id", Trigger: "rule push", Status: status,
		Stages: []codepipeline.StageResult{{Name: "Build", Status: build, Actions: []codepipeline.ActionResult{
			{Name: "amd64", Status: build, Message: "it broke\nbadly",
				Span: codepipeline.Span{Start: time.Now().Add(-time.Second), End: time.Now()}},
		}}},
	}
}

func TestPlainLines(t *testing.T) {
	var out bytes.Buffer
	v := newView(&out, false)
	done := v.Step("get ready")
	fmt.Fprintln(v.Writer(), "installing")
	done(nil)
	v.Observe(result(codepipeline.InProgress, codepipeline.Waiting))
	v.Observe(result(codepipeline.InProgress, codepipeline.InProgress))
	fmt.Fprintln(v.Stream("Build", "amd64"), "not shown")
	v.Observe(result(codepipeline.Failed, codepipeline.Failed))
	v.Step("clean up")(errors.New("no"))
	v.Close()
	for _, want := range []string{"  installing\n", "✓ get ready", "app: execution id started by rule push",
		"app: Build: amd64 started", "app: Build: amd64 FAILED in 1.0s", "✗ clean up"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("got no %q in:\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "not shown") || strings.Contains(out.String(), "\x1b") {
		t.Errorf("got:\n%s", out.String())
	}
}

// Nothing is drawn while a question is open: what a person types must not be drawn over.
func TestOpenQuestion(t *testing.T) {
	var out bytes.Buffer
	v := newView(&out, false)
	v.live = true
	v.Observe(result(codepipeline.InProgress, codepipeline.InProgress))
	v.mu.Lock()
	v.redraw()
	v.mu.Unlock()
	if v.drawn == 0 {
		t.Fatal("there is no live part")
	}
	v.Pause("Approve? ")
	if v.drawn != 0 || !strings.HasSuffix(out.String(), "Approve? ") {
		t.Errorf("%d lines are live, and the end is %q", v.drawn, out.String())
	}
	v.Resume()
	if v.drawn == 0 {
		t.Error("the live part does not come back")
	}
}

func TestVerboseShowsWhatActionsPrint(t *testing.T) {
	var out bytes.Buffer
	v := newView(&out, true)
	w := v.Stream("Build", "amd64")
	fmt.Fprint(w, "one\ntw")
	fmt.Fprint(w, "o\n")
	if got, want := out.String(), "amd64 | one\namd64 | two\n"; got != want {
		t.Errorf("got %q, expected %q", got, want)
	}
}

// screen plays what was written, as a terminal does.
func screen(written string) string {
	lines := [][]rune{{}}
	row, column := 0, 0
	for written != "" {
		if m := escape.FindStringSubmatch(written); m != nil {
			written = written[len(m[0]):]
			switch m[2] {
			case "A": // up
				n, _ := strconv.Atoi(m[1])
				row -= n
			case "K": // erase the rest of the line
				lines[row] = lines[row][:min(column, len(lines[row]))]
			case "J": // erase the rest of the screen
				lines = append(lines[:row], lines[row][:min(column, len(lines[row]))])
			}
			continue
		}
		r, size := utf8.DecodeRuneInString(written)
		written = written[size:]
		if r == '\n' {
			row, column = row+1, 0
			if row == len(lines) {
				lines = append(lines, nil)
			}
			continue
		}
		lines[row] = append(lines[row][:min(column, len(lines[row]))],
			append([]rune{r}, lines[row][min(column+1, len(lines[row])):]...)...)
		column++
	}
	var text []string
	for _, line := range lines {
		text = append(text, string(line))
	}
	return strings.Join(text, "\n")
}

var escape = regexp.MustCompile("^\x1b\\[(\\d*)([AJKm])")

// The live part is replaced, and the tree stays.
func TestLivePart(t *testing.T) {
	t.Setenv("NO_COLOR", "1")
	var out bytes.Buffer
	v := newView(&out, false)
	v.live = true
	done := v.Step("get ready")
	v.redraw()
	fmt.Fprintln(v.Writer(), "installing")
	v.redraw()
	if got := screen(out.String()); !strings.Contains(got, "get ready") || !strings.Contains(got, "installing") {
		t.Errorf("while a step runs:\n%s", got)
	}
	done(nil)
	v.Observe(result(codepipeline.InProgress, codepipeline.InProgress))
	fmt.Fprintln(v.Stream("Build", "amd64"), "[Container] 2026/01/02 03:04:05.0 compiling \x07main.go")
	for range 3 {
		v.redraw()
	}
	got := screen(out.String())
	if strings.Count(got, "amd64") != 1 || !strings.Contains(got, "compiling main.go") ||
		strings.Contains(got, "installing") {
		t.Errorf("while an action runs:\n%s", got)
	}
	v.Observe(result(codepipeline.Failed, codepipeline.Failed))
	v.Print("the end")
	v.Close()
	got = screen(out.String())
	if strings.Count(got, "amd64") != 1 || !strings.Contains(got, "✗ amd64") || !strings.Contains(got, "it broke") ||
		strings.Contains(got, "badly") || !strings.HasSuffix(strings.TrimSpace(got), "the end") {
		t.Errorf("at the end:\n%s", got)
	}
}

func TestLivePartFitsTheScreen(t *testing.T) {
	var out bytes.Buffer
	v := newView(&out, false)
	v.live = true
	v.size = func() (int, int) { return 30, 4 }
	v.Observe(result(codepipeline.InProgress, codepipeline.InProgress))
	fmt.Fprintln(v.Stream("Build", "amd64"), strings.Repeat("x", 100))
	v.redraw()
	if v.drawn > 3 {
		t.Errorf("got %d lines on a screen of 4", v.drawn)
	}
	for line := range strings.Lines(screen(out.String())) {
		if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > 29 {
			t.Errorf("got %d characters on a screen of 30: %q", n, line)
		}
	}
}

func TestClipCountsNoEscapeSequences(t *testing.T) {
	if got := clip("\x1b[32m✓\x1b[0m abcdef", 4); got != "\x1b[32m✓\x1b[0m ab" {
		t.Errorf("got %q", got)
	}
}
