package config

import (
	"bytes"
	"encoding/json"
	"strings"
)

// maxParameters is how long a value in the configuration of an action of CodePipeline may be, before and after its
// variables are resolved: https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_ActionDeclaration.html.
const maxParameters = 1000

// maxHost is no shorter than any registry's host, such as 111122223333.dkr.ecr.us-isob-east-1.sc2s.sgov.gov.
const maxHost = 64

// checkParameters reports tags that don't fit into the parameters of the promotion.
func (r *reader) checkParameters(at string, tags Tags, name, registry, branch string) {
	if name == "" || registry == "" {
		return
	}
	type parameters struct {
		Repository string   `json:"repository"`
		Digest     string   `json:"digest"`
		Commit     string   `json:"commit"`
		Branch     string   `json:"branch"`
		Execution  string   `json:"execution"`
		Check      bool     `json:"check"`
		Immutable  []string `json:"immutable"`
		Moving     []string `json:"moving"`
	}
	p := parameters{Repository: strings.Repeat("h", maxHost) + "/" + registry, Check: true, Immutable: tags.Immutable, Moving: tags.Moving}
	written := p
	written.Digest, written.Commit, written.Branch = "#{Validate-"+name+".digest}", "#{Source.CommitId}", "#{variables.branch}"
	resolved := p
	written.Execution, resolved.Execution = "#{codepipeline.PipelineExecutionId}", strings.Repeat("0", 36)
	resolved.Digest, resolved.Commit, resolved.Branch = "sha256:"+strings.Repeat("0", 64), strings.Repeat("0", 40), branch
	if size := max(jsonSize(written), jsonSize(resolved)); size > maxParameters {
		r.report(at, nothing{}, "with the names of the repository and the branch, the tags take up to %d characters of the promotion's parameters, but CodePipeline takes at most %d: use fewer or shorter tags", size, maxParameters)
	}
}

// checkValidation reports a validation that doesn't fit into the parameters of its action.
func (r *reader) checkValidation(o object, image Image, branch string) {
	if image.Name == "" || image.Repository == "" || branch == "" {
		return
	}
	type parameters struct {
		Repository string            `json:"repository"`
		Digest     string            `json:"digest"`
		Revision   string            `json:"revision"`
		Builds     map[string]string `json:"builds"`
		Branch     string            `json:"branch"`
		Moving     []string          `json:"moving"`
		Allow      []string          `json:"allow,omitempty"`
		Downgrade  map[string]string `json:"downgrade,omitempty"`
		Provenance bool              `json:"provenance,omitempty"`
		Deep       bool              `json:"deep,omitempty"`
	}
	p := parameters{
		Repository: strings.Repeat("h", maxHost) + "/" + image.Repository, Moving: image.Tags.Moving,
		Allow: image.Validation.AllowedPlatforms, Downgrade: map[string]string{}, Provenance: image.Validation.RequireProvenance, Deep: image.Validation.Deep,
	}
	for check, d := range image.Validation.Downgrade {
		p.Downgrade[check] = string(d.Severity) + ":" + d.Reason
	}
	written, resolved := p, p
	written.Digest, written.Revision, written.Branch = "#{Merge-"+image.Name+".INDEX_DIGEST}", "#{Source.CommitId}", "#{variables.branch}"
	resolved.Digest, resolved.Revision, resolved.Branch = "sha256:"+strings.Repeat("0", 64), strings.Repeat("0", 40), branch
	written.Builds, resolved.Builds = map[string]string{}, map[string]string{}
	for _, platform := range image.Platforms {
		written.Builds[platform.String()] = "#{Build-" + image.Name + "-" + platform.Arch() + ".IMAGE_DIGEST}"
		resolved.Builds[platform.String()] = resolved.Digest
	}
	if size := max(jsonSize(written), jsonSize(resolved)); size > maxParameters {
		o.r.report(o.at, nothing{}, "with the names of the repository, the branch and the moving tags, the validation takes up to %d characters of its action's parameters, but CodePipeline takes at most %d: shorten the reasons of downgrades, or use fewer or shorter moving tags", size, maxParameters)
	}
}

func jsonSize(value any) int {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return 0
	}
	return len([]rune(b.String())) - 1
}
