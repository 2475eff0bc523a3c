package constructs

import (
	"errors"
	"slices"
	"time"

	"archway/buildspecs"
	"archway/internal/settings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsecr"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// SmokeTestProps describes the test of one image on machines of one architecture.
type SmokeTestProps struct {
	// Platform decides which machines test, and the manifest of which platform they run. Required.
	Platform Platform

	// Repository is where the image is pulled from, by digest: that for staging. Required.
	Repository awsecr.IRepository

	// PipelineName is the name of the pipeline, which the test asks for the validated digest.
	// Required.
	PipelineName string

	// Image is the image's name in the pipeline. Required.
	Image string

	// Artifacts is the artifact bucket of the pipeline, from which CodeBuild reads the source that
	// it insists on. Required.
	Artifacts awss3.IBucket

	// Check is what is run and expected.
	// Default: the image's own program is to end with exit code 0 within a minute.
	Check SmokeCheck

	// Timeout is how long the whole test may take, with starting the machine's Docker engine and
	// pulling the image, from 5 minutes to 8 hours.
	// Default: 15 minutes longer than the check's own timeout, in whole minutes.
	Timeout time.Duration

	// QueuedTimeout is how long a test may wait for a machine, from 5 minutes to 8 hours.
	// Default: 1 hour.
	QueuedTimeout time.Duration

	Logs
}

// Validate reports everything that is wrong with the props.
func (p *SmokeTestProps) Validate() error {
	if p == nil {
		return errNoProps
	}
	return errors.Join(append([]error{
		validPlatform(p.Platform),
		missing(p.Repository == nil, "Repository", "the ECR repository of the image"),
		missing(p.PipelineName == "", "PipelineName", "the name of the pipeline"),
		missing(p.Image == "", "Image", "the image's name in the pipeline"),
		missing(p.Artifacts == nil, "Artifacts", "the pipeline's artifact bucket"),
		within("Timeout", p.Timeout, leastBuildTime, mostBuildTime, time.Minute),
		within("QueuedTimeout", p.QueuedTimeout, leastBuildTime, mostBuildTime, time.Minute),
	}, specProblems("Check", p.Check)...)...)
}

// SmokeTest is a CodeBuild project that runs an image on a machine of its architecture, without
// emulation, and compares what it does with what is expected. It can pull, and write nothing. In a
// pipeline, its action must set [ExecutionEnvironment]. If the validated index lacks the platform,
// as a build rule may leave it out, there is nothing to test.
type SmokeTest struct {
	BuildProject

	// Platform is what the project tests.
	Platform Platform
}

// NewSmokeTest adds the project to scope.
func NewSmokeTest(scope constructs.Construct, id string, props *SmokeTestProps) *SmokeTest {
	check("SmokeTest", scope, id, props.Validate())
	p := *props
	p.Check = filled(p.Check)
	// Pulling an image of some gigabytes takes minutes, and CodeBuild counts whole ones.
	fill(&p.Timeout,
		(time.Duration(p.Check.TimeoutSeconds)*time.Second + 15*time.Minute +
			time.Minute - time.Second).Truncate(time.Minute))

	environment := smokeEnvironment(p.Check, p.Platform)
	environment["REPOSITORY_URI"] = RepositoryURI(p.Repository)
	environment["PLATFORM"] = jsii.String(p.Platform.String())
	environment["PIPELINE"] = &p.PipelineName
	environment["VALIDATE_ACTION"] = &p.Image
	project := newBuildProject(scope, id, &buildProjectProps{
		Description:   "Runs " + p.Platform.String() + " on machines of that architecture, before a tag points at it",
		Spec:          buildspecs.SmokeTest,
		Platform:      p.Platform,
		Compute:       p.Check.Compute,
		Privileged:    true, // Docker's daemon runs inside of the build; the container that is tested has no privileges
		Timeout:       p.Timeout,
		QueuedTimeout: p.QueuedTimeout,
		Artifacts:     p.Artifacts,
		Logs:          p.Logs,
		Statements: []awsiam.PolicyStatement{
			registryLoginStatement(),
			allow([]*string{p.Repository.RepositoryArn()}, ecrPull...),
			allow([]*string{pipelineARN(scope, p.PipelineName)}, "codepipeline:ListActionExecutions"),
		},
		Environment: environment,
	})
	return &SmokeTest{
		BuildProject: *project,
		Platform:     p.Platform,
	}
}

// StageSmokeTest is the stage in which images are run.
const StageSmokeTest = settings.StageSmokeTest

// smokeTest is the stage.
var smokeTest = gate{
	stage: StageSmokeTest,
	names: func(d *DeliveryProps) []string {
		var names []string
		for _, image := range d.Images {
			for _, test := range image.SmokeTests {
				names = append(names, image.actionName(test.Platform))
			}
		}
		return names
	},
	actions: func(p *PipelineProps, _ console) []action { return each(p.Delivery.Images, smokeTestActions) },
	uses: func(p *PipelineProps) uses {
		var projects []*string
		for _, image := range p.Delivery.Images {
			for _, test := range image.SmokeTests {
				projects = append(projects, test.Project.ProjectArn())
			}
		}
		return uses{projects: projects}
	},
	problems: smokeTestProblems,
}

// smokeTestActions run one image on all of its architectures, which are named like its builds.
func smokeTestActions(image PipelineImage) []action {
	var actions []action
	for _, test := range image.SmokeTests {
		action := codeBuildAction(StageSmokeTest, image.actionName(test.Platform), test.Project)
		// The console shows it as a test; it is the same otherwise.
		action.ActionTypeId = actionType("Test", "CodeBuild")
		actions = append(actions, action)
	}
	return actions
}

func smokeTestProblems(i PipelineImage) []error {
	var errs []error
	tested := map[Platform]bool{}
	for n, test := range i.SmokeTests {
		builds := func(b *NativeBuild) bool { return b != nil && b.Platform == test.Platform }
		switch {
		case test == nil:
			errs = append(errs, wrong(at("SmokeTests", n), "is nil: leave it out"))
		case !slices.ContainsFunc(i.Builds, builds):
			errs = append(errs, wrong(at("SmokeTests", n),
				"tests %s, for which nothing is built: leave it out", test.Platform.Name()))
		case tested[test.Platform]:
			errs = append(errs, wrong(at("SmokeTests", n),
				"tests %s once more: give one test for each architecture", test.Platform.Name()))
		default:
			tested[test.Platform] = true
		}
	}
	return errs
}
