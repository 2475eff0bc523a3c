package report

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
	"archway/lambda/internal/verdict/check"
)

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
			revision = plain.Cut(e.Config.Run.Labels[index.RevisionLabel], 12)
		}
		fmt.Fprintf(t, "  %s\t%s\t%s\t%s\t%s\n", plain.Cut(what(e), cell), digestOf(e), layers, starting(e), revision)
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
	switch text := plain.Text(strings.Join(names, " > ")); {
	case e.Start.Unproven != "":
		return "not proven"
	case text == "":
		return "-"
	default:
		if short := plain.Cut(text, startWidth); short != text {
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
		return platformOf(e)
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
		fmt.Fprintf(t, "  %s\t%s\t%s\t%s\n", c.Node, pulledBy(c, c.Containerd), pulledBy(c, c.Strict),
			pulledBy(c, c.CRIO))
	}
	t.Flush()
}

// pulledBy names an image by its digest where the platform says nothing new.
func pulledBy(c pull.Choice, e *index.Entry) string {
	if e == nil {
		return "nothing"
	}
	if p := platformOf(e); p != c.Node {
		return plain.Cut(p, cell)
	}
	return digestOf(e)
}

// cell is how many characters of what a registry serves stand in one place of a table.
const cell = 80

// digestOf is an entry's digest as it stands in a table: a registry can serve anything in its
// place.
func digestOf(e *index.Entry) string {
	return plain.Cut(check.Short(e.Descriptor.Digest.String()), cell)
}
