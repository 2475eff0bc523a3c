// Package settings is what the functions of a pipeline know since the synthesis: which images there
// are and where they are kept, which actions build them, how an index is judged, and what it is
// called. It travels as one JSON file in the package of each function, next to the program, so that
// nothing of it can be changed by what runs through the pipeline. What only the deployment knows
// comes by environment variables, and what differs from run to run is asked of CodePipeline.
//
// The constructs write it, the functions and the rehearsal read it. It is pure Go and stays free of
// the CDK.
package settings

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"archway/internal/rule"
	"archway/internal/spec"
	"archway/internal/strict"
)

// File is the name of the file, beside the program.
const File = "settings.json"

// Metadata is the key of a pipeline's metadata in the template that shows the same to reviewers.
const Metadata = "archway:settings"

// The stages, in their order; those in the middle are there if they are asked for.
const (
	StageSource    = "Source"
	StageBuild     = "Build"
	StageMerge     = "Merge"
	StageValidate  = "Validate"
	StageScanGate  = "ScanGate"
	StageSmokeTest = "SmokeTest"
	StageApproval  = "Approval"
	StagePromote   = "Promote"
)

// ActionPromote is the one action that promotes all images. The actions of the stages Merge,
// Validate and ScanGate are called like their images.
const ActionPromote = "Promote"

// Variables of the pipeline, if it has rules: the name of the rule by which a run was started, and
// of the branch or tag.
const (
	RuleVariable = "rule"
	RefVariable  = "ref"

	// NoRule is the rule's value if nobody gives one, and no rule matches the pipeline's branch.
	NoRule = "none"
)

// Output variables of actions.
const (
	// ImageDigest is what a build has pushed, or None.
	ImageDigest = "IMAGE_DIGEST"
	// IndexDigest is what a merge has put.
	IndexDigest = "INDEX_DIGEST"
	// Digest, Platforms and Referrers are what a Validate action has passed: the index, its
	// platforms separated by commas, and the digests of what refers to it or its images and counted
	// as a proof, separated by commas, or None.
	Digest    = "digest"
	Platforms = "platforms"
	Referrers = "referrers"

	// None stands for nothing: CodePipeline knows no empty values.
	None = "none"
)

// Environment variables of functions: what only the deployment knows.
const (
	// RegistryEnvironment is the host of the account's registry.
	RegistryEnvironment = "REGISTRY"
	// TopicEnvironment is the ARN of the topic that is told of drift.
	TopicEnvironment = "TOPIC_ARN"
)

// Pipeline is one pipeline.
type Pipeline struct {
	Name   string `json:"name"`
	Source Source `json:"source"`
	// Stages are those before Promote, which must have succeeded before it moves a tag.
	Stages []Stage `json:"stages"`
	Images []Image `json:"images"`
	// Rules are the build rules with the tags that they give to each image. None: every run is for
	// the source's branch.
	Rules []rule.Tagged `json:"rules,omitempty"`
	// HoldMinutes is how long an execution may be held up between Validate and Promote, by
	// approvals and gates.
	HoldMinutes int `json:"holdMinutes,omitempty"`
}

// Stage is a stage with its actions.
type Stage struct {
	Name    string   `json:"name"`
	Actions []string `json:"actions"`
}

// Image is one image of the pipeline.
type Image struct {
	Name string `json:"name"`
	// Staging is the repository that builds push to, and Release the one that people pull from.
	// Release is empty if the pipeline promotes nothing.
	Staging string `json:"staging"`
	Release string `json:"release,omitempty"`
	// StagingDays is after how many days ECR deletes what no tag names in the staging repository.
	StagingDays int     `json:"stagingDays"`
	Builds      []Build `json:"builds"`
	// Tags are those of a pipeline without rules.
	Tags       rule.Tags       `json:"tags,omitzero"`
	Validation spec.Validation `json:"validation,omitzero"`
	Scan       *spec.ScanGate  `json:"scan,omitempty"`
}

// Build is the build of one platform.
type Build struct {
	Platform string `json:"platform"`
	Action   string `json:"action"`
	// Skip are the rules that leave the platform out.
	Skip []string `json:"skip,omitempty"`
}

// Parameters are the UserParameters of every Lambda action. Nothing in them is substituted but the
// execution's id.
type Parameters struct {
	// Settings is the Sum of the file that the pipeline was made with.
	Settings string `json:"settings"`
	// Execution is CodePipeline's id of the run.
	Execution string `json:"execution"`
	// Image is the image that the action is about; empty for Promote, which is about all.
	Image string `json:"image,omitempty"`
}

// DriftEvent is the event of the schedule.
type DriftEvent struct {
	Check DriftCheck `json:"archway.driftCheck"`
}

// DriftEventKey tells such an event from CodePipeline's.
const DriftEventKey = "archway.driftCheck"

// DriftCheck asks for a check of what the public tags of an image serve.
type DriftCheck struct {
	// Settings is the Sum of the file that the schedule was made with.
	Settings string `json:"settings"`
	Image    string `json:"image"`
}

// Encode writes the file.
func (p *Pipeline) Encode() []byte {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false) // "<" stands in every named group
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(p); err != nil {
		panic(err) // strings, numbers, and maps and slices of them, can always be written
	}
	return b.Bytes()
}

// Decode reads what Encode wrote, and refuses everything else.
func Decode(data []byte) (*Pipeline, error) {
	var p Pipeline
	if err := strict.Decode(data, &p); err != nil {
		return nil, fmt.Errorf("%s is not what the pipeline's functions are made with: %w", File, err)
	}
	return &p, nil
}

// Sum is the SHA-256 of a file, in hexadecimal digits.
func Sum(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// Loaded are the settings of a running function.
type Loaded struct {
	Pipeline
	// Sum is that of the file.
	Sum string
}

// Load reads the file in a folder: that of the function's package, which Lambda names in
// LAMBDA_TASK_ROOT.
func Load(dir string) (*Loaded, error) {
	data, err := os.ReadFile(filepath.Join(dir, File))
	if err != nil {
		return nil, fmt.Errorf("the function's package lacks its settings: %w", err)
	}
	p, err := Decode(data)
	if err != nil {
		return nil, err
	}
	return &Loaded{*p, Sum(data)}, nil
}

// Image finds an image by its name.
func (p *Pipeline) Image(name string) (*Image, bool) {
	at := slices.IndexFunc(p.Images, func(i Image) bool { return i.Name == name })
	if at < 0 {
		return nil, false
	}
	return &p.Images[at], true
}

// Platforms are those that a rule builds; "" is no rule.
func (i *Image) Platforms(rule string) []string {
	var all []string
	for _, b := range i.Builds {
		if !slices.Contains(b.Skip, rule) {
			all = append(all, b.Platform)
		}
	}
	return all
}

// stagingPrefix comes before the name of a release repository. It is a prefix and no suffix,
// because ECR's replication filters are prefixes: one for "hello-go" must not take
// "hello-go-staging" along.
const stagingPrefix = "staging/"

// Staging is the name of the repository that builds of an image push to, by the name of the one
// that people pull from.
func Staging(release string) string { return stagingPrefix + release }
