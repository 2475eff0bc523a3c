package constructs_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	archway "archway/constructs"
	"archway/internal/rule"
	"archway/internal/settings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
	"github.com/google/go-cmp/cmp"
)

var someRules = []archway.Rule{
	{Rule: archway.References{Name: "main", Type: archway.BranchRef, Exact: "main"},
		Images: map[string]archway.Tags{"app": {Immutable: []string{"{commit:12}"}, Moving: []string{"latest"}}}},
	{Rule: archway.References{Name: "release", Type: archway.BranchRef, Pattern: `release-(?<version>\d+\.\d+)`},
		Images: map[string]archway.Tags{"app": {Moving: []string{"r{version}"}}}},
	{Rule: archway.References{Name: "pr", Type: archway.BranchRef, Pattern: `pr/.*|.*-pr-.*`},
		Images: map[string]archway.Tags{"app": {Moving: []string{"pr"}}}},
	{Rule: archway.References{Name: "version", Type: archway.TagRef, Pattern: `v(?<version>.*)`},
		Images: map[string]archway.Tags{"app": {Immutable: []string{"{tag}"}}}},
}

// ruled is a pipeline with four rules.
var ruled = stack("Ruled", func(stack awscdk.Stack) {
	artifacts := archway.NewArtifacts(stack, "Artifacts", nil)
	image := anImage{name: "app", rules: func(architecture archway.Platform) map[string]archway.BuildRule {
		return map[string]archway.BuildRule{
			"main": {}, "version": {},
			"release": {Dockerfile: "Dockerfile.release", NoCache: true, BuildArgs: map[string]string{"A": "<1>"}},
			"pr":      {Skip: architecture == archway.ARM64},
		}
	}}.add(stack, artifacts)
	pipeline, delivery := deliver(stack, &archway.DeliveryProps{Images: []archway.PipelineImage{image},
		Rules: someRules}, artifacts, archway.PipelineProps{})
	trigger := archway.NewTrigger(stack, "Trigger", &archway.TriggerProps{Delivery: delivery, Pipeline: pipeline})
	awscdk.NewCfnOutput(stack, jsii.String("BuildNow"), &awscdk.CfnOutputProps{Value: trigger.StartCommand})
})

// Every start by rules goes through the function. No document says that an EventBridge rule hands
// variables to a pipeline: a run that lost them would be built by the default rule.
func TestStartsByRules(t *testing.T) {
	rules := resources(t, ruled, eventRule)
	if len(rules) != 1 {
		t.Fatalf("%d rules of EventBridge, want one", len(rules))
	}
	r := rules["TriggerRule"].Properties
	detail := r["EventPattern"].(map[string]any)["detail"].(map[string]any)
	if diff := cmp.Diff([]any{"branch", "tag"}, detail["referenceType"]); diff != "" || detail["referenceName"] != nil {
		t.Errorf("not every push is seen: %v", detail)
	}
	targets := r["Targets"].([]any)
	if len(targets) != 1 || plain(targets[0].(map[string]any)["Arn"]) != "${TriggerFunction.Arn}" {
		t.Errorf("targets %s", plain(targets))
	}
	for role := range resources(t, ruled, "AWS::IAM::Role") {
		for _, permission := range permissions(t, ruled, role) {
			if strings.HasPrefix(permission, "codepipeline:StartPipelineExecution") && role != "TriggerFunctionRole" {
				t.Errorf("%s may start the pipeline", role)
			}
		}
	}
}

