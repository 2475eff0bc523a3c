package template_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"archway/config"
)

// keptTypes are the types of resources that hold what can't be made again, or what others have
// subscribed to. Each has the properties that CloudFormation can't change without making another
// resource: createOnlyProperties in the schemas of its registry (aws cloudformation describe-type,
// read in November 2026). A source's name is its address, so it counts as well.
var keptTypes = map[string][]string{
	"AWS::CodeCommit::Repository": {"RepositoryName"},
	"AWS::ECR::Repository":        {"EncryptionConfiguration", "RepositoryName"},
	"AWS::KMS::Key":               nil,
	"AWS::Logs::LogGroup":         {"LogGroupName"},
	"AWS::S3::Bucket":             {"BucketName", "BucketNamePrefix", "BucketNamespace"},
	"AWS::SNS::Topic":             {"FifoTopic", "TopicName"},
}

const keptList = "testdata/kept.txt"

// Whoever upgrades must lose nothing: CloudFormation takes another logical id, type or such
// property for another resource. A line of the list may come, with -update; that one changes or
// goes is written by hand, with words in CHANGELOG.md and docs/upgrade.md.
func TestKept(t *testing.T) {
	text, err := os.ReadFile(keptList)
	if err != nil && !*update {
		t.Fatal(err)
	}
	want := strings.FieldsFunc(string(text), func(r rune) bool { return r == '\n' })
	var got []string
	for _, stack := range append(slices.Clone(all), config.RegistryStack) {
		got = append(got, kept(t, stack)...)
	}
	slices.Sort(got)
	for _, line := range want {
		if !slices.Contains(got, line) {
			t.Errorf("whoever upgrades would lose this, or get another one beside it: keep its id and properties, "+
				"or take the line out of %s by hand, and say in CHANGELOG.md and docs/upgrade.md what people must do:\n%s",
				keptList, line)
		}
	}
	if *update {
		all := slices.Compact(slices.Sorted(slices.Values(append(got, want...))))
		if err := os.WriteFile(keptList, []byte(strings.Join(all, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	for _, line := range got {
		if !slices.Contains(want, line) {
			t.Errorf("new, and to be kept from now on: add it with go test ./test/template -update:\n%s", line)
		}
	}
	if len(got) < 50 {
		t.Errorf("only %d resources hold something", len(got))
	}
}

// kept are the lines of a stack: where, which type, and what must not change.
func kept(t *testing.T, stack string) (lines []string) {
	t.Helper()
	for id, value := range template(t, stack)["Resources"].(map[string]any) {
		resource := value.(map[string]any)
		kind := resource["Type"].(string)
		fixed, ok := keptTypes[kind]
		if !ok {
			continue
		}
		properties, _ := resource["Properties"].(map[string]any)
		forcing := map[string]any{}
		for _, name := range fixed {
			if value, ok := properties[name]; ok {
				forcing[name] = value
			}
		}
		text, err := json.Marshal(forcing)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, fmt.Sprintf("%s %s %s %s", stack, id, kind, text))
	}
	return lines
}
