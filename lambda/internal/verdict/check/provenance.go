package check

import (
	"slices"
	"strings"

	"archway/lambda/internal/image/index"
)

// provenance refuses, where it is required, an image that nothing says how it was built, or whose
// statement is about another image or another commit. It reads BuildKit's attestations and what
// cosign and others attach, SLSA's v0.2 and v1. It does not verify signatures.
var provenance = Check{Name: "provenance",
	About: "the required provenance is missing, or about another image or commit (only if required)",
	run: func(in Input, r *report) {
		if !in.Want.Provenance {
			return
		}
		for _, e := range in.Image.Images() {
			required(in, r, e)
		}
	}}

func required(in Input, r *report, e *index.Entry) {
	demand := demand{
		statements: e.Provenance, wanted: index.IsProvenance, cure: r.place.stated("--provenance=true"),
		says:     "how it was built",
		expected: "an in-toto statement of the type https://slsa.dev/provenance/…; the build probably made none, or the merge left it out",
	}
	if a, ok := demand.met(r, e); ok {
		revision(in, r, e, a)
	}
}

// revision compares the commit that a statement records with the one that is expected: the one
// asked for, or else the one that the image's label names.
func revision(in Input, r *report, e *index.Entry, a index.Attached) {
	want := in.Want.Revision
	if want == "" && e.Config != nil {
		want = e.Config.Run.Labels[index.RevisionLabel]
	}
	if want == "" || len(a.Revisions) == 0 || slices.Contains(a.Revisions, want) {
		return
	}
	if slices.Contains(a.Revisions, want+"-dirty") { // as buildx writes it
		r.add(Error, about(e), r.place.remerge("commit everything, and build again"),
			"the statement of %s says that it was built from commit %s with changes that are not committed, expected the "+
				"commit itself", a.Where, want)
		return
	}
	r.add(Error, about(e), r.place.oneCommit(),
		"the statement of %s says that it was built from commit %s, expected %s",
		a.Where, strings.Join(a.Revisions, " and "), want)
}
