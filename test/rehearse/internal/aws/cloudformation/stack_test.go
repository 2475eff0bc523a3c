package cloudformation

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"archway/test/internal/assembly"
	"archway/test/rehearse/internal/aws/cloudwatch"
	"archway/test/rehearse/internal/aws/codebuild"
	"archway/test/rehearse/internal/aws/codepipeline"
	"archway/test/rehearse/internal/aws/eventbridge"
)

var account = Account{ID: "111122223333", Region: "eu-west-1", Partition: "aws", URLSuffix: "archway.test:5000"}

// source is the hand-made assembly in testdata, in the shapes that the CDK writes.
// change may edit the template's resources.
func source(t *testing.T, change func(resources map[string]any)) *assembly.Stack {
	t.Helper()
	a, err := assembly.Load("testdata")
	if err != nil {
		t.Fatal(err)
	}
	stack := a.Stacks[0]
	if change == nil {
		return stack
	}
	var template map[string]any
	if err := json.Unmarshal(stack.Template, &template); err != nil {
		t.Fatal(err)
	}
	change(template["Resources"].(map[string]any))
	if stack.Template, err = json.Marshal(template); err != nil {
		t.Fatal(err)
	}
	return stack
}

func TestLoad(t *testing.T) {
	got, err := Load(source(t, nil), account)
	if err != nil {
		t.Fatal(err)
	}
	project := Of[*codebuild.Project](got)[0]
	roleARN := project.RoleARN
	if !strings.HasPrefix(roleARN, "arn:aws:iam::111122223333:role/app-Role-") {
		t.Errorf("role: got %s", roleARN)
	}
	if diff := cmp.Diff(codebuild.Environment{
		Type: "ARM_CONTAINER", Image: "aws/codebuild/amazonlinux-aarch64-standard:3.0",
		Compute: "BUILD_GENERAL1_MEDIUM", Privileged: true,
		Variables: []codebuild.Variable{{Name: "REPOSITORY_URI",
			Value: "111122223333.dkr.ecr.eu-west-1.archway.test:5000/app", Type: "PLAINTEXT"}},
	}, project.Environment); diff != "" {
		t.Errorf("environment (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"echo app"}, project.BuildSpec.Phases["build"].Commands); diff != "" ||
		project.Timeout != 30*time.Minute {
		t.Errorf("buildspec, timeout %v (-want +got):\n%s", project.Timeout, diff)
	}
	bucket := Of[*codepipeline.Pipeline](got)[0].Bucket
	if bucket == "" || bucket != strings.ToLower(bucket) {
		t.Errorf("bucket: got %q, expected a lowercase name", bucket)
	}
	want := []*codepipeline.Pipeline{{
		Name: "app", ARN: "arn:aws:codepipeline:eu-west-1:111122223333:app", RoleARN: roleARN, Mode: "QUEUED",
		Bucket:    bucket,
		Variables: []codepipeline.Variable{{Name: "branch", Default: "trunk"}},
		Stages: []codepipeline.Stage{
			{Name: "Source", Actions: []codepipeline.Action{{
				Name: "Source",
				Type: codepipeline.ActionType{Category: "Source", Owner: "AWS", Provider: "CodeCommit", Version: "1"},
				Configuration: map[string]string{"RepositoryName": "app", "BranchName": "trunk",
					"PollForSourceChanges": "false"},
				Outputs: []string{"SourceCode"}, Namespace: "Source", RunOrder: 1,
			}}},
			{Name: "Build", Actions: []codepipeline.Action{{
				Name: "build",
				Type: codepipeline.ActionType{Category: "Build", Owner: "AWS", Provider: "CodeBuild", Version: "1"},
				Configuration: map[string]string{
					"ProjectName":          project.Name,
					"EnvironmentVariables": `[{"name":"COMMIT_ID","type":"PLAINTEXT","value":"#{Source.CommitId}"}]`,
				},
				Inputs: []string{"SourceCode"}, RunOrder: 2, Timeout: 45 * time.Minute,
			}}},
		},
	}}
	if diff := cmp.Diff(want, Of[*codepipeline.Pipeline](got)); diff != "" {
		t.Errorf("pipelines (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(Registry{
		Name: "app", ARN: "arn:aws:ecr:eu-west-1:111122223333:repository/app", Mutability: "IMMUTABLE_WITH_EXCLUSION",
		Exclusions: []string{"latest"}, Encryption: "AES256",
	}, Of[Registry](got)[1]); diff != "" {
		t.Errorf("registry (-want +got):\n%s", diff)
	}
	if cache := Of[Registry](got)[0]; cache.Mutability != "MUTABLE" || !strings.HasPrefix(cache.Name, "app-cache-") {
		t.Errorf("cache: got %+v", cache)
	}
	repository := Of[Repository](got)[0]
	if repository.SeedBranch != "trunk" || repository.Seed == nil || repository.Seed.Key != "seed.zip" {
		t.Errorf("repository: got %+v", repository)
	}
	rule := Of[*eventbridge.Rule](got)[0]
	if !rule.Enabled || rule.Targets[0].ARN != Of[*codepipeline.Pipeline](got)[0].ARN ||
		rule.Targets[0].Transformer == nil {
		t.Errorf("rule: got %+v", rule)
	}
	if diff := cmp.Diff([]Output{
		{Name: "Left", Value: "https://git-codecommit.eu-west-1.archway.test:5000/v1/repos/app"},
		{Name: "Uri", Value: "111122223333.dkr.ecr.eu-west-1.archway.test:5000/app",
			Description: "where the images are"},
	}, got.Outputs); diff != "" {
		t.Errorf("outputs (-want +got):\n%s", diff)
	}
}

func TestSchedulesAndTopicsAreRead(t *testing.T) {
	got, err := Load(source(t, func(resources map[string]any) {
		resources["Topic"] = map[string]any{"Type": "AWS::SNS::Topic"}
		resources["Told"] = map[string]any{"Type": "AWS::SNS::Subscription",
			"Properties": map[string]any{"Protocol": "email"}}
		resources["Daily"] = map[string]any{"Type": "AWS::Events::Rule", "Properties": map[string]any{
			"ScheduleExpression": "rate(1 day)",
			"Targets": []any{map[string]any{
				"Id": "it", "Arn": "arn:aws:lambda:eu-west-1:111122223333:function:it",
				"Input": map[string]any{"Ref": "Topic"},
			}},
		}}
	}), account)
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range Of[*eventbridge.Rule](got) {
		if rule.Schedule == "" {
			continue
		}
		if !rule.Enabled || rule.Pattern != nil || rule.Schedule != "rate(1 day)" ||
			!strings.HasPrefix(rule.Targets[0].Input, "arn:aws:sns:eu-west-1:111122223333:app-Topic-") {
			t.Errorf("got %+v", rule)
		}
		if rule.Match(map[string]any{"source": "aws.codecommit"}) {
			t.Error("a schedule matches an event")
		}
		return
	}
	t.Error("there is no schedule")
}

// The dead letters of rules and functions are found.
func TestDeadLetters(t *testing.T) {
	queue := map[string]any{"Fn::GetAtt": []any{"Letters", "Arn"}}
	got, err := Load(source(t, func(resources map[string]any) {
		set(map[string]any{"Type": "AWS::SQS::Queue",
			"Properties": map[string]any{"SqsManagedSseEnabled": true, "MessageRetentionPeriod": 1209600}},
			"Letters")(resources)
		set(map[string]any{"Type": "AWS::SQS::QueuePolicy",
			"Properties": map[string]any{"Queues": []any{map[string]any{"Ref": "Letters"}}}},
			"LettersPolicy")(resources)
		set(alarm(map[string]any{"Fn::GetAtt": []any{"Letters", "QueueName"}}), "LettersAlarm")(resources)
		set(map[string]any{"Arn": queue}, "Rule", "Properties", "Targets", 0, "DeadLetterConfig")(resources)
	}), account)
	if err != nil {
		t.Fatal(err)
	}
	if len(Of[Queue](got)) != 1 ||
		!strings.HasPrefix(Of[Queue](got)[0].ARN, "arn:aws:sqs:eu-west-1:111122223333:app-Letters-") {
		t.Fatalf("queues: got %+v", Of[Queue](got))
	}
	if letters := Of[*eventbridge.Rule](got)[0].Targets[0].DeadLetters; letters != Of[Queue](got)[0].ARN {
		t.Errorf("dead letters of the rule's target go to %q, expected %s", letters, Of[Queue](got)[0].ARN)
	}
}

// alarm is one on the messages of a queue.
func alarm(queue any) map[string]any {
	return map[string]any{"Type": "AWS::CloudWatch::Alarm", "Properties": map[string]any{
		"AlarmDescription": "x", "Namespace": "AWS/SQS", "MetricName": "ApproximateNumberOfMessagesVisible",
		"Dimensions": []any{map[string]any{"Name": "QueueName", "Value": queue}},
		"Statistic":  "Maximum", "Period": 300, "EvaluationPeriods": 1, "Threshold": 1,
		"ComparisonOperator": "GreaterThanOrEqualToThreshold", "TreatMissingData": "notBreaching",
	}}
}

// Dashboards and alarms are read with what they show.
func TestDashboardsAndAlarms(t *testing.T) {
	body := `{"widgets":[{"type":"metric","x":0,"y":0,"width":6,"height":6,"properties":{"region":"eu-west-1","metrics":[["AWS/CodeBuild","Duration","ProjectName","p"]]}}]}`
	got, err := Load(source(t, func(resources map[string]any) {
		rings := alarm("letters")
		rings["Properties"].(map[string]any)["AlarmName"] = "letters"
		rings["Properties"].(map[string]any)["AlarmActions"] = []any{"arn:aws:sns:eu-west-1:111122223333:team"}
		set(rings, "Alarm")(resources)
		set(map[string]any{"Type": "AWS::CloudWatch::Dashboard", "Properties": map[string]any{"DashboardBody": body}},
			"Dashboard")(resources)
	}), account)
	if err != nil {
		t.Fatal(err)
	}
	want := []Watched{
		{"Alarm",
			cloudwatch.Shown{Metrics: []cloudwatch.Metric{{Namespace: "AWS/SQS",
				Name: "ApproximateNumberOfMessagesVisible", Dimensions: map[string]string{"QueueName": "letters"}}}},
			&Alarm{Name: "letters", ARN: "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:letters", Description: "x",
				Topics: []string{"arn:aws:sns:eu-west-1:111122223333:team"}}},
		{ID: "Dashboard",
			Shown: cloudwatch.Shown{Metrics: []cloudwatch.Metric{{Namespace: "AWS/CodeBuild", Name: "Duration",
				Dimensions: map[string]string{"ProjectName": "p"}}}}},
	}
	if diff := cmp.Diff(want, Of[Watched](got)); diff != "" {
		t.Error(diff)
	}
}

// Destinations of a function other than a queue are refused.
func TestDestinations(t *testing.T) {
	for property, want := range map[string]string{
		"OnSuccess": "does not support destinations of a function's success", "OnFailure": "supports queues only",
	} {
		_, err := Load(source(t,
			set(map[string]any{"Type": "AWS::Lambda::EventInvokeConfig", "Properties": map[string]any{
				"FunctionName": "f", "Qualifier": "$LATEST",
				"DestinationConfig": map[string]any{
					property: map[string]any{"Destination": "arn:aws:sns:eu-west-1:111122223333:topic"}},
			}}, "Invoke")), account)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, expected %q", property, err, want)
		}
	}
}

func TestNamesAreTheSameInEachRehearsal(t *testing.T) {
	first, err := Load(source(t, nil), account)
	if err != nil {
		t.Fatal(err)
	}
	second, err := Load(source(t, nil), account)
	if err != nil {
		t.Fatal(err)
	}
	if Of[*codebuild.Project](first)[0].Name != Of[*codebuild.Project](second)[0].Name ||
		Of[Registry](first)[0].Name != Of[Registry](second)[0].Name {
		t.Error("generated names differ")
	}
}

// set returns a change of one property, by a path of keys and indexes.
func set(value any, path ...any) func(map[string]any) {
	return func(resources map[string]any) {
		var at any = resources
		for i, step := range path {
			last := i == len(path)-1
			switch step := step.(type) {
			case string:
				if last {
					at.(map[string]any)[step] = value
					return
				}
				at = at.(map[string]any)[step]
			case int:
				at = at.([]any)[step]
			}
		}
	}
}

func TestLoadRefusesByNameAndPath(t *testing.T) {
	const properties = "Properties"
	action := []any{"Pipeline", properties, "Stages", 1, "Actions", 0}
	tests := map[string]struct {
		change func(map[string]any)
		want   string
	}{
		"a resource type": {set(map[string]any{"Type": "AWS::DynamoDB::Table"}, "Table"),
			"Resources.Table: the rehearsal does not support resources of the type AWS::DynamoDB::Table"},
		"a property": {set(map[string]any{}, "Project", properties, "VpcConfig"),
			"Resources.Project.Properties.VpcConfig: the rehearsal does not support this property of AWS::CodeBuild::Project"},
		"a nested property": {set("x", "Project", properties, "Environment", "Fleet"),
			"Resources.Project.Properties.Environment.Fleet"},
		"a property of an action": {set(map[string]any{}, append(action, "Commands")...),
			"Resources.Pipeline.Properties.Stages[1].Actions[0].Commands"},
		"conditions of a stage": {set(map[string]any{"Result": "ROLLBACK", "Conditions": []any{}}, "Pipeline",
			properties, "Stages", 1, "OnFailure"), "Resources.Pipeline.Properties.Stages[1].OnFailure.Conditions"},
		"triggers": {set([]any{}, "Pipeline", properties, "Triggers"),
			"Resources.Pipeline.Properties.Triggers"},
		"V1": {set("V1", "Pipeline", properties, "PipelineType"),
			"the rehearsal supports V2 only"},
		"a schedule and a pattern": {set("rate(1 hour)", "Rule", properties, "ScheduleExpression"),
			"Resources.Rule.Properties.ScheduleExpression: the rehearsal does not support a rule with both"},
		"a schedule of another kind": {set(map[string]any{"ScheduleExpression": "at(2026-11-20T13:00:00)"}, "Rule",
			properties), "Resources.Rule.Properties.ScheduleExpression: got \"at("},
		"a rule for nothing": {set(map[string]any{}, "Rule", properties),
			"Resources.Rule.Properties.EventPattern: it is missing, and so is ScheduleExpression"},
		"an unknown operator": {set([]any{map[string]any{"regex": "x"}}, "Rule", properties, "EventPattern",
			"source"), `no operator "regex"`},
		"a variable of a new type": {set("VAULT", "Project", properties, "Environment", "EnvironmentVariables", 0,
			"Type"), "VAULT"},
		"an arm image on x86": {set("LINUX_CONTAINER", "Project", properties, "Environment", "Type"),
			"can't run on a machine of the type LINUX_CONTAINER"},
		"a broken buildspec": {set("version: 0.1", "Project", properties, "Source", "BuildSpec"),
			"Resources.Project.Properties.Source.BuildSpec: buildspec.version"},
		"a dashboard that is none": {set(map[string]any{"Type": "AWS::CloudWatch::Dashboard",
			properties: map[string]any{"DashboardBody": `{"widgets":[]}`}}, "Board"),
			"Resources.Board.Properties.DashboardBody: it has 0 widgets"},
		"an alarm that tells nobody": {set(map[string]any{"Type": "AWS::CloudWatch::Alarm",
			properties: map[string]any{"AlarmActions": []any{"me"}}}, "Alarm"),
			`AlarmActions[0]: got "me", expected a topic`},
		"a timeout": {set(4, "Project", properties, "TimeoutInMinutes"), "TimeoutInMinutes: got 4"},
		"an unknown asset": {set("other.zip", "Repo", properties, "Code", "S3", "Key"),
			`no asset with the object key "other.zip"`},
		"an unknown attribute": {set(map[string]any{"Fn::GetAtt": []any{"Repo", "Other"}},
			append(action, "Namespace")...), "attribute Other of Repo (AWS::CodeCommit::Repository)"},
		"a reference to nothing": {set(map[string]any{"Ref": "Nobody"}, append(action, "Namespace")...),
			`no resource "Nobody"`},
		"a wrong type": {set("many", append(action, "RunOrder")...),
			"Resources.Pipeline.Properties.Stages[1].Actions[0].RunOrder: got \"many\", expected a whole number"},
		"a name that needs itself": {set(map[string]any{"Ref": "Project"}, "Project", properties, "Name"),
			"circular dependency between resources: [Project]"},
		"a function without its package": {set(map[string]any{"Type": "AWS::Lambda::Function",
			properties: map[string]any{
				"Role": "r", "Handler": "bootstrap", "Runtime": "provided.al2023",
				"Code": map[string]any{"S3Bucket": "b", "S3Key": "seed.zip"},
			}}, "Function"), "the metadata archway:package"},
		"a function without its program": {set(map[string]any{"Type": "AWS::Lambda::Function",
			"Metadata": map[string]any{"archway:package": "p"}, properties: map[string]any{
				"Role": "r", "Handler": "bootstrap", "Runtime": "provided.al2023",
				"Code": map[string]any{"S3Bucket": "b", "S3Key": "seed.zip"},
			}}, "Function"), "the code has no program bootstrap"},
		"another runtime": {set(map[string]any{"Type": "AWS::Lambda::Function", properties: map[string]any{
			"Role": "r", "Handler": "index.handler", "Runtime": "nodejs22.x", "Code": map[string]any{"ZipFile": "x"},
		}}, "Function"), "provided.al2023 only"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := Load(source(t, test.change), account)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v\nexpected %q", err, test.want)
			}
		})
	}
}

func TestAllProblemsAreReportedAtOnce(t *testing.T) {
	_, err := Load(source(t, func(resources map[string]any) {
		set(map[string]any{"Type": "AWS::Kinesis::Stream"}, "Table")(resources)
		set(map[string]any{}, "Project", "Properties", "VpcConfig")(resources)
		set("x", "Pipeline", "Properties", "DisableInboundStageTransitions")(resources)
	}), account)
	for _, want := range []string{"Table", "VpcConfig", "DisableInboundStageTransitions"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, expected %s to be named", err, want)
		}
	}
}

// A resource with a false condition is not there.
func TestFalseCondition(t *testing.T) {
	got, err := Load(source(t, func(resources map[string]any) {
		resources["Cache"].(map[string]any)["Condition"] = "CDKMetadataAvailable"
	}), Account{ID: "1", Region: "us-east-1", Partition: "aws", URLSuffix: "x"})
	if err != nil || len(Of[Registry](got)) != 1 {
		t.Errorf("got %d registries, %v", len(Of[Registry](got)), err)
	}
}
