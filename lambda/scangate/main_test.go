package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"archway/lambda/internal/fixture"
)

var program string

func TestMain(m *testing.M) { fixture.Main(m, "archway/lambda/scangate", &program) }

func TestFunctionWaitsForTheScansAndJudgesThem(t *testing.T) {
	s, store := fixture.Serve(t), fixture.New()
	amd64, arm64 := store.Linux("amd64", ""), store.Linux("arm64", "")
	root := store.Index(amd64, arm64)
	s.Push(t, "app", store)
	f := fixture.Start(t, program, s)
	parameters := fmt.Sprintf(`{"repository":"%s/app","digest":%q,"limits":{"CRITICAL":0},"minutes":30}`, fixture.RegistryHost, root.Digest)
	invoke := func(event string) {
		t.Helper()
		if result := f.Runtime.Invoke(t, event); !strings.HasPrefix(result, "response") {
			t.Errorf("%s", result)
		}
	}
	f.AWS.Scan(amd64.Digest.String(), "COMPLETE", `{"HIGH":1}`)
	invoke(fixture.JobEvent("good", parameters)) // of arm64 there is no scan yet
	answers := f.AWS.Answers()
	if len(answers) != 1 || answers[0].Continuation == "" || !strings.Contains(answers[0].ExecutionDetails.Summary, "Waits for the scan of linux/arm64") {
		t.Fatalf("answers %+v\n%s", answers, f.Log())
	}
	f.AWS.Scan(arm64.Digest.String(), "COMPLETE", `{}`)
	invoke(strings.Replace(fixture.JobEvent("good", parameters), `"data":{`, fmt.Sprintf(`"data":{"continuationToken":%q,`, answers[0].Continuation), 1))
	f.AWS.Scan(arm64.Digest.String(), "ACTIVE", `{"CRITICAL":1}`)
	invoke(fixture.JobEvent("bad", parameters))
	f.AWS.Refuse("DescribeImageScanFindings", "AccessDeniedException")
	invoke(fixture.JobEvent("denied", parameters))
	if answers = f.AWS.Answers(); len(answers) != 4 {
		t.Fatalf("%d answers, want 4\n%s", len(answers), f.Log())
	}
	const summary = "linux/amd64: 0 critical, 1 high, 0 medium, 0 low; linux/arm64: 0 critical, 0 high, 0 medium, 0 low"
	if diff := cmp.Diff(map[string]string{"digest": root.Digest.String(), "summary": summary}, answers[1].OutputVariables); diff != "" {
		t.Errorf("variables (-want +got):\n%s", diff)
	}
	if d := answers[2].FailureDetails; d.Type != "JobFailed" || !strings.Contains(d.Message, "has 1 critical, allowed 0.") {
		t.Errorf("answer %+v", d)
	}
	if d := answers[3].FailureDetails; d.Type != "PermissionError" {
		t.Errorf("answer %+v", d)
	}
}

func TestFunctionAcceptsWhatItsEnvironmentSays(t *testing.T) {
	s, store := fixture.Serve(t), fixture.New()
	amd64 := store.Linux("amd64", "")
	root := store.Index(amd64)
	s.Push(t, "app", store)
	f := fixture.Start(t, program, s, `ACCEPTED_FINDINGS={"app":[{"id":"CVE-2026-1","reason":"not reachable","until":"2999-12-31"},{"id":"CVE-2025-1","reason":"soon","until":"2025-12-31"}]}`)
	parameters := fmt.Sprintf(`{"repository":"%s/app","digest":%q,"limits":{"CRITICAL":0},"minutes":30}`, fixture.RegistryHost, root.Digest)
	for _, id := range []string{"CVE-2026-1", "CVE-2025-1"} {
		f.AWS.Found(amd64.Digest.String(), id)
		f.Runtime.Invoke(t, fixture.JobEvent(id, parameters))
	}
	answers := f.AWS.Answers()
	if len(answers) != 2 || answers[0].OutputVariables["summary"] != "linux/amd64: 0 critical, 0 high, 0 medium, 0 low, 1 accepted (CVE-2026-1)" ||
		!strings.Contains(answers[1].FailureDetails.Message, "CVE-2025-1 (accepted until 2025-12-31)") {
		t.Errorf("answers %+v\n%s", answers, f.Log())
	}
}

func TestProgramWhoseEnvironmentCannotBeReadEndsWithTheReason(t *testing.T) {
	fixture.Ends(t, program, 1, "ACCEPTED_FINDINGS holds no accepted findings", fixture.InLambda("ACCEPTED_FINDINGS=[]")...)
}

func TestProgramOutsideOfLambdaSaysWhatItIs(t *testing.T) {
	fixture.Ends(t, program, 2, "scangate is the ScanGate action of a pipeline and runs as a Lambda function only")
}

func TestBinaryStaysSmall(t *testing.T) { fixture.Small(t, program) }
