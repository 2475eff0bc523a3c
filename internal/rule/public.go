package rule

import (
	"slices"
	"strings"

	"archway/internal/tag"
)

// Public are moving tags of an image that have the same name whatever is pushed, so that they can
// be looked up at any time.
type Public struct {
	Tags []string
	// Writers are the rules that point them at an image.
	Writers []string
}

// Publics finds the public tags of an image, together with those that the same rules write. The
// names of others follow from what is pushed, such as those of {branch} in a rule with a pattern:
// nobody knows them before.
func Publics(rules []Tagged, image string) ([]Public, error) {
	writers := map[string][]string{}
	var tags []string
	for _, r := range rules {
		m, err := Compile(r.Rule)
		if err != nil {
			return nil, err
		}
		for _, text := range r.Images[image].Moving {
			name, varies, err := m.known(text)
			if err != nil {
				return nil, err
			}
			if name == "" || varies {
				continue
			}
			if !slices.Contains(tags, name) {
				tags = append(tags, name)
			}
			writers[name] = append(writers[name], r.Name)
		}
	}
	var all []Public
	for _, name := range tags {
		of := writers[name]
		if at := slices.IndexFunc(all, func(p Public) bool { return slices.Equal(p.Writers, of) }); at >= 0 {
			all[at].Tags = append(all[at].Tags, name)
			continue
		}
		all = append(all, Public{Tags: []string{name}, Writers: of})
	}
	return all, nil
}

// known fills in what is the same for every reference of the rule, and reports whether the template
// still varies from commit to commit. It gives "" if something else is left open.
func (m *Matcher) known(text string) (filled string, varies bool, err error) {
	t, err := tag.Parse(text, m.Names()...)
	if err != nil {
		return "", false, err
	}
	open := t.Uses("branch") || slices.ContainsFunc(m.Names(), t.Uses)
	if open && m.Exact == "" {
		return "", false, nil
	}
	named, _ := m.Match(m.Exact)
	return strings.ReplaceAll(t.Fill(named), "{branch}", tag.Branch(m.Exact)), t.Varies(), nil
}
