package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"

	"archway/internal/settings"
	"archway/internal/spec"
	"archway/lambda/internal/fixture"
)

var program string

func TestMain(m *testing.M) { fixture.Main(m, "archway/lambda/scangate", &program) }

// gate is the function of a pipeline with one image, which may have these findings accepted.
func gate(t *testing.T, accepted ...spec.Accepted) (f *fixture.Function, index, amd64, arm64 digest.Digest,
	job func(id string) string) {
	t.Helper()
	s, store := fixture.Serve(t), fixture.New()
	one, two := store.Linux("amd64", ""), store.Linux("arm64", "")
	root := store.Index(one, two)
	s.Push(t, "staging/app", store)
	environment, sum := fixture.Settings(t, &settings.Pipeline{Name: fixture.Pipeline, Images: []settings.Image{{
		Name: "web", Staging: "staging/app",
		Scan: &spec.ScanGate{Limits: spec.Limits{High: 9}, TimeoutMinutes: 30, Accept: accepted},
	}}})
	f = fixture.Start(t, program, s, environment...)
	f.AWS.Did("run", settings.StageValidate, "web", "Succeeded",
		map[string]string{settings.Digest: root.Digest.String()})
	return f, root.Digest, one.Digest, two.Digest, func(id string) string {
		return fixture.JobEvent(id, fmt.Sprintf(`{"settings":%q,"execution":"run","image":"web"}`, sum))
	}
}

// The function waits for the scans and judges them.
func TestFunctionJudgesScans(t *testing.T) {
	f, index, amd64, arm64, job := gate(t)
	invoke := func(event string) {
		t.Helper()
		if result := f.Runtime.Invoke(t, event); !strings.HasPrefix(result, "response") {
			t.Errorf("%s", result)
		}
	}
	f.AWS.Scan(amd64.String(), "COMPLETE", `{"HIGH":1}`)
	invoke(job("good")) // of arm64 there is no scan yet
	answers := f.AWS.Answers()
	if len(answers) != 1 || answers[0].Continuation == "" ||
		!strings.Contains(answers[0].ExecutionDetails.Summary, "Waits for the scan of linux/arm64") {
		t.Fatalf("answers %+v\n%s", answers, f.Log())
	}
	f.AWS.Scan(arm64.String(), "COMPLETE", `{}`)
	invoke(strings.Replace(job("good"), `"data":{`,
		fmt.Sprintf(`"data":{"continuationToken":%q,`, answers[0].Continuation), 1))
	f.AWS.Scan(arm64.String(), "ACTIVE", `{"CRITICAL":1}`)
	invoke(job("bad"))
	f.AWS.Refuse("DescribeImageScanFindings", "AccessDeniedException")
	invoke(job("denied"))
	invoke(fixture.JobEvent("other", `{"settings":"0","execution":"run","image":"web"}`))
	if answers = f.AWS.Answers(); len(answers) != 5 {
		t.Fatalf("%d answers, want 5\n%s", len(answers), f.Log())
	}
	const summary = "linux/amd64: 0 critical, 1 high, 0 medium, 0 low; linux/arm64: 0 critical, 0 high, 0 medium, 0 low"
	if diff := cmp.Diff(map[string]string{"digest": index.String(), "summary": summary},
		answers[1].OutputVariables); diff != "" {
		t.Errorf("variables (-want +got):\n%s", diff)
	}
	if d := answers[2].FailureDetails; d.Type != "JobFailed" ||
		!strings.Contains(d.Message, "has 1 critical, allowed 0.") {
		t.Errorf("answer %+v", d)
	}
	if d := answers[3].FailureDetails; d.Type != "PermissionError" {
		t.Errorf("answer %+v", d)
	}
	if d := answers[4].FailureDetails; d.Type != "ConfigurationError" ||
		!strings.Contains(d.Message, "made with other settings") {
		t.Errorf("answer %+v", d)
	}
}

// The function accepts what its settings say.
func TestAcceptedFindings(t *testing.T) {
	f, _, amd64, arm64, job := gate(t, spec.Accepted{ID: "CVE-2026-1", Reason: "not reachable", Until: "2999-12-31"},
		spec.Accepted{ID: "CVE-2025-1", Reason: "soon", Until: "2025-12-31"})
	f.AWS.Scan(arm64.String(), "COMPLETE", `{}`)
	for _, id := range []string{"CVE-2026-1", "CVE-2025-1"} {
		f.AWS.Found(amd64.String(), id)
		f.Runtime.Invoke(t, job(id))
	}
	answers := f.AWS.Answers()
	if len(answers) != 2 ||
		!strings.HasPrefix(answers[0].OutputVariables["summary"],
			"linux/amd64: 0 critical, 0 high, 0 medium, 0 low, 1 accepted (CVE-2026-1);") ||
		!strings.Contains(answers[1].FailureDetails.Message, "CVE-2025-1 (accepted until 2025-12-31)") {
		t.Errorf("answers %+v\n%s", answers, f.Log())
	}
}

// A program that lacks something ends with the reason.
func TestMissingEnvironment(t *testing.T) {
	environment, _ := fixture.Settings(t, &settings.Pipeline{})
	fixture.Ends(t, program, 1, "the function's package lacks its settings",
		fixture.InLambda("LAMBDA_TASK_ROOT="+t.TempDir())...)
	fixture.Ends(t, program, 1, "REGISTRY must be set", fixture.InLambda(environment[0])...)
}

// The program outside of Lambda says what it is.
func TestOutsideOfLambda(t *testing.T) {
	fixture.Ends(t, program, 2, "scangate is the ScanGate action of a pipeline and runs as a Lambda function only")
}

func TestBinaryStaysSmall(t *testing.T) { fixture.Small(t, program) }
