package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"archway/test/rehearse/internal/aws/iam"
	"archway/test/rehearse/internal/aws/iam/iamtest"
)

// The whole command, over a pipeline's stack and the registry's, which has nothing to run: who
// pushes signs, nobody else may, builds take base images from the cache, and nothing of it is too
// much.
func TestRegistrySignsAndCaches(t *testing.T) {
	needsMachine(t)
	app := synthesized(t, "internal/scenarios/testdata/signed/cdk.json")
	dir := t.TempDir()
	out, err := os.Create(filepath.Join(dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	problems, err := os.Create(filepath.Join(dir, "problems"))
	if err != nil {
		t.Fatal(err)
	}
	defer problems.Close()
	code := run(t.Context(), []string{"--json", "--page", "", "--readings", "prompt-history", app.Dir}, out, problems)
	text, err := os.ReadFile(out.Name())
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Error       string
		Pipelines   []json.RawMessage
		Permissions *iam.Report
	}
	if err := json.Unmarshal(text, &got); err != nil || got.Permissions == nil {
		t.Fatalf("%v in %s", err, text)
	}
	if code != exitOK || len(got.Pipelines) != 1 || len(got.Permissions.Refused) > 0 ||
		len(got.Permissions.Unused) > 0 {
		t.Errorf("exit code %d, %d pipelines, refused %q, unused %+v: %s", code, len(got.Pipelines),
			got.Permissions.Refused, got.Permissions.Unused, got.Error)
	}
	removed, err := iamtest.Check(app.Stacks, *got.Permissions)
	if err != nil {
		t.Error(err)
	}
	t.Logf("%d permissions removed in turn", removed)
	signers, importers := map[string]bool{}, map[string]bool{}
	for _, use := range got.Permissions.Uses {
		_, role, _ := strings.Cut(use.Principal.Role, "/")
		switch use.Action {
		case "signer:SignPayload":
			signers[role] = true
		case "ecr:BatchImportUpstreamImage", "ecr:CreateRepository":
			importers[role] = true
			const want = "arn:aws:ecr:eu-west-1:111122223333:repository/mirrors/hub/library/debian"
			if use.Resource != want {
				t.Errorf("%s: %s on %s, want %s", role, use.Action, use.Resource, want)
			}
		}
	}
	// The registry creates a repository, and imports an image, for the first build that pulls.
	if len(importers) == 0 {
		t.Error("no build takes its base image from the cache")
	}
	// Only releases are signed, and only the promoter writes them.
	for role := range signers {
		if !strings.Contains(role, "PromoteRole") {
			t.Errorf("%s signs", role)
		}
	}
	if len(signers) != 1 {
		t.Errorf("%d roles sign, expected the promoter's: %v", len(signers), signers)
	}
}
