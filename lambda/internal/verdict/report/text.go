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

// text writes for people, in terminals and logs. deep says that every layer was to be read whole.
type text struct {
	w    io.Writer
	deep bool
}

// Add writes a verdict line, the digest, the platforms, what nodes pull, and the findings with
// their cures.
func (t text) Add(image string, v check.Verdict, err error) {
	if err != nil {
		return // it is on standard error
	}
	w := t.w
	verdict := "valid"
	if !v.Valid() {
		verdict = "NOT VALID"
	}
	var more []string
	if len(v.Findings) > 0 {
		more = append(more, Tally(v.Findings))
	}
	parts := unread(v.Image)
	if len(parts) > 0 {
		more = append(more, "not all read")
	}
	if len(more) > 0 {
		verdict += " (" + strings.Join(more, "; ") + ")"
	}
	fmt.Fprintf(w, "%s: %s\n", image, verdict)
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
		if t.deep {
			hint = ""
		}
		fmt.Fprintf(w, "\n  not read to their ends, and so not compared with their digests%s:\n", hint)
		for _, p := range parts {
			wrap(w, "    ", p)
		}
	}
	last := ""
	for _, f := range v.Findings {
		fmt.Fprintf(w, "\n  %s  %s\n", f.Severity, f.Check)
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

// End has nothing to write.
func (text) End() error { return nil }

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
