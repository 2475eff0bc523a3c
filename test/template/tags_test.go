package template_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// untaggable are the types that CloudFormation gives no tags.
var untaggable = map[string]string{
	"AWS::CDK::Metadata":             "it is nothing but a note in the template",
	"AWS::IAM::Policy":               "it is a part of a role, which has tags",
	"AWS::Lambda::EventInvokeConfig": "it is a setting of a function, which has tags",
	"AWS::Lambda::Permission":        "it is a statement in a function's policy",
	"AWS::S3::BucketPolicy":          "it is the policy of a bucket, which has tags",
	"AWS::SNS::Subscription":         "SNS tags topics only",
	"AWS::SQS::QueuePolicy":          "it is the policy of a queue, which has tags",
	"AWS::SNS::TopicPolicy":          "it is the policy of a topic, which has tags",
	"Custom::S3AutoDeleteObjects":    "it is a call of a function, which has tags",
}

// Everything that can be tagged is tagged.
func TestStackTags(t *testing.T) {
	want := map[string]map[string]string{
		asCommitted: {"Project": "archway", "Pipeline": "hello-go"},
		everything:  {"Project": "archway", "Pipeline": "Everything-1", "Team": "platform", "cost center": "4711"},
	}
	for stack, tags := range want {
		found := 0
		for id, r := range template(t, stack)["Resources"].(map[string]any) {
			r := r.(map[string]any)
			if untaggable[r["Type"].(string)] != "" {
				continue
			}
			found++
			properties, _ := r["Properties"].(map[string]any)
			got := map[string]string{}
			switch list := properties["Tags"].(type) {
			case []any:
				for _, tag := range list {
					got[tag.(map[string]any)["Key"].(string)] = tag.(map[string]any)["Value"].(string)
				}
			case map[string]any: // some types have an object
				for key, value := range list {
					got[key] = value.(string)
				}
			}
			delete(got, "aws-cdk:auto-delete-objects") // of the CDK, for the function that empties a bucket
			if diff := cmp.Diff(tags, got); diff != "" {
				t.Errorf("%s: tags of %s, a %s (-want +got):\n%s", stack, id, r["Type"], diff)
			}
		}
		if found < 15 {
			t.Errorf("%s: only %d resources can be tagged", stack, found)
		}
		if diff := cmp.Diff(tags, synthesized(t, stack).Tags); diff != "" {
			t.Errorf("%s: tags of the stack (-want +got):\n%s", stack, diff)
		}
	}
}
