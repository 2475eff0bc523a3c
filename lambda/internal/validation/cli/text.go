package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"archway/lambda/internal/image/entrypoint"
	"archway/lambda/internal/image/index"
	"archway/lambda/internal/image/pull"
	"archway/lambda/internal/plain"
	"archway/lambda/internal/validation"
	"archway/lambda/internal/verdict/check"
	"archway/lambda/internal/verdict/report"
)

// width of the text output: findings are read in terminals and in logs.
const width = 100

// printText writes a verdict line, the digest, the platforms, what nodes pull, and the findings
// with their cures.
func printText(w io.Writer, image string, v validation.Verdict, deep bool) {
	verdict := "valid"
	if !v.Valid() {
		verdict = "NOT VALID"
	}
	var more []string
	if len(v.Findings) > 0 {
		more = append(more, check.Tally(v.Findings))
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
		if deep {
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
		all = append(all, printable(report.PlatformOf(e))+": "+strings.Join(names, ", "))
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

// entries lists what is in the index.
func entries(w io.Writer, i *index.Image) {
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprintln(t, "  PLATFORM\tDIGEST\tLAYERS\tSTARTS\tREVISION")
	for _, e := range i.Entries {
		layers := "-"
		if e.Manifest != nil && e.Manifest.Shape() == index.ShapeManifest {
			layers = fmt.Sprint(len(e.Manifest.Body.Layers))
		}
		revision := "-"
		if e.Config != nil && e.Config.Run.Labels[index.RevisionLabel] != "" {
			revision = abbreviate(printable(e.Config.Run.Labels[index.RevisionLabel]), 12)
		}
		fmt.Fprintf(t, "  %s\t%s\t%s\t%s\t%s\n", printable(what(e)),
			printable(check.Short(e.Descriptor.Digest.String())), layers, starting(e), revision)
	}
	t.Flush()
}

// starting names what starts in an image, and what that starts in turn; not the dynamic loaders.
func starting(e *index.Entry) string {
	if e.Start == nil {
		return "-"
	}
	var names []string
	for _, s := range e.Start.Trace.Steps {
		if s.How != entrypoint.Loader {
			names = append(names, s.Name)
		}
	}
	switch text := printable(strings.Join(names, " > ")); {
	case e.Start.Unproven != "":
		return "not proven"
	case text == "":
		return "-"
	default:
		if short := abbreviate(text, startWidth); short != text {
			return short + "…"
		}
		return text
	}
}

// startWidth keeps the table's rows below the width of the text.
const startWidth = 28

// what names an entry; an attestation by what it says.
func what(e *index.Entry) string {
	var said []string
	for _, d := range e.Statements() {
		kind := d.Annotations[index.PredicateType]
		for prefix, word := range predicates {
			if strings.HasPrefix(kind, prefix) && !slices.Contains(said, word) {
				said = append(said, word)
			}
		}
	}
	if e.Role() != index.RoleAttestation || len(said) == 0 {
		return report.PlatformOf(e)
	}
	slices.Sort(said)
	return "(" + strings.Join(said, ", ") + ")"
}

// predicates are what people call the usual statements.
var predicates = map[string]string{
	"https://slsa.dev/provenance/": "provenance",
	"https://spdx.dev/Document":    "SBOM",
	"https://cyclonedx.org/bom":    "SBOM",
}

// nodes tells what ordinary nodes pull.
func nodes(w io.Writer, i *index.Image) {
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprintln(t, "  NODE PULLS\tCONTAINERD\tCONTAINERD, STRICT\tCRI-O")
	for _, c := range pull.Choices(i) {
		fmt.Fprintf(t, "  %s\t%s\t%s\t%s\n", c.Node, pulled(c, c.Containerd), pulled(c, c.Strict), pulled(c, c.CRIO))
	}
	t.Flush()
}

// pulled names an image by its digest where the platform says nothing new.
func pulled(c pull.Choice, e *index.Entry) string {
	if e == nil {
		return "nothing"
	}
	if p := report.PlatformOf(e); p != c.Node {
		return printable(p)
	}
	return printable(check.Short(e.Descriptor.Digest.String()))
}

// printable is what a registry serves in one short line.
func printable(s string) string {
	return abbreviate(plain.Text(s), 80)
}

func abbreviate(s string, n int) string {
	if runes := []rune(s); len(runes) > n {
		return string(runes[:n])
	}
	return s
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
