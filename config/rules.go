package config

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"archway/internal/rule"
	"archway/internal/spec"
	"archway/internal/strict"
	"archway/internal/tag"
)

// maxRules is more than people have, and keeps the search for overlaps short.
const maxRules = 20

// checked is a rule that is good in itself, together with where it stands.
type checked struct {
	*rule.Matcher
	at     string
	source object
	rule   *Rule
}

// rules reads the rules of a pipeline, whose images were read before. It gives those that are good
// in themselves.
func (r *reader) rules(pipeline object, p *Planned) []checked {
	list, ok := pipeline.list("rules")
	if !ok {
		return nil
	}
	const such = `{"name": "release", "type": "branch", "pattern": "release-(?<version>\\d+)"}`
	switch {
	case len(list) == 0:
		pipeline.report("rules",
			"is empty, so that nothing would be built: list at least one rule, such as %s, or remove the key to build source.branch",
			such)
	case len(list) > maxRules:
		pipeline.report("rules", "has %d rules: at most %d are allowed, so cover several names by one pattern",
			len(list), maxRules)
		return nil
	}
	p.Rules = make([]Rule, len(list))
	var good []checked
	taken := names{}
	for i, value := range list {
		at := item(pipeline.path("rules"), i)
		o, ok := r.object(at, value, keysOf[Rule]())
		if !ok {
			continue
		}
		if m := r.rule(o, &p.Rules[i], taken); m != nil {
			good = append(good, checked{Matcher: m, at: at, source: o, rule: &p.Rules[i]})
		}
		r.overrides(o, &p.Rules[i], *p)
	}
	r.checkOverlaps(good)
	return good
}

// settle works out what the rules mean for each image.
func (r *reader) settle(rules []checked, p Planned) {
	for _, c := range rules {
		p.Settings[c.rule.Name] = r.settings(c, p)
	}
}

// checkRules checks what the rules of one class mean together.
func (r *reader) checkRules(pipeline object, p *Planned, rules []checked) {
	if len(rules) == 0 {
		return
	}
	before := len(r.problems)
	for i := range p.Images {
		r.checkRuleTags(p, &p.Images[i], rules)
	}
	if len(r.problems) == before {
		r.checkRuleSizes(pipeline, *p)
		p.Warnings = p.mixed()
	}
}

// rule reads what a rule matches. It gives nil if that is not good.
func (r *reader) rule(o object, into *Rule, taken names) *rule.Matcher {
	o.required("name", `give the rule a name, such as "release"`)
	into.Name = o.name("name", "ruleName")
	taken.add(r, o.path("name"), into.Name, "every rule of a pipeline has a name of its own: rename one")
	into.Class = o.name("class", "class")
	o.required("type", `say what the rule is about, "branch" or "tag"`)
	into.Type = choice[rule.Type](o, "type", "")
	var exactOK, patternOK bool
	into.Exact, exactOK = o.text("exact", "")
	into.Pattern, patternOK = o.text("pattern", "")
	switch {
	case o.has("exact") && o.has("pattern"):
		o.report("pattern", `stands beside "exact": keep one of them`)
		return nil
	case !o.has("exact") && !o.has("pattern"):
		o.r.report(o.at, nothing{}, `matches nothing yet: give "exact", a name, or "pattern", a regular expression`)
		return nil
	case exactOK:
		if bad := spec.Named("branch").Check(into.Exact); bad != "" {
			if into.Type == rule.Tag {
				bad = strings.ReplaceAll(bad, "branch", "tag")
			}
			if instead, is := rule.Wildcard(into.Exact); is {
				bad = fmt.Sprintf(`is a name and no pattern: write "pattern": %q instead of "exact"`, instead)
			}
			o.report("exact", "%s", bad)
			return nil
		}
	case patternOK && into.Pattern == "":
		o.report("pattern", `is empty: write a regular expression such as "release-(?<version>\\d+)"`)
		return nil
	case !patternOK:
		return nil
	}
	if into.Type == "" {
		return nil
	}
	if at := fullReference.FindString(into.Pattern); at != "" {
		o.report("pattern", "matches the name alone, without refs/: leave %q off", strings.TrimPrefix(at, "^"))
		return nil
	}
	m, err := rule.Compile(rule.Rule{Name: into.Name, Type: into.Type, Exact: into.Exact, Pattern: into.Pattern})
	if err != nil {
		why := err.Error()
		if refused := (*rule.Error)(nil); errors.As(err, &refused) {
			why = refused.Reason
		}
		o.report("pattern", "%s", why)
		return nil
	}
	if _, possible := m.Example(); !possible && into.Pattern != "" {
		o.report("pattern", `can never match: git takes no such name of a %s; the whole name is matched, without refs/`,
			into.Type)
		return nil
	}
	o.warnOfWildcard(m)
	return m
}

