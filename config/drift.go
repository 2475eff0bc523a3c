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
func (r *reader) driftCheck(pipeline object, p Pipeline) DriftCheck {
	var d DriftCheck
	value, ok := pipeline.fields["driftCheck"]
	if !ok {
		return d
	}
	o, ok := r.object(pipeline.path("driftCheck"), value, keysOf[DriftCheck]())
	if !ok || !o.required("schedule", `say when, such as "rate(1 day)", or remove "driftCheck"`) {
		return d
	}
	text, _ := o.text("schedule", "")
	if text == "" {
		return d
	}
	d.Schedule = text
	if bad := badSchedule(text); bad != "" {
		o.report("schedule", "%s", bad)
	}
	if pipeline.has("rules") {
		r.checkRuledDrift(o, pipeline, p)
	} else {
		r.checkDrift(o, pipeline.path("images"), p.Images)
	}
	return d
}

const nothingToLookAt = `no image has a moving tag that is always called the same, so that there is nothing to look at: add one such as "latest", or remove "driftCheck"`

// checkDrift reports tags that leave the scheduled check nothing to look at, or nothing to go by.
func (r *reader) checkDrift(o object, at string, images []Image) {
	watched := false
	for i, image := range images {
		if !image.Tags.Public() {
			continue // it is not looked at
		}
		watched = true
		if !someTemplate(image.Tags.Immutable, true) {
			r.report(item(at, i)+".tags.immutable", image.Tags.Immutable, `driftCheck can't tell what was validated, which it knows by the immutable tag of each commit: add one such as "{commit:12}"`)
		}
	}
	if !watched && len(images) > 0 {
		r.report(o.at, nothing{}, nothingToLookAt)
	}
}

// checkRuledDrift is the same for a pipeline with rules. It has nothing to say about rules that are wrong in themselves.
func (r *reader) checkRuledDrift(o, pipeline object, p Pipeline) {
	watched := false
	for i, image := range p.Images {
		public, err := rule.Publics(p.Promotions(), image.Name)
		if err != nil || slices.ContainsFunc(p.Rules, func(one Rule) bool { return one.Settings == nil }) {
			return
		}
		at := item(pipeline.path("images"), i)
		for _, tags := range public {
			watched = true
			if len(common(p, image, tags.Writers)) == 0 {
				r.report(at, nothing{}, "driftCheck can't tell what %s must hold, because the rules that write it, %s, build no platform in common: let it be written by one of them", strings.Join(tags.Tags, ", "), strings.Join(tags.Writers, ", "))
			}
		}
	}
	if !watched && len(p.Images) > 0 {
		r.report(o.at, nothing{}, nothingToLookAt)
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

// Public tells whether there is a moving tag that is always called the same, such as latest.
func (t Tags) Public() bool { return someTemplate(t.Moving, false) }

// someTemplate tells whether some template varies from commit to commit, or doesn't. What can't be parsed counts as both: it is
// reported already.
func someTemplate(templates []string, varies bool) bool {
	for _, text := range templates {
		t, err := tag.Parse(text)
		if err != nil || t.Varies() == varies {
			return true
		}
	}
	return false
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
