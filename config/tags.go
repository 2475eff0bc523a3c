package config

import (
	"errors"
	"slices"
	"strings"
	"time"

	"archway/internal/tag"
)

// maxFilters is how many filters ECR takes for a repository.
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html
const maxFilters = 5

// template is a tag template together with where it stands.
type template struct {
	tag.Template
	at string
}

// tags reads the tags of an image. The branch is "" if it is not valid, or if rules decide what the
// tags are.
func (r *reader) tags(image object, branch string) (tags Tags, filters []string) {
	tags = defaultTags()
	at := image.path("tags")
	if image.has("tags") {
		o, ok := r.object(at, image.fields["tags"], keysOf[Tags]())
		if !ok {
			return tags, nil
		}
		tags.Immutable = o.texts("immutable", tags.Immutable)
		tags.Moving = o.texts("moving", tags.Moving)
		if len(tags.Immutable)+len(tags.Moving) == 0 && !o.broken() {
			image.report("tags",
				`leaves the image without any tag: list at least one, such as "{commit:12}" under "immutable"`)
		}
	}
	immutable := r.templates(below(at, "immutable"), tags.Immutable)
	moving := r.templates(below(at, "moving"), tags.Moving)
	if branch == "" {
		return tags, nil
	}
	r.checkRendered(slices.Concat(immutable, moving), branch)
	for _, t := range immutable {
		if !t.Varies() && strings.Contains(t.String(), "{branch}") {
			r.report(t.at, t.String(),
				`is the same tag for every commit, which an immutable tag can't follow: put it under "moving", or add {commit:12}`)
		}
	}
	filters = r.filters(moving, immutable, branch)
	if len(filters) > maxFilters {
		r.report(below(at, "moving"), tags.Moving,
			"needs %d filters to be excluded from the immutability of tags, but ECR takes at most %d: remove some",
			len(filters), maxFilters)
	}
	return tags, filters
}

// texts reads a list of strings. Items of another type stay as "", so that the others keep their
// places.
func (o object) texts(key string, fallback []string) []string {
	if !o.has(key) {
		return fallback
	}
	list, ok := o.list(key)
	if !ok {
		return nil
	}
	texts := []string{}
	for i, value := range list {
		text, ok := typed[string](o.r, item(o.path(key), i), value, aString)
		if ok && text == "" {
			o.r.report(item(o.path(key), i), value, `is empty: write a tag such as "latest" or "{commit:12}"`)
		}
		texts = append(texts, text)
	}
	return texts
}

// broken reports whether a value of the object has the wrong type.
func (o object) broken() bool {
	for _, value := range o.fields {
		if _, ok := value.([]any); !ok {
			return true
		}
	}
	return false
}

// templates parses tag templates, and gives the good ones.
func (r *reader) templates(at string, texts []string, names ...string) []template {
	var templates []template
	for i, text := range texts {
		if text == "" {
			continue // reported already
		}
		t, err := tag.Parse(text, names...)
		if err != nil {
			r.report(item(at, i), text, "%s", reason(err))
			continue
		}
		templates = append(templates, template{Template: t, at: item(at, i)})
	}
	return templates
}

// reason leaves off the template, which stands before it in a problem.
func reason(err error) string {
	if refused := (*tag.Error)(nil); errors.As(err, &refused) {
		return refused.Reason
	}
	return err.Error()
}

// samples are two runs of a pipeline that have nothing in common but the branch: templates that
// yield the same tags for both are the same.
func samples(branch string) []tag.Values {
	return []tag.Values{
		{Commit: strings.Repeat("01234", 8), Branch: branch,
			Time: time.Date(2001, time.January, 3, 4, 5, 6, 0, time.UTC)},
		{Commit: strings.Repeat("fedcb", 8), Branch: branch,
			Time: time.Date(2024, time.September, 24, 17, 58, 59, 0, time.UTC)},
	}
}

// checkRendered reports templates that yield no tag, or the same one as another.
func (r *reader) checkRendered(templates []template, branch string) {
	taken := map[string]template{}
	for _, t := range templates {
		var tags []string
		for _, values := range samples(branch) {
			rendered, err := t.Render(values)
			if err != nil {
				r.report(t.at, t.String(), "%s: change the template, or the branch", reason(err))
				break
			}
			tags = append(tags, rendered)
		}
		if len(tags) < len(samples(branch)) {
			continue
		}
		key := strings.Join(tags, " ")
		if first, ok := taken[key]; ok {
			r.report(t.at, t.String(), "yields the same tag as %s, %q (such as %q): remove one of them", first.at,
				first, tags[0])
			continue
		}
		taken[key] = t
	}
}

// filters gives the filters of the moving tags, and reports those that ECR refuses or that would
// cover an immutable tag.
func (r *reader) filters(moving, immutable []template, branch string) []string {
	filters := []string{}
	for _, m := range moving {
		if _, err := m.Render(samples(branch)[0]); err != nil {
			continue // reported already
		}
		filter, err := m.Filter(branch)
		if err != nil {
			r.report(m.at, m.String(), "%s", reason(err))
			continue
		}
		for _, i := range immutable {
			if i.MayMatch(filter, branch) && i.String() != m.String() {
				r.report(m.at, m.String(),
					"its filter %q would also make the immutable tag at %s, %q, overwritable: change one so that no tag fits both",
					filter, i.at, i)
			}
		}
		if !slices.Contains(filters, filter) {
			filters = append(filters, filter)
		}
	}
	return filters
}