// fullReference is how git calls a branch or tag in full.
var fullReference = regexp.MustCompile(`^\^?refs/(?:heads|tags)/`)

// checkOverlaps reports rules that match the same name. The search knows all that regular
// expressions can say, and what git takes as a name; only a search that grows too large is given
// up, and nothing reported.
func (r *reader) checkOverlaps(rules []checked) {
	for i, b := range rules {
		for _, a := range rules[:i] {
			if name, both := rule.Overlap(a.Matcher, b.Matcher); both {
				r.report(b.at, nothing{},
					"overlaps with %s, %s: both match the %s %q, and a push must be built by one rule: change one so that no name fits both",
					a.at, a, a.Type, name)
			}
		}
	}
}

// ruleTag is a template of a rule.
type ruleTag struct {
	template
	by         checked
	expression string
}

// checkRuleTags checks the tags that the rules give to an image, each for itself and all together,
// and works out the filters of the registry. That two templates can yield the same tag is judged by
// their forms: each commit, date and value is taken as any that fits, and what Fit cuts from the
// beginning of a tag as if it stayed.
func (r *reader) checkRuleTags(p *Planned, image *Image, rules []checked) {
	var immutable, moving []ruleTag
	before := len(r.problems)
	for _, c := range rules {
		at := below(c.at, "tags")
		if c.source.has("images") {
			images, _ := c.source.fields["images"].(map[string]any)
			if inner, _ := images[image.Name].(map[string]any); inner["tags"] != nil {
				at = below(below(below(c.at, "images"), image.Name), "tags")
			}
		}
		tags := p.Settings[c.rule.Name][image.Name].Tags
		read := func(key string, texts []string) []ruleTag {
			var found []ruleTag
			for _, t := range r.templates(below(at, key), texts, c.Names()...) {
				if c.Type == rule.Tag && t.Uses("branch") {
					r.report(t.at, t.String(),
						"is a tag for a git tag, which is on no branch: use {tag} or a named group instead of {branch}")
					continue
				}
				found = append(found, ruleTag{template: t, by: c, expression: c.TagExpression(t.Template)})
			}
			return found
		}
		own, follow := read("immutable", tags.Immutable), read("moving", tags.Moving)
		r.checkSteady(own)
		r.checkVersions(c, own, follow)
		immutable, moving = append(immutable, own...), append(moving, follow...)
		if c.Exact != "" {
			r.checkExact(c, append(own, follow...))
		}
	}
	if len(r.problems) > before {
		return
	}
	for i, b := range immutable {
		for _, a := range immutable[:i] {
			if example, both := rule.CommonTag(a.expression, b.expression); both {
				r.report(b.at, b.String(),
					"can be the same immutable tag as %s of %s, %q (such as %q), which whichever is built first would keep for ever: change one, for example to \"{commit:12}-%s\"",
					a.at, a.by.Matcher, a, example, b.by.Name)
			}
		}
	}
	r.checkTaken(moving, p.Promotions(), image.Name)
	filters := []string{}
	for _, m := range moving {
		own, err := m.Filters(m.by.Filters)
		if err != nil {
			r.report(m.at, m.String(), "%s", reason(err))
			continue
		}
		for _, filter := range own {
			for _, i := range immutable {
				if example, covers := rule.CommonTag(tag.GlobExpression(filter), i.expression); covers {
					r.report(m.at, m.String(),
						"its filter %q would also make the immutable tag at %s, %q (such as %q), overwritable: %s",
						filter, i.at, i, example, r.apart(m, i, immutable))
				}
			}
			if !slices.Contains(filters, filter) {
				filters = append(filters, filter)
			}
		}
	}
	slices.Sort(filters)
	if len(filters) > maxFilters {
		r.report(below(rules[0].at, "tags"), nothing{},
			"the moving tags of all rules need %d filters to be excluded from the immutability of tags (%s), but ECR takes at most %d: remove some, or let them begin alike",
			len(filters), spec.Quoted(filters), maxFilters)
	}
	p.Filters[image.Name] = filters
}

