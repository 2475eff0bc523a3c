package constructs_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	archway "archway/constructs"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/google/go-cmp/cmp"
)

// operated is a pipeline of one image with everything that tells people about it.
var operated = stack("Operated", func(stack awscdk.Stack) {
	artifacts := archway.NewArtifacts(stack, "Artifacts", nil)
	image := anImage{name: "api",
		build: archway.NativeBuildProps{Machine: archway.Machine{TimeoutMinutes: 10}}}.add(stack, artifacts)
	image.MovingTags = []string{"latest"}
	pipeline, delivery := deliver(stack, &archway.DeliveryProps{Images: []archway.PipelineImage{image}}, artifacts,
		archway.PipelineProps{})
	topic := archway.NewTopic(stack, "Topic", &archway.TopicProps{
		Emails: []string{"a@example.com", "b@example.com"},
		Slack:  &archway.SlackChannel{Name: "builds", Workspace: "T0", Channel: "C0"},
	})
	notice := archway.NewFailureNotice(stack, "Notice",
		&archway.FailureNoticeProps{Pipeline: pipeline, Topic: topic.Topic})
	alarms := archway.NewAlarms(stack, "Alarms",
		&archway.AlarmsProps{Topic: topic.Topic, Images: delivery.Images, Functions: []archway.WatchedFunction{
			{Name: "Notifier", Function: notice.Notifier.Function, Does: "tells of failed runs",
				Then: "A message may be missing."},
		}})
	archway.NewDashboard(stack, "Dashboard", &archway.DashboardProps{
		Pipeline: pipeline, Delivery: delivery, Validator: functionOf(stack, "Validate"),
		Promoter: functionOf(stack, "Promote"), Alarms: alarms.Alarms,
	})
})

// Failed runs are caught, and nothing else is.
func TestFailedRunsAreCaught(t *testing.T) {
	rule := resources(t, operated, eventRule)["NoticeRule"]
	got := plain(rule.Properties["EventPattern"])
	var pattern any
	if err := json.Unmarshal([]byte(got), &pattern); err != nil {
		t.Fatalf("%s: %v", got, err)
	}
	pattern.(map[string]any)["resources"] = plain(pattern.(map[string]any)["resources"])
	want := map[string]any{
		"source": []any{"aws.codepipeline"}, "detail-type": []any{"CodePipeline Pipeline Execution State Change"},
		"resources": "arn:${AWS::Partition}:codepipeline:${AWS::Region}:${AWS::AccountId}:app",
		"detail":    map[string]any{"state": []any{"FAILED"}},
	}
	if diff := cmp.Diff(want, pattern); diff != "" {
		t.Error(diff)
	}
	permission := resources(t, operated, "AWS::Lambda::Permission")["NoticePermission"].Properties
	if permission["Action"] != "lambda:InvokeFunction" || permission["Principal"] != "events.amazonaws.com" ||
		plain(permission["SourceArn"]) != "${NoticeRule.Arn}" {
		t.Errorf("permission %s", plain(permission))
	}
}

// The notifier may ask about its pipeline, and tell its topic.
func TestNotifierPermissions(t *testing.T) {
	const pipeline = " on arn:${AWS::Partition}:codepipeline:${AWS::Region}:${AWS::AccountId}:app"
	want := []string{
		"codepipeline:GetPipelineExecution" + pipeline,
		"codepipeline:ListActionExecutions" + pipeline,
		"logs:CreateLogStream on ${NoticeNotifierLogs.Arn}",
		"logs:PutLogEvents on ${NoticeNotifierLogs.Arn}",
		"sns:Publish on ${Topic}",
	}
	if diff := cmp.Diff(want, permissions(t, operated, "NoticeNotifierRole")); diff != "" {
		t.Error(diff)
	}
}

