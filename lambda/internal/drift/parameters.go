// Package drift is the scheduled check: what do the public tags of an image serve today, and is it still what a run of the pipeline
// has validated? It changes nothing; it notifies.
package drift

import (
	"strings"

	"github.com/google/go-containerregistry/pkg/name"

	"archway/lambda/internal/check"
	"archway/lambda/internal/index"
	"archway/lambda/internal/job"
	"archway/lambda/internal/validation"
)

// Parameters say what is to be found.
type Parameters struct {
	// Repository is the registry's host and the repository's name.
	Repository string `json:"repository"`
	// Branch fills the templates of tags, see package tag.
	Branch string `json:"branch"`
	// Moving are the templates of the public tags. Those that hold a commit or a date have no name to look under, and are left out.
	Moving []string `json:"moving"`
	// Immutable are the templates of the tags that each promoted image was given.
	Immutable []string `json:"immutable"`
	// Platforms must be there.
	Platforms []string `json:"platforms"`
	// Topic is the ARN of the SNS topic to notify.
	Topic string `json:"topic"`
	validation.Policy
}

// task is the same in checked form.
type task struct {
	repository name.Repository
	want       check.Want
	branch     string
	// public are the tags that are looked at, proofs the templates that only a promotion writes.
	public []string
	proofs validation.Templates
}

func (p Parameters) task() (task, error) {
	required := job.Required{
		"repository": p.Repository, "branch": p.Branch, "topic": p.Topic, "moving": strings.Join(p.Moving, ""),
		"immutable": strings.Join(p.Immutable, ""), "platforms": strings.Join(p.Platforms, ""),
	}
	if err := required.Missing("repository", "branch", "moving", "immutable", "platforms", "topic"); err != nil {
		return task{}, err
	}
	repository, err := job.CheckRepository(p.Repository)
	if err != nil {
		return task{}, err
	}
	t := task{repository: repository, branch: p.Branch}
	if t.want, err = p.Want(); err != nil {
		return task{}, err
	}
	for _, name := range p.Platforms {
		platform, err := index.ParsePlatform(name)
		if err != nil {
			return task{}, job.Misconfigured("The parameter platforms: %s.", err)
		}
		t.want.Platforms = append(t.want.Platforms, platform)
	}
	moving, err := validation.ParseTemplates("moving", p.Moving)
	if err != nil {
		return task{}, err
	}
	var fixed validation.Templates
	for _, m := range moving {
		if !m.Varies() {
			fixed = append(fixed, m)
		}
	}
	tags, unknown := fixed.Render(validation.Values(&index.Image{}, "", p.Branch))
	switch {
	case len(unknown) > 0:
		return task{}, job.Misconfigured("The parameter moving: %s.", unknown[0].Unknown)
	case len(tags) == 0:
		return task{}, job.Misconfigured("The parameter moving names no tag that stays where it is called, such as latest: there is nothing to check.")
	}
	t.public = tags
	immutable, err := validation.ParseTemplates("immutable", p.Immutable)
	if err != nil {
		return task{}, err
	}
	for _, i := range immutable {
		if i.Varies() {
			t.proofs = append(t.proofs, i)
		}
	}
	if len(t.proofs) == 0 {
		return task{}, job.Misconfigured("The parameter immutable names no tag that differs from commit to commit, such as {commit:12}: nothing can tell which images were validated.")
	}
	return t, nil
}
