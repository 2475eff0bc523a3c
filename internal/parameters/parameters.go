// Package parameters is the form in which a pipeline's actions tell the functions what to do. The constructs write it, with
// variables that CodePipeline resolves, and the configuration checks that it fits. The functions have types of their own for
// it, which refuse what they don't know. It is pure Go and stays free of the CDK.
package parameters

import (
	"unicode/utf8"

	"archway/internal/rule"
)

// Max is how many characters a value in the configuration of an action may have, before and after its variables are resolved:
// https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_ActionDeclaration.html.
const Max = 1000

// Reference names what was built, from which the functions make the tags: the branch, or a reference and its rule.
type Reference struct {
	Branch string `json:"branch,omitempty"`
	Image  string `json:"image,omitempty"`
	Rule   string `json:"rule,omitempty"`
	Ref    string `json:"ref,omitempty"`
}

// Validation is for the Validate action of an image. The reference and Moving, templates of tags, name the moving tags, which
// must not lose a platform. Only lists the rules that build fewer platforms, by the platforms that they build.
type Validation struct {
	Repository string            `json:"repository"`
	Digest     string            `json:"digest"`
	Revision   string            `json:"revision"`
	Builds     map[string]string `json:"builds"`
	Reference
	Only   map[string][]string `json:"only,omitempty"`
	Moving []string            `json:"moving,omitempty"`
	Policy
}

// Policy says how an index is judged.
type Policy struct {
	Allow []string `json:"allow,omitempty"`
	// Downgrade is "severity:reason" by the check's name.
	Downgrade  map[string]string `json:"downgrade,omitempty"`
	Provenance bool              `json:"provenance,omitempty"`
	SBOM       bool              `json:"sbom,omitempty"`
	Deep       bool              `json:"deep,omitempty"`
}

// Promotion is for the Promote action of an image, and for the check before it.
type Promotion struct {
	Repository string `json:"repository"`
	Digest     string `json:"digest"`
	Commit     string `json:"commit"`
	Reference
	Execution string   `json:"execution"`
	Check     bool     `json:"check,omitempty"`
	Immutable []string `json:"immutable,omitempty"`
	Moving    []string `json:"moving,omitempty"`
	// Downgrade holds nothing but Regression: the promotion looks once more whether a moving tag loses a platform.
	Downgrade map[string]string `json:"downgrade,omitempty"`
}

// Scan is for the ScanGate action of an image: how many findings it may have, by ECR's words for severities.
type Scan struct {
	Repository       string         `json:"repository"`
	Digest           string         `json:"digest"`
	Limits           map[string]int `json:"limits"`
	Minutes          int            `json:"minutes"`
	AllowUnscannable bool           `json:"allowUnscannable,omitempty"`
}

// Regression is the check that the validation and the promotion both make.
const Regression = "regression"

// Regressions are the part of the policy that the promotion needs.
func (p Policy) Regressions() map[string]string {
	text, ok := p.Downgrade[Regression]
	if !ok {
		return nil
	}
	return map[string]string{Regression: text}
}

// Size is how many characters parameters take.
func Size(parameters any) int { return utf8.RuneCountInString(rule.Encode(parameters)) }
