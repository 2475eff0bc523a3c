// Package config reads what a user writes under context → archway in cdk.json: the pipelines, their sources and their
// images. It fills in every default and reports every problem at once, before the CDK starts. It knows nothing of the CDK.
//
// The comments on the types are also the descriptions in cdk.schema.json, which editors show; run go generate after a
// change.
package config

import (
	"archway/internal/platform"
	"archway/internal/rule"
)

//go:generate go test -run ^TestSchemaFollowsTheTypes$ . -update

// Config is what Archway provisions: one stack per pipeline, and one for the registry that they share.
type Config struct {
	// The pipelines; each becomes a stack of the same name.
	Pipelines []Pipeline `json:"pipelines" jsonschema:"required"`

	// What is set once for the registry of the account and Region, for the repositories of all pipelines.
	// Default: nothing.
	Registry *Registry `json:"registry,omitempty"`
}

// Pipeline builds the images of one branch of one source repository.
type Pipeline struct {
	// Name of the pipeline and of its stack: 1 to 100 letters, digits and hyphens, beginning with a letter. A change of the
	// name makes a new stack.
	Name string `json:"name" jsonschema:"required"`

	// Where the source code lies.
	Source Source `json:"source"`

	// What happens to a push while an earlier one is still running. QUEUED: every commit gets its own run, in order.
	// SUPERSEDED: of the commits that wait, only the newest is built.
	ExecutionMode ExecutionMode `json:"executionMode"`

	// ARNs of IAM roles and users that may write into the repositories that people pull from, besides the function that
	// promotes, for emergencies: at most 20. What they write was validated by nobody.
	// Default: none.
	ReleaseWriters []string `json:"releaseWriters"`

	// Whether CodePipeline puts the moving tags back by itself when something in the stage Promote fails, such as the
	// promotion of one of several images: to where the latest execution had put them that succeeded there.
	RollbackOnFailure bool `json:"rollbackOnFailure"`

	// A wait for a person who approves each run before its images are promoted.
	// Default: nobody is asked.
	Approval *Approval `json:"approval,omitempty"`

	// What becomes of the source repository, the images and the logs when the stack is deleted. RETAIN keeps them, DESTROY
	// deletes them.
	RemovalPolicy RemovalPolicy `json:"removalPolicy"`

	// Whose keys encrypt the artifacts, the images, the logs and the notifications. AWS_MANAGED: those of AWS, at no cost.
	// CUSTOMER_MANAGED: one key in KMS that the stack creates, renewed every year, 1 USD a month and, after
	// two years, 3.
	Encryption Encryption `json:"encryption"`

	// A scheduled check of what the images' public tags serve.
	DriftCheck DriftCheck `json:"driftCheck"`

	// Who is told of failed runs, drift, and what makes runs fail soon.
	Notifications Notifications `json:"notifications"`

	// Whether there is a dashboard about the pipeline in CloudWatch. Three of an account cost nothing, each further one 3 USD
	// a month.
	Dashboard bool `json:"dashboard"`

	// Tags of everything that the stack creates, besides Project (archway) and Pipeline (its name), which they may replace: at
	// most 48, with values of at most 256 letters, digits, spaces and the characters _ . : / = + - @.
	// Default: none.
	ResourceTags map[string]string `json:"resourceTags"`

	// The images that are built from each commit: at least one. Images times platforms are at most 50, the limit of
	// CodePipeline for the actions of a stage; the size of a template, which CloudFormation limits, allows about half of that.
	Images []Image `json:"images" jsonschema:"required"`

	// The branches and tags that are built, each by its own rule. No two rules may match the same name.
	// Default: one rule, for source.branch.
	Rules []Rule `json:"rules,omitempty"`

	// What is special about the classes of trust that rules name, by their names. Each class is a pipeline and a stack of its
	// own, called PIPELINE-CLASS. Load makes pipelines of them, and leaves none here.
	// Default: a class has no secrets, and is promoted.
	Classes map[string]Class `json:"classes,omitempty"`

	// Class is the class of the pipeline's rules; empty for those that name none.
	Class string `json:"-"`

	// After is the name of the pipeline whose stack creates the source repository of this class; empty if it is there already,
	// or if this pipeline's stack creates it.
	After string `json:"-"`

	// Promotes is whether what is built is promoted. If not, there are neither releases nor tags.
	Promotes bool `json:"-"`

	// StagingDays is how long images that are not promoted are kept.
	StagingDays int `json:"-"`

	// Warnings are what is worth a look before the pipeline is deployed, and stops nothing.
	Warnings []string `json:"-"`

	// SigningProfile is the profile with which ECR signs what the pipeline pushes; empty if nothing is signed.
	SigningProfile string `json:"-"`

	// KeepUntagged is whether images stay that no tag names, as signatures do.
	KeepUntagged bool `json:"-"`

	// PullThrough says under which prefix the images of other registries are found in the account's own.
	PullThrough map[Upstream]string `json:"-"`
}

