package scenarios_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"archway/test/rehearse/internal/aws/cloudformation"
	"archway/test/rehearse/internal/aws/cloudwatch"
	"archway/test/rehearse/internal/aws/codebuild"
	"archway/test/rehearse/internal/aws/codepipeline"
	"archway/test/rehearse/internal/aws/endpoint"
	"archway/test/rehearse/internal/aws/lambdaruntime"
)

// miscast makes builds for arm64 say in the config that they are for amd64.
func miscast(platform string) (string, error) {
	if platform == "linux/arm64" {
		return "amd64", nil
	}
	return "", nil
}

// told are the messages so far, when nothing is on its way any more.
func (w *world) told() []endpoint.Notice {
	w.t.Helper()
	if err := w.Settle(); err != nil {
		w.t.Fatal(err)
	}
	return w.Notices()
}

// one is the only message about a run that failed in a stage.
func (w *world) one(r codepipeline.Result, stage string) endpoint.Notice {
	w.t.Helper()
	if r.Status != codepipeline.Failed || r.Stage(stage).Status != codepipeline.Failed {
		w.t.Fatalf("execution %s: %s, expected it to fail in %s", r.Execution, r.Status, stage)
	}
	all := w.told()
	if len(all) != 1 {
		w.t.Fatalf("%d messages, expected 1: %+v", len(all), all)
	}
	w.t.Logf("the message:\n%s\n\n%s", all[0].Subject, all[0].Text)
	return all[0]
}

// A run that fails in Validate is told once, with the validator's sentences.
func TestFailedValidationIsToldOnce(t *testing.T) {
	w := deploy(t, withNotices)
	w.seed("told")
	if all := w.told(); len(all) != 0 {
		t.Errorf("a good run is told of: %+v", all)
	}
	w.spoils(miscast)
	push := w.commit("told", "trunk", "spoiled")
	r := push.Executions[0].Wait()
	// Both images fail, in two actions of the stage: it is one message all the same.
	got := w.one(r, "Validate")
	if got.Subject != "Archway: told failed in Validate" || !strings.HasSuffix(got.Topic, ":"+topicName(w)) {
		t.Errorf("subject %q to %s", got.Subject, got.Topic)
	}
	for _, image := range []string{"web", "worker"} {
		sentences := r.Action("Validate", image).Message
		if !strings.Contains(sentences, "error config-platform: linux/arm64") ||
			!strings.Contains(got.Text, "Validate / "+image+":\n"+sentences+"\n") {
			t.Errorf("the message lacks what the validator said about %s: %s", image, sentences)
		}
	}
	for _, part := range []string{
		"A run of the pipeline told failed in the stage Validate. Every tag serves what it served before.\nCommit " +
			push.Commit()[:12] + ": Change files\n",
		"/codesuite/codepipeline/pipelines/told/executions/" + r.Execution + "/timeline?region=eu-west-1\n",
		"--stage-name Validate --pipeline-execution-id " + r.Execution,
	} {
		if !strings.Contains(got.Text, part) {
			t.Errorf("the message lacks %q", part)
		}
	}
	var chat struct {
		Version, Source string
		Content         struct{ TextType, Title, Description string }
	}
	if err := json.Unmarshal([]byte(got.Others["https"]), &chat); err != nil {
		t.Fatal(err)
	}
	if chat.Source != "custom" || chat.Content.Title != got.Subject || chat.Content.Description != got.Text {
		t.Errorf("chat is told %+v", chat)
	}
	failed := slices.DeleteFunc(w.States(), func(s string) bool { return !strings.HasSuffix(s, "FAILED") })
	slices.Sort(failed)
	if want := []string{"Action Validate web: FAILED", "Action Validate worker: FAILED", "Pipeline: FAILED",
		"Stage Validate: FAILED"}; !slices.Equal(failed, want) {
		t.Errorf("events %q, expected %q", failed, want)
	}

	// A retry that fails again is another failure.
	x, err := w.RetryStage(t.Context(), "told", "Validate", r.Execution, codepipeline.FailedActions)
	if err != nil {
		t.Fatal(err)
	}
	x.Wait()
	if all := w.told(); len(all) != 2 {
		t.Errorf("%d messages after a retry that failed, expected 2", len(all))
	}
	needsNothingElse(t, w)
}

// topicName is the name of the stack's only topic.
func topicName(w *world) string {
	for _, o := range w.Stacks()[0].Outputs {
		if o.Name == "Topic" {
			return o.Value[strings.LastIndex(o.Value, ":")+1:]
		}
	}
	w.t.Fatal("the stack has no output Topic")
	return ""
}

func TestRunWhoseBuildsFailIsToldOnce(t *testing.T) {
	w := deploy(t, withNotices)
	w.spoils(func(platform string) (string, error) {
		return "",
			fmt.Errorf("Build terminated with state: FAILED. Phase: BUILD, Message: no compiler for %s", platform)
	})
	push, err := w.PushSeed(t.Context(), "told", nil)
	if err != nil {
		t.Fatal(err)
	}
	got := w.one(push.Wait()[0], "Build")
	for _, action := range []string{"web-amd64", "web-arm64", "worker-amd64", "worker-arm64"} {
		_, arch, _ := strings.Cut(action, "-")
		if !strings.Contains(got.Text,
			"Build / "+action+":\nBuild terminated with state: FAILED. Phase: BUILD, Message: no compiler for linux/"+
				arch+"\n") {
			t.Errorf("the message lacks what %s said", action)
		}
	}
}

