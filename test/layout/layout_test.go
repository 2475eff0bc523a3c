// Package layout watches over the direction of imports, which the layout of the repository promises.
package layout

import (
	"os/exec"
	"strings"
	"testing"
)

const module = "archway"

// floors says which folders of this module a folder may import, beside itself and what lies below it.
// A folder that is not listed here may not exist: a new one has to say where it stands.
var floors = map[string][]string{
	"":              {"config", "stacks", "constructs"},
	"stacks":        {"config", "constructs", "internal", "buildspecs"},
	"config":        {"internal"},
	"constructs":    {"internal", "buildspecs"},
	"buildspecs":    {},
	"internal":      {},
	"lambda":        {"internal"},
	"scripts":       {},
	"test/internal": {},
	// It reads the cloud assembly alone: what it runs is what gets deployed. For stand-ins it reads the Dockerfiles of the seeds.
	"test/rehearse": {"scripts", "test/internal", "internal/dockerfile", "internal/platform", "internal/settings", "internal/strict"},
	"test/bench":    {"test/internal"},
	"test/confirm":  {}, // it meets an account, and knows nothing of what runs there
	"test/browser":  {}, // for tests only
	"test/picture":  {}, // it draws the cloud assembly, and knows nothing else
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

func TestOnlyConstructsAndStacksKnowTheCDK(t *testing.T) {
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

// packages are this module's packages with what they import, without their tests: a test may look further.
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
	for f := range floors {
		if f != "" && within(path, []string{f}) {
			return f, true
		}
	}
	return "", false
}

func within(path string, folders []string) bool {
	for _, f := range folders {
		if path == f || strings.HasPrefix(path, f+"/") {
			return true
		}
	}
	return false
}
