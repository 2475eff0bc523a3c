package config_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"archway/config"

	"github.com/google/go-cmp/cmp"
)

// project makes a folder for a test with a few files that go wrong, and changes to it.
func project(t *testing.T) {
	t.Helper()
	t.Chdir(t.TempDir())
	for _, folder := range []string{"empty", "outside", "seed/app", "seed/folder/Dockerfile"} {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []string{"outside/Dockerfile", "seed/Dockerfile", "seed/app/Other"} {
		if err := os.WriteFile(file, []byte("FROM scratch\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for link, target := range map[string]string{
		"seed/leaves":         "../outside",
		"seed/app/Dockerfile": "../../outside/Dockerfile",
		"seed/stays":          "app",
		"seed/nowhere":        "gone",
	} {
		if err := os.Symlink(target, link); err != nil {
			t.Fatal(err)
		}
	}
}

// Seed folders that are not there are reported.
func TestMissingSeedFolders(t *testing.T) {
	project(t)
	check(t, []problemTest{
		{"missing", sourceWith(`"seed": "sed"`), []string{
			`archway.pipelines[0].source.seed: "sed": there is no folder "sed": create it, or name another one, relative to the folder of cdk.json`,
		}},
		{"a file", sourceWith(`"seed": "seed/Dockerfile"`), []string{
			`archway.pipelines[0].source.seed: "seed/Dockerfile": the folder "seed/Dockerfile" can't be read (not a directory): name another one, relative to the folder of cdk.json`,
		}},
		{"empty", sourceWith(`"seed": "empty"`), []string{
			`archway.pipelines[0].source.seed: "empty": the folder "empty" is empty: put the first commit's files there, or remove the key to start with an empty repository`,
		}},
	})
}

// The seed is relative to the folder of cdk.json.
func TestSeedRelativeToCDKJSON(t *testing.T) {
	project(t)
	for dir, seed := range map[string]string{"": "seed", ".": "./seed/", "empty": "../seed"} {
		cfg, err := config.Load(json.RawMessage(sourceWith(`"seed": "`+seed+`"`)), dir)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff("seed", cfg.Pipelines[0].Source.Seed); diff != "" {
			t.Errorf("%q in %q: %s", seed, dir, diff)
		}
	}
	absolute, err := filepath.Abs("seed")
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Load(json.RawMessage(sourceWith(`"seed": "`+absolute+`"`)), "empty")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(absolute, cfg.Pipelines[0].Source.Seed); diff != "" {
		t.Error(diff)
	}
}

// Build files that are not in the seed are reported.
func TestMissingBuildFiles(t *testing.T) {
	project(t)
	seeded := func(keys string) string {
		return `{"pipelines": [{"name": "hello", "source": {"seed": "seed"}, "images": [{"name": "hello", ` + keys +
			`}]}]}`
	}
	check(t, []problemTest{
		{"good files", seeded(`"context": "stays", "dockerfile": "Other"`), nil},
		{"a missing context", seeded(`"context": "ap"`), []string{
			`archway.pipelines[0].images[0].context: "ap": there is no folder "seed/ap": create it, or name another one, relative to the seed folder`,
		}},
		{"a context that is a file", seeded(`"context": "Dockerfile"`), []string{
			`archway.pipelines[0].images[0].context: "Dockerfile": "seed/Dockerfile" is no folder: name the folder that is sent to the build, relative to the seed folder`,
		}},
		{"a context by a link that leaves", seeded(`"context": "leaves"`), []string{
			`archway.pipelines[0].images[0].context: "leaves": the folder "seed/leaves" can't be read (path escapes from parent): name another one, relative to the seed folder`,
		}},
		{"a context by a link to nowhere", seeded(`"context": "nowhere"`), []string{
			`archway.pipelines[0].images[0].context: "nowhere": there is no folder "seed/nowhere": create it, or name another one, relative to the seed folder`,
		}},
		{"a missing Dockerfile by default", seeded(`"context": "folder/Dockerfile"`), []string{
			`archway.pipelines[0].images[0].dockerfile: "Dockerfile": there is no file "seed/folder/Dockerfile/Dockerfile": create it, or name another one, relative to the context`,
		}},
		{"a missing Dockerfile", seeded(`"context": "app", "dockerfile": "docker/Dockerfile"`), []string{
			`archway.pipelines[0].images[0].dockerfile: "docker/Dockerfile": there is no file "seed/app/docker/Dockerfile": create it, or name another one, relative to the context`,
		}},
		{"a Dockerfile that is a folder", seeded(`"context": "folder"`), []string{
			`archway.pipelines[0].images[0].dockerfile: "Dockerfile": "seed/folder/Dockerfile" is no file: name the Dockerfile, relative to the context`,
		}},
		{"a Dockerfile by a link that leaves", seeded(`"context": "app"`), []string{
			`archway.pipelines[0].images[0].dockerfile: "Dockerfile": the file "seed/app/Dockerfile" can't be read (path escapes from parent): name another one, relative to the context`,
		}},
	})
}

// Build files are not looked for without a seed. What an existing repository holds can't be seen
// from here.
func TestBuildFilesWithoutSeed(t *testing.T) {
	project(t)
	load(t, imageWith(`"context": "not/here", "dockerfile": "nor/here"`))
}

// Paths that leave their folder are reported.
func TestPathsOutOfTheirFolder(t *testing.T) {
	check(t, []problemTest{
		{"empty", imageWith(`"context": "", "dockerfile": ""`), []string{
			`archway.pipelines[0].images[0].context: "": is empty: name a path relative to the top of the source repository, or remove the key for "."`,
			`archway.pipelines[0].images[0].dockerfile: "": is empty: name a path relative to the context, or remove the key for "Dockerfile"`,
		}},
		{"up", imageWith(`"context": "..", "dockerfile": "a/../../Dockerfile"`), []string{
			`archway.pipelines[0].images[0].context: "..": leaves the top of the source repository: name a path inside of it`,
			`archway.pipelines[0].images[0].dockerfile: "a/../../Dockerfile": leaves the context: name a path inside of it`,
		}},
		{"absolute", imageWith(`"context": "/src", "dockerfile": "/Dockerfile"`), []string{
			`archway.pipelines[0].images[0].context: "/src": is absolute: name a path relative to the top of the source repository`,
			`archway.pipelines[0].images[0].dockerfile: "/Dockerfile": is absolute: name a path relative to the context`,
		}},
		{"Windows", imageWith(`"context": "services\\web"`), []string{
			`archway.pipelines[0].images[0].context: "services\\web": CodeBuild builds on Linux: write "/" instead of "\"`,
		}},
		{"an option", imageWith(`"context": "./-x"`), []string{
			`archway.pipelines[0].images[0].context: "./-x": docker would read it as an option: name a path that doesn't begin with "-"`,
		}},
		{"a control character", imageWith(`"dockerfile": "a\nb"`), []string{
			`archway.pipelines[0].images[0].dockerfile: "a\nb": holds a control character: name a path without`,
		}},
	})
}
