// Package config reads what a user writes under context → archway in cdk.json: the pipelines, their
// sources and their images. It fills in every default and reports every problem at once, before the
// CDK starts. It knows nothing of the CDK.
//
// The comments on the types are also the descriptions in cdk.schema.json, which editors show; run
// go generate after a change.
package config

import (
	"archway/internal/platform"
	"archway/internal/rule"
	"archway/internal/spec"
)

//go:generate go test -run ^Test(Schema|Reference)Follows . -update

// Config is what Archway provisions: one stack per pipeline, and one for the registry that they
// share.
type Config struct {
	// The pipelines; each becomes a stack of the same name.
	Pipelines []Pipeline `key:"pipelines" least:"1" jsonschema:"required"`

	// What is set once for the registry of the account and Region, for the repositories of all
	// pipelines. Default: nothing.
	Registry *Registry `key:"registry"`
}

// Pipeline builds the images of one branch of one source repository.
type Pipeline struct {
	// Name of the pipeline and of its stack: 1 to 100 letters, digits and hyphens, beginning with a
	// letter. A change of the name makes a new stack.
	Name string `key:"name" rule:"pipelineName" jsonschema:"required" missing:"give the pipeline a name, such as \"hello-go\""`

	// Where the source code lies.
	Source Source `key:"source"`

	// What happens to a push while an earlier one is still running. QUEUED: every commit gets its
	// own run, in order.
	// SUPERSEDED: of the commits that wait, only the newest is built.
	ExecutionMode ExecutionMode `key:"executionMode" default:"QUEUED"`

	// ARNs of IAM roles and users that may write into the repositories that people pull from,
	// besides the function that promotes, for emergencies: at most 20. What they write was
	// validated by nobody. Default: none.
	ReleaseWriters []string `key:"releaseWriters" rule:"principal" most:"20" crowd:"has %d writers, and at most %d are taken: name a role that they may assume" unique:"true"`

	// Whether CodePipeline puts the moving tags back by itself when something in the stage Promote
	// fails, such as the promotion of one of several images: to where the latest execution had put
	// them that succeeded there.
	RollbackOnFailure bool `key:"rollbackOnFailure"`

	// A wait for a person who approves each run before its images are promoted.
	// Default: nobody is asked.
	Approval *Approval `key:"approval"`

	// What becomes of the source repository, the images and the logs when the stack is deleted.
	// RETAIN keeps them, DESTROY deletes them.
	RemovalPolicy RemovalPolicy `key:"removalPolicy" default:"RETAIN"`

	// Whose keys encrypt the artifacts, the images, the logs and the notifications. AWS_MANAGED:
	// those of AWS, at no cost. CUSTOMER_MANAGED: one key in KMS that the stack creates, renewed
	// every year, 1 USD a month and, after two years, 3.
	Encryption Encryption `key:"encryption" default:"AWS_MANAGED"`

	// A scheduled check of what the images' public tags serve.
	DriftCheck DriftCheck `key:"driftCheck"`

	// Who is told of failed runs, drift, and what makes runs fail soon.
	Notifications Notifications `key:"notifications"`

	// Whether there is a dashboard about the pipeline in CloudWatch. Three of an account cost
	// nothing, each further one 3 USD a month.
	Dashboard bool `key:"dashboard"`

	// Tags of everything that the stack creates, besides Project (archway) and Pipeline (its name),
	// which they may replace: at most 48, with values of at most 256 letters, digits, spaces and
	// the characters _ . : / = + - @. Default: none.
	ResourceTags map[string]string `key:"resourceTags" names:"tagKey" rule:"tagValue" most:"48"`

	// The images that are built from each commit: at least one. Images times platforms are at most
	// 50, the limit of CodePipeline for the actions of a stage; the size of a template, which
	// CloudFormation limits, allows about half of that.
	Images []Image `key:"images" least:"1" jsonschema:"required"`

	// The branches and tags that are built, each by its own rule. No two rules may match the same
	// name. Default: one rule, for source.branch.
	Rules []Rule `key:"rules" default:"-" least:"1" most:"20"`

	// What is special about the classes of trust that rules name, by their names. Each class is a
	// pipeline and a stack of its own, called PIPELINE-CLASS. Load makes pipelines of them, and
	// leaves none here. Default: a class has no secrets, and is promoted.
	Classes map[string]Class `key:"classes" default:"-" names:"class"`
}

