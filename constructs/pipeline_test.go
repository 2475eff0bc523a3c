package constructs_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	archway "archway/constructs"
	"archway/internal/rule"
	"archway/internal/settings"
	"archway/internal/spec"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/assertions"
	"github.com/aws/jsii-runtime-go"
	"github.com/google/go-cmp/cmp"
)

const codePipeline = "AWS::CodePipeline::Pipeline"

// twoImages is a pipeline with one image for two architectures, and one for a single architecture.
var twoImages = stack("TwoImages", func(stack awscdk.Stack) {
	artifacts := archway.NewArtifacts(stack, "Artifacts", nil)
	images := []archway.PipelineImage{
		anImage{name: "api"}.add(stack, artifacts),
		anImage{name: "web", architectures: []archway.Platform{archway.ARM64}}.add(stack, artifacts),
	}
	for i := range images {
		images[i].ImmutableTags, images[i].MovingTags = []string{"{commit:12}"}, []string{"latest", "{branch}"}
	}
	images[1].Validation = archway.Validation{
		AllowedPlatforms: []string{"linux/arm/v7"}, RequireProvenance: true, RequireSBOM: true,
		Downgrade: map[string]archway.Downgrade{
			"config-parity": {Severity: archway.Warning, Reason: `arm64 alone "wraps"`},
			"regression":    {Severity: archway.Info, Reason: "x86 is given up"},
		},
	}
	pipeline, delivery := deliver(stack, &archway.DeliveryProps{Branch: "trunk", Images: images}, artifacts,
		archway.PipelineProps{})
	trigger := archway.NewTrigger(stack, "Trigger", &archway.TriggerProps{Delivery: delivery, Pipeline: pipeline})
	awscdk.NewCfnOutput(stack, jsii.String("Console"), &awscdk.CfnOutputProps{Value: pipeline.ConsoleURL})
	awscdk.NewCfnOutput(stack, jsii.String("BuildNow"), &awscdk.CfnOutputProps{Value: trigger.StartCommand})
})

type stage struct {
	Name      string
	OnFailure map[string]string
	Actions   []struct {
		Name, Namespace                 string
		RunOrder                        int
		RoleArn                         any
		ActionTypeId                    struct{ Category, Owner, Provider, Version string }
		Configuration                   map[string]any
		InputArtifacts, OutputArtifacts []struct{ Name string }
	}
}

func stages(t *testing.T, stack string) []stage {
	t.Helper()
	data, err := json.Marshal(resources(t, stack, codePipeline)["Pipeline"].Properties["Stages"])
	if err != nil {
		t.Fatal(err)
	}
	var stages []stage
	if err := json.Unmarshal(data, &stages); err != nil {
		t.Fatal(err)
	}
	return stages
}

// configuration are the values of one key of all actions' configuration, by "Stage/action".
func configuration(t *testing.T, stack, key string) map[string]string {
	t.Helper()
	values := map[string]string{}
	for _, stage := range stages(t, stack) {
		for _, action := range stage.Actions {
			if value, found := action.Configuration[key]; found {
				values[stage.Name+"/"+action.Name] = plain(value)
			}
		}
	}
	return values
}

