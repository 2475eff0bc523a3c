package constructs_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	archway "archway/constructs"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodepipeline"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecr"
	"github.com/aws/jsii-runtime-go"
	"github.com/google/go-cmp/cmp"
)

var someRules = []archway.Rule{
	{Name: "main", Type: archway.BranchRef, Exact: "main", Tags: map[string]archway.Tags{"app": {Immutable: []string{"{commit:12}"}, Moving: []string{"latest"}}}},
	{Name: "release", Type: archway.BranchRef, Pattern: `release-(?<version>\d+\.\d+)`, Tags: map[string]archway.Tags{"app": {Moving: []string{"r{version}"}}}},
	{Name: "pr", Type: archway.BranchRef, Pattern: `pr/.*|.*-pr-.*`, Tags: map[string]archway.Tags{"app": {Moving: []string{"pr"}}}},
	{Name: "version", Type: archway.TagRef, Pattern: `v(?<version>.*)`, Tags: map[string]archway.Tags{"app": {Immutable: []string{"{tag}"}}}},
}

// ruled is a pipeline with four rules, of which only one needs a regular expression.
var ruled = stack("Ruled", func(stack awscdk.Stack) {
	source := archway.NewSource(stack, "Source", &archway.SourceProps{RepositoryName: "app"})
	artifacts := archway.NewArtifacts(stack, "Artifacts", nil)
	registry := archway.NewRegistry(stack, "Registry", nil)
	image := archway.PipelineImage{
		Name:       "app",
		Repository: registry.Repository,
		Merge:      archway.NewMerge(stack, "Merge", &archway.MergeProps{Repository: registry.Repository, Artifacts: artifacts.Bucket, SourceURL: "x"}),
	}
	for _, architecture := range []archway.Architecture{archway.AMD64, archway.ARM64} {
		image.Builds = append(image.Builds, archway.NewNativeBuild(stack, "Build-"+string(architecture), &archway.NativeBuildProps{
			Architecture: architecture, Repository: registry.Repository, Cache: registry.Cache, Artifacts: artifacts.Bucket, SourceURL: "x",
			Rules: map[string]archway.BuildRule{
				"main": {}, "version": {}, "release": {Dockerfile: "Dockerfile.release", NoCache: true, BuildArgs: map[string]string{"A": "<1>"}},
				"pr": {Skip: architecture == archway.ARM64},
			},
		}))
	}
	repositories := []awsecr.IRepository{registry.Repository}
	pipeline := archway.NewPipeline(stack, "Pipeline", &archway.PipelineProps{
		Repository: source.Repository, Artifacts: artifacts.Bucket, Images: []archway.PipelineImage{image}, Rules: someRules,
		Validator: archway.NewValidator(stack, "Validate", &archway.RegistryFunctionProps{Repositories: repositories, Rules: someRules}).Function,
		Promoter: archway.NewPromoter(stack, "Promote", &archway.PromoterProps{
			Repositories: repositories, Source: source.Repository, PipelineName: "app", Rules: someRules,
		}).Function,
	})
	archway.NewTrigger(stack, "Trigger", &archway.TriggerProps{Repository: source.Repository, Rules: someRules, Pipeline: pipeline.Pipeline})
	awscdk.NewCfnOutput(stack, jsii.String("BuildNow"), &awscdk.CfnOutputProps{Value: pipeline.StartCommand})
})

