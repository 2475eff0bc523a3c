package cli

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"archway/lambda/internal/check"
	"archway/lambda/internal/index"
	"archway/lambda/internal/validation"
)

// width of the text output: findings are read in terminals and in logs.
const width = 100

// printText writes a verdict line, the digest, the platforms, and the findings with their cures.
func printText(w io.Writer, r result) {
	v := r.verdict
	verdict := "valid"
	if !v.Valid() {
		verdict = "NOT VALID"
	}
	if len(v.Findings) > 0 {
		verdict += " (" + validation.Tally(v.Findings) + ")"
	}
	fmt.Fprintf(w, "%s: %s\n", r.reference, verdict)
	if v.Image.Digest != "" {
		fmt.Fprintf(w, "  digest  %s\n", v.Image.Digest)
	}
	if len(v.Image.Entries) > 0 {
		fmt.Fprintln(w)
		table(w, v.Image)
	}
	for _, f := range v.Findings {
		fmt.Fprintf(w, "\n  %s  %s\n", f.Severity, f.Check)
		wrap(w, "    ", f.Subject.String()+": "+f.Problem+".")
		if f.Cure != "" {
			wrap(w, "    cure: ", f.Cure+".")
		}
	}
	fmt.Fprintln(w)
}

func table(w io.Writer, i *index.Image) {
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprintln(t, "  PLATFORM\tDIGEST\tLAYERS\tREVISION")
	for _, e := range i.Entries {
		layers := "-"
		if e.Manifest != nil && e.Manifest.Shape() == index.ShapeManifest {
			layers = fmt.Sprint(len(e.Manifest.Body.Layers))
		}
		revision := "-"
		if e.Config != nil && e.Config.Run.Labels[index.RevisionLabel] != "" {
			revision = abbreviate(printable(e.Config.Run.Labels[index.RevisionLabel]), 12)
		}
		fmt.Fprintf(t, "  %s\t%s\t%s\t%s\n", printable(platformOf(e)), printable(check.Short(e.Descriptor.Digest.String())), layers, revision)
	}
	t.Flush()
}

// platformOf names what an entry is for.
func platformOf(e *index.Entry) string {
	switch p := e.Descriptor.Platform; {
	case e.Role() == index.RoleAttestation:
		return "(attestation)"
	case e.Role() == index.RoleIndex:
		return "(index)"
	case e.Role() == index.RoleBlob:
		return "(no manifest)"
	case e.Role() == index.RoleArtifact:
		return "(artifact)"
	case p != nil:
		return index.Name(p)
	case e.Config != nil:
		config := e.Config.Platform()
		return index.Name(&config)
	default:
		return "(none)"
	}
}

// printable keeps what a registry serves from steering the terminal.
func printable(s string) string {
	return abbreviate(strings.Map(func(c rune) rune {
		if c < ' ' || c >= 0x7f && c < 0xa0 {
			return '?'
		}
		return c
	}, s), 80)
}

func abbreviate(s string, n int) string {
	if runes := []rune(s); len(runes) > n {
		return string(runes[:n])
	}
	return s
}

// wrap writes text in lines of at most width characters; the lines after the first are indented as far as the first's text.
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