// Rule says which branches or tags are built, and what is different for them.
type Rule struct {
	// Name of the rule: 1 to 40 letters, digits, hyphens and underscores. "Build now" and logs name it.
	Name string `json:"name" jsonschema:"required"`

	// The class of trust that the rule belongs to: 1 to 20 lower-case letters and digits, joined by single hyphens. It is built by
	// a pipeline of its own, so that whoever may push what the rule matches reaches nothing of the other classes.
	// Default: none, the pipeline itself builds it.
	Class string `json:"class,omitempty"`

	// What the rule is about: branch or tag.
	Type rule.Type `json:"type" jsonschema:"required"`

	// The name of the one branch or tag that matches.
	// Default: none, give pattern instead.
	Exact string `json:"exact,omitempty"`

	// Regular expression (RE2) that the whole name must match. Its named groups, (?<version>…), can stand in tags: {version}.
	// Default: none, give exact instead.
	Pattern string `json:"pattern,omitempty"`

	Override

	// What is different for single images, by the name of the image; it goes before what the rule says for all.
	// Default: nothing.
	Images map[string]Override `json:"images,omitempty"`

	// Settings are what results for each image, by its name.
	Settings map[string]Settings `json:"-"`
}

// Override is what a rule changes of an image.
type Override struct {
	// The folder that is sent to the build.
	// Default: as for the image.
	Context string `json:"context,omitempty"`

	// Path of the Dockerfile, relative to the context and inside of it.
	// Default: as for the image.
	Dockerfile string `json:"dockerfile,omitempty"`

	// Values for the ARG instructions, added to the image's; one of the same name replaces it.
	// Default: none.
	BuildArgs map[string]string `json:"buildArgs,omitempty"`

	// Whether the build does without the layer cache of earlier builds.
	// Default: false.
	NoCache bool `json:"noCache,omitempty"`

	// The platforms to build for: some of the image's.
	// Default: all of the image's.
	Platforms []platform.Platform `json:"platforms,omitempty"`

	// The tags of the rule. Beside the placeholders of an image's tags they may hold the named groups of the pattern, and, in
	// a rule for tags, {tag}. A list that is left out is empty.
	// Default: a rule for branches takes the image's tags, a rule for tags the immutable tag {tag}.
	Tags Tags `json:"tags,omitzero"`
}

// Settings are what is built of an image under a rule.
type Settings struct {
	Context, Dockerfile string
	BuildArgs           map[string]string
	NoCache             bool
	Platforms           []platform.Platform
	Tags                rule.Tags
}

