package config

import (
	"slices"
	"strings"

	"archway/internal/parameters"
)

// maxHost is no shorter than any registry's host, such as 111122223333.dkr.ecr.us-isob-east-1.sc2s.sgov.gov.
const maxHost = 64

// checkParameters reports an image for which the parameters of its actions are longer than CodePipeline takes. The references
// are those in the configuration, before CodePipeline resolves variables, and the longest ones of executions.
func (r *reader) checkParameters(o object, pipeline string, image Image, written, resolved parameters.Reference, rules []Rule) {
	if pipeline == "" || image.Name == "" || image.Repository == "" {
		return
	}
	policy := image.Validation.policy()
	promotion := parameters.Promotion{
		Repository: strings.Repeat("h", maxHost) + "/" + image.Repository, Check: true,
		Immutable: image.Tags.Immutable, Moving: image.Tags.Moving, Downgrade: policy.Regressions(),
	}
	validation := parameters.Validation{Repository: promotion.Repository, Only: only(image, rules), Moving: image.Tags.Moving, Policy: policy}
	if len(rules) > 0 {
		promotion.Immutable, promotion.Moving, validation.Moving = nil, nil, nil // the functions have them
	}
	sizes := func(reference parameters.Reference, execution, commit string, digest func(of string) string) (promoted, validated int) {
		promotion.Reference, promotion.Execution, promotion.Commit, promotion.Digest = reference, execution, commit, digest("Validate-"+image.Name+".digest")
		validation.Reference, validation.Revision, validation.Digest = reference, commit, digest("Merge-"+image.Name+".INDEX_DIGEST")
		validation.Builds = map[string]string{}
		for _, platform := range image.Platforms {
			validation.Builds[platform.String()] = digest("Build-" + image.Name + "-" + platform.Arch() + ".IMAGE_DIGEST")
		}
		return parameters.Size(promotion), parameters.Size(validation)
	}
	promotedBefore, validatedBefore := sizes(written, "#{codepipeline.PipelineExecutionId}", "#{Source.CommitId}", func(of string) string { return "#{" + of + "}" })
	promoted, validated := sizes(resolved, strings.Repeat("0", 36), strings.Repeat("0", 40), func(string) string { return "sha256:" + strings.Repeat("0", 64) })

	report := func(at, action string, size int, cure string) {
		if size > parameters.Max {
			r.report(at, nothing{}, "in the pipeline %s, the parameters of the action that %s the image %s take up to %d characters, but CodePipeline takes at most %d: %s", pipeline, action, image.Name, size, parameters.Max, cure)
		}
	}
	at, tags, names := o.path("tags"), "use fewer or shorter tags", "shorten the reasons of downgrades, use fewer or shorter moving tags, or a shorter name of the repository or branch"
	if len(rules) > 0 {
		at = o.at
		// A name that a pattern matches counts as long as CodeCommit lets it be.
		tags = "shorten the name of the repository, the image or the rules, or the reason for which regression is downgraded, or use rules with exact names"
		names = "shorten the reasons of downgrades, or the name of the repository, the image or the rules, let fewer rules leave out platforms, or use rules with exact names"
	}
	report(at, "promotes", max(promotedBefore, promoted), tags)
	report(o.at, "validates", max(validatedBefore, validated), names)
}

// policy is the validation in the form of parameters.
func (v Validation) policy() parameters.Policy {
	p := parameters.Policy{Allow: v.AllowedPlatforms, Provenance: v.RequireProvenance, SBOM: v.RequireSBOM, Deep: v.Deep, Downgrade: map[string]string{}}
	for check, d := range v.Downgrade {
		p.Downgrade[check] = string(d.Severity) + ":" + d.Reason
	}
	return p
}

// only are the rules that build fewer platforms of an image, by the platforms that they build.
func only(image Image, rules []Rule) map[string][]string {
	only := map[string][]string{}
	for _, one := range rules {
		if platforms := one.Settings[image.Name].Platforms; !slices.Equal(platforms, image.Platforms) {
			key := strings.Join(texts(platforms), ",")
			only[key] = append(only[key], one.Name)
		}
	}
	return only
}

// checkRuleParameters is checkParameters for a pipeline with rules.
func (r *reader) checkRuleParameters(o object, pipeline string, image Image, rules []Rule) {
	written := parameters.Reference{Image: image.Name, Rule: "#{variables.rule}", Ref: "#{variables.ref}"}
	longest := parameters.Reference{Image: image.Name}
	for _, one := range rules {
		ref := one.Exact
		if one.Pattern != "" {
			ref = strings.Repeat("x", maxBranch)
		}
		if len(one.Name) > len(longest.Rule) {
			longest.Rule = one.Name
		}
		if len([]rune(ref)) > len([]rune(longest.Ref)) {
			longest.Ref = ref
		}
	}
	r.checkParameters(o, pipeline, image, written, longest, rules)
}
