package constructs_test

import (
	"slices"
	"strings"
	"testing"

	archway "archway/constructs"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecr"
	"github.com/aws/jsii-runtime-go"
	"github.com/google/go-cmp/cmp"
)

// scheduled checks two images, one of them under a policy, and has a mail address.
var scheduled = stack("Scheduled", func(stack awscdk.Stack) {
	topic := archway.NewTopic(stack, "Drift", &archway.TopicProps{Emails: []string{"team@example.com"}})
	image := func(name string, architectures ...archway.Architecture) archway.PipelineImage {
		image := archway.PipelineImage{
			Name: name, Repository: awsecr.NewRepository(stack, jsii.String(name), nil),
			ImmutableTags: []string{"{commit:12}"}, MovingTags: []string{"latest", "{branch}"},
		}
		for _, a := range architectures {
			image.Builds = append(image.Builds, &archway.NativeBuild{Architecture: a})
		}
		return image
	}
	api, web := image("api", archway.AMD64, archway.ARM64), image("web", archway.ARM64)
	web.Validation = archway.Validation{
		AllowedPlatforms: []string{"linux/arm/v7"}, RequireProvenance: true, RequireSBOM: true, Deep: true,
		Downgrade: map[string]archway.Downgrade{"config-parity": {Severity: archway.Info, Reason: "a <wrapper>"}},
	}
	validator := archway.NewValidator(stack, "Validate", &archway.RegistryFunctionProps{
		Repositories: []awsecr.IRepository{api.Repository, web.Repository}, Topic: topic.Topic,
	})
	archway.NewDriftCheck(stack, "DriftCheck", &archway.DriftCheckProps{
		Validator: validator.Function, Topic: topic.Topic, Images: []archway.PipelineImage{api, web}, Branch: "trunk", Schedule: "cron(0 6 * * ? *)",
	})
})

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
		"DriftCheckapiSchedule cron(0 6 * * ? *)": `{"archway.driftCheck":{"repository":"${api.RepositoryUri}","branch":"trunk","moving":["latest","{branch}"],"immutable":["{commit:12}"],` +
			`"platforms":["linux/amd64","linux/arm64"],"topic":"${DriftTopic}"}}`,
		"DriftCheckwebSchedule cron(0 6 * * ? *)": `{"archway.driftCheck":{"repository":"${web.RepositoryUri}","branch":"trunk","moving":["latest","{branch}"],"immutable":["{commit:12}"],` +
			`"platforms":["linux/arm64"],"topic":"${DriftTopic}","allow":["linux/arm/v7"],"downgrade":{"config-parity":"info:a <wrapper>"},"provenance":true,"sbom":true,"deep":true}}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestOnlyItsRulesMayInvokeTheValidator(t *testing.T) {
	var got []string
	for _, p := range resources(t, scheduled, "AWS::Lambda::Permission") {
		got = append(got, strings.Join([]string{plain(p.Properties["Action"]), plain(p.Properties["FunctionName"]), plain(p.Properties["Principal"]), plain(p.Properties["SourceArn"])}, " "))
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

func TestTheValidatorMayTellItsTopicOnly(t *testing.T) {
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
	hasProperties(t, scheduled, "AWS::SNS::Subscription", map[string]any{"Protocol": "email", "Endpoint": "team@example.com"})
}

func TestNothingIsScheduledByDefault(t *testing.T) {
	for _, kind := range []string{"AWS::SNS::Topic", "AWS::Lambda::Permission"} {
		if found := resources(t, twoImages, kind); len(found) > 0 {
			t.Errorf("%s: %v", kind, found)
		}
	}
}
