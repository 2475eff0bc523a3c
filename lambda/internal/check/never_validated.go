package check

import (
	"fmt"
	"slices"
	"strings"

	"archway/lambda/internal/index"
)

// Release is what tells of an image that it was promoted, and so validated before: the promotion writes the immutable tags of
// its commit first, only it may write tags, and the registry lets nobody move those.
type Release struct {
	// Proofs are the immutable tags that the image must have been given, with what they serve.
	Proofs []index.Served
	// Problem says why it can't be told which these are.
	Problem string
}

// neverValidated refuses an image that a public tag serves and that no run of the pipeline has promoted. Only the scheduled
// check asks for it.
var neverValidated = Check{Name: "never-validated", About: "a public tag serves what no run of the pipeline has promoted (scheduled check only)", run: func(in Input, r *report) {
	release := in.Want.Release
	if release == nil || in.Image.Root == nil {
		return
	}
	const cure = "find out who pushed it (AWS CloudTrail, event PutImage), and run the Promote stage of the last good execution again to put the tag back"
	if release.Problem != "" {
		r.add(Error, root(in.Image), cure, "%s, so that no run of the pipeline can have promoted it; somebody has probably pushed it by hand", release.Problem)
		return
	}
	if slices.ContainsFunc(release.Proofs, func(s index.Served) bool { return s.Digest == in.Image.Digest }) {
		return
	}
	var found []string
	for _, s := range release.Proofs {
		found = append(found, fmt.Sprintf("%s %s", s.Tag, serving(s)))
	}
	r.add(Error, root(in.Image), cure, "no run of the pipeline has promoted it: of the immutable tags of the commit that it names, %s, expected it there; somebody has probably pushed it by hand", strings.Join(found, ", "))
}}

func serving(s index.Served) string {
	if s.Digest == "" {
		return "doesn't exist"
	}
	return "serves " + Short(s.Digest.String())
}
