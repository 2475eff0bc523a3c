package config

import (
	"slices"
	"strings"

	"archway/internal/platform"
	"archway/internal/rule"
	"archway/internal/tag"
)

// checkDrift reports a scheduled check that has nothing to look at, or nothing to go by; a class
// goes without it then. It has nothing to say about rules that are wrong in themselves.
func (r *reader) checkDrift(pipeline object, p *Planned) {
	if p.DriftCheck.Schedule == "" || len(p.Images) == 0 {
		return
	}
	watched := false
	for i, image := range p.Images {
		if !pipeline.has("rules") {
			watched = watched || image.Tags.Public()
			continue
		}
		public, err := rule.Publics(p.Promotions(), image.Name)
		if err != nil || slices.ContainsFunc(p.Rules, func(one Rule) bool { return p.Settings[one.Name] == nil }) {
			return
		}
		at := item(pipeline.path("images"), i)
		for _, tags := range public {
			watched = true
			if len(common(*p, image, tags.Writers)) == 0 {
				r.report(at, nothing{},
					"driftCheck can't tell what %s must hold, because the rules that write it, %s, build no platform in common: let it be written by one of them",
					strings.Join(tags.Tags, ", "), strings.Join(tags.Writers, ", "))
			}
		}
	}
	switch {
	case watched:
	case p.Class != "":
		p.DriftCheck = DriftCheck{}
	default:
		r.report(pipeline.path("driftCheck"), nothing{},
			`no image has a moving tag that is always called the same, so that there is nothing to look at: add one such as "latest", or remove "driftCheck"`)
	}
}

// common are the platforms of an image that all of these rules build.
func common(p Planned, image Image, rules []string) []platform.Platform {
	return slices.DeleteFunc(slices.Clone(image.Platforms), func(of platform.Platform) bool {
		return slices.ContainsFunc(p.Rules, func(one Rule) bool {
			return slices.Contains(rules, one.Name) && !slices.Contains(p.Settings[one.Name][image.Name].Platforms, of)
		})
	})
}

// Public reports whether there is a moving tag that is always called the same, such as latest. What
// can't be parsed counts as one: it is reported already.
func (t Tags) Public() bool {
	return slices.ContainsFunc(t.Moving, func(text string) bool {
		template, err := tag.Parse(text)
		return err != nil || !template.Varies()
	})
}
