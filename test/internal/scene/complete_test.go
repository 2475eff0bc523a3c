package scene

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"testing"

	"archway/test/internal/assembly"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

// unshown are the properties that the picture does not show of the types that have a box, and why
// that says nothing less about what people decide by.
var unshown = map[string]map[string]string{
	"AWS::CodeBuild::Project": {
		"Artifacts": "they go to the pipeline", "Cache": "there is none",
		"Description":   "the action is named",
		"EncryptionKey": "said of the bucket", "LogsConfig": "said by who writes to logs",
		"QueuedTimeoutInMinutes": "a limit", "Source": "the buildspec: a text of its own", "Tags": "tags",
	},
	"AWS::CodeCommit::Repository": {"Code": "what it is made with", "Tags": "tags"},
	"AWS::CodePipeline::Pipeline": {"ArtifactStore": "said by who may do what", "Tags": "tags",
		"Variables": "said by what actions are given"},
	"AWS::ECR::Repository": {"EncryptionConfiguration": "said only of another key than AWS's", "Tags": "tags"},
	"AWS::Events::Rule":    {"Tags": "tags", "State": "said only of one that is off"},
	"AWS::IAM::Policy":     {"PolicyName": "a name"},
	"AWS::IAM::Role": {"AssumeRolePolicyDocument": "who has the role is named, and others who may take it on",
		"Description": "a text", "Tags": "tags"},
	"AWS::Lambda::Function": {"Architectures": "no difference to people", "Code": "the program is named",
		"Description": "the action is named", "Environment": "settings of the program", "Handler": "as all have it",
		"LoggingConfig": "said by who writes to logs", "Runtime": "as all have it", "Tags": "tags"},
	"AWS::Lambda::Permission": {},
	"AWS::Logs::LogGroup":     {"LogGroupName": "a name", "Tags": "tags"},
	"AWS::S3::Bucket": {"BucketEncryption": "said only of another key than AWS's",
		"OwnershipControls": "as AWS has it", "Tags": "tags"},
	"AWS::S3::BucketPolicy": {},
	"AWS::SNS::Topic":       {"Tags": "tags"},
	"AWS::SNS::TopicPolicy": {},
	"AWS::SQS::Queue":       {"SqsManagedSseEnabled": "as AWS has it", "Tags": "tags"},
	"AWS::SQS::QueuePolicy": {},
}

// Without a property, the picture is another one, or somebody has said why it is not.
func TestNothingIsLeftOut(t *testing.T) {
	silent, loud := map[string]map[string]bool{}, map[string]map[string]bool{}
	for _, file := range []string{"hello-go", "rules"} {
		text, err := os.ReadFile("../../template/testdata/" + file + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		var template struct{ Resources map[string]assembly.Resource }
		if err := yaml.Unmarshal(text, &template); err != nil {
			t.Fatal(err)
		}
		whole, err := json.Marshal(New("s", template.Resources))
		if err != nil {
			t.Fatal(err)
		}
		for id, r := range template.Resources {
			if unshown[r.Type] == nil {
				continue
			}
			if silent[r.Type] == nil {
				silent[r.Type], loud[r.Type] = map[string]bool{}, map[string]bool{}
			}
			for property := range r.Properties {
				less := maps.Clone(template.Resources)
				copied := r
				copied.Properties = maps.Clone(r.Properties)
				delete(copied.Properties, property)
				less[id] = copied
				got, err := json.Marshal(New("s", less))
				if err != nil {
					t.Fatal(err)
				}
				if string(got) == string(whole) {
					silent[r.Type][property] = true
				} else {
					loud[r.Type][property] = true
				}
			}
		}
	}
	for kind, reasons := range unshown {
		// What is shown of one resource of a type, such as the only name, need not be of another
		// one.
		var left []string
		for property := range silent[kind] {
			if !loud[kind][property] {
				left = append(left, property)
			}
		}
		slices.Sort(left)
		if diff := cmp.Diff(slices.Sorted(maps.Keys(reasons)), left); diff != "" && len(left)+len(reasons) > 0 {
			t.Errorf("%s (-said to be left out, +left out):\n%s", kind, diff)
		}
	}
}
