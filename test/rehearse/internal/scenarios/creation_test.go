package scenarios_test

import (
	"fmt"
	"strings"
	"testing"

	"archway/test/rehearse/internal/aws/cloudformation"
	"archway/test/rehearse/internal/aws/cloudformation/template"
)

// Wherever the first deployment fails, at the pipeline too, it can be tried again: nothing is kept,
// and nothing has run.
func TestFailedCreation(t *testing.T) {
	for _, app := range []string{example, withRules, withNotices, twoImages} {
		for _, stack := range stacks(t, app) {
			parsed, err := template.Parse(stack.Template)
			if err != nil {
				t.Fatal(err)
			}
			for id := range parsed.Resources {
				if blocked := cloudformation.Blocked(parsed, id); len(blocked) > 0 {
					t.Errorf("%s fails at %s: %s", stack.Name, id, strings.Join(blocked, ", "))
				}
			}
		}
	}
}

// The trigger comes after the source repository with its seed, whose push it so doesn't see: the
// pipeline's first run builds it alone. And it comes before the pipeline, so that it can't fail
// after that. A class has the source of another stack.
func TestCreationOrder(t *testing.T) {
	for _, app := range []string{example, withRules} {
		for _, stack := range stacks(t, app) {
			parsed, err := template.Parse(stack.Template)
			if err != nil {
				t.Fatal(err)
			}
			of := map[string]string{}
			for id, r := range parsed.Resources {
				if r.Type != "AWS::Events::Rule" ||
					strings.Contains(fmt.Sprint(r.Properties["EventPattern"]), "aws.codecommit") {
					of[r.Type] = id
				}
			}
			rule, pipeline, source := of["AWS::Events::Rule"], of["AWS::CodePipeline::Pipeline"],
				of["AWS::CodeCommit::Repository"]
			// A class's repository is that of another stack.
			if rule == "" || source != "" && !parsed.Needs(rule)[source] || !parsed.Needs(pipeline)[rule] {
				t.Errorf("%s: the order is not %s, %s, %s", stack.Name, source, rule, pipeline)
			}
		}
	}
}
