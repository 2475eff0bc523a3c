package config

import (
	"maps"
	"slices"

	"archway/internal/rule"
)

// overrides reads what a rule says for all images, and for single ones.
func (r *reader) overrides(o object, into *Rule, p Planned) {
	into.Override = r.override(o)
	value, ok := o.fields["images"]
	if !ok {
		return
	}
	var known []string
	for _, image := range p.Images {
		known = append(known, image.Name)
	}
	images, _ := r.object(o.path("images"), value, known)
	into.Images = map[string]Override{}
	for _, name := range slices.Sorted(maps.Keys(images.fields)) {
		if inner, ok := r.object(images.path(name), images.fields[name], keysOf[Override]()); ok &&
			(slices.Contains(known, name) || len(known) == 0) {
			into.Images[name] = r.override(inner)
		}
	}
}

func (r *reader) override(o object) Override {
	var over Override
	over.Context, _ = o.pathInside("context", "", "the top of the source repository")
	over.Dockerfile, _ = o.pathInside("dockerfile", "", "the context")
	over.BuildArgs = o.buildArgs("buildArgs")
	over.NoCache = o.flag("noCache")
	over.Platforms, _ = o.platforms("platforms", nil)
	if o.has("tags") {
		if tags, ok := r.object(o.path("tags"), o.fields["tags"], keysOf[Tags]()); ok {
			over.Tags = Tags{Immutable: tags.texts("immutable", []string{}), Moving: tags.texts("moving", []string{})}
			if len(over.Tags.Immutable)+len(over.Tags.Moving) == 0 && !tags.broken() {
				o.report("tags", `leaves what is built without any tag: list at least one, or remove the key`)
			}
		}
	}
	return over
}

// settings works out what a rule means for each image.
func (r *reader) settings(c checked, p Planned) map[string]Settings {
	settings := map[string]Settings{}
	for _, image := range p.Images {
		s := Settings{Context: image.Context, Dockerfile: image.Dockerfile, BuildArgs: maps.Clone(image.BuildArgs),
			Platforms: image.Platforms}
		switch {
		case !p.Classes[c.rule.Class].Promote:
		case c.Type == rule.Branch:
			s.Tags = rule.Tags{Immutable: image.Tags.Immutable, Moving: image.Tags.Moving}
		default:
			s.Tags = rule.Tags{Immutable: []string{"{tag}"}}
		}
		r.apply(&s, c.source, c.rule.Override, image)
		if over, ok := c.rule.Images[image.Name]; ok {
			inner, _ := c.source.fields["images"].(map[string]any)[image.Name].(map[string]any)
			r.apply(&s, object{r: r, at: below(c.source.path("images"), image.Name), fields: inner}, over, image)
		}
		if tags := s.Tags; !p.Classes[c.rule.Class].Promote && len(tags.Immutable)+len(tags.Moving) > 0 {
			r.report(c.at, nothing{},
				`gives tags to %s, but its class %q has "promote": false, so that there is nothing to tag: remove the tags, or that`,
				image.Name, c.rule.Class)
		}
		// Other branches may have other files than the first commit.
		if _, seeded := c.Match(p.Source.Branch); p.Source.Seed != "" && c.Type == rule.Branch && seeded &&
			(s.Context != image.Context || s.Dockerfile != image.Dockerfile) {
			c.source.checkDockerfile(p.Source.Seed, s.Context, s.Dockerfile)
		}
		settings[image.Name] = s
	}
	return settings
}

func (r *reader) apply(s *Settings, o object, over Override, image Image) {
	if over.Context != "" {
		s.Context = over.Context
	}
	if over.Dockerfile != "" {
		s.Dockerfile = over.Dockerfile
	}
	maps.Copy(s.BuildArgs, over.BuildArgs)
	if o.has("noCache") {
		s.NoCache = over.NoCache
	}
	if o.has("platforms") {
		s.Platforms = over.Platforms
		for _, p := range over.Platforms {
			if !slices.Contains(image.Platforms, p) {
				o.report("platforms",
					"the image %s is not built for %q: add it to the image's platforms, or remove it here", image.Name,
					p)
			}
		}
	}
	if o.has("tags") {
		s.Tags = rule.Tags{Immutable: over.Tags.Immutable, Moving: over.Tags.Moving}
	}
}
