package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"archway/test/rehearse/internal/aws/codepipeline"
	"archway/test/rehearse/internal/report/expected"
)

// registry answers from maps.
type registry struct {
	tags      map[string]string
	manifests map[string]string
}

func (r registry) Tags(string) (map[string]string, error) { return r.tags, nil }

func (r registry) Manifest(_, reference string) ([]byte, string, error) {
	content, ok := r.manifests[reference]
	if !ok {
		return nil, "", errors.New("no such manifest")
	}
	return []byte(content), "application/json", nil
}

// ReadRegistry groups tags by what they serve.
func TestReadRegistry(t *testing.T) {
	got, err := ReadRegistry(registry{
		tags: map[string]string{"latest": "sha256:i", "abc": "sha256:i", "amd64": "sha256:m"},
		manifests: map[string]string{
			"sha256:i": `{"manifests": [
			  {"digest": "sha256:a", "size": 10, "platform": {"os": "linux", "architecture": "arm64", "variant": "v8"}},
			  {"digest": "sha256:b", "size": 20, "platform": {"os": "unknown", "architecture": "unknown"},
			   "annotations": {"vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": "sha256:a"}}]}`,
			"sha256:m": `{"layers": []}`,
		},
	}, "app")
	want := Registry{Name: "app", Tagged: []Tagged{
		{Digest: "sha256:i", MediaType: "application/json", Tags: []string{"abc", "latest"}, Entries: []Entry{
			{Platform: "linux/arm64/v8", Digest: "sha256:a", Size: 10},
			{Platform: "unknown/unknown", Digest: "sha256:b", Size: 20, Attests: "sha256:a"},
		}},
		{Digest: "sha256:m", MediaType: "application/json", Tags: []string{"amd64"}},
	}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if _, err := ReadRegistry(registry{tags: map[string]string{"x": "sha256:gone"}}, "app"); err == nil {
		t.Error("got no error for a tag that serves nothing")
	}
}

func TestBusyCountsParallelBuildsOnce(t *testing.T) {
	at := func(second int) time.Time { return time.Unix(int64(second), 0) }
	action := func(start, end int) codepipeline.ActionResult {
		return codepipeline.ActionResult{Busy: []codepipeline.Span{{Start: at(start), End: at(end)}}}
	}
	result := codepipeline.Result{Stages: []codepipeline.StageResult{
		{Actions: []codepipeline.ActionResult{action(0, 10), action(2, 12), action(3, 5)}},
		{Actions: []codepipeline.ActionResult{action(20, 21)}},
	}}
	if got := Busy([]codepipeline.Result{result}); got != 13*time.Second {
		t.Errorf("got %v, expected 13s", got)
	}
}

func TestReportForPeople(t *testing.T) {
	start := time.Unix(0, 0)
	span := func(seconds int) codepipeline.Span {
		return codepipeline.Span{Start: start, End: start.Add(time.Duration(seconds) * time.Second)}
	}
	digest := "sha256:" + strings.Repeat("a", 64)
	r := Report{Success: true, Bases: []Base{
		{Image: "golang:1.26", From: "registry", Got: "the original", Digest: digest},
		{Image: "node:24", From: "stand-in", Got: "a stand-in", Digest: digest, Why: "docker.io does not answer: no such host"},
	}, Pipelines: []Pipeline{{
		Stack: "app", Repository: "app", Branch: "main", Commit: strings.Repeat("c", 40),
		Execution: codepipeline.Result{Status: codepipeline.Succeeded, Span: span(75),
			Stages: []codepipeline.StageResult{
				{Name: "Build", Status: codepipeline.Succeeded, Span: span(70)},
				{Name: "Promote", Status: codepipeline.DidNotRun},
			}},
		Registries: []Registry{
			{Name: "cache", Tagged: []Tagged{{Digest: digest, Tags: []string{"amd64"}}}},
			{Name: "app", Tagged: []Tagged{{Digest: digest, Tags: []string{"abc", "latest"}, Entries: []Entry{
				{Platform: "linux/amd64", Digest: digest},
				{Platform: "unknown/unknown", Digest: "sha256:b", Attests: digest},
			}}}},
			{Name: "empty"},
		},
		Proofs: []Proof{{Image: "host:1/app:abc", Platform: "linux/amd64", Got: "Hello\n"},
			{Platform: "linux/arm64", Error: "got nothing"}},
	}}}
	var out bytes.Buffer
	r.Write(&out)
	for _, want := range []string{
		"app: succeeded in 1m15s", "cccccccccccc of app, branch main", "Build 1m10s, Promote did not run",
		"cache: amd64 (single manifests)", "app: abc, latest → index " + digest,
		"linux/amd64    sha256:aaaaaaaaaaaa…, with an attestation",
		"empty: none", `linux/amd64 ran app:abc: "Hello"`, "linux/arm64: FAILED: got nothing",
		"The rehearsal succeeded.", "golang:1.26 is the original, " + digest,
		"node:24 is a stand-in, " + digest + " (docker.io does not answer: no such host)",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the report lacks %q:\n%s", want, out.String())
		}
	}
}

func TestSecondsAreNumbers(t *testing.T) {
	got, err := json.Marshal(Times{Total: Seconds(1500 * time.Millisecond)})
	if err != nil || !strings.Contains(string(got), `"total":1.500`) {
		t.Errorf("got %s, %v", got, err)
	}
}

func TestLogLine(t *testing.T) {
	tests := []struct {
		line, want string
		show       bool
	}{
		{"#1 building", "#1 building", true},
		{"{not json", "{not json", true},
		{`{"a":1}`, `{"a":1}`, true},
		{`{"time":"x","level":"WARN","msg":"finding","job":"id","valid":false,"platform":"linux/arm64","n":2,"why":"a b"}`,
			"WARN  finding n=2 platform=linux/arm64 valid=false why=\"a b\"", true},
		{`{"type":"platform.start","record":{}}`, "", false},
	}
	for _, test := range tests {
		if got, show := LogLine(test.line); got != test.want || show != test.show {
			t.Errorf("%s: got %q, %v, expected %q, %v", test.line, got, show, test.want, test.show)
		}
	}
}

// What a run would take on AWS stands beside what it took here.
func TestExpectedTimes(t *testing.T) {
	r := Report{Success: true, Pipelines: []Pipeline{{Stack: "app", Expected: &expected.Timeline{
		Total: 95 * time.Second,
		Stages: []expected.Stage{
			{Name: "Source", End: 18 * time.Second}, {Name: "Build", Start: 19 * time.Second, End: 95 * time.Second},
		},
	}}}}
	var text strings.Builder
	r.Write(&text)
	if want := "  on AWS   about 1m35s: Source 18s, Build 1m16s (a model: docs/rehearsal.md)\n"; !strings.Contains(
		text.String(),
		want) {
		t.Errorf("no %q in\n%s", want, text.String())
	}
	r.Pipelines[0].Expected = nil
	text.Reset()
	if r.Write(&text); strings.Contains(text.String(), "on AWS") {
		t.Errorf("got\n%s", text.String())
	}
}
