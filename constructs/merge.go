package constructs

import (
	"errors"
	"time"

	"archway/buildspecs"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsecr"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
)

// MergeProps describes the merge of one image's architectures.
type MergeProps struct {
	// Repository holds the images to merge, and takes the index: that for staging. Required.
	Repository awsecr.IRepository

	// PipelineName is the name of the pipeline, which the merge asks for the digests that the
	// builds have put out. Required.
	PipelineName string

	// Image is the image's name in the pipeline. Required.
	Image string

	// Builds are the image's builds. At least one is required.
	Builds []*NativeBuild

	// Artifacts is the artifact bucket of the pipeline, from which CodeBuild reads the source that
	// it insists on. Required.
	Artifacts awss3.IBucket

	// SourceURL tells people where the image comes from: the annotation
	// org.opencontainers.image.source. Required.
	SourceURL string

	// Timeout is how long a merge may take, from 5 minutes to 8 hours.
	// Default: 15 minutes; it takes seconds.
	Timeout time.Duration

	// QueuedTimeout is how long a merge may wait for a machine, from 5 minutes to 8 hours.
	// Default: 1 hour.
	QueuedTimeout time.Duration

	Logs
}

// Validate reports everything that is wrong with the props.
func (p *MergeProps) Validate() error {
	if p == nil {
		return errNoProps
	}
	return errors.Join(
		missing(p.Repository == nil, "Repository", "the ECR repository that holds the images"),
		missing(p.PipelineName == "", "PipelineName", "the name of the pipeline"),
		missing(p.Image == "", "Image", "the image's name in the pipeline"),
		missing(len(p.Builds) == 0, "Builds", "a build for each architecture"),
		missing(p.Artifacts == nil, "Artifacts", "the pipeline's artifact bucket"),
		missing(p.SourceURL == "", "SourceURL", "the address of the source repository"),
		within("Timeout", p.Timeout, leastBuildTime, mostBuildTime, time.Minute),
		within("QueuedTimeout", p.QueuedTimeout, leastBuildTime, mostBuildTime, time.Minute),
	)
}

// Merge is an unprivileged CodeBuild project that makes one image index of images that were pushed
// by digest, and puts it by digest. In a pipeline, its action must set [ExecutionEnvironment], and
// gives the index's digest as the variable [IndexDigestVariable].
type Merge struct {
	BuildProject
}

// IndexDigestVariable is the variable that a merge exports.
var IndexDigestVariable = buildspecs.Merge.Env.ExportedVariables[0]

// NewMerge adds the project to scope.
func NewMerge(scope constructs.Construct, id string, props *MergeProps) *Merge {
	check("Merge", scope, id, props.Validate())
	p := *props
	fill(&p.Timeout, 15*time.Minute)

	builds := map[string]string{} // the names of the actions, by platform
	for _, build := range p.Builds {
		builds[build.Platform.String()] = buildActionName(p.Image, build.Platform)
	}
	project := newBuildProject(scope, id, &buildProjectProps{
		Description:   "Merges the architectures of one run into one image index",
		Spec:          buildspecs.Merge,
		Platform:      ARM64, // it only moves some kilobytes: the cheapest machine there is
		Compute:       ComputeSmall,
		Timeout:       p.Timeout,
		QueuedTimeout: p.QueuedTimeout,
		Artifacts:     p.Artifacts,
		Logs:          p.Logs,
		Statements: []awsiam.PolicyStatement{
			registryLoginStatement(),
			allow([]*string{p.Repository.RepositoryArn()}, ecrMerge...),
			allow([]*string{pipelineARN(scope, p.PipelineName)}, "codepipeline:ListActionExecutions"),
		},
		Environment: map[string]*string{
			"PIPELINE":       &p.PipelineName,
			"BUILDS":         jsonObject(builds),
			"REPOSITORY_URI": RepositoryURI(p.Repository),
			"SOURCE_URL":     &p.SourceURL,
		},
	})
	return &Merge{
		BuildProject: *project,
	}
}