// A pipeline has five stages, with actions that are named after images.
func TestPipelineStages(t *testing.T) {
	var got []string
	for _, stage := range stages(t, twoImages) {
		var names []string
		for _, action := range stage.Actions {
			names = append(names, action.Name)
		}
		got = append(got, stage.Name+": "+strings.Join(names, " "))
	}
	want := []string{"Source: Source", "Build: api-amd64 api-arm64 web-arm64", "Merge: api web", "Validate: api web",
		"Promote: Promote"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestActionsOfAStageRunInParallel(t *testing.T) {
	for _, stage := range stages(t, twoImages) {
		for _, action := range stage.Actions {
			if action.RunOrder != 1 {
				t.Errorf("%s/%s waits for others: RunOrder %d", stage.Name, action.Name, action.RunOrder)
			}
		}
	}
}

// Actions have namespaces that are named after stage and action.
func TestActionNamespaces(t *testing.T) {
	var got []string
	for _, stage := range stages(t, twoImages) {
		for _, action := range stage.Actions {
			got = append(got, action.Namespace)
		}
	}
	want := []string{"Source", "Build-api-amd64", "Build-api-arm64", "Build-web-arm64", "Merge-api", "Merge-web",
		"Validate-api", "Validate-web", "Promote-Promote"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestPipelineIsV2AndTakesEveryPush(t *testing.T) {
	hasProperties(t, twoImages, codePipeline,
		map[string]any{"PipelineType": "V2", "ExecutionMode": "QUEUED", "Name": "app"})
}

// A pipeline without rules has no variables.
func TestPipelineVariables(t *testing.T) {
	if got, found := resources(t, twoImages, codePipeline)["Pipeline"].Properties["Variables"]; found {
		t.Errorf("whoever starts a run may choose %s", plain(got))
	}
}

// The source action neither polls nor follows the branch by itself.
func TestSourceAction(t *testing.T) {
	if diff := cmp.Diff(map[string]string{"Source/Source": "false"},
		configuration(t, twoImages, "PollForSourceChanges")); diff != "" {
		t.Errorf("PollForSourceChanges (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"Source/Source": "trunk"},
		configuration(t, twoImages, "BranchName")); diff != "" {
		t.Errorf("BranchName (-want +got):\n%s", diff)
	}
	if rules := resources(t, twoImages, "AWS::Events::Rule"); len(rules) != 1 {
		t.Errorf("%d rules start the pipeline, want the trigger's only", len(rules))
	}
}

// CodePipeline puts the value of a variable into the text of an action as it is. So none may stand
// in any, but for the one whose value nobody chooses.
func TestVariablesInActions(t *testing.T) {
	variable := regexp.MustCompile(`#\{[^}]*\}`)
	for _, stack := range []string{twoImages, ruled, gated, gatedByDefault} {
		count := 0
		for _, stage := range stages(t, stack) {
			for _, action := range stage.Actions {
				for key, value := range action.Configuration {
					for _, found := range variable.FindAllString(plain(value), -1) {
						count++
						if found != "#{codepipeline.PipelineExecutionId}" {
							t.Errorf("%s: %s of %s/%s holds %s", stack, key, stage.Name, action.Name, found)
						}
					}
				}
			}
		}
		if count == 0 {
			t.Errorf("%s: no action knows its execution", stack)
		}
	}
}

// Actions are given the execution and fixed text.
func TestActionParameters(t *testing.T) {
	environment := map[string]string{}
	for _, action := range []string{"Build/api-amd64", "Build/api-arm64", "Build/web-arm64", "Merge/api", "Merge/web"} {
		environment[action] = `[{"name":"EXECUTION_ID","value":"#{codepipeline.PipelineExecutionId}"}]`
	}
	if diff := cmp.Diff(environment, configuration(t, twoImages, "EnvironmentVariables")); diff != "" {
		t.Errorf("builds (-want +got):\n%s", diff)
	}
	sum := settings.Sum(settingsOf(t, twoImages))
	parameters := map[string]string{}
	for action, image := range map[string]string{
		"Validate/api":    `,"image":"api"`,
		"Validate/web":    `,"image":"web"`,
		"Promote/Promote": "",
	} {
		parameters[action] = `{"settings":"` + sum + `","execution":"#{codepipeline.PipelineExecutionId}"` + image + `}`
	}
	if diff := cmp.Diff(parameters, configuration(t, twoImages, "UserParameters")); diff != "" {
		t.Errorf("functions (-want +got):\n%s", diff)
	}
}

// settingsOf is the file in the packages of a stack's functions, which must be the same in all of
// them, and shown in the template.
func settingsOf(t *testing.T, stack string) []byte {
	t.Helper()
	var file []byte
	for id, function := range resources(t, stack, lambdaFunction) {
		if _, ours := function.Metadata[archway.PackageMetadata]; !ours || id == "FailureNoticeNotifierFunction" {
			continue
		}
		key := function.Properties["Code"].(map[string]any)["S3Key"].(string)
		data, err := os.ReadFile(filepath.Join(outdir, "asset."+strings.TrimSuffix(key, ".zip"), settings.File))
		if err != nil {
			t.Fatal(err)
		}
		if file != nil && !bytes.Equal(file, data) {
			t.Errorf("%s has other settings than other functions:\n%s", id, data)
		}
		file = data
	}
	got, err := settings.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	shown, err := json.Marshal(resources(t, stack, codePipeline)["Pipeline"].Metadata[settings.Metadata])
	if err != nil {
		t.Fatal(err)
	}
	want, err := settings.Decode(shown)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the template shows other settings than the functions have (-shown +had):\n%s", diff)
	}
	return file
}

func TestFunctionsKnowWhatIsDelivered(t *testing.T) {
	got, err := settings.Decode(settingsOf(t, twoImages))
	if err != nil {
		t.Fatal(err)
	}
	tags := rule.Tags{Immutable: []string{"{commit:12}"}, Moving: []string{"latest", "{branch}"}}
	want := &settings.Pipeline{
		Name: "app", Source: settings.Source{Repository: "app", Branch: "trunk"},
		Stages: []settings.Stage{
			{Name: "Source", Actions: []string{"Source"}},
			{Name: "Build", Actions: []string{"api-amd64", "api-arm64", "web-arm64"}},
			{Name: "Merge", Actions: []string{"api", "web"}}, {Name: "Validate", Actions: []string{"api", "web"}},
		},
		Images: []settings.Image{
			{
				Name: "api", Staging: "staging/api", Release: "api", StagingDays: 14, Tags: tags,
				Builds: []settings.Build{{Platform: "linux/amd64", Action: "api-amd64"},
					{Platform: "linux/arm64", Action: "api-arm64"}},
			},
			{
				Name: "web", Staging: "staging/web", Release: "web", StagingDays: 14, Tags: tags,
				Builds: []settings.Build{{Platform: "linux/arm64", Action: "web-arm64"}},
				Validation: spec.Validation{
					AllowedPlatforms: []string{"linux/arm/v7"}, RequireProvenance: true, RequireSBOM: true,
					Downgrade: map[string]spec.Downgrade{
						"config-parity": {Severity: "warning", Reason: `arm64 alone "wraps"`},
						"regression":    {Severity: "info", Reason: "x86 is given up"},
					},
				},
			},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Only source code travels as an artifact.
func TestArtifactsOfActions(t *testing.T) {
	for _, stage := range stages(t, twoImages) {
		for _, action := range stage.Actions {
			for _, artifact := range append(action.InputArtifacts, action.OutputArtifacts...) {
				if artifact.Name != "SourceCode" {
					t.Errorf("%s/%s has an artifact %s", stage.Name, action.Name, artifact.Name)
				}
			}
			if action.ActionTypeId.Category == "Build" && len(action.InputArtifacts) != 1 {
				t.Errorf("%s/%s has %d input artifacts, and CodeBuild takes one", stage.Name, action.Name,
					len(action.InputArtifacts))
			}
			if action.ActionTypeId.Provider == "Lambda" && len(action.InputArtifacts) != 0 {
				t.Errorf("%s/%s reads artifacts: a rollback after they expired would fail", stage.Name, action.Name)
			}
		}
	}
}

// The pipeline waits for the promoter's permissions.
func TestPipelineDependencies(t *testing.T) {
	hasResource(t, twoImages, codePipeline,
		map[string]any{"DependsOn": assertions.Match_ArrayWith(
			&[]any{assertions.Match_StringLikeRegexp(jsii.String("^PromoteAccess"))})})
}

// A console link works in every partition.
func TestConsoleLink(t *testing.T) {
	got := output(t, twoImages, "Console")
	want := regexp.MustCompile(`^https://\$\{AWS::Region\}\.\{"Fn::FindInMap":\["PipelineConsole[0-9A-F]{8}",\{"Ref":"AWS::Partition"\},"host"\]\}` +
		`/codesuite/codepipeline/pipelines/app/view\?region=\$\{AWS::Region\}$`)
	if !want.MatchString(got) {
		t.Errorf("got %s, want it to match %s", got, want)
	}
	template := synthesize()[twoImages].template
	for partition, host := range map[string]string{
		"aws": "console.aws.amazon.com", "aws-cn": "console.amazonaws.cn", "aws-us-gov": "console.amazonaws-us-gov.com",
		"aws-eusc": "console.amazonaws-eusc.eu",
	} {
		expect(t, func() {
			template.HasMapping(jsii.String("*"), map[string]any{partition: map[string]any{"host": host}})
		})
	}
}

// unpromoted is a pipeline whose images nobody is to pull.
var unpromoted = stack("Unpromoted", func(stack awscdk.Stack) {
	artifacts := archway.NewArtifacts(stack, "Artifacts", nil)
	image := anImage{name: "app", registry: archway.RepositoriesProps{NeverPromoted: true}}.add(stack, artifacts)
	pipeline, delivery := deliver(stack, &archway.DeliveryProps{Images: []archway.PipelineImage{image}}, artifacts,
		archway.PipelineProps{})
	archway.NewTrigger(stack, "Trigger", &archway.TriggerProps{Delivery: delivery, Pipeline: pipeline})
})

// What is never promoted has no release and no promoter.
func TestPipelineWithoutPromotion(t *testing.T) {
	all := stages(t, unpromoted)
	if last := all[len(all)-1].Name; last != "Validate" {
		t.Errorf("the last stage is %s", last)
	}
	repositories := resources(t, unpromoted, ecrRepository)
	if _, staging := repositories["appRegistryStaging"]; len(repositories) != 1 || !staging {
		t.Errorf("repositories %v", repositories)
	}
	if functions := resources(t, unpromoted, lambdaFunction); len(functions) != 1 {
		t.Errorf("%d functions, want the one that validates", len(functions))
	}
}
