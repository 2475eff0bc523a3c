package cloudformation

import (
	"fmt"
	"maps"
	"slices"

	"archway/test/rehearse/internal/aws/cloudformation/template"
)

// Blocked is what is in the way of another try after the stack's first creation has failed at one
// resource, and CloudFormation has deleted what it had made. That may be everything that doesn't
// need the failed one, as it creates at the same time what it can. In the way is what it keeps, as
// its name is taken, and what it can't delete, as a pipeline has run and written to it.
//
// Other than Retain, RetainExceptOnCreate keeps nothing of a creation that fails.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
func Blocked(t *template.Template, failed string) []string {
	made := map[string]template.Resource{}
	run := ""
	for id, r := range t.Resources {
		if id == failed || t.Needs(id)[failed] {
			continue
		}
		made[id] = r
		if descriptors[r.Type].runs {
			run = id
		}
	}
	var blocked []string
	for _, id := range slices.Sorted(maps.Keys(made)) {
		r := made[id]
		holds := descriptors[r.Type].holds
		switch {
		case r.DeletionPolicy == "Retain":
			blocked = append(blocked, fmt.Sprintf("%s is kept (%s)", id, r.Type))
		case run != "" && holds != nil && holds(r):
			blocked = append(blocked, fmt.Sprintf("%s holds what %s has written (%s)", id, run, r.Type))
		}
	}
	return blocked
}