// Rule says which branches or tags are built, and what is different for them.
type Rule struct {
	// Name of the rule: 1 to 40 letters, digits, hyphens and underscores. "Build now" and logs name
	// it.
	Name string `key:"name" rule:"ruleName" jsonschema:"required"`

	// The class of trust that the rule belongs to: 1 to 20 lower-case letters and digits, joined by
	// single hyphens. It is built by a pipeline of its own, so that whoever may push what the rule
	// matches reaches nothing of the other classes. Default: none, the pipeline itself builds it.
	Class string `key:"class" rule:"class"`

	// What the rule is about: branch or tag.
	Type rule.Type `key:"type" jsonschema:"required"`

	// The name of the one branch or tag that matches.
	// Default: none, give pattern instead.
	Exact string `key:"exact" rule:"ref"`

	// Regular expression (RE2) that the whole name must match. Its named groups, (?<version>…), can
	// stand in tags: {version}. Default: none, give exact instead.
	Pattern string `key:"pattern"`

	Override

	// What is different for single images, by the name of the image; it goes before what the rule
	// says for all. Default: nothing.
	Images map[string]Override `key:"images"`
}

// Override is what a rule changes of an image.
type Override struct {
	// The folder that is sent to the build.
	// Default: as for the image.
	Context string `key:"context"`

	// Path of the Dockerfile, relative to the context and inside of it.
	// Default: as for the image.
	Dockerfile string `key:"dockerfile"`

	// Values for the ARG instructions, added to the image's; one of the same name replaces it.
	// Default: none.
	BuildArgs map[string]string `key:"buildArgs" names:"buildArg"`

	// Whether the build does without the layer cache of earlier builds.
	// Default: false.
	NoCache bool `key:"noCache"`

	// The platforms to build for: some of the image's.
	// Default: all of the image's.
	Platforms []platform.Platform `key:"platforms" least:"1" unique:"true"`

	// The tags of the rule. Beside the placeholders of an image's tags they may hold the named
	// groups of the pattern, and, in a rule for tags, {tag} and, of a version, {semver.version},
	// {semver.major}, {semver.minor} and {semver.patch}. A list that is left out is empty.
	// Default: a rule for branches takes the image's tags, a rule for tags the immutable tag {tag}.
	Tags Tags `key:"tags"`
}

// Image is a container image: built natively for each platform, merged, validated and promoted as
// one.
type Image struct {
	// Name of the image in this pipeline, and of its actions in the console: 1 to 64 lower-case
	// letters, digits, hyphens and underscores, beginning with a letter or digit.
	Name string `key:"name" rule:"imageName" jsonschema:"required" missing:"give the image a name, such as \"hello-go\""`

	// Name of the ECR repository that the stack creates for the image: 2 to 248 characters,
	// lower-case letters and digits joined by single periods, underscores and hyphens, in parts
	// separated by slashes, not beginning with staging/. Until they are validated, images are in
	// another one, called staging/REPOSITORY. Default: the name of the pipeline in lower case, if
	// the image is its only one or has the same name; else PIPELINE/IMAGE.
	Repository string `key:"repository" rule:"repository"`

	// The folder that is sent to the build, relative to the top of the source repository.
	Context string `key:"context" default:"." rule:"file"`

	// Path of the Dockerfile, relative to the context and inside of it.
	Dockerfile string `key:"dockerfile" default:"Dockerfile" rule:"file"`

	// The stage of the Dockerfile that is built.
	// Default: the last one.
	Target string `key:"target" rule:"target"`

	// Values for the ARG instructions of the Dockerfile: at most 4,096 characters in all, written
	// as JSON. They are no place for secrets: everybody who can pull the image can read them.
	// Secrets has one. Default: none.
	BuildArgs map[string]string `key:"buildArgs" names:"buildArg"`

	// What becomes of base images that the Dockerfile names without a digest, so that the same
	// commit can give another image tomorrow. report: the build's log lists them; if it is written
	// here, cdk synth warns of those of the seed's Dockerfile too. pinned: the build fails, and cdk
	// synth does so before it if the seed's Dockerfile is the one at fault.
	BaseImages BaseImages `key:"baseImages" default:"report"`

	// A bill of materials for each platform, beside its provenance.
	// Default: none is made.
	SBOM *SBOM `key:"sbom"`

	// Secrets that the Dockerfile may use while it is built (RUN --mount=type=secret,id=NAME), by
	// their names. They are fetched for each build, and get into no layer, label, log or
	// attestation. Default: none.
	Secrets map[string]spec.Secret `key:"secrets" names:"secretID"`

	// Labels of the image: at most 4,096 characters in all, written as JSON. Archway itself sets
	// org.opencontainers.image.revision, .source and .created.
	// Default: none.
	Labels map[string]string `key:"labels" names:"label"`

	// The platforms to build for. CodeBuild builds natively only on x86_64 (linux/amd64) and arm64
	// (linux/arm64).
	Platforms []platform.Platform `key:"platforms" least:"1" unique:"true"`

	// The tags that point at the image after it was validated: at least one.
	Tags Tags `key:"tags"`

	// How the image index is judged before a tag may point at it.
	Validation spec.Validation `key:"validation"`

	ImageGates

	// The machines that build, by architecture: amd64 and arm64.
	Builds map[string]spec.Build `key:"builds"`

	// Image of the BuildKit that builds, with a tag or a digest.
	// Default: BuildKit v0.31.1 by its digest, from the first of several registries that answers.
	BuildkitImage string `key:"buildkitImage"`
}