// Superseded and stopped runs are no failures.
func TestRunsThatDidNotFail(t *testing.T) {
	w := deploy(t, withNotices, `"ExecutionMode":"QUEUED"`, `"ExecutionMode":"SUPERSEDED"`)
	w.seed("told")
	begun, gate := make(chan struct{}), make(chan struct{})
	once := sync.OnceFunc(func() { close(begun) })
	w.spoils(func(string) (string, error) { once(); <-gate; return "", nil })
	var executions []*codepipeline.Execution
	for n := range 3 {
		executions = append(executions, w.commit("told", "trunk", fmt.Sprint(n)).Executions...)
		<-begun // the first holds the stage that the others wait for
	}
	overtaken := 0
	if executions[1].Wait().Status == codepipeline.Overtaken {
		overtaken++
	}
	stopped := make(chan struct{})
	go func() { executions[2].Stop(); close(stopped) }()
	close(gate)
	<-stopped
	w.succeeded(executions[0].Wait())
	if r := executions[2].Result(); overtaken != 1 || r.Status != codepipeline.Stopped {
		t.Fatalf("%d overtaken, the last is %s", overtaken, r.Status)
	}
	if all := w.told(); len(all) != 0 {
		t.Errorf("messages: %+v", all)
	}
	states := w.States()
	for _, state := range []string{"Pipeline: SUPERSEDED", "Pipeline: STOPPED"} {
		if !slices.Contains(states, state) {
			t.Errorf("no event %q", state)
		}
	}
}

// Nothing shows a metric that doesn't exist: functions emit ours, and services those of resources
// that are there.
func TestMetricsAreMeasured(t *testing.T) {
	w := deploy(t, withNotices)
	good := w.seed("told")
	w.spoils(miscast)
	if r := w.commit("told", "trunk", "spoiled").Executions[0].Wait(); r.Status != codepipeline.Failed {
		t.Fatalf("the spoiled commit: %s", r.Status)
	}
	w.spoils(nil)
	w.succeeded(w.commit("told", "trunk", "good again").Executions[0].Wait())
	x, err := w.RollbackStage(t.Context(), "told", "Promote", good.Executions[0].ID())
	if err != nil {
		t.Fatal(err)
	}
	w.succeeded(x.Wait())
	w.told()

	measured, problems := w.Metrics()
	if err := errors.Join(problems...); err != nil {
		t.Error(err)
	}
	stack := w.Stacks()[0]
	if len(cloudformation.Of[cloudformation.Watched](stack)) < 10 {
		t.Fatalf("%d dashboards and alarms", len(cloudformation.Of[cloudformation.Watched](stack)))
	}
	for _, watched := range cloudformation.Of[cloudformation.Watched](stack) {
		for _, missing := range cloudwatch.Unemitted(watched.Shown, measured, resourcesOf(stack)) {
			t.Errorf("%s shows %s", watched.ID, missing)
		}
	}
	// What a reader would make of it.
	sum := map[string]float64{}
	for _, d := range measured {
		if d.Dimensions["Repository"] == "told/web" {
			sum[d.Name] += d.Value
		}
	}
	for name, want := range map[string]float64{
		"ImagesValid":    2,
		"ImagesInvalid":  1,
		"Promotions":     2,
		"Rollbacks":      1,
		"TagsRolledBack": 2,
		"Findings":       1,
	} {
		if sum[name] != want {
			t.Errorf("%s of told/web: %v in all, expected %v", name, sum[name], want)
		}
	}
	if sum["ImageSize"] == 0 {
		t.Error("no image has a size")
	}
}

func resourcesOf(stack *cloudformation.Stack) map[string][]string {
	resources := map[string][]string{}
	for _, p := range cloudformation.Of[*codepipeline.Pipeline](stack) {
		resources["PipelineName"] = append(resources["PipelineName"], p.Name)
	}
	for _, p := range cloudformation.Of[*codebuild.Project](stack) {
		resources["ProjectName"] = append(resources["ProjectName"], p.Name)
	}
	for _, f := range cloudformation.Of[*lambdaruntime.Function](stack) {
		resources["FunctionName"] = append(resources["FunctionName"], f.Name)
	}
	for _, q := range cloudformation.Of[cloudformation.Queue](stack) {
		resources["QueueName"] = append(resources["QueueName"], q.Name)
	}
	return resources
}

// needsNothingElse shows that the notifier's role has all that it needed, and nothing that it
// didn't.
func needsNothingElse(t *testing.T, w *world) {
	t.Helper()
	p := w.Permissions()
	if len(p.Refused) > 0 {
		t.Errorf("refused: %q", p.Refused)
	}
	for _, unused := range p.Unused {
		if text := fmt.Sprintf("%+v", unused); strings.Contains(text, "Notice") || strings.Contains(text, "Topic") {
			t.Errorf("nothing needed %s", text)
		}
	}
}
