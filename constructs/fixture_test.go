package constructs_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/assertions"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdklabs/cdk-nag-go/cdknag/v2"
)

func TestMain(m *testing.M) {
	withoutValidation()
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "archway-test-")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		os.Setenv("TMPDIR", dir) // so that a test can tell what is left over
		outdir = filepath.Join(dir, "cdk.out")
		defer jsii.Close()
		return m.Run()
	}())
}

// withoutValidation turns off the CDK's own checks of templates, which take longer than all of
// these tests; the golden template is checked instead, once. The tests start again for it, because
// jsii has copied the environment before main.
func withoutValidation() {
	if os.Getenv("CDK_VALIDATION") != "" {
		return
	}
	jsii.Close()
	self, err := os.Executable()
	if err == nil {
		err = syscall.Exec(self, os.Args, append(os.Environ(), "CDK_VALIDATION=false"))
	}
	panic(err)
}

// outdir is the cloud assembly.
var outdir string

// stacks are what the tests look at: each fills a stack, and all are synthesized in one app, once.
var stacks = map[string]func(awscdk.Stack){}

// stack registers a stack; call it in a variable's declaration.
func stack(name string, fill func(awscdk.Stack)) string {
	stacks[name] = fill
	return name
}

type synthesized struct {
	template assertions.Template
	path     string
}

var synthesize = sync.OnceValue(func() map[string]synthesized {
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: &outdir, AnalyticsReporting: jsii.Bool(false)})
	made := map[string]awscdk.Stack{}
	for _, name := range slices.Sorted(maps.Keys(stacks)) {
		made[name] = awscdk.NewStack(app, &name, nil)
		stacks[name](made[name])
	}
	awscdk.Aspects_Of(app).Add(cdknag.NewAwsSolutionsChecks(nil), nil) // the report is looked at by a test of its own
	app.Synth(nil)
	results := map[string]synthesized{}
	for name, stack := range made {
		results[name] = synthesized{
			template: assertions.Template_FromStack(stack, nil),
			path:     filepath.Join(outdir, name+".template.json"),
		}
	}
	return results
})

// hasProperties checks that the stack has a resource of the type with at least these properties.
func hasProperties(t *testing.T, stack, resourceType string, properties map[string]any) {
	t.Helper()
	expect(t, func() {
		synthesize()[stack].template.HasResourceProperties(&resourceType, properties)
	})
}

// hasResource is hasProperties for what stands beside the properties.
func hasResource(t *testing.T, stack, resourceType string, resource map[string]any) {
	t.Helper()
	expect(t, func() {
		synthesize()[stack].template.HasResource(&resourceType, resource)
	})
}

// expect turns the panic of a failed assertion into a test's failure.
func expect(t *testing.T, assertion func()) {
	t.Helper()
	defer func() {
		if failure := recover(); failure != nil {
			message, _, _ := strings.Cut(fmt.Sprint(failure), "\n    at ")
			t.Error(message)
		}
	}()
	assertion()
}

type resource struct {
	Type           string
	Properties     map[string]any
	Metadata       map[string]any
	DeletionPolicy string
}

// resources are the resources of the type, by their logical ids without the hash.
func resources(t *testing.T, stack, resourceType string) map[string]resource {
	t.Helper()
	data, err := os.ReadFile(synthesize()[stack].path)
	if err != nil {
		t.Fatal(err)
	}
	var template struct{ Resources map[string]resource }
	if err := json.Unmarshal(data, &template); err != nil {
		t.Fatal(err)
	}
	found := map[string]resource{}
	for id, r := range template.Resources {
		if r.Type == resourceType {
			found[plainID(id)] = r
		}
	}
	return found
}

var hash = regexp.MustCompile(`[0-9A-F]{8}$`)

func plainID(logicalID string) string { return hash.ReplaceAllString(logicalID, "") }

// plain writes a value of a template as one readable string: ${Id}, ${Id.Attribute}.
func plain(value any) string {
	switch value := value.(type) {
	case string:
		return value
	case []any:
		var all []string
		for _, v := range value {
			all = append(all, plain(v))
		}
		return strings.Join(all, " ")
	case map[string]any:
		if ref, ok := value["Ref"].(string); ok {
			return "${" + plainID(ref) + "}"
		}
		if attribute, ok := value["Fn::GetAtt"].([]any); ok {
			return "${" + plainID(attribute[0].(string)) + "." + attribute[1].(string) + "}"
		}
		if join, ok := value["Fn::Join"].([]any); ok {
			var all []string
			for _, v := range join[1].([]any) {
				all = append(all, plain(v))
			}
			return strings.Join(all, join[0].(string))
		}
	}
	text, _ := json.Marshal(value)
	return string(text)
}

// permissions are everything that a role may do, each as "action on resource", in order. They come
// from the role itself and from policies that anything else has attached to it.
func permissions(t *testing.T, stack, role string) []string {
	t.Helper()
	r, found := resources(t, stack, "AWS::IAM::Role")[role]
	if !found {
		t.Fatalf("stack %s has no role %s", stack, role)
	}
	if managed := r.Properties["ManagedPolicyArns"]; managed != nil {
		t.Errorf("role %s has managed policies: %s", role, plain(managed))
	}
	var documents []any
	policies, _ := r.Properties["Policies"].([]any)
	for _, policy := range policies {
		documents = append(documents, policy.(map[string]any)["PolicyDocument"])
	}
	for _, policy := range resources(t, stack, "AWS::IAM::Policy") {
		if slices.ContainsFunc(policy.Properties["Roles"].([]any),
			func(r any) bool { return plain(r) == "${"+role+"}" }) {
			documents = append(documents, policy.Properties["PolicyDocument"])
		}
	}
	var all []string
	for _, document := range documents {
		for _, statement := range document.(map[string]any)["Statement"].([]any) {
			s := statement.(map[string]any)
			if s["Effect"] != "Allow" {
				t.Errorf("role %s has a statement %s", role, plain(s))
			}
			for _, action := range list(s["Action"]) {
				for _, target := range list(s["Resource"]) {
					all = append(all, plain(action)+" on "+plain(target))
				}
			}
		}
	}
	slices.Sort(all)
	return all
}

func list(value any) []any {
	if values, ok := value.([]any); ok {
		return values
	}
	return []any{value}
}
