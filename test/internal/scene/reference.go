package scene

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// substituted are the names in the text of Fn::Sub.
var substituted = regexp.MustCompile(`\$\{([A-Za-z0-9]+)(?:\.[A-Za-z0-9.]+)?\}`)

// walk calls found for each logical id that a value refers to, in a fixed order.
func walk(value any, found func(id string)) {
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			walk(item, found)
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			switch argument := v[key]; key {
			case "Ref":
				if id, ok := argument.(string); ok {
					found(id)
				}
			case "Fn::GetAtt":
				if parts, ok := argument.([]any); ok && len(parts) > 0 {
					if id, ok := parts[0].(string); ok {
						found(id)
					}
				}
				if text, ok := argument.(string); ok {
					id, _, _ := strings.Cut(text, ".")
					found(id)
				}
			case "Fn::Sub":
				text, ok := argument.(string)
				if parts, isList := argument.([]any); isList && len(parts) > 0 {
					text, ok = parts[0].(string)
					walk(parts[1:], found)
				}
				if ok {
					for _, m := range substituted.FindAllStringSubmatch(text, -1) {
						found(m[1])
					}
				}
			default:
				walk(argument, found)
			}
		}
	}
}

// variable is what CodePipeline replaces in the configuration of an action, #{Namespace.NAME}.
var variable = regexp.MustCompile(`#\{([A-Za-z0-9@_-]+\.[A-Za-z0-9@_-]+)\}`)

// variables are those that a value holds. The execution's id is the only one whose text nobody can
// choose.
func variables(value any) []string {
	found := map[string]bool{}
	var look func(any)
	look = func(value any) {
		switch v := value.(type) {
		case string:
			for _, m := range variable.FindAllStringSubmatch(v, -1) {
				found[m[1]] = true
			}
		case []any:
			for _, item := range v {
				look(item)
			}
		case map[string]any:
			for _, item := range v {
				look(item)
			}
		}
	}
	look(value)
	names := slices.Sorted(maps.Keys(found))
	if len(names) == 1 && names[0] == "codepipeline.PipelineExecutionId" {
		return []string{"the execution's id and nothing else"}
	}
	return names
}
