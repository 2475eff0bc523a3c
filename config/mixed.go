package config

import (
	"fmt"
	"slices"
	"strings"

	"archway/internal/rule"
)

// mixed are the warnings about rules for branches that anybody who may push can create, where their
// pipeline, and so its machines, roles, caches and secrets, is also what moves a fixed tag, or has
// secrets.
func (p *Planned) mixed() []string {
	var warnings []string
	fixed, secrets := p.fixed(), strings.Join(secretsOf(p.Images), ", ")
	for _, open := range p.Rules {
		if open.Type != rule.Branch || open.Pattern == "" {
			continue
		}
		what := fmt.Sprintf("pipeline %s: the rule %q takes every branch that %s matches, ", p.Name, open.Name,
			open.Pattern)
		var others, movers []string
		for _, other := range p.Rules {
			if tags := fixed[other.Name]; other.Name != open.Name && len(tags) > 0 {
				movers = append(movers, fmt.Sprintf("%q", other.Name))
				others = append(others, fmt.Sprintf("%q, which moves %s", other.Name, strings.Join(tags, " and ")))
			}
		}
		if len(others) > 0 {
			class := `"class": "previews"`
			if p.Class == "previews" {
				class = `"class": "branches"`
			}
			warnings = append(warnings,
				what+fmt.Sprintf("and is built with the machines, roles and caches of %s: whoever may push such a branch reaches what people pull. "+
					"Give %q a class of its own (%s), unless only those may push such branches who may push what %s builds",
					strings.Join(others, ", and of "), open.Name, class, strings.Join(movers, " or ")))
		}
		switch {
		case secrets == "":
		case p.Class == "":
			warnings = append(warnings,
				what+fmt.Sprintf("and its builds have the secrets of the images (%s): whoever may push such a branch can read them. "+
					`Give %q a class of its own ("class": "previews"), which has only the secrets that it lists`,
					secrets,
					open.Name))
		default:
			warnings = append(warnings,
				what+fmt.Sprintf("and the class %q lists secrets (%s): whoever may push such a branch can read them. "+
					`Give %q another class than the rules that need them, or leave them out of "classes"`, p.Class,
					secrets,
					open.Name))
		}
	}
	return warnings
}

// fixed are the tags that are always called the same, of all images, by the rule that moves them.
func (p *Planned) fixed() map[string][]string {
	fixed := map[string][]string{}
	for _, image := range p.Images {
		public, _ := rule.Publics(p.Promotions(), image.Name) // what can't be parsed is reported already
		for _, of := range public {
			for _, writer := range of.Writers {
				for _, tag := range of.Tags {
					if !slices.Contains(fixed[writer], tag) {
						fixed[writer] = append(fixed[writer], tag)
					}
				}
			}
		}
	}
	return fixed
}
