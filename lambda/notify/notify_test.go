package main

import (
	"fmt"
	"strings"
	"testing"

	"archway/lambda/internal/fixture"
)

var program string

func TestMain(m *testing.M) { fixture.Main(m, "archway/lambda/notify", &program) }

// event is EventBridge's about the state of an execution.
func event(execution, state string) string {
	return fmt.Sprintf(
		`{"version":"0","source":"aws.codepipeline","detail-type":"CodePipeline Pipeline Execution State Change",
		"detail":{"pipeline":%q,"execution-id":%q,"state":%q,"version":1}}`, fixture.Pipeline, execution, state)
}

// The function tells of a failed run in one message.
func TestFailedRun(t *testing.T) {
	f := fixture.Start(t, program, fixture.Serve(t))
	f.AWS.Fail("failed", "Validate", "web", `the config says "amd64"`)
	f.AWS.Fail("failed", "Validate", "worker", "a layer is missing")
	if result := f.Runtime.Invoke(t, event("failed", "FAILED")); !strings.HasPrefix(result, "response") {
		t.Errorf("%s", result)
	}
	notices := f.AWS.Notices()
	if len(notices) != 1 || notices[0].Topic != fixture.Topic ||
		notices[0].Subject != "Archway: "+fixture.Pipeline+" failed in Validate" {
		t.Fatalf("notices %+v\n%s", notices, f.Log())
	}
	for _, part := range []string{
		"Validate / web:\nthe config says \"amd64\"\n", "Validate / worker:\na layer is missing\n",
		"https://console.test/codesuite/codepipeline/pipelines/app-pipeline/executions/failed/timeline?region=eu-west-1",
	} {
		if !strings.Contains(notices[0].Text, part) {
			t.Errorf("the message lacks %q:\n%s", part, notices[0].Text)
		}
	}
}

// What can't be told is an error, so that Lambda tries again; what can't be found out is told all
// the same.
func TestFunctionErrors(t *testing.T) {
	f := fixture.Start(t, program, fixture.Serve(t))
	if result := f.Runtime.Invoke(t, event("good", "SUCCEEDED")); !strings.HasPrefix(result, "error") ||
		!strings.Contains(result, "none of a failed run") {
		t.Errorf("an event of another state: %s", result)
	}
	f.AWS.Refuse("ListActionExecutions", "AccessDeniedException")
	if result := f.Runtime.Invoke(t, event("dark", "FAILED")); !strings.HasPrefix(result, "response") {
		t.Errorf("without the actions: %s", result)
	}
	if notices := f.AWS.Notices(); len(notices) != 1 || !strings.Contains(notices[0].Text, "AccessDeniedException") {
		t.Errorf("notices %+v", notices)
	}
	f.AWS.Refuse("Publish", "AuthorizationError")
	if result := f.Runtime.Invoke(t, event("untold", "FAILED")); !strings.HasPrefix(result, "error") ||
		!strings.Contains(result, "notify "+fixture.Topic) {
		t.Errorf("without the topic: %s", result)
	}
}

// The program outside of Lambda says what it is.
func TestOutsideOfLambda(t *testing.T) {
	fixture.Ends(t, program, 2, "notify tells people of a pipeline's failed runs and runs as a Lambda function only")
}

// A program that lacks its environment ends with the reason.
func TestMissingEnvironment(t *testing.T) {
	const want = "TOPIC_ARN and PIPELINE_URL must be set"
	fixture.Ends(t, program, 1, want, fixture.InLambda("PIPELINE_URL=https://console.test")...)
	fixture.Ends(t, program, 1, want, fixture.InLambda("TOPIC_ARN="+fixture.Topic)...)
	fixture.Ends(t, program, 1, "AWS_REGION is not set", "AWS_LAMBDA_RUNTIME_API=127.0.0.1:1",
		"TOPIC_ARN="+fixture.Topic, "PIPELINE_URL=x")
}

func TestBinaryStaysSmall(t *testing.T) { fixture.Small(t, program) }