// The function of a trigger may start this pipeline only.
func TestTriggerFunctionPermissions(t *testing.T) {
	permitted := []string{
		"codecommit:GetBranch on ${SourceRepository.Arn}",
		"codecommit:GetFolder on ${SourceRepository.Arn}",
		"codecommit:GetMergeOptions on ${SourceRepository.Arn}",
		"codepipeline:StartPipelineExecution on arn:${AWS::Partition}:codepipeline:${AWS::Region}:${AWS::AccountId}:app",
		"logs:CreateLogStream on ${TriggerFunctionLogs.Arn}",
		"logs:PutLogEvents on ${TriggerFunctionLogs.Arn}",
		"sqs:SendMessage on ${TriggerDeadLetters.Arn}",
	}
	if diff := cmp.Diff(permitted, permissions(t, ruled, "TriggerFunctionRole")); diff != "" {
		t.Errorf("permissions (-want +got):\n%s", diff)
	}
	invoked := resources(t, ruled, "AWS::Lambda::Permission")
	if len(invoked) != 1 {
		t.Fatalf("%d permissions, want one", len(invoked))
	}
	for _, p := range invoked {
		if p.Properties["Principal"] != "events.amazonaws.com" ||
			plain(p.Properties["SourceArn"]) != "${TriggerRule.Arn}" {
			t.Errorf("permission %v", p.Properties)
		}
	}
}

// A start that fails ends in the dead-letter queue, with an alarm.
func TestFailedStart(t *testing.T) {
	for _, stack := range []string{ruled, twoImages} {
		for id, r := range resources(t, stack, eventRule) {
			target := r.Properties["Targets"].([]any)[0].(map[string]any)
			if got := plain(target["DeadLetterConfig"].(map[string]any)["Arn"]); got != "${TriggerDeadLetters.Arn}" {
				t.Errorf("%s of %s: dead letters go to %s", id, stack, got)
			}
		}
		for _, policy := range resources(t, stack, "AWS::SQS::QueuePolicy") {
			text, _ := json.Marshal(policy.Properties["PolicyDocument"])
			if !strings.Contains(string(text), `"aws:SourceArn"`) ||
				!strings.Contains(string(text), `"aws:SecureTransport":"false"`) {
				t.Errorf("the queue's policy is %s", text)
			}
		}
		hasProperties(t, stack, "AWS::SQS::Queue",
			map[string]any{"SqsManagedSseEnabled": true, "MessageRetentionPeriod": 14 * 24 * 3600})
		hasProperties(t, stack, "AWS::CloudWatch::Alarm", map[string]any{
			"Namespace": "AWS/SQS", "MetricName": "ApproximateNumberOfMessagesVisible", "Threshold": 1,
			"ComparisonOperator": "GreaterThanOrEqualToThreshold", "TreatMissingData": "notBreaching",
		})
	}
	config := resources(t, ruled, "AWS::Lambda::EventInvokeConfig")["TriggerFunctionEventInvokeConfig"]
	destinations := config.Properties["DestinationConfig"].(map[string]any)
	if got := plain(destinations["OnFailure"].(map[string]any)["Destination"]); got != "${TriggerDeadLetters.Arn}" {
		t.Errorf("failed invocations go to %s", got)
	}
}

// A trigger without rules has no function.
func TestTriggerWithoutRules(t *testing.T) {
	if functions := resources(t, twoImages, lambdaFunction); len(functions) != 2 {
		t.Errorf("%d functions, want those that validate and promote", len(functions))
	}
}

// A run has its rule and its reference as variables.
func TestVariablesOfARun(t *testing.T) {
	hasProperties(t, ruled, codePipeline, map[string]any{"Variables": []any{
		map[string]any{"Name": "rule", "DefaultValue": "main"}, map[string]any{"Name": "ref", "DefaultValue": "main"},
	}})
	got := permissions(t, ruled, "appBuildarm64Role")
	want := "codepipeline:GetPipelineExecution on arn:${AWS::Partition}:codepipeline:${AWS::Region}:${AWS::AccountId}:app"
	if !slices.Contains(got, want) {
		t.Errorf("a build can't ask for its rule; it may\n%s", strings.Join(got, "\n"))
	}
	if got := permissions(t, twoImages, "apiBuildarm64Role"); slices.ContainsFunc(got,
		func(p string) bool { return strings.HasPrefix(p, "codepipeline:") }) {
		t.Errorf("a build without rules may\n%s", strings.Join(got, "\n"))
	}
}

