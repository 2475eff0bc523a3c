package config

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"archway/internal/checks"
	"archway/internal/platform"
)

// validation reads how an image is judged. Platforms are those that it is built for.
func (r *reader) validation(image object, platforms []platform.Platform) Validation {
	v := defaultValidation()
	value, ok := image.fields["validation"]
	if !ok {
		return v
	}
	o, ok := r.object(image.path("validation"), value, keysOf[Validation]())
	if !ok {
		return v
	}
	v.AllowedPlatforms = o.allowed("allowedPlatforms", platforms)
	v.Downgrade = r.downgrades(o)
	v.RequireProvenance = o.flag("requireProvenance")
	v.RequireSBOM = o.flag("requireSBOM")
	if o.has("deep") {
		v.Deep = o.flag("deep")
	}
	return v
}

func (o object) allowed(key string, built []platform.Platform) []string {
	allowed := []string{}
	list, _ := o.list(key)
	taken := names{}
	for i, value := range list {
		at := item(o.path(key), i)
		text, ok := typed[string](o.r, at, value, aString)
		if !ok {
			continue
		}
		p, err := platform.ParseAny(text)
		switch {
		case err != nil:
			o.r.report(at, text, `is no platform: use one such as "linux/arm/v7"`)
		case p.String() != text:
			o.r.report(at, text, "is another spelling of %q: use that", p)
		case slices.Contains(built, p):
			o.r.report(at, text, "the image is built for it anyway: remove it here")
		default:
			taken.add(o.r, at, text, "remove one of them")
			allowed = append(allowed, text)
		}
	}
	return allowed
}

var severities = []Severity{Warning, Info}

func (r *reader) downgrades(validation object) map[string]Downgrade {
	downgrades := map[string]Downgrade{}
	const key = "downgrade"
	if !validation.has(key) {
		return downgrades
	}
	fields, _ := typed[map[string]any](r, validation.path(key), validation.fields[key], anObject)
	all := object{r: r, at: validation.path(key), fields: fields}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		switch {
		case !slices.Contains(checks.Names, name):
			r.report(all.path(name), nothing{}, "there is no such check: %s", meant(name, checks.Names))
		case slices.Contains(checks.Firm, name):
			r.report(all.path(name), nothing{}, "this check can't be downgraded, because nothing is known about what it reports: remove it")
		default:
			downgrades[name] = r.downgrade(all.path(name), fields[name])
		}
	}
	return downgrades
}

// maxReason keeps a reason one sentence.
const maxReason = 200

func (r *reader) downgrade(at string, value any) Downgrade {
	var d Downgrade
	o, ok := r.object(at, value, keysOf[Downgrade]())
	if !ok {
		return d
	}
	if o.required("severity", `say what an error becomes, "warning" or "info"`) {
		d.Severity = choice(o, "severity", severities, "")
	}
	d.Reason = o.reason("reason", "say why; it is shown with each finding")
	return d
}

// reason reads a sentence that must be there.
func (o object) reason(key, why string) string {
	if !o.required(key, why) {
		return ""
	}
	text, ok := o.text(key, "")
	switch {
	case !ok:
	case strings.TrimSpace(text) == "":
		o.report(key, "is empty: %s", why)
	case utf8.RuneCountInString(text) > maxReason:
		o.report(key, "has more than %d characters: say it in one sentence", maxReason)
	case strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }):
		o.report(key, "holds a control character: write it in one line")
	default:
		return strings.TrimSpace(text)
	}
	return ""
}
