package template_test

import (
	"reflect"
	"strings"
	"testing"
)

// deletes says, of every type that could leave something behind, how its resources are deleted with
// all that they hold. What is not here holds nothing.
var deletes = map[string]func(properties map[string]any) string{
	"AWS::CodeCommit::Repository": nil, // with its commits
	"AWS::Logs::LogGroup":         nil, // with its events
	"AWS::ECR::Repository": func(properties map[string]any) string {
		if properties["EmptyOnDelete"] != true {
			return "ECR deletes no repository that holds images: EmptyOnDelete is missing"
		}
		return ""
	},
	"AWS::S3::Bucket": func(properties map[string]any) string {
		for _, tag := range properties["Tags"].([]any) {
			if tag.(map[string]any)["Key"] == "aws-cdk:auto-delete-objects" {
				return ""
			}
		}
		return "S3 deletes no bucket that holds objects, and the function that empties it wants a tag"
	},
}

func TestDestroyLeavesNothing(t *testing.T) {
	groups := map[string]bool{} // log groups that somebody's logs go to
	functions := 0
	resources := template(t, everything)["Resources"].(map[string]any)
	for id, r := range resources {
		r := r.(map[string]any)
		kind, properties := r["Type"].(string), r["Properties"].(map[string]any)
		if policy := r["DeletionPolicy"]; policy != nil && policy != "Delete" {
			t.Errorf("%s stays: DeletionPolicy %v", id, policy)
		}
		if _, holds := deletes[kind]; holds && r["DeletionPolicy"] != "Delete" {
			t.Errorf("%s: DeletionPolicy %v, want Delete", id, r["DeletionPolicy"])
		}
		if problem := deletes[kind]; problem != nil && problem(properties) != "" {
			t.Errorf("%s: %s", id, problem(properties))
		}
		if kind == "AWS::Lambda::Function" {
			functions++
			// Without a group of the stack, Lambda makes one that nobody deletes.
			config, _ := properties["LoggingConfig"].(map[string]any)
			if named, _ := config["LogGroup"].(map[string]any); named != nil {
				groups[named["Ref"].(string)] = true
				continue
			}
			groups[logGroupOf(resources, id)] = true
		}
	}
	for group := range groups {
		if r, ok := resources[group].(map[string]any); !ok || r["Type"] != "AWS::Logs::LogGroup" {
			t.Errorf("a function logs to %q, which is no log group of the stack", group)
		}
	}
	if functions != 5 || len(groups) != 5 { // validator, scan gate, promoter, notifier, and what empties the bucket
		t.Errorf("%d functions log to %d groups, want 5 and 5", functions, len(groups))
	}
	const only = "Only the source repository team.monorepo, which was there before. Everything else is " +
		"deleted, the images in team/api, everything-1/web_ui, staging/team/api, staging/everything-1/web_ui too"
	if text := output(t, everything, "Removal"); !strings.HasPrefix(text, only) {
		t.Errorf("output: %s", text)
	}
}

// logGroupOf is the log group that is called as Lambda calls that of a function.
func logGroupOf(resources map[string]any, function string) string {
	for id, r := range resources {
		properties, _ := r.(map[string]any)["Properties"].(map[string]any)
		name := map[string]any{"Fn::Join": []any{"", []any{"/aws/lambda/", map[string]any{"Ref": function}}}}
		if reflect.DeepEqual(properties["LogGroupName"], name) {
			return id
		}
	}
	return "no group for " + function
}

// What must not be lost is retained, and the outputs say so.
func TestRetain(t *testing.T) {
	kept := map[string]int{}
	for id, r := range template(t, asCommitted)["Resources"].(map[string]any) {
		r := r.(map[string]any)
		switch r["DeletionPolicy"] {
		case "RetainExceptOnCreate":
			kept[r["Type"].(string)]++
		case "Delete":
			// What is staged can be built again; pushes that started nothing are nothing to start
			// any more.
			if !strings.Contains(id, "RegistryStaging") && !strings.Contains(id, "DeadLetters") {
				t.Errorf("%s is deleted", id)
			}
		}
	}
	for _, kind := range []string{"AWS::CodeCommit::Repository", "AWS::ECR::Repository", "AWS::S3::Bucket",
		"AWS::Logs::LogGroup"} {
		if kept[kind] == 0 {
			t.Errorf("no %s is kept", kind)
		}
	}
	if text := output(t, asCommitted, "Removal"); !strings.Contains(text,
		"the source repository hello-go, the images in hello-go, the logs, and the artifact bucket") {
		t.Errorf("output: %s", text)
	}
}

func output(t *testing.T, stack, name string) string {
	t.Helper()
	o, _ := template(t, stack)["Outputs"].(map[string]any)[name].(map[string]any)
	text, _ := o["Value"].(string)
	return text
}