// Image is a container image: built natively for each platform, merged, validated and promoted as one.
type Image struct {
	// Name of the image in this pipeline, and of its actions in the console: 1 to 64 lower-case letters, digits, hyphens and
	// underscores, beginning with a letter or digit.
	Name string `json:"name" jsonschema:"required"`

	// Name of the ECR repository that the stack creates for the image: 2 to 248 characters, lower-case letters and digits
	// joined by single periods, underscores and hyphens, in parts separated by slashes, not beginning with staging/. Until they are
	// validated, images are in another one, called staging/REPOSITORY.
	// Default: the name of the pipeline in lower case, if the image is its only one or has the same name; else
	// PIPELINE/IMAGE.
	Repository string `json:"repository"`

	// The folder that is sent to the build, relative to the top of the source repository.
	Context string `json:"context"`

	// Path of the Dockerfile, relative to the context and inside of it.
	Dockerfile string `json:"dockerfile"`

	// The stage of the Dockerfile that is built.
	// Default: the last one.
	Target string `json:"target"`

	// Values for the ARG instructions of the Dockerfile: at most 4,096 characters in all, written as JSON. They are no place
	// for secrets: everybody who can pull the image can read them. Secrets has one.
	// Default: none.
	BuildArgs map[string]string `json:"buildArgs"`

	// What becomes of base images that the Dockerfile names without a digest, so that the same commit can give another image
	// tomorrow. report: the build's log lists them; if it is written here, cdk synth warns of those of the seed's Dockerfile too.
	// pinned: the build fails, and cdk synth does so before it if the seed's Dockerfile is the one at fault.
	BaseImages BaseImages `json:"baseImages"`

	// A bill of materials for each platform, beside its provenance.
	// Default: none is made.
	SBOM *SBOM `json:"sbom,omitempty"`

	// Secrets that the Dockerfile may use while it is built (RUN --mount=type=secret,id=NAME), by their names. They are fetched
	// for each build, and get into no layer, label, log or attestation.
	// Default: none.
	Secrets map[string]Secret `json:"secrets"`

	// Labels of the image: at most 4,096 characters in all, written as JSON. Archway itself sets
	// org.opencontainers.image.revision, .source and .created.
	// Default: none.
	Labels map[string]string `json:"labels"`

	// The platforms to build for. CodeBuild builds natively only on x86_64 (linux/amd64) and arm64 (linux/arm64).
	Platforms []platform.Platform `json:"platforms"`

	// The tags that point at the image after it was validated: at least one.
	Tags Tags `json:"tags"`

	// How the image index is judged before a tag may point at it.
	Validation Validation `json:"validation"`

	ImageGates

	// The machines that build, by architecture: amd64 and arm64.
	Builds map[string]Build `json:"builds"`

	// Image of the BuildKit that builds, with a tag or a digest.
	// Default: BuildKit v0.31.1 by its digest, from the first of several registries that answers.
	BuildkitImage string `json:"buildkitImage"`

	// Warnings are what is worth a look before the image is deployed, and stops nothing.
	Warnings []string `json:"-"`
}

// BaseImages says what becomes of base images without a digest.
type BaseImages string

// What becomes of them.
const (
	ReportBaseImages BaseImages = "report"
	PinnedBaseImages BaseImages = "pinned"
)

// Secret says where a secret is kept. The configuration holds no secret itself.
type Secret struct {
	// Name or ARN of a secret in AWS Secrets Manager; if it is a JSON object, then after a colon the key whose value is wanted,
	// such as build/npm:token.
	// Default: none, give parameterStore instead.
	SecretsManager string `json:"secretsManager,omitempty"`

	// Name of a parameter in the Parameter Store of AWS Systems Manager, such as /build/npmrc.
	// Default: none, give secretsManager instead.
	ParameterStore string `json:"parameterStore,omitempty"`

	// ARN of the customer-managed KMS key that encrypts the secret.
	// Default: the key of AWS that the service uses by itself.
	KmsKey string `json:"kmsKey,omitempty"`
}

// Tags are templates for tags. A template is literal text with these placeholders: {commit} is the whole commit ID,
// {commit:12} its first 12 characters (4 to 40), {branch} the branch, in which every character that a tag can't hold becomes
// a hyphen, and {date:20060102-1504} the time at which the image index was made, in a layout of Go's time package: in UTC, or
// in a time zone, as in {date:20060102,Europe/Berlin}.
type Tags struct {
	// Tags that never move once they are set: the registry refuses to overwrite them. They should hold {commit} or {date:…}.
	Immutable []string `json:"immutable"`

	// Tags that move to each newly promoted image: at most 5 filters of the registry, with at most two variable places
	// ({commit} or {date:…}) in each. None may cover an immutable tag.
	Moving []string `json:"moving"`

	// Filters are the wildcard patterns that exclude exactly the moving tags from the registry's tag immutability, each
	// once.
	Filters []string `json:"-"`
}