func TestEventBridgeAloneStartsWhatItCanTellByItself(t *testing.T) {
	type started struct{ Types, Names, Target, Template any }
	got := map[string]started{}
	for id, r := range resources(t, ruled, eventRule) {
		detail := r.Properties["EventPattern"].(map[string]any)["detail"].(map[string]any)
		target := r.Properties["Targets"].([]any)[0].(map[string]any)
		one := started{Types: detail["referenceType"], Names: detail["referenceName"], Target: target["Id"]}
		if transformer, ok := target["InputTransformer"].(map[string]any); ok {
			_, one.Template, _ = strings.Cut(transformer["InputTemplate"].(string), `"variables":`)
		}
		got[id] = one
	}
	want := map[string]started{
		"TriggerRulemain": {[]any{"branch"}, []any{"main"}, "Pipeline", `[{"name":"rule","value":"main"},{"name":"ref","value":<branch>}]}`},
		"TriggerRulepr": {[]any{"branch"}, []any{map[string]any{"wildcard": "*-pr-*"}, map[string]any{"prefix": "pr/"}}, "Pipeline",
			`[{"name":"rule","value":"pr"},{"name":"ref","value":<branch>}]}`},
		"TriggerRuleversion": {[]any{"tag"}, []any{map[string]any{"prefix": "v"}}, "Pipeline", `[{"name":"rule","value":"version"},{"name":"ref","value":<branch>}]}`},
		"TriggerPushes":      {Types: []any{"branch", "tag"}, Target: "Function"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestTriggerFunctionGetsTheRulesAndMayStartThisPipelineOnly(t *testing.T) {
	variables := resources(t, ruled, lambdaFunction)["TriggerFunction"].Properties["Environment"].(map[string]any)["Variables"].(map[string]any)
	want := `[{"name":"main","type":"branch","exact":"main","direct":true},{"name":"release","type":"branch","pattern":"release-(?<version>\\d+\\.\\d+)"},` +
		`{"name":"pr","type":"branch","pattern":"pr/.*|.*-pr-.*","direct":true},{"name":"version","type":"tag","pattern":"v(?<version>.*)","direct":true}]`
	if diff := cmp.Diff(want, variables["RULES"]); diff != "" {
		t.Errorf("RULES (-want +got):\n%s", diff)
	}
	if got := plain(variables["PIPELINE"]) + " " + plain(variables["SOURCE_ACTION"]); got != "${Pipeline} Source" {
		t.Errorf("PIPELINE and SOURCE_ACTION are %s", got)
	}
	permitted := []string{
		"codepipeline:StartPipelineExecution on arn:${AWS::Partition}:codepipeline:${AWS::Region}:${AWS::AccountId}:${Pipeline}",
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
		if p.Properties["Principal"] != "events.amazonaws.com" || plain(p.Properties["SourceArn"]) != "${TriggerPushes.Arn}" {
			t.Errorf("permission %v", p.Properties)
		}
	}
}

func TestStartThatFailsEndsInTheDeadLetterQueueWithAnAlarm(t *testing.T) {
	for _, stack := range []string{ruled, twoImages} {
		for id, r := range resources(t, stack, eventRule) {
			target := r.Properties["Targets"].([]any)[0].(map[string]any)
			if got := plain(target["DeadLetterConfig"].(map[string]any)["Arn"]); got != "${TriggerDeadLetters.Arn}" {
				t.Errorf("%s of %s: dead letters go to %s", id, stack, got)
			}
		}
		for _, policy := range resources(t, stack, "AWS::SQS::QueuePolicy") {
			text, _ := json.Marshal(policy.Properties["PolicyDocument"])
			if !strings.Contains(string(text), `"aws:SourceArn"`) || !strings.Contains(string(text), `"aws:SecureTransport":"false"`) {
				t.Errorf("the queue's policy is %s", text)
			}
		}
		hasProperties(t, stack, "AWS::SQS::Queue", map[string]any{"SqsManagedSseEnabled": true, "MessageRetentionPeriod": 14 * 24 * 3600})
		hasProperties(t, stack, "AWS::CloudWatch::Alarm", map[string]any{
			"Namespace": "AWS/SQS", "MetricName": "ApproximateNumberOfMessagesVisible", "Threshold": 1,
			"ComparisonOperator": "GreaterThanOrEqualToThreshold", "TreatMissingData": "notBreaching",
		})
	}
	config := resources(t, ruled, "AWS::Lambda::EventInvokeConfig")["TriggerFunctionEventInvokeConfig"]
	if got := plain(config.Properties["DestinationConfig"].(map[string]any)["OnFailure"].(map[string]any)["Destination"]); got != "${TriggerDeadLetters.Arn}" {
		t.Errorf("failed invocations go to %s", got)
	}
}

func TestTriggerWithoutRulesHasNoFunction(t *testing.T) {
	if functions := resources(t, twoImages, lambdaFunction); len(functions) != 2 {
		t.Errorf("%d functions, want those that validate and promote", len(functions))
	}
}

// exact is a trigger whose rules EventBridge can tell by itself.
var exact = stack("Exact", func(stack awscdk.Stack) {
	pipeline := awscodepipeline.Pipeline_FromPipelineArn(stack, jsii.String("Pipeline"), jsii.String("arn:aws:codepipeline:eu-west-1:111122223333:app"))
	archway.NewTrigger(stack, "Trigger", &archway.TriggerProps{
		Repository: archway.NewSource(stack, "Source", &archway.SourceProps{RepositoryName: "app"}).Repository, Pipeline: pipeline, Rules: someRules[:1],
	})
})

func TestPushesAreRecordedEvenIfEventBridgeAloneStartsTheRuns(t *testing.T) {
	pattern := resources(t, exact, eventRule)["TriggerPushes"].Properties["EventPattern"].(map[string]any)["detail"].(map[string]any)
	if diff := cmp.Diff([]any{"branch", "tag"}, pattern["referenceType"]); diff != "" || pattern["referenceName"] != nil {
		t.Errorf("not every push is recorded: %v", pattern)
	}
	want := []string{"logs:CreateLogStream on ${TriggerFunctionLogs.Arn}", "logs:PutLogEvents on ${TriggerFunctionLogs.Arn}"}
	if diff := cmp.Diff(want, permissions(t, exact, "TriggerFunctionRole")); diff != "" {
		t.Errorf("a function that only records may do more (-want +got):\n%s", diff)
	}
}

func TestRunHasItsRuleAndReferenceAsVariables(t *testing.T) {
	hasProperties(t, ruled, codePipeline, map[string]any{"Variables": []any{
		map[string]any{"Name": "rule", "DefaultValue": "main"}, map[string]any{"Name": "ref", "DefaultValue": "main"},
	}})
	builds := configuration(t, ruled, "EnvironmentVariables")
	for _, name := range []string{"Build/app-amd64", "Build/app-arm64"} {
		if !strings.Contains(builds[name], `{"name":"RULE","value":"#{variables.rule}"}`) {
			t.Errorf("%s: %s", name, builds[name])
		}
	}
	want := map[string]string{
		"Validate/app": `{"repository":"${RegistryImages.RepositoryUri}","digest":"#{Merge-app.INDEX_DIGEST}","revision":"#{Source.CommitId}",` +
			`"builds":{"linux/amd64":"#{Build-app-amd64.IMAGE_DIGEST}","linux/arm64":"#{Build-app-arm64.IMAGE_DIGEST}"},` +
			`"image":"app","rule":"#{variables.rule}","ref":"#{variables.ref}","only":{"linux/amd64":["pr"]}}`,
		"Promote/app": `{"repository":"${RegistryImages.RepositoryUri}","digest":"#{Validate-app.digest}","commit":"#{Source.CommitId}",` +
			`"image":"app","rule":"#{variables.rule}","ref":"#{variables.ref}","execution":"#{codepipeline.PipelineExecutionId}"}`,
	}
	if diff := cmp.Diff(want, configuration(t, ruled, "UserParameters")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestBuildAndPromoterKnowTheRules(t *testing.T) {
	found := false
	for _, v := range resources(t, ruled, "AWS::CodeBuild::Project")["Buildarm64Project"].Properties["Environment"].(map[string]any)["EnvironmentVariables"].([]any) {
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
	rules := func(function string) string {
		return resources(t, ruled, lambdaFunction)[function].Properties["Environment"].(map[string]any)["Variables"].(map[string]any)["RULES"].(string)
	}
	if diff := cmp.Diff(rules("PromoteFunction"), rules("ValidateFunction")); diff != "" {
		t.Errorf("the validator knows other rules than the promoter:\n%s", diff)
	}
	if text := rules("PromoteFunction"); !strings.Contains(text, `{"name":"version","type":"tag","pattern":"v(?<version>.*)","images":{"app":{"immutable":["{tag}"]}}}`) {
		t.Errorf("RULES of the promoter is %s", text)
	}
}

func TestBuildNowNamesWhatIsToBeFilledIn(t *testing.T) {
	want := "aws codepipeline start-pipeline-execution --name ${Pipeline} --source-revisions actionName=Source,revisionType=COMMIT_ID,revisionValue=COMMIT" +
		" --variables name=rule,value=RULE name=ref,value=REF"
	if diff := cmp.Diff(want, output(t, ruled, "BuildNow")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestRulesThatDoNotFitTogetherAreReported(t *testing.T) {
	overlapping := []archway.Rule{{Name: "a", Type: archway.BranchRef, Pattern: "a.*"}, {Name: "b", Type: archway.BranchRef, Pattern: ".*b"}, {Name: "b", Type: "head", Exact: "x"}, {Name: "a b", Type: archway.TagRef, Pattern: "("}}
	var got []string
	for _, line := range strings.Split((&archway.TriggerProps{Rules: overlapping}).Validate().Error(), "\n") {
		if strings.HasPrefix(line, "Rules") {
			got = append(got, line)
		}
	}
	want := []string{
		`Rules[1] overlaps with Rules[0], as both match "ab": change one so that no name fits both`,
		`Rules[2] rule b: the type is "head", want "branch" or "tag"`,
		`Rules[3].Name is "a b": give 1 to 80 letters, digits, and the characters @ _ -`,
	}
	if len(got) != 4 || !slices.Equal(want, got[:3]) || !strings.HasPrefix(got[3], `Rules[3] pattern "(": is no regular expression`) {
		t.Errorf("got %q, want %q", got, want)
	}
	image := archway.PipelineImage{Name: "app", Builds: []*archway.NativeBuild{{Architecture: archway.AMD64}}, MovingTags: []string{"latest"}}
	err := (&archway.PipelineProps{Images: []archway.PipelineImage{image}, Rules: someRules[:1]}).Validate().Error()
	for _, want := range []string{
		`Images[0].ImmutableTags and MovingTags stand beside the pipeline's rules`, `Images[0].Builds[0] has nothing for the rule "main" at Rules[0]`,
	} {
		if !strings.Contains(err, want) {
			t.Errorf("%q is not in %s", want, err)
		}
	}
	long := &archway.PromoterProps{Rules: []archway.Rule{{Name: "a", Type: archway.TagRef, Exact: "x", Tags: map[string]archway.Tags{"app": {Moving: []string{strings.Repeat("x", 4000)}}}}}}
	if err := long.Validate().Error(); !strings.Contains(err, "bytes of a function's environment: Lambda leaves 3800") {
		t.Errorf("got %s", err)
	}
}

func TestTagsOfRulesAreCheckedOnAScheduleByWhatWritesThem(t *testing.T) {
	got := map[string]string{}
	for id, r := range resources(t, ruledDrift, eventRule) {
		got[id] = plain(r.Properties["Targets"].([]any)[0].(map[string]any)["Input"])
	}
	const repository, topic = `{"archway.driftCheck":{"repository":"${Images.RepositoryUri}","branch":"main",`, `"topic":"${DriftTopic}"`
	want := map[string]string{
		"DriftCheckappmainSchedule": repository + `"moving":["latest"],"immutable":["{commit:12}","main-{date:20060102}"],"platforms":["linux/amd64","linux/arm64"],` + topic + `}}`,
		"DriftCheckappmainprSchedule": repository + `"moving":["newest"],"immutable":["{commit:12}","main-{date:20060102}","pr-{commit:12}"],"platforms":["linux/amd64"],` + topic +
			`,"allow":["linux/arm64"]}}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

var ruledDrift = stack("RuledDrift", func(stack awscdk.Stack) {
	topic := archway.NewTopic(stack, "Drift", nil)
	rules := []archway.Rule{
		{Name: "main", Type: archway.BranchRef, Exact: "main", Tags: map[string]archway.Tags{"app": {Immutable: []string{"{commit:12}", "{branch}-{date:20060102}"}, Moving: []string{"latest", "newest"}}}},
		{Name: "pr", Type: archway.BranchRef, Pattern: `pr/.*`, Tags: map[string]archway.Tags{"app": {Immutable: []string{"pr-{commit:12}"}, Moving: []string{"{branch}", "newest"}}}},
	}
	registry := archway.NewRegistry(stack, "Images", nil)
	image := archway.PipelineImage{Name: "app", Repository: registry.Repository}
	artifacts := archway.NewArtifacts(stack, "Artifacts", nil)
	for _, architecture := range []archway.Architecture{archway.AMD64, archway.ARM64} {
		image.Builds = append(image.Builds, archway.NewNativeBuild(stack, "Build-"+string(architecture), &archway.NativeBuildProps{
			Architecture: architecture, Repository: registry.Repository, Cache: registry.Cache, Artifacts: artifacts.Bucket, SourceURL: "x",
			Rules: map[string]archway.BuildRule{"main": {}, "pr": {Skip: architecture == archway.ARM64}},
		}))
	}
	validator := archway.NewValidator(stack, "Validate", &archway.RegistryFunctionProps{Repositories: []awsecr.IRepository{image.Repository}, Topic: topic.Topic, Rules: rules})
	archway.NewDriftCheck(stack, "DriftCheck", &archway.DriftCheckProps{Validator: validator.Function, Topic: topic.Topic, Images: []archway.PipelineImage{image}, Rules: rules})
})
