package scene

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// rules are the build rules by which a function starts the pipeline, each with what it waits for
// and the tags that images get. The template tells them in the pipeline's metadata.
func (b *builder) rules() {
	for _, id := range b.of("AWS::CodePipeline::Pipeline") {
		settings := object(b.resources[id].Metadata["archway:settings"])
		for _, item := range list(settings["rules"]) {
			rule := object(item)
			name := b.text(rule["name"])
			when := b.text(rule["type"]) + " "
			if exact := b.text(rule["exact"]); exact != "" {
				when += exact
			} else {
				when += b.text(rule["pattern"])
			}
			b.scene.Starts = append(b.scene.Starts, Event{
				When: Card{Kind: Source, Title: when, Lines: []string{"pushed to the source"}},
				Rule: Card{Kind: Rule, Title: "rule " + name,
					Lines: nonEmpty("build rule of the trigger", b.leftOut(settings, name))},
				Then: Card{Kind: Rule, Title: "starts the pipeline", Lines: b.tags(object(rule["images"]))},
			})
		}
	}
}

// leftOut says which builds a rule leaves out.
func (b *builder) leftOut(settings map[string]any, rule string) string {
	var without []string
	for _, item := range list(settings["images"]) {
		for _, build := range list(object(item)["builds"]) {
			if slices.Contains(list(object(build)["skip"]), any(rule)) {
				without = append(without, b.text(object(build)["action"]))
			}
		}
	}
	if without == nil {
		return ""
	}
	return "without " + strings.Join(without, ", ")
}

// tags are what images are tagged with.
func (b *builder) tags(images map[string]any) []string {
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(images)) {
		tags := object(images[name])
		var parts []string
		for _, kind := range []struct{ key, text string }{{"immutable", "tagged"}, {"moving", "moves"}} {
			var names []string
			for _, tag := range list(tags[kind.key]) {
				names = append(names, b.text(tag))
			}
			if names != nil {
				parts = append(parts, kind.text+" "+strings.Join(names, ", "))
			}
		}
		if parts == nil {
			parts = []string{"no tag"}
		}
		lines = append(lines, fmt.Sprintf("%s: %s", name, strings.Join(parts, "; ")))
	}
	return lines
}
