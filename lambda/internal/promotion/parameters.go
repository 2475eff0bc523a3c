package promotion

import (
	"fmt"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/opencontainers/go-digest"

	"archway/internal/tag"
	"archway/lambda/internal/check"
	"archway/lambda/internal/job"
)

// Parameters are the UserParameters of a Promote action.
type Parameters struct {
	// Repository is the registry's host and the repository's name.
	Repository string `json:"repository"`
	// Digest is the one that the Validate action of this execution passed.
	Digest string `json:"digest"`
	// Commit and Branch fill the templates.
	Commit string `json:"commit"`
	Branch string `json:"branch"`
	// Immutable and Moving are the templates of the tags, see package tag. One of the two may be empty.
	Immutable []string `json:"immutable"`
	Moving    []string `json:"moving"`
	// Execution is the pipeline's execution that the action belongs to.
	Execution string `json:"execution"`
	// Check looks at everything that could keep the tags from being written, and writes none. Pipelines of several images do
	// that for all of them before the first tag of any of them moves.
	Check bool `json:"check"`
	// Downgrade is the image's policy for checks, as the Validate action has it; of interest is "regression" alone.
	Downgrade map[string]string `json:"downgrade"`
}

// task is the same in checked form.
type task struct {
	repository name.Repository
	digest     digest.Digest
	values     tag.Values
	templates  []template
	execution  string
	check      bool
	givingUp   string
}

type template struct {
	tag.Template
	immutable bool
}

// Tag is a tag to be written.
type Tag struct {
	Name string
	// Immutable tags are written first, and never from one digest to another.
	Immutable bool
}

func parse(userParameters string) (task, error) {
	var p Parameters
	if err := job.Decode(userParameters, &p); err != nil {
		return task{}, err
	}
	tags := strings.Join(append(slices.Clone(p.Immutable), p.Moving...), "")
	required := job.Required{"repository": p.Repository, "digest": p.Digest, "commit": p.Commit, "branch": p.Branch, "execution": p.Execution, "immutable or moving (the tags)": tags}
	if err := required.Missing("repository", "digest", "commit", "branch", "execution", "immutable or moving (the tags)"); err != nil {
		return task{}, err
	}
	repository, err := job.CheckRepository(p.Repository)
	if err != nil {
		return task{}, err
	}
	if err := job.CheckDigest("digest", p.Digest); err != nil {
		return task{}, err
	}
	t := task{repository: repository, digest: digest.Digest(p.Digest), values: tag.Values{Commit: p.Commit, Branch: p.Branch}, execution: p.Execution, check: p.Check}
	if text, ok := p.Downgrade["regression"]; ok {
		d, err := check.ParseDowngrade(text)
		if err != nil {
			return task{}, job.Misconfigured("The parameter downgrade.regression: %s.", err)
		}
		t.givingUp = d.Reason
	}
	for _, group := range []struct {
		field     string
		templates []string
		immutable bool
	}{{"immutable", p.Immutable, true}, {"moving", p.Moving, false}} {
		for n, text := range group.templates {
			parsed, err := tag.Parse(text)
			if err != nil {
				return task{}, job.Misconfigured("The parameter %s[%d] is no tag template: %s.", group.field, n, err)
			}
			t.templates = append(t.templates, template{parsed, group.immutable})
		}
	}
	return t, nil
}

// render gives the tags, immutable ones first, each once.
func (t task) render() ([]Tag, error) {
	var tags []Tag
	for _, template := range t.templates {
		name, err := template.Render(t.values)
		if err != nil {
			return nil, job.Misconfigured("No tag was moved: %s.", err)
		}
		at := slices.IndexFunc(tags, func(other Tag) bool { return other.Name == name })
		switch {
		case at < 0:
			tags = append(tags, Tag{name, template.immutable})
		case tags[at].Immutable != template.immutable:
			return nil, job.Misconfigured("No tag was moved: the tag %q is configured as immutable and as moving; name it in one of the two lists.", name)
		}
	}
	return tags, nil
}

func (t Tag) String() string {
	if t.Immutable {
		return fmt.Sprintf("%s (immutable)", t.Name)
	}
	return t.Name
}