func TestSubscribersGetTheTopic(t *testing.T) {
	var mails []string
	for _, s := range resources(t, operated, "AWS::SNS::Subscription") {
		mails = append(mails,
			fmt.Sprintf("%s %s of %s", s.Properties["Protocol"], s.Properties["Endpoint"],
				plain(s.Properties["TopicArn"])))
	}
	slices.Sort(mails)
	if diff := cmp.Diff([]string{"email a@example.com of ${Topic}", "email b@example.com of ${Topic}"},
		mails); diff != "" {
		t.Error(diff)
	}
	slack := resources(t, operated, "AWS::Chatbot::SlackChannelConfiguration")["TopicSlack"].Properties
	got := map[string]string{}
	for name, value := range slack {
		got[name] = plain(value)
	}
	want := map[string]string{
		"ConfigurationName": "builds", "SlackWorkspaceId": "T0", "SlackChannelId": "C0", "SnsTopicArns": "${Topic}",
		"IamRoleArn":        "${TopicSlackRole.Arn}",
		"GuardrailPolicies": "arn:${AWS::Partition}:iam::aws:policy/AWSDenyAll", "LoggingLevel": "ERROR",
		"UserRoleRequired": "false",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	role := resources(t, operated, "AWS::IAM::Role")["TopicSlackRole"].Properties
	if role["Policies"] != nil || role["ManagedPolicyArns"] != nil {
		t.Errorf("people in the channel may do something: %s", plain(role))
	}
}

// A topic lets the account's alarms publish, and nobody without TLS. Alarms have no role: without
// this statement they would fall silent, as a topic with a policy has lost the default one.
func TestTopicPolicy(t *testing.T) {
	statements := resources(t, operated,
		"AWS::SNS::TopicPolicy")["TopicPolicy"].Properties["PolicyDocument"].(map[string]any)["Statement"].([]any)
	var got []string
	for _, s := range statements {
		s := s.(map[string]any)
		got = append(got,
			fmt.Sprint(s["Effect"], " ", plain(s["Principal"]), " ", plain(s["Action"]), " ", plain(s["Condition"])))
	}
	want := []string{
		`Deny * sns:Publish {"Bool":{"aws:SecureTransport":"false"}}`,
		`Allow {"Service":"cloudwatch.amazonaws.com"} sns:Publish {"StringEquals":{"aws:SourceAccount":{"Ref":"AWS::AccountId"}}}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

var lonelyTopic = stack("LonelyTopic", func(stack awscdk.Stack) { archway.NewTopic(stack, "Topic", nil) })

// A topic that no alarm tells, such as that of an approval, lets nobody in by its policy.
func TestTopicPolicyWithoutAlarms(t *testing.T) {
	for _, s := range resources(t, lonelyTopic,
		"AWS::SNS::TopicPolicy")["TopicPolicy"].Properties["PolicyDocument"].(map[string]any)["Statement"].([]any) {
		if s.(map[string]any)["Effect"] != "Deny" {
			t.Errorf("allows %s", plain(s))
		}
	}
}

// Alarms have thresholds, and tell the topic.
func TestAlarms(t *testing.T) {
	got := map[string]string{}
	for id, alarm := range resources(t, operated, "AWS::CloudWatch::Alarm") {
		p := alarm.Properties
		if plain(p["AlarmActions"]) != "${Topic}" || p["TreatMissingData"] != "notBreaching" ||
			p["ComparisonOperator"] != "GreaterThanOrEqualToThreshold" || p["OKActions"] != nil {
			t.Errorf("%s: %s", id, plain(p))
		}
		d := p["Dimensions"].([]any)[0].(map[string]any)
		got[id] = fmt.Sprintf("%s %s %s=%s %s >= %v for %v of %v s", p["Namespace"], p["MetricName"], d["Name"],
			plain(d["Value"]), p["Statistic"], p["Threshold"], p["EvaluationPeriods"], p["Period"])
	}
	want := map[string]string{
		"Alarmsapiamd64NearTimeout": "AWS/CodeBuild Duration ProjectName=${apiBuildamd64Project} Maximum >= 480 for 1 of 300 s",
		"Alarmsapiamd64LongWait":    "AWS/CodeBuild QueuedDuration ProjectName=${apiBuildamd64Project} Maximum >= 600 for 1 of 300 s",
		"Alarmsapiarm64NearTimeout": "AWS/CodeBuild Duration ProjectName=${apiBuildarm64Project} Maximum >= 480 for 1 of 300 s",
		"Alarmsapiarm64LongWait":    "AWS/CodeBuild QueuedDuration ProjectName=${apiBuildarm64Project} Maximum >= 600 for 1 of 300 s",
		"AlarmsNotifierErrors":      "AWS/Lambda Errors FunctionName=${NoticeNotifierFunction} Sum >= 1 for 1 of 300 s",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// dashboard is the body, with references written as ${Id}.
func dashboard(t *testing.T) (widgets []struct {
	Type                string
	X, Y, Width, Height int
	Properties          map[string]any
}) {
	t.Helper()
	text := plain(resources(t, operated, "AWS::CloudWatch::Dashboard")["Dashboard"].Properties["DashboardBody"])
	// An Fn::FindInMap stands in a URL as JSON.
	text = regexp.MustCompile(`\{"Fn::FindInMap":[^}]*\}[^}]*\}`).ReplaceAllString(text, "${Host}")
	var body struct {
		Widgets []struct {
			Type                string
			X, Y, Width, Height int
			Properties          map[string]any
		}
	}
	if err := json.Unmarshal([]byte(text), &body); err != nil {
		t.Fatalf("%v:\n%s", err, text)
	}
	return body.Widgets
}

func TestDashboardShowsWhatPeopleAskFor(t *testing.T) {
	got := map[string]string{}
	for _, w := range dashboard(t) {
		if w.Type != "metric" {
			continue
		}
		var metrics []string
		for _, m := range w.Properties["metrics"].([]any) {
			var words []string
			for _, part := range m.([]any) {
				switch part := part.(type) {
				case string:
					words = append(words, part)
				case map[string]any:
					if expression, ok := part["expression"].(string); ok {
						words = append(words, expression)
					}
				}
			}
			metrics = append(metrics, strings.Join(words, " "))
		}
		got[w.Properties["title"].(string)] = strings.Join(metrics, "\n")
	}
	const failed = "AWS/CodePipeline FailedPipelineExecutions PipelineName app"
	const image = " Pipeline app Repository api"
	want := map[string]string{
		"Promotions, rollbacks, failures": failed + "\nArchway Promotions" + image + "\nArchway Rollbacks" + image,
		"Success rate: promoted of promoted and failed": failed + "\nArchway Promotions" + image +
			"\n100*FILL(promoted0,0)/(FILL(promoted0,0)+FILL(failed,0))",
		"Duration of a run":                          "AWS/CodePipeline PipelineDuration PipelineName app\nAWS/CodePipeline PipelineDuration PipelineName app",
		"Duration of builds, merges and smoke tests": "AWS/CodeBuild Duration ProjectName ${apiBuildamd64Project}\nAWS/CodeBuild Duration ProjectName ${apiBuildarm64Project}\nAWS/CodeBuild Duration ProjectName ${apiMergeProject}",
		"Duration of validation and promotion":       "AWS/Lambda Duration FunctionName ${ValidateFunction}\nAWS/Lambda Duration FunctionName ${PromoteFunction}",
		"Longest wait for a build machine":           "AWS/CodeBuild QueuedDuration ProjectName ${apiBuildamd64Project}\nAWS/CodeBuild QueuedDuration ProjectName ${apiBuildarm64Project}",
		"Failed builds":                              "AWS/CodeBuild FailedBuilds ProjectName ${apiBuildamd64Project}\nAWS/CodeBuild FailedBuilds ProjectName ${apiBuildarm64Project}\nAWS/CodeBuild FailedBuilds ProjectName ${apiMergeProject}",
		"Verdicts": "Archway ImagesValid" + image + "\nArchway ImagesInvalid" +
			image,
		"Findings by check": `SEARCH('{Archway,Pipeline,Repository,Check} MetricName="Findings" Pipeline="app"', 'Sum', 86400)`,
		"Size of valid images, compressed": "Archway ImageSize" + image +
			" Platform linux/amd64\nArchway ImageSize" + image + " Platform linux/arm64",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// The widgets of a dashboard fit into its grid, see
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
func TestDashboardGrid(t *testing.T) {
	taken := map[[2]int]string{}
	for n, w := range dashboard(t) {
		name := fmt.Sprintf("widget %d (%v)", n, w.Properties["title"])
		if w.X < 0 || w.Width < 1 || w.X+w.Width > 24 || w.Height < 1 || w.Height > 1000 {
			t.Errorf("%s lies at x %d with width %d and height %d", name, w.X, w.Width, w.Height)
		}
		for x := w.X; x < w.X+w.Width; x++ {
			for y := w.Y; y < w.Y+w.Height; y++ {
				if other := taken[[2]int{x, y}]; other != "" {
					t.Fatalf("%s and %s lie on one another", name, other)
				}
				taken[[2]int{x, y}] = name
			}
		}
	}
}

func TestOperationsRefuseWrongProps(t *testing.T) {
	for _, test := range []struct {
		err  error
		want []string
	}{
		{(*archway.AlarmsProps)(nil).Validate(), []string{"are nil"}},
		{(&archway.AlarmsProps{}).Validate(), []string{"Topic", "Images"}},
		{(&archway.DashboardProps{}).Validate(), []string{"Pipeline", "Validator", "Delivery"}},
		{(&archway.FailureNoticeProps{}).Validate(), []string{"Pipeline", "Topic"}},
		{(&archway.TopicProps{Slack: &archway.SlackChannel{Name: "a b", Workspace: "acme", Channel: "#x"}}).Validate(),
			[]string{"Slack.Name", "Slack.Workspace", "Slack.Channel"}},
	} {
		if test.err == nil {
			t.Errorf("no error, want one about %q", test.want)
			continue
		}
		for _, part := range test.want {
			if !strings.Contains(test.err.Error(), part) {
				t.Errorf("%q says nothing about %s", test.err, part)
			}
		}
	}
	if err := (&archway.TopicProps{}).Validate(); err != nil {
		t.Error(err)
	}
}

func TestAlarmsOfFunctionsNeedNames(t *testing.T) {
	err := (&archway.AlarmsProps{Functions: []archway.WatchedFunction{{Does: "starts runs"}}}).Validate()
	for _, want := range []string{"Functions[0].Name is missing", "Functions[0].Function is missing",
		"Topic is missing"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
