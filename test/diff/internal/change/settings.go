package change

import (
	"regexp"
	"slices"
	"strings"
)

// The pipeline tells in its metadata by which settings its functions decide; they come with each
// function, and actions name them by their hash.
const (
	settingsMetadata = "Metadata.archway:settings."
	settingsFile     = "settings.json."
)

// settings takes what changes of the settings out of the resources, where it would stand as often
// as there are functions and actions.
func (c *comparison) settings() []Property {
	var settings []Property
	for _, r := range c.found {
		if r.Type == "AWS::CodePipeline::Pipeline" {
			for _, p := range r.Properties {
				if path, ok := strings.CutPrefix(p.Path, settingsMetadata); ok {
					p.Path = path
					settings = append(settings, p)
				}
			}
		}
	}
	if settings == nil {
		return nil
	}
	for _, r := range c.found {
		left := slices.DeleteFunc(slices.Clone(r.Properties), func(p Property) bool {
			if strings.HasPrefix(p.Path, settingsMetadata) || hashed.MatchString(p.Path) {
				return true
			}
			path, ok := strings.CutPrefix(p.Path, settingsFile)
			p.Path = path
			return ok && slices.ContainsFunc(settings, func(s Property) bool { return s.same(p) })
		})
		if len(left) < len(r.Properties) {
			left = append(left, Property{Path: "settings", New: "those that are said above"})
		}
		r.Properties = left
	}
	return settings
}

// hashed are the places where actions and schedules name the settings by their hash.
var hashed = regexp.MustCompile(`\.(UserParameters|Input\.archway\.driftCheck)\.settings$`)

func (p Property) same(other Property) bool {
	return p.Path == other.Path && p.Old == other.Old && p.New == other.New && slices.Equal(p.Lines, other.Lines)
}
