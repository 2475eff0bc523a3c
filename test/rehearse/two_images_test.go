package main

import (
	"strings"
	"testing"

	"archway/test/rehearse/internal/aws/codepipeline"
	"archway/test/rehearse/internal/aws/endpoint"
	"archway/test/rehearse/internal/rehearsal"
	"archway/test/rehearse/internal/report"
)

// Two images of one repository go their way together.
func TestTwoImages(t *testing.T) {
	r := rehearse(t, "testdata/two-images/cdk.json")
	push, err := r.PushSeed(t.Context(), "two-images", nil)
	result := only(t, push, err)
	if result.Status != codepipeline.Succeeded {
		t.Fatalf("got %s", result.Status)
	}
	for _, call := range r.Calls() {
		if call.Code != "" {
			t.Errorf("the call %s of %s was refused: %s", call.Operation, call.Caller, call.Code)
		}
	}
	if got := len(result.Stage("Build").Actions); got != 4 {
		t.Errorf("got %d builds, expected 4", got)
	}
	// The validation has required a bill of materials of each of the worker's platforms. BuildKit
	// counts what made it as a base image.
	for _, platform := range []string{"amd64", "arm64"} {
		const generator = "Base image without a digest: docker/buildkit-syft-scanner:stable-1\n"
		for image, want := range map[string]bool{"web": false, "worker": true} {
			if got := strings.Contains(buildLog(t, result, image+"-"+platform), generator); got != want {
				t.Errorf("the build of %s for %s names the generator: %v, want %v", image, platform, got, want)
			}
		}
	}
	commit := push.Commit()
	for image, immutable := range map[string]string{"web": commit[:12], "worker": "w-" + commit[:8]} {
		digest := result.Variables["Validate-"+image]["digest"]
		want := map[string]string{immutable: digest, "trunk": digest}
		if image == "web" {
			want["latest"] = digest
		}
		wantTags(t, r, "two-images/"+image, want)
		registry, err := report.ReadRegistry(r, "two-images/"+image)
		if err != nil {
			t.Fatal(err)
		}
		if len(registry.Tagged) != 1 || len(registry.Tagged[0].Entries) != 4 {
			t.Errorf("%s: got %+v, expected one index with two images and their attestations", image, registry.Tagged)
		}
	}
	drift(t, r)
	wantNeededBy(t, r, "ValidateRole", "sns:Publish")
}

// drift shows that the scheduled check is silent while all is well, and tells of what went around
// the pipeline.
func drift(t *testing.T, r *rehearsal.Rehearsal) {
	t.Helper()
	due := func() []endpoint.Notice {
		t.Helper()
		log, err := r.RunSchedules(t.Context())
		if err != nil {
			t.Fatalf("%v\n%s", err, log)
		}
		return r.Notices()
	}
	if told := due(); len(told) > 0 {
		t.Fatalf("all is well, and a topic was told %+v", told)
	}
	// Somebody points a public tag at one platform's image.
	index, err := report.ReadRegistry(r, "two-images/web")
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Retag("two-images/web", "latest", index.Tagged[0].Entries[0].Digest); err != nil {
		t.Fatal(err)
	}
	told := due()
	if len(told) != 1 || told[0].Subject != "Archway: drift of web" ||
		!strings.Contains(told[0].Text, "two-images/web") || !strings.Contains(told[0].Text, "error tag-is-index") {
		t.Errorf("a topic was told %+v", told)
	}
	for _, call := range r.Calls() {
		if call.Code != "" {
			t.Errorf("the call %s of %s was refused: %s", call.Operation, call.Caller, call.Code)
		}
	}
}