// checkTaken reports moving tags that, called after what somebody pushes, can be another rule's
// that is always called the same.
func (r *reader) checkTaken(moving []ruleTag, promotions []rule.Tagged, image string) {
	fixed, err := rule.Publics(promotions, image)
	if err != nil {
		return // reported already
	}
	for _, m := range moving {
		for _, of := range fixed {
			if m.by.Exact != "" || slices.Contains(of.Writers, m.by.Name) {
				continue
			}
			for _, name := range of.Tags {
				such, found := m.by.Taking(m.Template, name)
				if _, maybe := rule.CommonTag(m.expression, regexp.QuoteMeta(name)); !found && !maybe {
					continue
				}
				if found {
					such = fmt.Sprintf(", and a push of the %s %q would take it", m.by.Type, such)
				}
				r.report(m.at, m.String(),
					`can be %q, which the rule %s moves%s: write something around it, such as "%s-%s", or give one of the rules a "class" of its own`,
					name, of.Writers[0], such, m.by.Name, m)
			}
		}
	}
}

// checkSteady reports immutable tags that the second commit of a reference, or the second
// reference, would want too.
func (r *reader) checkSteady(immutable []ruleTag) {
	for _, t := range immutable {
		values := slices.ContainsFunc(t.by.Names(), t.Uses)
		switch {
		case t.Varies():
		case rule.Floating(t.Template):
			r.report(t.at, t.String(),
				`is the same tag for several versions, which an immutable tag can't follow: put it under "moving", or write "{semver.version}"`)
		case t.by.Type == rule.Branch:
			r.report(t.at, t.String(),
				`is the same tag for every commit of a branch, which an immutable tag can't follow: put it under "moving", or add {commit:12}`)
		case !values && t.by.Exact == "":
			r.report(t.at, t.String(),
				`is the same tag for every git tag that matches, which an immutable tag can't follow: put it under "moving", or add {tag}`)
		}
	}
}

// checkExact reports tags that the one reference of a rule can't have, or has twice.
func (r *reader) checkExact(c checked, all []ruleTag) {
	taken := map[string]ruleTag{}
	for _, t := range all {
		values, _ := c.Values(c.Exact)
		sample := samples(values.Branch)[0]
		values.Commit, values.Time = sample.Commit, sample.Time
		rendered, err := t.Render(values)
		if err != nil {
			r.report(t.at, t.String(), "%s: change the template, or the name", reason(err))
			continue
		}
		if first, ok := taken[rendered]; ok {
			r.report(t.at, t.String(), "yields the same tag as %s, %q (such as %q): remove one of them", first.at,
				first, rendered)
			continue
		}
		taken[rendered] = t
	}
}

// Promotions are the rules as the promotion reads them.
func (p *Planned) Promotions() []rule.Tagged {
	var tagged []rule.Tagged
	for _, one := range p.Rules {
		images := map[string]rule.Tags{}
		for name, s := range p.Settings[one.Name] {
			images[name] = s.Tags
		}
		tagged = append(tagged, rule.Tagged{Rule: one.Rule(), Images: images})
	}
	return tagged
}

// Rule is what the rule matches.
func (r Rule) Rule() rule.Rule {
	return rule.Rule{Name: r.Name, Type: r.Type, Exact: r.Exact, Pattern: r.Pattern}
}

// checkRuleSizes reports rules that are longer than a variable of CodeBuild, in which builds have
// them.
func (r *reader) checkRuleSizes(pipeline object, p Planned) {
	for _, image := range p.Images {
		var args []string
		for _, one := range p.Rules {
			s := p.Settings[one.Name][image.Name]
			args = append(args, strict.Encode(s.BuildArgs), s.Context, s.Dockerfile, one.Name, strings.Repeat(" ", 60))
		}
		if size := len(strings.Join(args, "")); size > spec.MaxVariable {
			pipeline.report("rules",
				"take up to %d characters of the environment of the builds of %s, but CodeBuild takes at most %d in a variable: use fewer rules, or fewer build arguments",
				size, image.Name, spec.MaxVariable)
		}
	}
}
