package constructs

import (
	"errors"
	"path"
	"slices"
	"strings"
	"time"

	"archway/buildspecs"
	"archway/internal/strict"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsecr"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// NativeBuildProps describes the build of one image on machines of one architecture.
type NativeBuildProps struct {
	// Platform decides which machines build, and for which platform. Required.
	Platform Platform

	// Repository is where the image is pushed to, by digest, and where the build keeps its layer
	// cache, under [CacheTag]; its tags must be mutable. What runs somebody's Dockerfile should not
	// write where people pull: take that for staging. Required.
	Repository awsecr.IRepository

	// PullThrough says which registries' images the account's registry caches, and under which
	// prefix, as [NewPullThroughCache] does: the build asks there first, and the registry itself if
	// that fails. Dockerfiles stay as they are. Default: none.
	PullThrough map[Upstream]string

	// Artifacts is the artifact bucket of the pipeline, from which the build reads the source.
	// Required.
	Artifacts awss3.IBucket

	// SourceURL tells people where the image comes from: the label org.opencontainers.image.source.
	// Required.
	SourceURL string

	// Context is the folder of the source that the Dockerfile may copy from.
	// Default: ".", all of it.
	Context string

	// Dockerfile is the Dockerfile's path inside of Context.
	// Default: "Dockerfile".
	Dockerfile string

	// Target is the stage of the Dockerfile to build.
	// Default: the last one.
	Target string

	// BuildArgs are values for the Dockerfile's ARG instructions. They are not for secrets: the
	// image's provenance attestation lists them. Use Secrets.
	// Default: none.
	BuildArgs map[string]string

	// PinnedBaseImages makes a build fail that takes a base image which the Dockerfile names
	// without a digest. Default: false, the log lists them.
	PinnedBaseImages bool

	// SBOMGenerator is the image that lists what is in the built image: BuildKit runs it, and
	// attaches the bill of materials beside the provenance. It is pulled without a login. For
	// PinnedBaseImages it counts as a base image. Default: no bill of materials.
	SBOMGenerator string

	// Secrets are what the Dockerfile may mount while it is built (RUN
	// --mount=type=secret,id=NAME), by their names. They get into no layer, label, log or
	// attestation.
	// Default: none.
	Secrets map[string]BuildSecret `key:"secrets" names:"secretID"`

	// Labels are labels of the image, besides its revision, source and creation time.
	// Default: none.
	Labels map[string]string

	// Rules are what the build rules of the pipeline change, by the name of the rule; if there are
	// any, all must be here. Default: none, every run builds alike.
	Rules map[string]BuildRule

	// PipelineName is the name of the pipeline, which the build asks for the rule of its run.
	// Required with Rules.
	PipelineName string

	Machine

	// QueuedTimeout is how long a build may wait for a machine, from 5 minutes to 8 hours.
	// Default: 1 hour.
	QueuedTimeout time.Duration

	// BuildKitImage is the image of the builder that is created for each build.
	// Default: [DefaultBuildKitImages], of which the first that can be pulled is taken.
	BuildKitImage string

	// Frontends are the repositories, without tags, from which a Dockerfile may take its frontend
	// ("# syntax="): it is a program that steers the build.
	// Default: [DefaultFrontends].
	Frontends []string

	Logs
}

// CodeBuild's limits for a build, and for its time in the queue.
// https://docs.aws.amazon.com/codebuild/latest/userguide/limits.html
const (
	leastBuildTime = 5 * time.Minute
	mostBuildTime  = 8 * time.Hour
)

// Validate reports everything that is wrong with the props.
func (p *NativeBuildProps) Validate() error {
	if p == nil {
		return errNoProps
	}
	return errors.Join(
		validPlatform(p.Platform),
		missing(p.Repository == nil, "Repository", "the ECR repository to push to"),
		pullThroughProblems("PullThrough", p.PullThrough),
		missing(p.Artifacts == nil, "Artifacts", "the pipeline's artifact bucket"),
		missing(p.SourceURL == "", "SourceURL", "the address of the source repository"),
		insideSource("Context", p.Context),
		insideSource("Dockerfile", p.Dockerfile),
		buildRuleProblems(p.Rules),
		missing(len(p.Rules) > 0 && p.PipelineName == "", "PipelineName",
			"the name of the pipeline, as there are Rules"),
		frontendProblems("Frontends", p.Frontends),
		errors.Join(specProblems("", p)...), // Secrets and Machine
		within("QueuedTimeout", p.QueuedTimeout, leastBuildTime, mostBuildTime, time.Minute),
	)
}

// insideSource is the problem of a path that leaves the source, or nil.
func insideSource(prop, value string) error {
	clean := path.Clean(value)
	if path.IsAbs(value) || clean == ".." || strings.HasPrefix(clean, "../") {
		return wrong(prop, "is %q: give a path inside of the source, such as \"services/api\"", value)
	}
	return nil
}

// NativeBuild is a CodeBuild project that builds one image for the architecture of the machine it
// runs on, without emulation, and pushes it by digest. In a pipeline, its action gives the digest
// as the variable [ImageDigestVariable], and must set [ExecutionEnvironment].
type NativeBuild struct {
	BuildProject

	// Platform is what the project builds for.
	Platform Platform

	// Timeout is how long a build may take.
	Timeout time.Duration

	rules map[string]BuildRule
}

// ImageDigestVariable is the variable that a build exports.
var ImageDigestVariable = buildspecs.Build.Env.ExportedVariables[0]

// NewNativeBuild adds the project to scope.
func NewNativeBuild(scope constructs.Construct, id string, props *NativeBuildProps) *NativeBuild {
	check("NativeBuild", scope, id, props.Validate())
	p := *props
	fill(&p.Context, ".")
	fill(&p.Dockerfile, "Dockerfile")
	p.Machine = filled(p.Machine)
	if len(p.Frontends) == 0 {
		p.Frontends = DefaultFrontends
	}

	timeout := time.Duration(p.TimeoutMinutes) * time.Minute
	secrets := newBuildSecrets(scope, p.Secrets)
	project := newBuildProject(scope, id, &buildProjectProps{
		Description:   "Builds " + p.Platform.String() + " on machines of that architecture, and pushes it by digest",
		Spec:          buildspecs.Build,
		Platform:      p.Platform,
		Compute:       p.Compute,
		Privileged:    true, // Docker's daemon runs inside of the build, and nowhere else
		Timeout:       timeout,
		QueuedTimeout: p.QueuedTimeout,
		Artifacts:     p.Artifacts,
		Logs:          p.Logs,
		Statements: slices.Concat([]awsiam.PolicyStatement{
			registryLoginStatement(),
			allow([]*string{p.Repository.RepositoryArn()}, ecrBuild...),
		}, ruleStatements(scope, &p), pullThroughStatements(scope, p.PullThrough), secrets.statements),
		Exceptions: wildcardCaches(p.PullThrough),
		Secrets:    secrets.variables,
		Environment: map[string]*string{
			"REPOSITORY_URI":  RepositoryURI(p.Repository),
			"CACHE_REF":       jsii.Sprintf("%s:%s", *RepositoryURI(p.Repository), CacheTag(p.Platform)),
			"PIPELINE":        optional(p.PipelineName),
			"PLATFORM":        jsii.String(p.Platform.String()),
			"BUILD_CONTEXT":   jsii.String(path.Clean(p.Context)),
			"DOCKERFILE":      jsii.String(path.Clean(p.Dockerfile)),
			"BUILD_TARGET":    optional(p.Target),
			"BUILD_ARGS":      jsonObject(p.BuildArgs),
			"IMAGE_LABELS":    jsonObject(p.Labels),
			"BUILD_SECRETS":   secrets.environment(),
			"BASE_IMAGES":     pinned(p.PinnedBaseImages),
			"SBOM_GENERATOR":  optional(p.SBOMGenerator),
			"SOURCE_URL":      &p.SourceURL,
			"BUILDKIT_IMAGES": buildKitImages(p.BuildKitImage),
			// What of the builder is not as BuildKit has it by default.
			"BUILDKITD_CONFIG": jsii.String(frontends(p.Frontends) + mirrors(scope, p.PullThrough)),
			"RULES":            rulesOf(p.Rules),
		},
	})
	return &NativeBuild{
		BuildProject: *project,
		Platform:     p.Platform,
		Timeout:      timeout,
		rules:        p.Rules,
	}
}

// ruleStatements let a build with rules ask CodePipeline for that of its run.
func ruleStatements(scope constructs.Construct, p *NativeBuildProps) []awsiam.PolicyStatement {
	if len(p.Rules) == 0 {
		return nil
	}
	return []awsiam.PolicyStatement{allow([]*string{pipelineARN(scope, p.PipelineName)},
		"codepipeline:GetPipelineExecution")}
}

// pinned is nil for a build that only reports.
func pinned(refuse bool) *string {
	if !refuse {
		return nil
	}
	return jsii.String("pinned")
}

func rulesOf(rules map[string]BuildRule) *string {
	if len(rules) == 0 {
		return nil
	}
	return jsii.String(strict.Encode(rules))
}

func jsonObject(values map[string]string) *string {
	if values == nil {
		values = map[string]string{}
	}
	return jsii.String(strict.Encode(values))
}
