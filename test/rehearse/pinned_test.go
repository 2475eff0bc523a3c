package main

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"archway/test/rehearse/internal/aws/codepipeline"
	"archway/test/rehearse/internal/rehearsal"
)

// What the seed's Dockerfile names, the synthesis judges; a later commit only meets the builds.
// There, too, base images must be pinned.
func TestPinnedInALaterCommit(t *testing.T) {
	const base = "debian:bookworm-slim"
	r := rehearse(t, "testdata/pinned/cdk.json")
	push, err := r.PushSeed(t.Context(), "pinned", nil)
	if first := only(t, push, err); first.Status != codepipeline.Succeeded {
		t.Fatalf("without a base image: %s", first.Status)
	}
	before := tags(t, r, "pinned")

	push, err = r.Push(t.Context(), "pinned", "main", write("Dockerfile", "FROM "+base+"\nCMD [\"true\"]\n"))
	refused := only(t, push, err)
	wantStages(t, refused, map[string]codepipeline.Status{
		"Source": codepipeline.Succeeded, "Build": codepipeline.Failed,
		"Merge": codepipeline.DidNotRun, "Validate": codepipeline.DidNotRun, "Promote": codepipeline.DidNotRun,
	})
	for _, action := range refused.Stage("Build").Actions {
		if len(action.Variables) > 0 {
			t.Errorf("%s hands on %v", action.Name, action.Variables)
		}
		log, err := os.ReadFile(action.Log)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range []string{
			"Base image without a digest: " + base,
			"ERROR: base images must be pinned: write NAME:TAG@sha256:... for those above; " +
				"docker buildx imagetools inspect NAME:TAG shows the digest",
		} {
			if !strings.Contains(string(log), "\n"+line+"\n") {
				t.Errorf("the log of %s lacks the line %q:\n%s", action.Name, line, log)
			}
		}
	}
	wantTags(t, r, "pinned", before)

	push, err = r.Push(t.Context(), "pinned", "main",
		write("Dockerfile", "FROM "+base+"@"+taken(t, r, base)+"\nCMD [\"true\"]\n"))
	if cured := only(t, push, err); cured.Status != codepipeline.Succeeded {
		t.Fatalf("with a digest: %s", cured.Status)
	}
	if after := tags(t, r, "pinned"); after["latest"] == before["latest"] || after["latest"] == "" {
		t.Errorf("latest serves %s, as before", after["latest"])
	}
}

// taken is the digest of a base image, as the provenance of a build has it.
func taken(t *testing.T, r *rehearsal.Rehearsal, image string) string {
	t.Helper()
	name, tag, _ := strings.Cut(image, ":")
	digest := ""
	stored(t, r.Dir(), func(path string, content []byte) {
		if !bytes.HasPrefix(content, []byte("{")) || !bytes.Contains(content, []byte(`"predicateType"`)) {
			return
		}
		type material struct {
			URI    string
			Digest map[string]string
		}
		var statement struct {
			Predicate struct {
				Materials       []material
				BuildDefinition struct{ ResolvedDependencies []material }
			}
		}
		if err := json.Unmarshal(content, &statement); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		for _, m := range append(statement.Predicate.Materials,
			statement.Predicate.BuildDefinition.ResolvedDependencies...) {
			if strings.HasPrefix(m.URI, "pkg:docker/"+name+"@"+tag) {
				digest = "sha256:" + m.Digest["sha256"]
			}
		}
	})
	if digest == "" {
		t.Fatalf("no build says that it has taken %s", image)
	}
	return digest
}
