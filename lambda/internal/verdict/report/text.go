package report

import (
	"fmt"
	"io"
	"strings"

	"archway/lambda/internal/image/index"
	"archway/lambda/internal/plain"
	"archway/lambda/internal/verdict/check"
)

// width of the text output: findings are read in terminals and in logs.
const width = 100

// text writes for people, in terminals and logs.
type text struct {
	w io.Writer
	Options
	all Document
}

// Colors of a terminal:
// https://www.ecma-international.org/publications-and-standards/standards/ecma-48
const (
	red    = "31"
	green  = "32"
	yellow = "33"
	blue   = "34"
)

var colors = map[check.Severity]string{check.Error: red, check.Warning: yellow, check.Info: blue}

// paint writes words in a color, which goes past what keeps everything else from steering a
// terminal.
func (t *text) paint(color, words string) {
	if t.Color == nil {
		fmt.Fprint(t.w, words)
		return
	}
	fmt.Fprintf(t.Color, "\x1b[1;%sm", color)
	fmt.Fprint(t.w, words)
	fmt.Fprint(t.Color, "\x1b[0m")
}

// Add writes a verdict line, the digest, the platforms, what nodes pull, and the findings with
// their cures.
func (t *text) Add(image string, v check.Verdict, err error) {
	t.all.Add(image, v, err)
	if err != nil || t.Quiet && v.Valid() {
		return // an error is on standard error
	}
	w := t.w
	verdict, color := "valid", green
	if !v.Valid() {
		verdict, color = "NOT VALID", red
	}
	fmt.Fprintf(w, "%s: ", image)
	t.paint(color, verdict)
	var more []string
	if len(v.Findings) > 0 {
		more = append(more, Tally(v.Findings))
	}
	parts := unread(v.Image)
	if len(parts) > 0 {
		more = append(more, "not all read")
	}
	if len(more) > 0 {
		fmt.Fprintf(w, " (%s)", strings.Join(more, "; "))
	}
	fmt.Fprintln(w)
	if v.Image.Digest != "" {
		fmt.Fprintf(w, "  digest  %s\n", v.Image.Digest)
	}
	if len(v.Image.Entries) > 0 {
		fmt.Fprintln(w)
		entries(w, v.Image)
		fmt.Fprintln(w)
		nodes(w, v.Image)
	}
	if len(parts) > 0 {
		hint := " (--deep reads all)"
		if t.Deep {
			hint = ""
		}
		fmt.Fprintf(w, "\n  not read to their ends, and so not compared with their digests%s:\n", hint)
		for _, p := range parts {
			wrap(w, "    ", p)
		}
	}
	last := ""
	for _, f := range v.Findings {
		fmt.Fprint(w, "\n  ")
		t.paint(colors[f.Severity], string(f.Severity))
		fmt.Fprintf(w, "  %s\n", f.Check)
		wrap(w, "    ", f.Subject.String()+": "+f.Problem+".")
		switch f.Cure {
		case "":
		case last:
			wrap(w, "    cure: ", "as above.")
		default:
			wrap(w, "    cure: ", f.Cure+".")
		}
		last = f.Cure
		if d := f.Downgraded; d != nil {
			wrap(w, "    downgraded: ", fmt.Sprintf("it would be %s %s, but: %s", article(d.From), d.From, d.Reason))
		}
	}
	fmt.Fprintln(w)
}

// End sums up where there are several images.
func (t *text) End() error {
	if len(t.all.Images) < 2 || t.Quiet && t.all.Valid {
		return nil
	}
	_, err := fmt.Fprintln(t.w, Total(t.all))
	return err
}

// unread names the layers of each image that were not read to their ends.
func unread(i *index.Image) []string {
	const most = 6
	var all []string
	for _, e := range i.Images() {
		layers := e.Unread()
		if len(layers) == 0 {
			continue
		}
		var names []string
		for _, u := range layers[:min(len(layers), most)] {
			names = append(names, check.Short(u.Digest.String())+" ("+amount(u)+")")
		}
		if n := len(layers) - most; n > 0 {
			names = append(names, fmt.Sprintf("%d more", n))
		}
		all = append(all, plain.Cut(platformOf(e), cell)+": "+strings.Join(names, ", "))
	}
	return all
}

// amount says how much of a layer was read.
func amount(u index.Unread) string {
	if u.Size < 1e6 {
		return fmt.Sprintf("%d of %d bytes", u.Read, max(u.Size, 0))
	}
	return fmt.Sprintf("%.1f of %.1f MB", float64(u.Read)/1e6, float64(u.Size)/1e6)
}

func article(s check.Severity) string {
	if s == check.Error {
		return "an"
	}
	return "a"
}

// wrap writes text in lines of at most width characters; the lines after the first are indented as
// far as the first's text.
func wrap(w io.Writer, first, text string) {
	indent := strings.Repeat(" ", len(first))
	line := first
	empty := true
	for _, word := range strings.Fields(text) {
		if !empty && len([]rune(line))+1+len([]rune(word)) > width {
			fmt.Fprintln(w, line)
			line, empty = indent, true
		}
		if !empty {
			line += " "
		}
		line += word
		empty = false
	}
	fmt.Fprintln(w, line)
}
