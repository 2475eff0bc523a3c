// Package app_test runs the app as the CDK's command line does, with configurations that are wrong
// in different ways. Each file in testdata/script is one such run.
package app_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// app is the program.
var app string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "archway-app-")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		app = filepath.Join(dir, "archway")
		if out, err := exec.Command("go", "run", "-exec", "cp", "archway", app).CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "building the app: %v\n%s", err, out)
			return 1
		}
		return m.Run()
	}())
}

func TestApp(t *testing.T) { scripts(t, "testdata/script") }

// Each of these mistakes is told with its cure, or warned of, by "archway check", without Node.js.
// Where the CDK runs the app it says the same: see TestApp.
func TestMistakes(t *testing.T) { scripts(t, "testdata/mistakes") }

func scripts(t *testing.T, dir string) {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                dir,
		RequireUniqueNames: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("ROOT", root)
			env.Setenv("APP", app)
			env.Setenv("CDK_OUTDIR", filepath.Join(env.WorkDir, "cdk.out"))
			env.Setenv("CDK_VALIDATION", "false")
			for _, name := range []string{"HOME", "JSII_NODE", "GOCACHE", "GOMODCACHE", "GOFLAGS"} {
				if value, set := os.LookupEnv(name); set {
					env.Setenv(name, value)
				}
			}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"synth": synth},
	})
}

// synth runs the app with the context of cdk.json in the working directory, as "cdk synth" does.
func synth(ts *testscript.TestScript, negated bool, args []string) {
	if len(args) != 0 {
		ts.Fatalf("usage: [!] synth")
	}
	var file struct{ Context json.RawMessage }
	if err := json.Unmarshal([]byte(ts.ReadFile("cdk.json")), &file); err != nil {
		ts.Fatalf("cdk.json: %v", err)
	}
	ts.Setenv("CDK_CONTEXT_JSON", string(file.Context))
	err := ts.Exec(app)
	if negated {
		if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() != 1 {
			ts.Fatalf("the app ends with %v, want exit status 1", err)
		}
		return
	}
	ts.Check(err)
}
