package validation

import (
	"slices"
	"time"

	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/internal/settings"
	"archway/lambda/internal/image/index"
)

// moving gives the moving tags that an index is to get, each once, and for templates that can't be
// rendered the reason. They are filled as the promotion fills them: with the time at which the
// index was made.
func moving(tags settings.Tags, image *index.Image, commit string) (names []string, unknown []index.Served) {
	values := tags.Values
	values.Commit = commit
	// Without a readable time, templates with a date can't be rendered, and say so.
	values.Time, _ = time.Parse(time.RFC3339, image.Root.Body.Annotations[specs.AnnotationCreated])
	for _, template := range tags.Moving {
		name, err := template.Render(values)
		switch {
		case err != nil:
			unknown = append(unknown, index.Served{Tag: template.String(), Unknown: err.Error()})
		case !slices.Contains(names, name):
			names = append(names, name)
		}
	}
	return names, unknown
}
