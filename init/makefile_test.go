package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// What fails ends with what the program has said, and what succeeds with 0; -n starts nothing.
func TestMakefile(t *testing.T) {
	text, err := files.ReadFile("files/Makefile")
	if err != nil {
		t.Fatal(err)
	}
	dir := tree(t, map[string]string{"Makefile": string(text), "package-lock.json": "{}"})
	bin := filepath.Join(dir, "node_modules/.bin")
	const stub = "#!/bin/sh\necho \"$0 $*\" >>\"$STARTED\"\n[ -z \"$WRONG\" ] || { echo 'archway: cure it' >&2; exit 2; }\n"
	for _, name := range []string{"go", "cdk", "npm", "git"} {
		if err := write(bin, name, []byte(stub)); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(filepath.Join(bin, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	started := filepath.Join(dir, "started")
	for _, goal := range []string{
		"synth", "test", "accept", "rehearse", "diff", "cost", "picture", "validate", "upgrade",
	} {
		for _, wrong := range []string{"", "yes"} {
			cmd := exec.Command("make", goal)
			cmd.Dir, cmd.Env = dir, append(os.Environ(), "MAKEFLAGS=", "MAKELEVEL=", "STARTED="+started, "WRONG="+wrong)
			out, err := cmd.CombinedOutput()
			if (err != nil) != (wrong != "") || strings.Contains(string(out), "make") ||
				wrong != "" && !strings.HasSuffix(string(out), "archway: cure it\n") {
				t.Errorf("make %s, wrong %q: %v\n%s", goal, wrong, err, out)
			}
		}
	}
	if err := os.Remove(started); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("make", "-n", "deploy", "rehearse")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "MAKEFLAGS=", "MAKELEVEL=", "STARTED="+started, "WRONG=")
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "cdk deploy --all") {
		t.Errorf("make -n: %v\n%s", err, out)
	}
	if _, err := os.Stat(started); err == nil {
		t.Error("make -n starts programs")
	}
}

// Each goal that the documents name is there: in the clone's Makefile or, of what happens in one's
// own repository, in that one's.
func TestGoals(t *testing.T) {
	read := func(name string) string {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	goals := func(makefile string) (found []string) {
		for _, goal := range regexp.MustCompile(`(?m)^([a-z-]+):`).FindAllStringSubmatch(makefile, -1) {
			found = append(found, goal[1])
		}
		return found
	}
	clone, own := goals(read("../Makefile")), goals(read("files/Makefile"))
	start := read("../docs/start.md")
	there, use, found := strings.Cut(start, "\n## Use it\n")
	if !found {
		t.Fatal("docs/start.md has no section Use it")
	}
	for _, document := range []struct {
		name, text string
		goals      []string
	}{
		{"README.md", read("../README.md"), append(slices.Clone(clone), own...)},
		{"docs/start.md, before Use it", there, clone},
		{"docs/start.md, Use it", use, own},
		{"init/files/README.md", read("files/README.md"), own},
	} {
		named := regexp.MustCompile("(?m)(?:^|`|&& )make ([a-z-]+)").FindAllStringSubmatch(document.text, -1)
		if len(named) == 0 {
			t.Errorf("%s names no goal", document.name)
		}
		for _, goal := range named {
			if !slices.Contains(document.goals, goal[1]) {
				t.Errorf("%s: there is no make %s", document.name, goal[1])
			}
		}
	}
}
