package template

import (
	"fmt"
	"maps"
	"slices"
)

// Needs are all resources that are there before CloudFormation begins to create one.
func (t *Template) Needs(id string) map[string]bool {
	all := map[string]bool{}
	var add func(id string)
	add = func(id string) {
		for _, needed := range t.needs(id) {
			if !all[needed] {
				all[needed] = true
				add(needed)
			}
		}
	}
	add(id)
	return all
}

// Blocked is what is in the way of another try after the stack's first creation has failed at one resource, and CloudFormation has
// deleted what it had made. That may be everything that doesn't need the failed one, as it creates at the same time what it can. In
// the way is what it keeps, as its name is taken, and what it can't delete, as a pipeline has run and written to it.
//
// Other than Retain, RetainExceptOnCreate keeps nothing of a creation that fails.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
func (t *Template) Blocked(failed string) []string {
	made := map[string]Resource{}
	run := ""
	for id, r := range t.Resources {
		if id == failed || t.Needs(id)[failed] {
			continue
		}
		made[id] = r
		if r.Type == "AWS::CodePipeline::Pipeline" {
			run = id // it starts by itself
		}
	}
	var blocked []string
	for _, id := range slices.Sorted(maps.Keys(made)) {
		switch r := made[id]; {
		case r.DeletionPolicy == "Retain":
			blocked = append(blocked, fmt.Sprintf("%s is kept (%s)", id, r.Type))
		case run != "" && r.holds():
			blocked = append(blocked, fmt.Sprintf("%s holds what %s has written (%s)", id, run, r.Type))
		}
	}
	return blocked
}

// holds tells whether the resource is one that can't be deleted while it holds something that a pipeline writes.
func (r Resource) holds() bool {
	switch r.Type {
	case "AWS::ECR::Repository":
		return r.Properties["EmptyOnDelete"] != true
	case "AWS::S3::Bucket":
		tags, _ := r.Properties["Tags"].([]any)
		return !slices.ContainsFunc(tags, func(tag any) bool {
			t, _ := tag.(map[string]any)
			return t["Key"] == "aws-cdk:auto-delete-objects" && t["Value"] == "true"
		})
	}
	return false
}
