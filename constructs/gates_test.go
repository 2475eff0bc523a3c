package constructs_test

import (
	"strings"
	"testing"
	"time"

	archway "archway/constructs"
	"archway/internal/settings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/google/go-cmp/cmp"
)

// gated is a pipeline with all optional stages, over one image.

var gated = stack("Gated", func(stack awscdk.Stack) {
	addGated(stack, &archway.Approval{
		Topic: archway.NewTopic(stack, "Releases", nil).Topic, Message: "Is it tested?", Timeout: 90 * time.Minute,
	}, "app")
})

// gatedElsewhere tells a topic that another stack made, with a key of its own.

var gatedElsewhere = stack("GatedElsewhere", func(stack awscdk.Stack) {
	topic := awssns.Topic_FromTopicAttributes(stack, jsii.String("Theirs"), &awssns.TopicAttributes{
		TopicArn: jsii.String("arn:aws:sns:eu-west-1:111122223333:theirs"),
		KeyArn:   jsii.String("arn:aws:kms:eu-west-1:111122223333:key/theirs"),
	})
	addGated(stack, &archway.Approval{Topic: topic}, "app")
})

// gatedByDefault is one that says little about its optional stages, over many images.

var gatedByDefault = stack("GatedByDefault", func(stack awscdk.Stack) {
	addGated(stack, &archway.Approval{Message: strings.Repeat("m", 500)}, "app", strings.Repeat("b", 64),
		strings.Repeat("c", 64), strings.Repeat("d", 64), strings.Repeat("e", 64), "ff")
})

func addGated(stack awscdk.Stack, approval *archway.Approval, names ...string) {
	artifacts := archway.NewArtifacts(stack, "Artifacts", nil)
	var images []archway.PipelineImage
	for i, name := range names {
		image := anImage{name: name}.add(stack, artifacts)
		if i == 0 {
			addGates(stack, &image, artifacts, len(names) == 1)
		}
		images = append(images, image)
	}
	what := &archway.DeliveryProps{
		PipelineName:  "app",
		Source:        archway.NewCodeCommit(stack, "Source", &archway.CodeCommitProps{RepositoryName: "app"}),
		Images:        images,
		DeliveryGates: archway.DeliveryGates{Approval: approval},
	}
	gate := archway.NewScanGate(stack, "ScanGate", &archway.ScanGateProps{Delivery: archway.NewDelivery(stack, what)})
	deliver(stack, what, artifacts, archway.PipelineProps{
		GateFunctions: archway.GateFunctions{ScanGate: gate.Function}, RollbackOnFailure: true,
	})
}

// addGates adds a scan gate and smoke tests to an image: those that say everything, or those that
// leave all to the defaults.
func addGates(stack awscdk.Stack, image *archway.PipelineImage, artifacts *archway.Artifacts, everything bool) {
	image.Scan = &archway.ScanGate{}
	test := archway.SmokeTestProps{Repository: image.Repositories.Staging, PipelineName: "app", Image: image.Name,
		Artifacts: artifacts.Bucket}
	test.Check.HTTP = &archway.HTTPCheck{Port: 8080, BodyContains: "well"}
	if everything {
		medium := 7
		image.Scan = &archway.ScanGate{
			Limits: archway.ScanLimits{Medium: &medium}, TimeoutMinutes: 45, AllowUnscannable: true, Enhanced: true,
			Accept: []archway.Accepted{{ID: "CVE-2026-1234", Reason: `not "reachable" & <so>`, Until: "2027-01-31"}},
		}
		test.Check = archway.SmokeCheck{
			Command: []string{"--check", `a "b" & c`}, Environment: map[string]string{"LEVEL": "debug"},
			TimeoutSeconds: 90,
			ExitCode:       3, OutputMatches: " ^{arch} ok$ ", Compute: archway.ComputeLarge,
		}
	}
	for _, architecture := range []archway.Platform{archway.AMD64, archway.ARM64} {
		of := test
		of.Platform = architecture
		scope := stack.Node().FindChild(&image.Name).(constructs.Construct)
		image.SmokeTests = append(image.SmokeTests, archway.NewSmokeTest(scope, "Test-"+architecture.Name(), &of))
	}
}

