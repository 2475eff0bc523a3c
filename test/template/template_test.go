// Package template_test looks at the templates as a whole: what cdk.json describes, as one golden
// file, and a configuration that uses everything there is.
package template_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"archway/config"
	"archway/internal/settings"
	"archway/stacks"
	"archway/test/golden"
	"archway/test/internal/assembly"

	"github.com/aws/jsii-runtime-go"
)

var update = flag.Bool("update", false, "write the golden template anew, instead of comparing with it")

// root is the folder of cdk.json, seen from this one.
const root = "../.."

func TestMain(m *testing.M) {
	os.Exit(func() int {
		defer jsii.Close()
		defer func() { os.RemoveAll(folder) }()
		return m.Run()
	}())
}

// folder is where everything is synthesized into.
var folder string

// The stacks, by their names.
const (
	asCommitted = "hello-go"
	everything  = "Everything-1"
	ruled       = "rules"
	secondOne   = "hello-node"
	// Classes of trust, of one configuration: shop promotes, nightly too, and previews never.
	shop     = "shop"
	nightly  = "shop-nightly"
	previews = "shop-previews"
)

// synthesize makes one app of all configurations, with the CDK's own checks, which fail it if they
// find anything.
var synthesize = sync.OnceValues(func() (*assembly.Assembly, error) {
	cfg, err := example("../testdata/hello-go")
	if err != nil {
		return nil, err
	}
	second, err := example(filepath.Join(root, "examples"))
	if err != nil {
		return nil, err
	}
	cfg.Pipelines = append(cfg.Pipelines, second.Pipelines...)
	for _, file := range []string{"testdata/everything.json", "testdata/rules.json", "testdata/classes.json"} {
		var all json.RawMessage
		if err := read(file, &all); err != nil {
			return nil, err
		}
		more, err := config.Load(all, root)
		if err != nil {
			return nil, err
		}
		cfg.Pipelines = append(cfg.Pipelines, more.Pipelines...)
		if more.Registry != nil {
			cfg.Registry = more.Registry
		}
	}
	folder, err = stacks.Synthesize(stacks.NewApp(cfg))
	if err != nil {
		return nil, err
	}
	return assembly.Load(folder)
})

// example loads the cdk.json of a folder.
func example(dir string) (*config.Plan, error) {
	var file struct {
		Context struct{ Archway json.RawMessage }
	}
	if err := read(filepath.Join(dir, "cdk.json"), &file); err != nil {
		return nil, err
	}
	return config.Load(file.Context.Archway, dir)
}

func read(path string, into any) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// synthesized is a stack of the assembly.
func synthesized(t *testing.T, name string) *assembly.Stack {
	t.Helper()
	made, err := synthesize()
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(made.Stacks, func(s *assembly.Stack) bool { return s.Name == name })
	if at < 0 {
		t.Fatalf("the assembly has no stack %s", name)
	}
	return made.Stacks[at]
}

// parsed are templates by their stacks: they are large, and many tests look into all of them.
var parsed = map[string]map[string]any{}

// template is the template of a stack, which nobody may change.
func template(t *testing.T, stack string) map[string]any {
	t.Helper()
	if parsed[stack] == nil {
		var template map[string]any
		if err := json.Unmarshal(synthesized(t, stack).Template, &template); err != nil {
			t.Fatal(err)
		}
		parsed[stack] = template
	}
	return parsed[stack]
}

// The golden file is YAML, as "cdk synth" shows it: the buildspecs can be read in it.
func TestTemplateIsAsReviewed(t *testing.T) {
	for _, stack := range []string{asCommitted, ruled} {
		t.Run(stack, func(t *testing.T) {
			golden.Template(t, synthesized(t, stack).Template, "testdata/"+stack+".yaml", *update)
		})
	}
}

// walk calls visit for every string of a template, with the keys that lead to it.
func walk(value any, path []string, visit func(path []string, text string)) {
	switch value := value.(type) {
	case map[string]any:
		for key, v := range value {
			walk(v, append(path[:len(path):len(path)], key), visit)
		}
	case []any:
		for i, v := range value {
			walk(v, append(path[:len(path):len(path)], fmt.Sprint(i)), visit)
		}
	case string:
		visit(path, value)
	}
}

var servicePrincipal = regexp.MustCompile(`^[a-z]+\.amazonaws\.com$`)

