// Package layout watches over the direction of imports, which the layout of the repository
// promises.
package layout

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "archway"

// floors says which folders of this module a folder may import, beside itself and what lies below
// it. The longest name that fits counts. A folder that is not listed here may not exist: a new one
// has to say where it stands.
var floors = map[string][]string{
	"":           {"config", "stacks", "constructs", "version"},
	"stacks":     {"config", "constructs", "internal", "buildspecs", "version"},
	"config":     {"internal"},
	"constructs": {"internal", "buildspecs", "version"},
	"buildspecs": {},
	"internal":   {},
	"version":    {},
	// It writes repositories that use all of the others, and uses none of them.
	"init": {"internal/dockerfile", "internal/gomodule", "internal/platform", "version"},

	// The functions, each of which does its work in a package of lambda/internal.
	"lambda": {"internal", "lambda/internal"},
	// What an image is: it judges nothing, and knows neither AWS nor pipelines.
	"lambda/internal/image": {"internal/platform", "internal/strict", "lambda/internal/guard", "lambda/internal/plain",
		"lambda/internal/retry"},
	// What is right and wrong with it.
	"lambda/internal/verdict": {"internal", "lambda/internal/image", "lambda/internal/plain", "version"},
	// AWS's services, and CodePipeline's side of a function.
	"lambda/internal/aws":      {"internal/metrics", "lambda/internal/image/registry", "lambda/internal/retry"},
	"lambda/internal/pipeline": {"internal", "lambda/internal/aws/login", "lambda/internal/image/registry"},
	// One function's work does not lean on another's; but the scheduled check and the command line
	// validate.
	"lambda/internal/drift":          slices.Concat(rooms, []string{"lambda/internal/validation"}),
	"lambda/internal/notification":   rooms,
	"lambda/internal/promotion":      rooms,
	"lambda/internal/scan":           rooms,
	"lambda/internal/trigger":        rooms,
	"lambda/internal/validation":     rooms,
	"lambda/internal/validation/cli": slices.Concat(rooms, []string{"lambda/internal/validation", "version"}),
	// What all of them use, and what only tests do.
	"lambda/internal/function": {"internal/settings", "lambda/internal/aws/awsenv", "lambda/internal/plain"},
	"lambda/internal/guard":    {},
	"lambda/internal/plain":    {},
	"lambda/internal/retry":    {},
	"lambda/internal/fixture":  {"internal/settings", "lambda/internal/image"},

	"scripts":       {},
	"test/internal": {},
	// It reads the cloud assembly alone: what it runs is what gets deployed. For stand-ins it reads
	// the Dockerfiles of the seeds.
	"test/rehearse": {"scripts", "test/internal", "internal/dockerfile", "internal/gomodule", "internal/platform",
		"internal/settings", "internal/strict", "test/rehearse/internal", "version"},
	"test/bench":   {"test/internal", "version"},
	"test/adopt":   {},                // tests only
	"test/golden":  {"test/internal"}, // for Archway's own test, and those of repositories that use it
	"test/confirm": {"version"},       // it meets an account, and knows nothing of what runs there
	"test/browser": {},                // for tests only
	// These read cloud assemblies, and know nothing else.
	"test/picture": {"test/internal", "version"},
	"test/cost":    {"test/internal", "version"},
	"test/diff":    {"test/internal", "version"},
	"test/summary": {"test/internal", "version"},

	// Within the rehearsal: AWS's services know nothing of this machine, nor of who is shown what
	// they did.
	"test/rehearse/internal/assumptions": {},
	"test/rehearse/internal/aws": {
		"internal/gomodule", "internal/settings", "internal/strict", "test/internal",
		"test/rehearse/internal/assumptions", "test/rehearse/internal/report/redact",
	},
	"test/rehearse/internal/machine":       {"scripts", "test/internal", "internal/dockerfile", "internal/platform"},
	"test/rehearse/internal/report":        {"test/rehearse/internal/aws"},
	"test/rehearse/internal/report/redact": {},
	"test/rehearse/internal/rehearsal": {
		"internal/gomodule", "test/internal", "test/rehearse/internal/assumptions", "test/rehearse/internal/aws",
		"test/rehearse/internal/machine", "test/rehearse/internal/report/redact",
	},
	"test/rehearse/internal/scenarios": {}, // tests only
}

// rooms are what the functions' packages are made of.
var rooms = []string{
	"internal", "lambda/internal/aws", "lambda/internal/image", "lambda/internal/pipeline", "lambda/internal/verdict",
	"lambda/internal/guard", "lambda/internal/plain", "lambda/internal/retry",
}

// cdk are the modules that the functions and the pure packages must not carry.
var cdk = []string{"github.com/aws/aws-cdk-go/", "github.com/aws/constructs-go/", "github.com/aws/jsii-runtime-go"}

// mayUseCDK are the only folders that know the CDK.
var mayUseCDK = map[string]bool{"": true, "stacks": true, "constructs": true}

func TestImportsGoOneWay(t *testing.T) {
	for _, p := range packages(t) {
		from, known := floor(p.path)
		if !known {
			t.Errorf("%s stands on no floor: add its folder to floors, or move it", p.path)
			continue
		}
		for _, imported := range p.imports {
			to, ours := strings.CutPrefix(imported, module+"/")
			if imported == module {
				t.Errorf("%s imports the main package", p.path)
			}
			if !ours {
				continue
			}
			if toFloor, _ := floor(imported); toFloor == from {
				continue
			}
			if !within(to, floors[from]) {
				t.Errorf("%s imports %s, but %q may import only %q", p.path, imported, from, floors[from])
			}
		}
	}
}

// Only constructs and stacks know the CDK.
func TestWhoKnowsTheCDK(t *testing.T) {
	for _, p := range packages(t) {
		from, _ := floor(p.path)
		if mayUseCDK[from] {
			continue
		}
		for _, imported := range p.imports {
			for _, c := range cdk {
				if strings.HasPrefix(imported, c) {
					t.Errorf("%s imports %s: only %q may know the CDK", p.path, imported, "main, stacks, constructs")
				}
			}
		}
	}
}

type pkg struct {
	path    string
	imports []string
}

// packages are this module's packages with what they import, without their tests: a test may look
// further.
func packages(t *testing.T) []pkg {
	t.Helper()
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, module+"/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []pkg
	for line := range strings.Lines(string(out)) {
		words := strings.Fields(line)
		if _, isTest := strings.CutPrefix(words[0], module+"/test/"); isTest && len(words) == 1 {
			continue // a folder of tests only
		}
		all = append(all, pkg{words[0], words[1:]})
	}
	if len(all) < len(floors) {
		t.Fatalf("go list found %d packages: too few to be this module", len(all))
	}
	return all
}

// floor finds the folder of floors that a package belongs to.
func floor(path string) (string, bool) {
	if path == module {
		return "", true
	}
	path = strings.TrimPrefix(path, module+"/")
	found := ""
	for f := range floors {
		if f != "" && within(path, []string{f}) && len(f) > len(found) {
			found = f
		}
	}
	return found, found != ""
}

func within(path string, folders []string) bool {
	for _, f := range folders {
		if path == f || strings.HasPrefix(path, f+"/") {
			return true
		}
	}
	return false
}
