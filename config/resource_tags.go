package config

import (
	"archway/internal/spec"
	"maps"
	"slices"
	"strings"
)

// maxTags leaves room for our own two among the 50 that a resource may have.
// https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html#tag-conventions
const maxTags = 48

// resourceTags reads the tags of everything that the stack creates.
func (r *reader) resourceTags(pipeline object) map[string]string {
	const key = "resourceTags"
	if !pipeline.has(key) {
		return map[string]string{}
	}
	tags := pipeline.entries(key, spec.Named("tagKey"))
	if len(tags) > maxTags {
		pipeline.report(key,
			"has %d tags, but AWS takes 50, and two are set anyway (Project, Pipeline): use at most %d", len(tags),
			maxTags)
	}
	at := pipeline.path(key)
	// Roles can't have two keys that differ by their case alone:
	// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html (case sensitivity)
	spelled := map[string]string{"project": "Project", "pipeline": "Pipeline"}
	for _, name := range slices.Sorted(maps.Keys(tags)) {
		if strings.HasPrefix(strings.ToLower(name), "aws:") {
			r.report(below(at, name), tags[name], "AWS keeps keys that begin with aws: to itself: use another one")
		}
		lower := strings.ToLower(name)
		if other, taken := spelled[lower]; taken && other != name {
			r.report(below(at, name), tags[name],
				"differs by its case alone from %q, which is there too, and IAM takes one of them on a role: write %[1]q, or use another key",
				other)
		}
		spelled[lower] = name
		if broken := spec.Named("tagValue").Check(tags[name]); broken != "" {
			r.report(below(at, name), tags[name], "%s", broken)
		}
	}
	return tags
}