// Optional stages stand between Validate and Promote.
func TestOptionalStages(t *testing.T) {
	var got []string
	for _, stage := range stages(t, gated) {
		var names []string
		for _, action := range stage.Actions {
			names = append(names, action.Name+" ("+action.ActionTypeId.Category+" "+action.ActionTypeId.Provider+")")
		}
		got = append(got, stage.Name+": "+strings.Join(names, ", "))
	}
	want := []string{
		"Source: Source (Source CodeCommit)",
		"Build: app-amd64 (Build CodeBuild), app-arm64 (Build CodeBuild)",
		"Merge: app (Build CodeBuild)",
		"Validate: app (Invoke Lambda)",
		"ScanGate: app (Invoke Lambda)",
		"SmokeTest: app-amd64 (Test CodeBuild), app-arm64 (Test CodeBuild)",
		"Approval: Approve (Approval Manual)",
		"Promote: Promote (Invoke Lambda)",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// The promoter waits for what the settings name: an action that stands in the pipeline alone could
// fail, or still run, while tags move.
func TestPromoterWaitsForActions(t *testing.T) {
	for _, stack := range []string{gated, gatedByDefault} {
		waits, err := settings.Decode(settingsOf(t, stack))
		if err != nil {
			t.Fatal(err)
		}
		var got []settings.Stage
		for _, stage := range stages(t, stack) {
			if stage.Name == archway.StagePromote {
				break
			}
			of := settings.Stage{Name: stage.Name}
			for _, action := range stage.Actions {
				of.Actions = append(of.Actions, action.Name)
			}
			got = append(got, of)
		}
		if diff := cmp.Diff(waits.Stages, got); diff != "" {
			t.Errorf("%s (-settings +pipeline):\n%s", stack, diff)
		}
	}
}

// There is nothing to go back to before a tag has moved.

func TestOnlyThePromotionIsRolledBack(t *testing.T) {
	for _, stage := range stages(t, gated) {
		want := ""
		if stage.Name == "Promote" {
			want = "ROLLBACK"
		}
		if got := stage.OnFailure["Result"]; got != want {
			t.Errorf("%s: OnFailure %q, want %q", stage.Name, got, want)
		}
	}
}

// A pipeline may start its smoke tests, and tell of approvals.
func TestOptionalStagePermissions(t *testing.T) {
	got := strings.Join(permissions(t, gated, "PipelineRole"), "\n")
	for _, want := range []string{
		"codebuild:StartBuild on ${appTestamd64Project.Arn}", "codebuild:BatchGetBuilds on ${appTestarm64Project.Arn}",
		"sns:Publish on ${ReleasesTopic}", "lambda:InvokeFunction on ${ScanGateFunction.Arn}",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the pipeline's role may not: %s; it may\n%s", want, got)
		}
	}
	if got := strings.Join(permissions(t, gatedByDefault, "PipelineRole"), "\n"); strings.Contains(got, "sns:") {
		t.Errorf("nobody is to be told, and the pipeline's role may\n%s", got)
	}
}

// Optional stages report every problem of their properties.
func TestOptionalStageProblems(t *testing.T) {
	test := func(check archway.SmokeCheck) *archway.SmokeTestProps {
		return &archway.SmokeTestProps{Platform: archway.ARM64, Repository: aRepository{}, PipelineName: "app",
			Image: "app", Artifacts: aBucket{}, Check: check}
	}
	with := func(change func(*archway.DeliveryProps)) *archway.DeliveryProps {
		p := &archway.DeliveryProps{PipelineName: "app", Source: &archway.CodeCommit{},
			Images: []archway.PipelineImage{{
				Name: "app", Repositories: &archway.Repositories{StagingDays: 100},
				Builds: []*archway.NativeBuild{{Platform: archway.AMD64}}, Merge: &archway.Merge{},
			}}}
		change(p)
		return p
	}
	for _, c := range []struct {
		name  string
		props interface{ Validate() error }
		want  []string
	}{
		{"no props", (*archway.SmokeTestProps)(nil), []string{"the props are nil: give at least the required ones"}},
		{"required props", &archway.SmokeTestProps{}, []string{
			"Platform is missing: give AMD64 or ARM64", "Repository is missing: give the ECR repository of the image",
			"PipelineName is missing: give the name of the pipeline",
			"Image is missing: give the image's name in the pipeline",
			"Artifacts is missing: give the pipeline's artifact bucket"}},
		{"a program", test(archway.SmokeCheck{
			Environment: map[string]string{"A-B": ""}, TimeoutSeconds: 3600, ExitCode: 256, Output: "a",
			OutputMatches: "b",
		}), []string{
			`Check.Environment["A-B"]: an environment variable is named with letters, digits and "_", not beginning with a digit: use one such as "LOG_LEVEL"`,
			"Check.TimeoutSeconds is 3600: use 1 to 1800",
			"Check.ExitCode is 256: use 0 to 255",
			`Check.OutputMatches: "output" says already what is expected: remove one of them`}},
		{"a server",
			test(archway.SmokeCheck{ExitCode: 1, HTTP: &archway.HTTPCheck{Path: "a b", Status: 99, BodyMatches: `\d`}}),
			[]string{
				"Check.HTTP.Port is missing: give the port that the server listens on in its container, such as 8080",
				`Check.HTTP.Path is "a b": a path begins with "/" and has no white space: use one such as "/health"`,
				"Check.HTTP.Status is 99: use 100 to 599",
				"Check.HTTP.BodyMatches is no POSIX extended regular expression (invalid escape sequence: `\\d`): use one such as \"^Hello, (amd|arm)64!\"",
				`Check.ExitCode is about a program that ends, and "http" about a server: remove one of the two`}},
		{"long values",
			test(archway.SmokeCheck{Command: []string{strings.Repeat("x", 4096)}, Output: strings.Repeat("x", 4097)}),
			[]string{
				"Check.Command has 4100 characters written as JSON, but CodeBuild takes at most 4096 in an environment variable: shorten it",
				`Check.Output has 4097 bytes, but CodeBuild takes at most 4096 in an environment variable: expect a part of it ("outputContains")`}},
		{"tests that don't fit the builds", with(func(p *archway.DeliveryProps) {
			p.Images[0].SmokeTests = []*archway.SmokeTest{nil, {Platform: archway.ARM64}, {Platform: archway.AMD64},
				{Platform: archway.AMD64}}
		}), []string{
			"Images[0].SmokeTests[0] is nil: leave it out",
			"Images[0].SmokeTests[1] tests arm64, for which nothing is built: leave it out",
			"Images[0].SmokeTests[3] tests amd64 once more: give one test for each architecture"}},
		{"limits that nobody judges", with(func(p *archway.DeliveryProps) {
			none := -1
			p.Images[0].Scan = &archway.ScanGate{Limits: archway.ScanLimits{Low: &none}, TimeoutMinutes: 721}
		}), []string{
			"Images[0].Scan.Low is -1: use 0 to 1000000",
			"Images[0].Scan.TimeoutMinutes is 721: use 1 to 720"}},
		{"a scan gate of nothing", &archway.ScanGateProps{},
			[]string{"Delivery is missing: give what the pipeline delivers"}},
		{"an acceptance that says nothing", with(func(p *archway.DeliveryProps) {
			p.Images[0].Scan = &archway.ScanGate{Accept: []archway.Accepted{{Until: "2027-02-30"}}}
		}), []string{
			`Images[0].Scan.Accept[0].ID is missing: name the vulnerability, such as "CVE-2026-1234"`,
			"Images[0].Scan.Accept[0].Reason is missing: say why; it is logged with each finding",
			`Images[0].Scan.Accept[0].Until is "2027-02-30": there is no such day: use one such as "2027-01-31"`}},
		{"an approval", with(func(p *archway.DeliveryProps) {
			p.Approval = &archway.Approval{Timeout: 61 * 24 * time.Hour, Message: strings.Repeat("x", 499) + "#{"}
		}), []string{
			"Approval.Timeout is 1464h0m0s: AWS allows 5m0s to 1440h0m0s",
			"Approval.Message has 501 characters: give at most 500, as the images stand in the same text",
			`Approval.Message is "` + strings.Repeat("x", 499) +
				`#{": leave out "#{", as CodePipeline would put a variable there, with whatever text it holds`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, lines(c.props.Validate())); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
