package check

import (
	"maps"
	"slices"

	"archway/lambda/internal/image/index"
)

// sameRevision refuses an index whose architectures come from different commits, or aren't what
// this run's builds pushed (ClickHouse#41568). The commit stands in each image's label and in the
// index's annotation.
var sameRevision = Check{Name: "same-revision",
	About: "the platforms come from different commits, or not from this run's builds", run: func(in Input, r *report) {
		if in.Want.Revision != "" {
			expectedRevision(in, r)
		} else {
			oneRevision(in, r)
		}
		reportedBuilds(in, r)
	}}

// oneCommit is the cure.
func (p Place) oneCommit() string {
	return p.remerge("run all builds again for one commit, and merge the digests that they report")
}

// expectedRevision compares everything with the commit that was asked for.
func expectedRevision(in Input, r *report) {
	i, want := in.Image, in.Want.Revision
	for _, e := range i.Images() {
		if e.Config == nil {
			continue
		}
		switch got := e.Config.Run.Labels[index.RevisionLabel]; got {
		case want:
		case "":
			r.add(Error, about(e), "build it with `--label "+index.RevisionLabel+"="+want+"`",
				"the image doesn't say which commit it was built from, expected the label %s=%s", index.RevisionLabel,
				want)
		default:
			r.add(Error, about(e), r.place.oneCommit(),
				"it was built from commit %s, expected %s; probably it comes from another run", got, want)
		}
	}
	if i.Root == nil || i.Root.Shape() != index.ShapeIndex {
		return
	}
	switch got := i.Root.Body.Annotations[index.RevisionLabel]; {
	case got == want:
	case got != "":
		r.add(Error, root(i), r.place.oneCommit(),
			"the index says that it was merged for commit %s, expected %s; probably it comes from another run", got,
			want)
	case index.FamilyOf(i.Root.Body.MediaType) != index.Docker: // Docker's format has no annotations
		r.add(Warning, root(i), r.place.remerge("merge with `--annotation index:"+index.RevisionLabel+"="+want+"`"),
			"the index doesn't say which commit it was merged for, expected the annotation %s", index.RevisionLabel)
	}
}

// oneRevision compares the images with each other.
func oneRevision(in Input, r *report) {
	var first *index.Entry
	var without []*index.Entry
	for _, e := range in.Image.Images() {
		if e.Config == nil {
			continue
		}
		got := e.Config.Run.Labels[index.RevisionLabel]
		switch {
		case got == "":
			without = append(without, e)
		case first == nil:
			first = e
		case got != first.Config.Run.Labels[index.RevisionLabel]:
			r.add(Error, about(e), r.place.oneCommit(),
				"it was built from commit %s, but %s from %s; expected one commit for all platforms",
				got, about(first), first.Config.Run.Labels[index.RevisionLabel])
		}
	}
	if first == nil {
		return
	}
	for _, e := range without {
		r.add(Warning, about(e), "build all platforms with the label "+index.RevisionLabel,
			"the image doesn't say which commit it was built from, while %s does", about(first))
	}
	if i := in.Image; i.Root != nil && !i.Single {
		label := first.Config.Run.Labels[index.RevisionLabel]
		if got := i.Root.Body.Annotations[index.RevisionLabel]; got != "" && got != label {
			r.add(Error, root(i), r.place.oneCommit(),
				"the index says that it was merged for commit %s, but %s was built from %s; expected the same",
				got, about(first), label)
		}
	}
}

// reportedBuilds compares the entries with the digests that the builds reported: a build pushes one
// image, or an index of that image and its attestation.
func reportedBuilds(in Input, r *report) {
	i := in.Image
	readable := true
	for _, platform := range slices.Sorted(maps.Keys(i.Builds)) {
		build := i.Builds[platform]
		if build.State != index.Read {
			readable = false
			r.add(Error, Subject{Digest: build.Digest.String(), Platform: platform},
				r.place.remerge("run the build again"),
				"the registry doesn't have (or can't serve) what this platform's build reported to have pushed, so that the index can't be compared with it")
			continue
		}
		for _, e := range i.Images() {
			p := e.Descriptor.Platform
			if p == nil || index.Key(*p) != platform || build.Holds(e.Descriptor.Digest, platform) {
				continue
			}
			r.add(Error, about(e), r.place.oneCommit(),
				"it isn't what this run's build for %s pushed, expected %s or an image inside it; the merge took the image "+
					"of another run", platform, Short(build.Digest.String()))
		}
	}
	if !readable || len(i.Builds) == 0 {
		return
	}
	for _, e := range i.Attestations() {
		if !pushedAlong(i, e) {
			r.add(Error, about(e), r.place.oneCommit(),
				"none of this run's builds pushed the attestation %s, so that it may claim anything about the image; "+
					"probably it comes from another run", e.Where)
		}
	}
}

func pushedAlong(i *index.Image, e *index.Entry) bool {
	for _, build := range i.Builds {
		if build.Attests(e.Descriptor.Digest) {
			return true
		}
	}
	return false
}