// BaseImages says what becomes of base images without a digest.
type BaseImages string

// What becomes of them.
const (
	ReportBaseImages BaseImages = "report"
	PinnedBaseImages BaseImages = "pinned"
)

// Choices are what may become of them.
func (BaseImages) Choices() []string {
	return []string{string(ReportBaseImages), string(PinnedBaseImages)}
}

// Tags are templates for tags. A template is literal text with these placeholders: {commit} is the
// whole commit ID, {commit:12} its first 12 characters (4 to 40), {branch} the branch, in which
// every character that a tag can't hold becomes a hyphen, and {date:20060102-1504} the time at
// which the image index was made, in a layout of Go's time package: in UTC, or in a time zone, as
// in {date:20060102,Europe/Berlin}.
type Tags struct {
	// Tags that never move once they are set: the registry refuses to overwrite them. They should
	// hold {commit} or {date:…}.
	Immutable []string `key:"immutable" unique:"true"`

	// Tags that move to each newly promoted image: at most 5 filters of the registry, with at most
	// two variable places ({commit} or {date:…}) in each. None may cover an immutable tag.
	Moving []string `key:"moving" unique:"true"`
}

// DriftCheck looks on a schedule whether the public tags still serve what the pipeline has
// validated, and notifies the SNS topic if a platform or a part of an image is gone, or a tag
// serves what no run has promoted. Tags whose names hold {commit} or {date:…} are not looked at;
// nor are, with rules, those that are called after what a pattern matches. It is off unless it has
// a schedule.
type DriftCheck struct {
	// When: rate(1 day), or an expression such as cron(0 6 * * ? *), in UTC. Empty: never.
	Schedule string `key:"schedule" jsonschema:"required" rule:"schedule" missing:"say when, such as \"rate(1 day)\", or remove \"driftCheck\""`
}

// ExecutionMode says what happens to a push while an earlier one is still running.
type ExecutionMode string

// The execution modes. CodePipeline's third, PARALLEL, is refused: see parallel.
const (
	Queued     ExecutionMode = "QUEUED"
	Superseded ExecutionMode = "SUPERSEDED"
)

// Choices are the execution modes.
func (ExecutionMode) Choices() []string { return []string{string(Queued), string(Superseded)} }

// Encryption says whose keys encrypt what a pipeline keeps.
type Encryption string

// The kinds of keys.
const (
	AWSManaged      Encryption = "AWS_MANAGED"
	CustomerManaged Encryption = "CUSTOMER_MANAGED"
)

// Choices are the kinds of keys.
func (Encryption) Choices() []string { return []string{string(AWSManaged), string(CustomerManaged)} }

// RemovalPolicy says what becomes of data when a stack is deleted.
type RemovalPolicy string

// The removal policies.
const (
	Retain  RemovalPolicy = "RETAIN"
	Destroy RemovalPolicy = "DESTROY"
)

// Choices are the removal policies.
func (RemovalPolicy) Choices() []string { return []string{string(Retain), string(Destroy)} }