func TestBuildsAndFunctionsKnowTheRules(t *testing.T) {
	found := false
	build := resources(t, ruled, "AWS::CodeBuild::Project")["appBuildarm64Project"]
	environment := build.Properties["Environment"].(map[string]any)
	for _, v := range environment["EnvironmentVariables"].([]any) {
		if v := v.(map[string]any); v["Name"] == "RULES" {
			found = true
			want := `{"main":{},"pr":{"skip":true},"release":{"dockerfile":"Dockerfile.release","buildArgs":{"A":"<1>"},"noCache":true},"version":{}}`
			if diff := cmp.Diff(want, v["Value"]); diff != "" {
				t.Errorf("RULES (-want +got):\n%s", diff)
			}
		}
	}
	if !found {
		t.Error("the build has no RULES")
	}
	got, err := settings.Decode(settingsOf(t, ruled))
	if err != nil {
		t.Fatal(err)
	}
	want := rule.Tagged{
		Rule:   rule.Rule{Name: "version", Type: "tag", Pattern: "v(?<version>.*)"},
		Images: map[string]rule.Tags{"app": {Immutable: []string{"{tag}"}}},
	}
	if diff := cmp.Diff(want, got.Rules[3]); diff != "" {
		t.Errorf("rule (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"linux/amd64"}, got.Images[0].Platforms("pr")); diff != "" {
		t.Errorf("platforms of pr (-want +got):\n%s", diff)
	}
}

// The command to build now names what is to be filled in.
func TestBuildNowCommand(t *testing.T) {
	want := `aws lambda invoke --function-name ${TriggerFunction} --cli-binary-format raw-in-base64-out --payload '{"build":{"type":"TYPE","name":"NAME"}}' /dev/stdout`
	if diff := cmp.Diff(want, output(t, ruled, "BuildNow")); diff != "" {
		t.Errorf("with rules (-want +got):\n%s", diff)
	}
	want = "aws codepipeline start-pipeline-execution --name app --source-revisions actionName=Source,revisionType=COMMIT_ID,revisionValue=COMMIT"
	if diff := cmp.Diff(want, output(t, twoImages, "BuildNow")); diff != "" {
		t.Errorf("without (-want +got):\n%s", diff)
	}
}

// Rules that do not fit together are reported.
func TestContradictoryRules(t *testing.T) {
	overlapping := []archway.Rule{
		{Rule: archway.References{Name: "a", Type: archway.BranchRef, Pattern: "a.*"}},
		{Rule: archway.References{Name: "b", Type: archway.BranchRef, Pattern: ".*b"}},
		{Rule: archway.References{Name: "b", Type: "head", Exact: "x"}},
		{Rule: archway.References{Name: "a b", Type: archway.TagRef, Pattern: "("}},
	}
	var got []string
	for _, line := range strings.Split((&archway.DeliveryProps{Rules: overlapping}).Validate().Error(), "\n") {
		if strings.HasPrefix(line, "Rules") {
			got = append(got, line)
		}
	}
	want := []string{
		`Rules[1] overlaps with Rules[0], as both match "ab": change one so that no name fits both`,
		`Rules[2] rule b: the type is "head", want "branch" or "tag"`,
		`Rules[3].Name is "a b": give 1 to 80 letters, digits, and the characters @ _ -`,
	}
	if len(got) != 4 || !slices.Equal(want, got[:3]) ||
		!strings.HasPrefix(got[3], `Rules[3] pattern "(": is no regular expression`) {
		t.Errorf("got %q, want %q", got, want)
	}
	image := archway.PipelineImage{Name: "app", Builds: []*archway.NativeBuild{{Platform: archway.AMD64}},
		MovingTags: []string{"latest"}}
	err := (&archway.DeliveryProps{Images: []archway.PipelineImage{image}, Rules: someRules[:1]}).Validate().Error()
	for _, want := range []string{
		`Images[0].ImmutableTags and MovingTags stand beside the pipeline's rules`,
		`Images[0].Builds[0] has nothing for the rule "main" at Rules[0]`,
	} {
		if !strings.Contains(err, want) {
			t.Errorf("%q is not in %s", want, err)
		}
	}
}
