package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"archway/config"
	"archway/version"
)

// tree writes a folder of files.
func tree(t *testing.T, files map[string]string) (dir string) {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		if err := write(dir, name, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// result is what a run of the program leaves.
type result struct {
	code      int
	out, said string
}

// start runs the program without the step that synthesizes, which test/adopt has.
func start(t *testing.T, answers string, arguments ...string) result {
	t.Helper()
	var out, problems bytes.Buffer
	p := program{
		in: strings.NewReader(answers), out: &out, problems: &problems, terminal: answers != "",
		accept: func(_ context.Context, dir string) error {
			return write(dir, "templates/made.yaml", []byte("Resources: {}\n"))
		},
	}
	code := p.run(t.Context(), arguments)
	return result{code, out.String(), problems.String()}
}

// three is an application with a service in each way of building one.
func three(t *testing.T) string {
	return tree(t, map[string]string{
		"shop/api/Dockerfile": "FROM scratch\nCOPY main.go .\n", "shop/api/main.go": "x",
		"shop/Web_UI/Dockerfile": "FROM scratch\nCOPY Web_UI/index.html shared.txt /\n", "shop/Web_UI/index.html": "x",
		"shop/shared.txt":                     "x",
		"shop/jobs/Dockerfile":                "FROM --platform=linux/amd64 scratch\nCOPY gone.txt /\n",
		"shop/tools/api/Dockerfile":           "FROM scratch\n",
		"shop/api/Dockerfile.dev":             "FROM scratch\n",
		"shop/node_modules/x/Dockerfile":      "FROM scratch\n",
		"shop/.devcontainer/Dockerfile":       "FROM scratch\n",
		"shop/api/Dockerfile.dockerignore":    "*\n",
		"shop/api/testdata/broken/Dockerfile": "RUN\n",
	})
}

// What is written is a configuration that Archway takes, with the images of the application.
func TestFrom(t *testing.T) {
	dir := three(t)
	repository := filepath.Join(dir, "pipelines")
	got := start(t, "", "-from", filepath.Join(dir, "shop"), "-name", "orders", repository)
	if got.code != exitOK {
		t.Fatalf("exit %d: %s", got.code, got.said)
	}
	cfg := load(t, repository)
	if source := cfg.Pipelines[0].Source; source.Seed != filepath.Join(dir, "shop") || source.Branch != "main" {
		t.Errorf("got the source %+v", source)
	}
	type built struct{ Name, Context, Dockerfile, Platforms string }
	var images []built
	for _, i := range cfg.Pipelines[0].Images {
		var platforms []string
		for _, p := range i.Platforms {
			platforms = append(platforms, p.String())
		}
		images = append(images, built{i.Name, i.Context, i.Dockerfile, strings.Join(platforms, " ")})
	}
	const both = "linux/amd64 linux/arm64"
	want := []built{
		{"web-ui", ".", "Web_UI/Dockerfile", both},
		{"api", "api", "Dockerfile", both},
		{"jobs", "jobs", "Dockerfile", "linux/amd64"},
		{"tools-api", "tools/api", "Dockerfile", both},
	}
	if diff := cmp.Diff(want, images); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	for _, note := range []string{
		"note: jobs/Dockerfile copies what is not there: gone.txt",
		"note: jobs/Dockerfile is fixed to linux/amd64 by its FROM",
		"note: api/Dockerfile.dev is left out",
	} {
		if !strings.Contains(got.out, note) {
			t.Errorf("nothing says %q:\n%s", note, got.out)
		}
	}
}

// load reads the configuration of a repository.
func load(t *testing.T, dir string) *config.Plan {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "cdk.json"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		App     string
		Context struct{ Archway json.RawMessage }
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	if file.App != "go tool archway" {
		t.Errorf("the app is %q", file.App)
	}
	cfg, err := config.Load(file.Context.Archway, dir)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// CloudFormation takes no empty files: then there is no seed, and somebody is told.
func TestEmptyFiles(t *testing.T) {
	dir := tree(t, map[string]string{"app/Dockerfile": "FROM scratch\n", "app/__init__.py": ""})
	got := start(t, "", "-from", filepath.Join(dir, "app"), filepath.Join(dir, "pipelines"))
	if got.code != exitOK || !strings.Contains(got.out, "has no seed") || !strings.Contains(got.out, "__init__.py") {
		t.Errorf("exit %d: %s%s", got.code, got.out, got.said)
	}
	if p := load(t, filepath.Join(dir, "pipelines")).Pipelines[0]; p.Source.Seed != "" || p.Name != "app" {
		t.Errorf("got %+v", p)
	}
}

// Without an application the example comes along, which is that of Archway's own examples.
func TestExample(t *testing.T) {
	dir := filepath.Join(tree(t, nil), "deep", "pipelines")
	if got := start(t, "", dir); got.code != exitOK {
		t.Fatalf("exit %d: %s", got.code, got.said)
	}
	if cfg := load(t, dir); cfg.Pipelines[0].Name != "hello" || cfg.Pipelines[0].Images[0].SmokeTest == nil {
		t.Errorf("got %+v", cfg.Pipelines[0])
	}
	for _, name := range []string{"Dockerfile", "go.mod", "main.go", "rehearsal.json"} {
		want, err := os.ReadFile(filepath.Join("../examples/hello-go", name))
		got, problem := os.ReadFile(filepath.Join(dir, "hello", name))
		if err := errors.Join(err, problem); err != nil || !bytes.Equal(got, want) {
			t.Errorf("hello/%s is not that of examples/hello-go: %v", name, err)
		}
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(dir), ".*"))
	if err != nil || len(left) > 0 {
		t.Errorf("%q is left behind (%v)", left, err)
	}
	// The lines that Makefile, CI and go.mod agree on.
	gomod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"\tarchway/init\n", "\tarchway/lambda/validate\n", "\tarchway/test/rehearse\n",
		"\tarchway/test/diff\n", "\tarchway/test/summary\n", "\nreplace archway => ../",
	} {
		if !strings.Contains(string(gomod), line) {
			t.Errorf("go.mod lacks %q:\n%s", line, gomod)
		}
	}
}

// A person is asked for what is missing, and answers with the return key take what stands there.
func TestAsk(t *testing.T) {
	dir := tree(t, map[string]string{"My Shop/Dockerfile": "FROM scratch\n"})
	got := start(t, filepath.Join(dir, "My Shop")+"\n\n", filepath.Join(dir, "pipelines"))
	if got.code != exitOK || !strings.Contains(got.out, "Name of the pipeline [my-shop]: ") {
		t.Fatalf("exit %d: %s%s", got.code, got.out, got.said)
	}
	if name := load(t, filepath.Join(dir, "pipelines")).Pipelines[0].Name; name != "my-shop" {
		t.Errorf("the pipeline is called %s", name)
	}
	if got := start(t, "x", filepath.Join(dir, "other")); got.code != exitFailed {
		t.Errorf("without a second answer: exit %d, %s", got.code, got.said)
	}
	if _, err := os.Stat(filepath.Join(dir, "other")); err == nil {
		t.Error("a folder is left behind")
	}
}

func TestRefused(t *testing.T) {
	dir := tree(t, map[string]string{
		"full/file": "x", "app/Dockerfile": "FROM scratch\n", "none/README.md": "x", "file": "x",
	})
	at := func(name string) string { return filepath.Join(dir, name) }
	for _, test := range []struct {
		name      string
		arguments []string
		code      int
		said      string
	}{
		{"no folder", nil, exitUsage, "DIR is missing"},
		{"a folder that is not empty", []string{at("full")}, exitUsage, "nothing is overwritten"},
		{"a file", []string{at("file")}, exitUsage, "is no folder"},
		{"Archway's own folder", []string{"../pipelines"}, exitUsage, "lies in Archway's own folder"},
		{"the application's folder", []string{"-from", at("app"), at("app/pipelines")}, exitUsage, "lies in FROM"},
		{"no such application", []string{"-from", at("gone"), at("new")}, exitFailed, "there is no folder"},
		{"no Dockerfile", []string{"-from", at("none"), at("new")}, exitFailed, "there is no Dockerfile in"},
		{"no version of a fork", []string{"-fork", "github.com/acme/archway", at("new")}, exitUsage, "FORK is"},
		{"flags after the folder", []string{at("new"), "-name", "x"}, exitUsage, "flags come before it"},
		{"no such flag", []string{"-frobnicate"}, exitUsage, "-frobnicate"},
	} {
		got := start(t, "", test.arguments...)
		if got.code != test.code || !strings.Contains(got.said, test.said) || strings.Contains(got.said, "goroutine") {
			t.Errorf("%s: exit %d, want %d and %q:\n%s", test.name, got.code, test.code, test.said, got.said)
		}
	}
	for _, name := range []string{"new", "app/pipelines"} {
		if _, err := os.Stat(at(name)); err == nil {
			t.Errorf("%s is left behind", name)
		}
	}
}

// What cdk.json still lacks is said in Archway's words, and the repository is there to cure it.
func TestProblems(t *testing.T) {
	dir := filepath.Join(tree(t, nil), "pipelines")
	var out, problems bytes.Buffer
	fails := func(context.Context, string) error {
		return errors.New("--- FAIL: TestTemplates\n    x.go:1: cdk.json: failed\n" +
			"        archway: pipeline hello: is wrong\nFAIL")
	}
	p := program{in: strings.NewReader(""), out: &out, problems: &problems, accept: fails}
	code := p.run(t.Context(), []string{dir})
	want := "archway: pipeline hello: is wrong\ninit: the repository is there, and no template yet"
	if code != exitFailed || !strings.HasPrefix(problems.String(), want) {
		t.Errorf("exit %d: %s", code, &problems)
	}
	if _, err := os.Stat(filepath.Join(dir, "cdk.json")); err != nil {
		t.Error(err)
	}
}

func TestHelp(t *testing.T) {
	if got := start(t, "", "-help"); got.code != exitOK || !strings.HasPrefix(got.out, "Usage: make init DIR=") {
		t.Errorf("%+v", got)
	}
	if got := start(t, "", "-version"); got.code != exitOK || got.out != "init "+version.Version+"\n" {
		t.Errorf("%+v", got)
	}
}

// The examples for CI find the commit that go.mod names, where the clone has one.
func TestContinuousIntegration(t *testing.T) {
	const line = "replace archway => ../archway // commit 0123456789abcdef0123456789abcdef01234567, with changes\n"
	dir := tree(t, map[string]string{"go.mod": "module pipelines\n\n" + line})
	for _, name := range []string{"github.yml", "gitlab.yml"} {
		text, err := files.ReadFile("files/" + name)
		if err != nil {
			t.Fatal(err)
		}
		made, err := render(name, text, values{
			Go: "1.26.0", Path: "../archway", Seed: "../shop", SeedURL: "https://example.com/shop.git",
		})
		if err != nil {
			t.Fatal(err)
		}
		_, script, found := strings.Cut(string(made), `checkout --quiet "$(`)
		script, _, _ = strings.Cut(script, `)"`)
		cmd := exec.Command("bash", "-c", script)
		cmd.Dir = dir
		commit, err := cmd.Output()
		if !found || err != nil || strings.TrimSpace(string(commit)) != "0123456789abcdef0123456789abcdef01234567" {
			t.Errorf("%s: %q gives %q (%v)", name, script, commit, err)
		}
		fork, err := render(name, text, values{Go: "1.26.0"})
		if err != nil || strings.Contains(string(fork), "git clone") {
			t.Errorf("%s: with a fork and the example nothing is cloned (%v):\n%s", name, err, fork)
		}
	}
}

// Credentials that somebody cloned with stay on that machine.
func TestRemote(t *testing.T) {
	dir := tree(t, nil)
	for given, want := range map[string]string{
		"https://me:secret@example.com/a/b.git": "https://example.com/a/b.git",
		"git@github.com:acme/archway.git":       "git@github.com:acme/archway.git",
		"/somewhere/archway":                    "",
	} {
		for _, arguments := range [][]string{
			{"init", "--quiet"}, {"remote", "remove", "origin"}, {"remote", "add", "origin", given},
		} {
			cmd := exec.Command("git", arguments...)
			cmd.Dir = dir
			_ = cmd.Run() // there is nothing to remove at first
		}
		if got := remote(t.Context(), dir); got != want {
			t.Errorf("%s: got %q, want %q", given, got, want)
		}
	}
}
