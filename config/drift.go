package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"archway/internal/platform"
	"archway/internal/rule"
	"archway/internal/tag"
)

// driftCheck reads the scheduled check of a pipeline.
func (r *reader) driftCheck(pipeline object) DriftCheck {
	var d DriftCheck
	value, ok := pipeline.fields["driftCheck"]
	if !ok {
		return d
	}
	o, ok := r.object(pipeline.path("driftCheck"), value, keysOf[DriftCheck]())
	if !ok || !o.required("schedule", `say when, such as "rate(1 day)", or remove "driftCheck"`) {
		return d
	}
	d.Schedule, _ = o.text("schedule", "")
	if d.Schedule == "" {
		return d
	}
	if bad := badSchedule(d.Schedule); bad != "" {
		o.report("schedule", "%s", bad)
	}
	return d
}

// checkDrift reports a scheduled check that has nothing to look at, or nothing to go by; a class goes without it then. It has
// nothing to say about rules that are wrong in themselves.
func (r *reader) checkDrift(pipeline object, p *Pipeline) {
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
		if err != nil || slices.ContainsFunc(p.Rules, func(one Rule) bool { return one.Settings == nil }) {
			return
		}
		at := item(pipeline.path("images"), i)
		for _, tags := range public {
			watched = true
			if len(common(*p, image, tags.Writers)) == 0 {
				r.report(at, nothing{}, "driftCheck can't tell what %s must hold, because the rules that write it, %s, build no platform in common: let it be written by one of them", strings.Join(tags.Tags, ", "), strings.Join(tags.Writers, ", "))
			}
		}
	}
	switch {
	case watched:
	case p.Class != "":
		p.DriftCheck = DriftCheck{}
	default:
		r.report(pipeline.path("driftCheck"), nothing{}, `no image has a moving tag that is always called the same, so that there is nothing to look at: add one such as "latest", or remove "driftCheck"`)
	}
}

// common are the platforms of an image that all of these rules build.
func common(p Pipeline, image Image, rules []string) []platform.Platform {
	return slices.DeleteFunc(slices.Clone(image.Platforms), func(of platform.Platform) bool {
		return slices.ContainsFunc(p.Rules, func(one Rule) bool {
			return slices.Contains(rules, one.Name) && !slices.Contains(one.Settings[image.Name].Platforms, of)
		})
	})
}

// Public tells whether there is a moving tag that is always called the same, such as latest. What can't be parsed counts as one: it
// is reported already.
func (t Tags) Public() bool {
	return slices.ContainsFunc(t.Moving, func(text string) bool {
		template, err := tag.Parse(text)
		return err != nil || !template.Varies()
	})
}

// https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
var (
	ratePattern = regexp.MustCompile(`^rate\(([1-9][0-9]{0,4}) (minute|hour|day)(s?)\)$`)
	cronPattern = regexp.MustCompile(`^cron\(([0-9*?LW#,/A-Z-]+ ){5}[0-9*?LW#,/A-Z-]+\)$`)
)

// badSchedule gives what to tell about a schedule that EventBridge doesn't take.
func badSchedule(text string) string {
	const such = `use one such as "rate(1 day)" or "cron(0 6 * * ? *)"`
	if rate := ratePattern.FindStringSubmatch(text); rate != nil {
		if one := rate[1] == "1"; one != (rate[3] == "") {
			plural := "s"
			if one {
				plural = ""
			}
			return fmt.Sprintf("EventBridge takes only the right number: use %q", "rate("+rate[1]+" "+rate[2]+plural+")")
		}
		return ""
	}
	if !cronPattern.MatchString(text) {
		return "EventBridge takes a rate in minutes, hours or days, or a cron expression of six fields: " + such
	}
	// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
	fields := strings.Fields(strings.TrimSuffix(strings.TrimPrefix(text, "cron("), ")"))
	if (fields[2] == "?") == (fields[4] == "?") {
		return `EventBridge wants "?" for exactly one of the day of the month (third field) and the day of the week (fifth): ` + such
	}
	return ""
}
