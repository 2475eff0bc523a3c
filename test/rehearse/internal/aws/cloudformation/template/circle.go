package template

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Circle are resources that need one another, of which CloudFormation can create none first: each
// needs the next, and the last one the first. There is none in a template that can be deployed.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/troubleshooting.html#troubleshooting-errors-dependency-error
func (t *Template) Circle() []string {
	const visiting, done = 1, 2
	state := map[string]int{}
	var way []string
	var visit func(id string) []string
	visit = func(id string) []string {
		switch state[id] {
		case done:
			return nil
		case visiting:
			return slices.Clone(way[slices.Index(way, id):])
		}
		state[id] = visiting
		way = append(way, id)
		for _, needed := range t.needs(id) {
			if circle := visit(needed); circle != nil {
				return circle
			}
		}
		way = way[:len(way)-1]
		state[id] = done
		return nil
	}
	for _, id := range slices.Sorted(maps.Keys(t.Resources)) {
		if circle := visit(id); circle != nil {
			return circle
		}
	}
	return nil
}

// needs are the resources that must be there before another one.
func (t *Template) needs(id string) []string {
	found := map[string]bool{}
	r := t.Resources[id]
	switch needed := r.DependsOn.(type) {
	case string:
		found[needed] = true
	case []any:
		for _, one := range needed {
			if name, ok := one.(string); ok {
				found[name] = true
			}
		}
	}
	references(r.Properties, found)
	return slices.DeleteFunc(slices.Sorted(maps.Keys(found)), func(name string) bool {
		_, ok := t.Resources[name]
		return !ok
	})
}

var substituted = regexp.MustCompile(`\$\{([A-Za-z0-9]+)(?:\.[A-Za-z0-9.]+)?\}`)

// references collects the names that intrinsic functions in a value refer to.
func references(v any, found map[string]bool) {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			references(item, found)
		}
	case map[string]any:
		for key, value := range v {
			text := value
			if items, ok := value.([]any); ok && len(items) > 0 {
				text = items[0]
			}
			name, _ := text.(string)
			switch key {
			case "Ref":
				found[name] = true
			case "Fn::GetAtt":
				name, _, _ = strings.Cut(name, ".")
				found[name] = true
			case "Fn::Sub":
				for _, match := range substituted.FindAllStringSubmatch(name, -1) {
					found[match[1]] = true
				}
			}
			references(value, found)
		}
	}
}

// Needs are all resources that are there before CloudFormation begins to create one.
func (t *Template) Needs(id string) map[string]bool {
	all := map[string]bool{}
	var add func(id string)
	add = func(id string) {
		for _, needed := range t.needs(id) {
			if !all[needed] {
				all[needed] = true
				add(needed)
			}
		}
	}
	add(id)
	return all
}