// Only a principal has the same name in every partition.
func TestNothingIsTiedToAPartition(t *testing.T) {
	for _, stack := range []string{asCommitted, everything, ruled} {
		walk(template(t, stack), nil, func(path []string, text string) {
			at := strings.Join(path, ".")
			principal := strings.HasSuffix(at, ".Principal.Service") || strings.HasSuffix(at, ".Properties.Principal")
			if strings.Contains(text, "amazonaws.com") && !(principal && servicePrincipal.MatchString(text)) {
				t.Errorf("%s: %s is %q: the suffix differs between partitions, use AWS::URLSuffix", stack, at, text)
			}
			if strings.Contains(text, "arn:aws") {
				t.Errorf("%s: %s is %q: the partition differs, use AWS::Partition", stack, at, text)
			}
		})
	}
}

// Account and Region are known at deployment only: one template goes to all of them.
func TestNothingIsTiedToAnAccount(t *testing.T) {
	account := regexp.MustCompile(`\b\d{12}\b`)
	layout := regexp.MustCompile(`\{date:[^}]*\}`) // 200601021504 is none
	for _, stack := range []string{asCommitted, everything, ruled} {
		walk(template(t, stack), nil, func(path []string, text string) {
			if account.MatchString(layout.ReplaceAllString(text, "")) {
				t.Errorf("%s: %s names an account: %q", stack, strings.Join(path, "."), text)
			}
		})
	}
}

// stateful are the types whose resources hold what can't be made again from the template.
var stateful = map[string]bool{
	"AWS::CodeCommit::Repository": true, "AWS::ECR::Repository": true, "AWS::KMS::Key": true,
	"AWS::Logs::LogGroup": true, "AWS::S3::Bucket": true,
}

// The removal policy reaches everything that holds something.
func TestRemovalPolicy(t *testing.T) {
	for stack, want := range map[string]string{asCommitted: "RetainExceptOnCreate", everything: "Delete"} {
		found := 0
		for id, r := range template(t, stack)["Resources"].(map[string]any) {
			r := r.(map[string]any)
			if !stateful[r["Type"].(string)] {
				continue
			}
			found++
			want := want
			if strings.Contains(id, "RegistryStaging") {
				want = "Delete" // it can be built again
			}
			// A replacement is kept like a removal: only a first deployment that fails keeps
			// nothing.
			if replaced := strings.TrimSuffix(want, "ExceptOnCreate"); r["DeletionPolicy"] != want ||
				r["UpdateReplacePolicy"] != replaced {
				t.Errorf("%s: DeletionPolicy of %s is %v, want %s", stack, id, r["DeletionPolicy"], want)
			}
		}
		if found < 5 {
			t.Errorf("%s: only %d resources hold something", stack, found)
		}
	}
}

// A name that nobody asked for keeps a second stack from being deployed beside the first.
func TestOnlyConfiguredNamesAreFixed(t *testing.T) {
	names := map[string]bool{"Name": true, "BucketName": true, "FunctionName": true, "RoleName": true,
		"LogGroupName": true, "RepositoryName": true}
	allowed := map[string]bool{"hello-go": true, "Everything-1": true, "team/api": true, "everything-1/web_ui": true,
		"rules": true}
	for name := range maps.Clone(allowed) {
		allowed[settings.Staging(name)] = true
	}
	for _, stack := range []string{asCommitted, everything, ruled} {
		for id, r := range template(t, stack)["Resources"].(map[string]any) {
			properties, _ := r.(map[string]any)["Properties"].(map[string]any)
			for name, value := range properties {
				if text, fixed := value.(string); names[name] && fixed && !allowed[text] {
					t.Errorf("%s: %s of %s is fixed to %q", stack, name, id, text)
				}
			}
		}
	}
}

// Outputs tell what a person needs next.
func TestOutputs(t *testing.T) {
	want := map[string][]string{
		asCommitted: {"BuildNow", "CloneUrl", "CloneUrlGrc", "Console", "Removal", "hellogoRegistryUri"},
		everything: {"BuildNow", "CloneUrl", "CloneUrlGrc", "Console", "Removal", "DashboardUrl", "Topic",
			"apiRegistryUri", "webuiRegistryUri"},
	}
	for stack, names := range want {
		outputs := template(t, stack)["Outputs"].(map[string]any)
		for _, name := range names {
			found := false
			for id := range outputs {
				found = found || id == name || regexp.MustCompile("^"+name+"[0-9A-F]{8}$").MatchString(id)
			}
			if !found {
				t.Errorf("%s has no output %s", stack, name)
			}
		}
		if len(outputs) != len(names) {
			t.Errorf("%s has %d outputs, want %d", stack, len(outputs), len(names))
		}
	}
}
