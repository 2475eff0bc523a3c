package constructs_test

import (
	"slices"
	"strings"
	"testing"

	archway "archway/constructs"
	"archway/internal/settings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/google/go-cmp/cmp"
)

// scheduled checks two images, and not the third, whose moving tag is called otherwise each day. It
// has a mail address.
var scheduled = stack("Scheduled", func(stack awscdk.Stack) {
	topic := archway.NewTopic(stack, "Drift", &archway.TopicProps{Emails: []string{"team@example.com"}})
	artifacts := archway.NewArtifacts(stack, "Artifacts", nil)
	api, web, tool := anImage{name: "api"}.add(stack, artifacts), anImage{name: "web"}.add(stack, artifacts),
		anImage{name: "tool"}.add(stack, artifacts)
	api.MovingTags, web.MovingTags, tool.MovingTags = []string{"latest"}, []string{"{branch}"},
		[]string{"nightly-{date:20060102}"}
	delivery := archway.NewDelivery(stack, &archway.DeliveryProps{
		PipelineName: "app",
		Source:       archway.NewCodeCommit(stack, "Source", &archway.CodeCommitProps{RepositoryName: "app"}),
		Images:       []archway.PipelineImage{api, web, tool},
	})
	driftSum = settings.Sum([]byte(delivery.Settings()))
	validator := archway.NewValidator(stack, "Validate",
		&archway.ValidatorProps{Delivery: delivery, Topic: topic.Topic})
	archway.NewDriftCheck(stack, "DriftCheck",
		&archway.DriftCheckProps{Delivery: delivery, Validator: validator.Function, Schedule: "cron(0 6 * * ? *)"})
})

var driftSum string

func TestEachImageIsCheckedOnASchedule(t *testing.T) {
	got := map[string]string{}
	for id, rule := range resources(t, scheduled, eventRule) {
		targets := rule.Properties["Targets"].([]any)
		if len(targets) != 1 || rule.Properties["EventPattern"] != nil {
			t.Errorf("%s: %v", id, rule.Properties)
		}
		target := targets[0].(map[string]any)
		if plain(target["Arn"]) != "${ValidateFunction.Arn}" || target["RoleArn"] != nil {
			t.Errorf("%s: %s", id, plain(target))
		}
		got[id+" "+rule.Properties["ScheduleExpression"].(string)] = plain(target["Input"])
	}
	want := map[string]string{
		"DriftCheckapiSchedule cron(0 6 * * ? *)": `{"archway.driftCheck":{"settings":"` + driftSum +
			`","image":"api"}}`,
		"DriftCheckwebSchedule cron(0 6 * * ? *)": `{"archway.driftCheck":{"settings":"` + driftSum +
			`","image":"web"}}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Only its rules may invoke the validator.
func TestWhoInvokesTheValidator(t *testing.T) {
	var got []string
	for _, p := range resources(t, scheduled, "AWS::Lambda::Permission") {
		got = append(got,
			strings.Join([]string{plain(p.Properties["Action"]), plain(p.Properties["FunctionName"]),
				plain(p.Properties["Principal"]), plain(p.Properties["SourceArn"])}, " "))
	}
	slices.Sort(got)
	want := []string{
		"lambda:InvokeFunction ${ValidateFunction.Arn} events.amazonaws.com ${DriftCheckapiSchedule.Arn}",
		"lambda:InvokeFunction ${ValidateFunction.Arn} events.amazonaws.com ${DriftCheckwebSchedule.Arn}",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// The validator may tell its topic only.
func TestValidatorsTopic(t *testing.T) {
	var told []string
	for _, p := range permissions(t, scheduled, "ValidateRole") {
		if strings.HasPrefix(p, "sns:") {
			told = append(told, p)
		}
	}
	if diff := cmp.Diff([]string{"sns:Publish on ${DriftTopic}"}, told); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, role := range []string{"ValidateRole", "PromoteRole"} {
		for _, p := range permissions(t, twoImages, role) {
			if strings.HasPrefix(p, "sns:") {
				t.Errorf("without a drift check, %s has %s", role, p)
			}
		}
	}
}

func TestTopicTellsTheMailAddress(t *testing.T) {
	hasProperties(t, scheduled, "AWS::SNS::Subscription",
		map[string]any{"Protocol": "email", "Endpoint": "team@example.com"})
}

func TestNothingIsScheduledByDefault(t *testing.T) {
	for _, kind := range []string{"AWS::SNS::Topic", "AWS::Lambda::Permission"} {
		if found := resources(t, twoImages, kind); len(found) > 0 {
			t.Errorf("%s: %v", kind, found)
		}
	}
}
