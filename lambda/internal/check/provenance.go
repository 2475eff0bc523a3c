package check

import (
	"slices"
	"strings"

	"archway/lambda/internal/index"
)

// provenance refuses, where it is required, an image that nothing says how it was built, or whose statement is about another
// image or another commit. It reads BuildKit's attestations and what cosign and others attach, SLSA's v0.2 and v1. It does not
// verify signatures.
var provenance = Check{Name: "provenance", About: "the required provenance is missing, or about another image or commit (only if required)", run: func(in Input, r *report) {
	if !in.Want.Provenance {
		return
	}
	for _, e := range in.Image.Images() {
		required(in, r, e)
	}
}}

const provenanceCure = "build it with `docker buildx build --provenance=true`, and merge from the digests that the builds reported"

func required(in Input, r *report, e *index.Entry) {
	var unread []string
	var statements []index.Attached
	for _, a := range e.Provenance {
		switch {
		case a.State == index.Missing:
			unread = append(unread, "the statement of "+a.Where+" is not in the registry")
		case a.State == index.TooLarge:
			unread = append(unread, "the statement of "+a.Where+" is too large to be read")
		case a.State != index.Read:
			unread = append(unread, "the statement of "+a.Where+" can't be read, as the registry serves other bytes than its digest names")
		case a.Err != nil:
			unread = append(unread, "the statement of "+a.Where+" can't be read: "+a.Err.Error())
		case index.IsProvenance(a.PredicateType):
			statements = append(statements, a)
		}
	}
	switch {
	case len(statements) == 0 && len(unread) == 0:
		r.add(Error, about(e), provenanceCure, "nothing says how it was built, expected an in-toto statement of the type https://slsa.dev/provenance/…; the build probably made none, or the merge left it out")
		return
	case len(statements) == 0:
		r.add(Error, about(e), provenanceCure, "nothing that can be read says how it was built: %s", strings.Join(unread, "; "))
		return
	}
	of := e.Descriptor.Digest.String()
	at := slices.IndexFunc(statements, func(a index.Attached) bool { return slices.Contains(a.Subjects, of) })
	if at < 0 {
		r.add(Error, about(e), provenanceCure, "the statement of %s about how it was built is about %s, expected %s; it probably belongs to another build", statements[0].Where, subjects(statements[0]), Short(of))
		return
	}
	revision(in, r, e, statements[at])
}

// revision compares the commit that a statement records with the one that is expected: the one asked for, or else the one that the
// image's label names.
func revision(in Input, r *report, e *index.Entry, a index.Attached) {
	want := in.Want.Revision
	if want == "" && e.Config != nil {
		want = e.Config.Run.Labels[index.RevisionLabel]
	}
	if want == "" || len(a.Revisions) == 0 || slices.Contains(a.Revisions, want) {
		return
	}
	if slices.Contains(a.Revisions, want+"-dirty") { // as buildx writes it
		r.add(Error, about(e), "commit everything, and build again", "the statement of %s says that it was built from commit %s with changes that are not committed, expected the commit itself", a.Where, want)
		return
	}
	r.add(Error, about(e), revisionCure, "the statement of %s says that it was built from commit %s, expected %s", a.Where, strings.Join(a.Revisions, " and "), want)
}

func subjects(a index.Attached) string {
	if len(a.Subjects) == 0 {
		return "nothing (as BuildKit writes it for an image without a name)"
	}
	var short []string
	for _, s := range a.Subjects[:min(len(a.Subjects), 3)] {
		short = append(short, Short(s))
	}
	return strings.Join(short, ", ")
}
