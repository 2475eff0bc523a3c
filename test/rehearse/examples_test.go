package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"archway/test/browser"
	"archway/test/rehearse/internal/aws/iam"
	"archway/test/rehearse/internal/report"
)

// The command itself, as "make rehearse" runs it: both examples, from synthesis
// to the proof.
func TestBothExamples(t *testing.T) {
	needsMachine(t)
	t.Chdir(root)
	file := filepath.Join(t.TempDir(), "rehearsal.html")
	var got struct {
		Pipelines   []report.Pipeline
		Permissions iam.Report
	}
	commanded(t, &got, "--page", file, "test/testdata/hello-go/cdk.json", "examples/cdk.json")
	if len(got.Pipelines) != 2 {
		t.Fatalf("got %d pipelines, expected 2", len(got.Pipelines))
	}
	for i, name := range []string{"hello-go", "hello-node"} {
		p := got.Pipelines[i]
		if p.Repository != name {
			t.Errorf("pipeline %d: got repository %s, expected %s", i, p.Repository, name)
		}
		proved := map[string]string{}
		for _, proof := range p.Proofs {
			proved[proof.Platform] = proof.Got
		}
		if proved["linux/amd64"] != "Hello, amd64!" || proved["linux/arm64"] != "Hello, arm64!" {
			t.Errorf("%s: got %v, expected a greeting of each platform", name, proved)
		}
		if p.Machines["Build/"+name+"-amd64"] != "x86_64" || p.Machines["Build/"+name+"-arm64"] != "arm64" ||
			p.Machines["Validate/"+name] != "Lambda" {
			t.Errorf("%s: got the machines %v", name, p.Machines)
		}
		for _, registry := range p.Registries {
			if registry.Name != name {
				continue
			}
			if len(registry.Tagged) != 1 || len(registry.Tagged[0].Entries) != 4 {
				t.Errorf("%s: got %+v, expected one index with two images and their attestations", name,
					registry.Tagged)
			}
		}
	}
	permissionsAreNeeded(t, got.Permissions)
	lookAt(t, file)
}

// Where AWS's behavior is unproven, the pipelines must be right under the other reading as well.
func TestBothExamplesInTheOtherReadings(t *testing.T) {
	needsMachine(t)
	t.Chdir(root)
	var got struct {
		Pipelines   []report.Pipeline
		Permissions iam.Report
	}
	commanded(t, &got, "--readings", "all", synthesized(t, "test/testdata/hello-go/cdk.json").Dir,
		synthesized(t, "examples/cdk.json").Dir)
	for _, p := range got.Pipelines {
		if len(p.Proofs) != 2 {
			t.Errorf("%s: got %d proofs, expected one of each platform", p.Repository, len(p.Proofs))
		}
	}
	if len(got.Pipelines) != 2 {
		t.Errorf("got %d pipelines, expected 2", len(got.Pipelines))
	}
	permissionsAreNeeded(t, got.Permissions)
}

// commanded runs the command, which must succeed, and reads its report.
func commanded(t *testing.T, report any, arguments ...string) {
	t.Helper()
	var files []*os.File
	for _, name := range []string{"report.json", "progress"} {
		file, err := os.Create(filepath.Join(t.TempDir(), name))
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		files = append(files, file)
	}
	code := run(t.Context(), append([]string{"--json"}, arguments...), files[0], files[1])
	content, err := os.ReadFile(files[0].Name())
	if err != nil {
		t.Fatal(err)
	}
	var end struct {
		Success bool
		Error   string
	}
	if err := errors.Join(json.Unmarshal(content, &end), json.Unmarshal(content, report)); err != nil {
		t.Fatalf("the report is no JSON: %v\n%s", err, content)
	}
	if code != exitOK || !end.Success {
		progress, _ := os.ReadFile(files[1].Name())
		t.Fatalf("exit code %d: %s\n%s", code, end.Error, progress)
	}
}

// lookAt opens the page of a rehearsal of both examples.
func lookAt(t *testing.T, file string) {
	t.Helper()
	tab := browser.Open(t, browser.Start(t), "file://"+file, browser.Look{Width: 1280, Height: 900})
	for _, width := range []int64{360, 1280} {
		for _, dark := range []bool{false, true} {
			tab.Look(browser.Look{Width: width, Height: 900, Dark: dark})
			browser.Keep(t, fmt.Sprintf("rehearsal-%d-%t", width, dark), tab.Screenshot())
			if over := browser.Value[int](tab, `document.documentElement.scrollWidth - innerWidth`); over > 0 {
				t.Errorf("the page is %d pixels wider than a window of %d", over, width)
			}
			for _, f := range tab.Faint(4.5) {
				t.Errorf("%q has a contrast of %.2f, expected 4.5 or more", f.Text, f.Ratio)
			}
		}
	}
	if requests, messages := tab.Requests(), tab.Messages(); len(requests) != 1 || len(messages) > 0 {
		t.Errorf("got the requests %q and the messages %q, expected the page alone, and none", requests, messages)
	}
	text := browser.Value[string](tab, `document.body.innerText`)
	for _, want := range []string{"The rehearsal succeeded", "hello-go-arm64", "hello-node-amd64", "linux/arm64",
		"no findings", "Hello, arm64!"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	// The page has the functions' logs, folded: the validator names in its own what it has not
	// read.
	logs := browser.Value[string](tab, `document.body.textContent`)
	if !strings.Contains(logs, "verdict") || strings.Contains(logs, "not read to their ends") {
		t.Error("the logs on the page lack the verdicts, or name layers that were not read")
	}
}