// Validation says how an image index is judged. Without it, everything that the checks call an error stops the pipeline.
type Validation struct {
	// Platforms that may be in the index beyond those that are built, such as linux/arm/v7.
	// Default: none.
	AllowedPlatforms []string `json:"allowedPlatforms"`

	// Checks whose findings are to weigh less, by the name of the check. They stay visible, with the reason.
	// Default: none.
	Downgrade map[string]Downgrade `json:"downgrade"`

	// Whether each platform must have a provenance attestation that is about it, and about this commit if it records one.
	RequireProvenance bool `json:"requireProvenance"`

	// Whether each platform must have a bill of materials that is about it. The image's sbom makes them.
	RequireSBOM bool `json:"requireSBOM"`

	// Whether every layer is read whole, compared with its digests, and every program and library in it looked at; else only
	// what starts, in no more of the layers than that takes. Default: true.
	Deep bool `json:"deep"`
}

// Downgrade makes the findings of a check weigh less.
type Downgrade struct {
	// What an error of the check becomes: a warning, or an info. Neither stops the pipeline.
	Severity Severity `json:"severity" jsonschema:"required"`

	// Why. It is shown with each finding: 1 to 200 characters.
	Reason string `json:"reason" jsonschema:"required"`
}

// DriftCheck looks on a schedule whether the public tags still serve what the pipeline has validated, and notifies the SNS topic if
// a platform or a part of an image is gone, or a tag serves what no run has promoted. Tags whose names hold {commit} or {date:…}
// are not looked at; nor are, with rules, those that are called after what a pattern matches. It is off unless it has a schedule.
type DriftCheck struct {
	// When: rate(1 day), or an expression such as cron(0 6 * * ? *), in UTC. Empty: never.
	Schedule string `json:"schedule" jsonschema:"required"`
}

// Build is the machine that builds one architecture.
type Build struct {
	// Size of the machine. amd64: SMALL 2 vCPU and 4 GB, MEDIUM 4 and 8, LARGE 8 and 16, XLARGE 36 and 72, 2XLARGE 72 and
	// 144. arm64: SMALL, MEDIUM and LARGE the same, XLARGE 32 and 64, 2XLARGE 48 and 96. Not every Region has every size.
	Compute Compute `json:"compute"`

	// Minutes after which a build is stopped: 5 to 480. CodePipeline ends a build action after 8 hours.
	TimeoutMinutes int `json:"timeoutMinutes"`
}

// ExecutionMode says what happens to a push while an earlier one is still running.
type ExecutionMode string

// The execution modes. CodePipeline's third, PARALLEL, is refused: see parallel.
const (
	Queued     ExecutionMode = "QUEUED"
	Superseded ExecutionMode = "SUPERSEDED"
)

// Encryption says whose keys encrypt what a pipeline keeps.
type Encryption string

// The kinds of keys.
const (
	AWSManaged      Encryption = "AWS_MANAGED"
	CustomerManaged Encryption = "CUSTOMER_MANAGED"
)

// RemovalPolicy says what becomes of data when a stack is deleted.
type RemovalPolicy string

// The removal policies.
const (
	Retain  RemovalPolicy = "RETAIN"
	Destroy RemovalPolicy = "DESTROY"
)

// Severity is how much a finding weighs.
type Severity string

// The severities that an error can be made.
const (
	Warning Severity = "warning"
	Info    Severity = "info"
)

// Compute is the size of a build machine.
type Compute string

// The sizes, which CodeBuild has for LINUX_CONTAINER and for ARM_CONTAINER alike.
// https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-compute-types.html
const (
	Small   Compute = "SMALL"
	Medium  Compute = "MEDIUM"
	Large   Compute = "LARGE"
	XLarge  Compute = "XLARGE"
	XXLarge Compute = "2XLARGE"
)
