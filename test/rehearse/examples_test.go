package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"archway/test/rehearse/internal/iam"
	"archway/test/rehearse/internal/iam/iamtest"
	"archway/test/rehearse/internal/report"
)

// The command itself, as "make rehearse" runs it: both examples, from synthesis
// to the proof.
func TestBothExamplesAreBuiltPromotedAndRun(t *testing.T) {
	needsMachine(t)
	out, err := os.Create(filepath.Join(t.TempDir(), "report.json"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	said, err := os.Create(filepath.Join(t.TempDir(), "progress"))
	if err != nil {
		t.Fatal(err)
	}
	defer said.Close()
	t.Chdir(root)
	code := run(t.Context(), []string{"--json"}, out, said)
	content, err := os.ReadFile(out.Name())
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Success     bool
		Error       string
		Pipelines   []report.Pipeline
		Permissions iam.Report
	}
	if err := json.Unmarshal(content, &got); err != nil {
		t.Fatalf("the report is no JSON: %v\n%s", err, content)
	}
	if code != exitOK || !got.Success {
		progress, _ := os.ReadFile(said.Name())
		t.Fatalf("exit code %d: %s\n%s", code, got.Error, progress)
	}
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
		for _, registry := range p.Registries {
			if registry.Name != name {
				continue
			}
			if len(registry.Tagged) != 1 || len(registry.Tagged[0].Entries) != 4 {
				t.Errorf("%s: got %+v, expected one index with two images and their attestations", name, registry.Tagged)
			}
		}
	}
	permissionsAreNeeded(t, got.Permissions)
}

// permissionsAreNeeded: nothing was refused, nothing is allowed in vain, and without each single permission a call of its
// action would have been refused.
func permissionsAreNeeded(t *testing.T, got iam.Report) {
	t.Helper()
	for _, refusal := range got.Refused {
		t.Error(refusal)
	}
	for _, a := range got.Unused {
		t.Errorf("nothing needed %s on %s: %s", a.Action, a.Resource, a.Statement)
	}
	both := append(slices.Clone(stacks(t, "cdk.json")), stacks(t, "examples/cdk.json")...)
	removed, err := iamtest.Check(both, got)
	if err != nil {
		t.Error(err)
	}
	t.Logf("%d permissions removed in turn; %d calls, %d of them different", removed, got.Calls, len(got.Uses))
}
