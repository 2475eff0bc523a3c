package main

import (
	"testing"

	"archway/test/rehearse/internal/machine/proof"
	"archway/test/rehearse/internal/report"

	"github.com/google/go-cmp/cmp"
)

// An expectation of a platform that is not built says so.
func TestExpectationNotBuilt(t *testing.T) {
	tagged := report.Tagged{Entries: []report.Entry{
		{Platform: "linux/amd64", Digest: "sha256:a"}, {Platform: "linux/arm64/v8", Digest: "sha256:b"},
		{Platform: "unknown/unknown", Digest: "sha256:c", Attests: "sha256:a"},
	}}
	amd64, arm64, other := proof.Expectation{Platform: "linux/amd64"}, proof.Expectation{Platform: "linux/arm64"},
		proof.Expectation{Platform: "linux/arm", Output: "hello"}
	there, lacks := present([]proof.Expectation{amd64, arm64, other}, tagged)
	if diff := cmp.Diff([]proof.Expectation{amd64, arm64}, there); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	want := []report.Proof{{Platform: "linux/arm", Expected: "hello",
		Error: "rehearsal.json expects it, but the image is built for linux/amd64, linux/arm64/v8 only: build it for linux/arm, or leave that out of rehearsal.json"}}
	if diff := cmp.Diff(want, lacks); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
