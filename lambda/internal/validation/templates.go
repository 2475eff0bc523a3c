package validation

import (
	"slices"
	"time"

	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/internal/tag"
	"archway/lambda/internal/index"
	"archway/lambda/internal/job"
)

// Templates are templates of tags, see package tag.
type Templates []tag.Template

// ParseTemplates reads a field of the parameters.
func ParseTemplates(field string, texts []string) (Templates, error) {
	var all Templates
	for n, text := range texts {
		t, err := tag.Parse(text)
		if err != nil {
			return nil, job.Misconfigured("The parameter %s[%d] is no tag template: %s.", field, n, err)
		}
		all = append(all, t)
	}
	return all, nil
}

// Render gives the tags, each once, and for templates that can't be rendered the reason.
func (t Templates) Render(values tag.Values) (tags []string, unknown []index.Served) {
	for _, template := range t {
		name, err := template.Render(values)
		switch {
		case err != nil:
			unknown = append(unknown, index.Served{Tag: template.String(), Unknown: err.Error()})
		case !slices.Contains(tags, name):
			tags = append(tags, name)
		}
	}
	return tags, unknown
}

// Values fill the templates as the promotion does: with the time at which the index was made.
func Values(image *index.Image, commit, branch string) tag.Values {
	v := tag.Values{Commit: commit, Branch: branch}
	if image.Root != nil {
		// Without a readable time, templates with a date can't be rendered, and say so.
		v.Time, _ = time.Parse(time.RFC3339, image.Root.Body.Annotations[specs.AnnotationCreated])
	}
	return v
}
