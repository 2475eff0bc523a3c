package change

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"archway/test/internal/assembly"
	"archway/test/internal/scene"
)

// Property is a value that changes, by its path. Values are as people read them.
type Property struct {
	Path string
	// Old and New are empty where there is no value.
	Old, New string
	// Lines are the lines that differ of texts of several lines, instead of Old and New.
	Lines []string
}

// values compare values of templates.
type values struct {
	base, head map[string]assembly.Resource
}

// compare gives the places where two values differ.
func (v *values) compare(path string, old, now any) []Property {
	if reflect.DeepEqual(old, now) {
		return nil
	}
	oldMap, isMap := old.(map[string]any)
	newMap, areMaps := now.(map[string]any)
	if isMap && areMaps && !intrinsic(oldMap) && !intrinsic(newMap) {
		var all []Property
		for _, key := range union(oldMap, newMap) {
			all = append(all, v.compare(path+"."+key, oldMap[key], newMap[key])...)
		}
		return all
	}
	oldList, isList := old.([]any)
	newList, areLists := now.([]any)
	if isList && areLists {
		return v.lists(path, oldList, newList)
	}
	return v.texts(path, old, now)
}

// intrinsic reports whether an object is a function of CloudFormation.
func intrinsic(m map[string]any) bool {
	if len(m) != 1 {
		return false
	}
	for key := range m {
		return key == "Ref" || strings.HasPrefix(key, "Fn::")
	}
	return false
}

// identifying are the keys that tell the members of a list apart.
var identifying = []string{"Name", "name", "Key", "Sid", "Id", "id", "platform"}

// keyed gives the members of a list by what identifies them; nil if nothing does.
func keyed(list []any) map[string]any {
	for _, key := range identifying {
		all := map[string]any{}
		for _, item := range list {
			if name, ok := object(item)[key].(string); ok {
				all[name] = item
			}
		}
		if len(all) == len(list) {
			return all
		}
	}
	return nil
}

// lists compares lists: by what identifies their members, or by what both have.
func (v *values) lists(path string, old, now []any) []Property {
	var all []Property
	oldKeyed, newKeyed := keyed(old), keyed(now)
	if oldKeyed != nil && newKeyed != nil {
		for _, key := range union(oldKeyed, newKeyed) {
			all = append(all, v.compare(path+"["+key+"]", oldKeyed[key], newKeyed[key])...)
		}
		if all == nil {
			all = []Property{{Path: path, Old: "in another order", New: "in this order"}}
		}
		return all
	}
	gone, come := without(old, now), without(now, old)
	if len(gone)+len(come) == 0 {
		return []Property{{Path: path, Old: "in another order", New: "in this order"}}
	}
	var scalarsGone, scalarsCome []any
	for _, was := range gone {
		if plain(was) {
			scalarsGone = append(scalarsGone, was)
			continue
		}
		i := alike(was, come)
		if i < 0 && len(gone) == 1 && len(come) == 1 && !plain(come[0]) {
			i = 0
		}
		if i < 0 {
			all = append(all, v.compare(path+"[]", was, nil)...)
			continue
		}
		all = append(all, v.compare(path+"[]", was, come[i])...)
		come = slices.Delete(come, i, i+1)
	}
	for _, is := range come {
		if plain(is) {
			scalarsCome = append(scalarsCome, is)
		} else {
			all = append(all, v.compare(path+"[]", nil, is)...)
		}
	}
	if len(scalarsGone)+len(scalarsCome) > 0 {
		all = append(all, Property{Path: path, Old: v.row(v.base, scalarsGone), New: v.row(v.head, scalarsCome)})
	}
	return all
}

// plain reports whether a member of a list is a word, or stands for one.
func plain(item any) bool {
	m, isMap := item.(map[string]any)
	_, isList := item.([]any)
	return !isList && (!isMap || intrinsic(m))
}

// row are the members of a list in a line.
func (v *values) row(resources map[string]assembly.Resource, items []any) string {
	var texts []string
	for _, item := range items {
		texts = append(texts, v.text(resources, item))
	}
	return strings.Join(texts, ", ")
}

// alike is the member of a list that has most in common with an object; -1 if none has anything but
// what many have.
func alike(item any, list []any) int {
	best, most := -1, 0
	for i, other := range list {
		common := 0
		for key, value := range object(item) {
			if key != "Effect" && reflect.DeepEqual(value, object(other)[key]) {
				common++
			}
		}
		if common > most {
			best, most = i, common
		}
	}
	return best
}

// without are the members of a list that another one does not have.
func without(list, other []any) []any {
	rest := slices.Clone(other)
	var left []any
	for _, item := range list {
		i := slices.IndexFunc(rest, func(o any) bool { return reflect.DeepEqual(item, o) })
		if i < 0 {
			left = append(left, item)
		} else {
			rest = slices.Delete(rest, i, i+1)
		}
	}
	return left
}

// texts compares values as people read them. JSON in a text is compared as JSON, and a text of
// several lines line by line.
func (v *values) texts(path string, old, now any) []Property {
	was, is := v.text(v.base, old), v.text(v.head, now)
	var oldJSON, newJSON any
	if document(was, &oldJSON) && document(is, &newJSON) {
		if all := v.compare(path, oldJSON, newJSON); all != nil {
			return all
		}
	}
	if was == is {
		was, is = exact(old), exact(now)
	}
	if strings.Count(was, "\n") > 2 || strings.Count(is, "\n") > 2 {
		return []Property{{Path: path, Lines: differing(was, is)}}
	}
	return []Property{{Path: path, Old: was, New: is}}
}

// document reports whether a text is a JSON object or list, and reads it.
func document(text string, into *any) bool {
	if !strings.HasPrefix(text, "{") && !strings.HasPrefix(text, "[") {
		return false
	}
	return json.Unmarshal([]byte(text), into) == nil
}

// text is a value as people read it.
func (v *values) text(resources map[string]assembly.Resource, value any) string {
	if m, ok := value.(map[string]any); ok && !intrinsic(m) {
		var parts []string
		for _, key := range slices.Sorted(maps.Keys(m)) {
			parts = append(parts, key+": "+v.text(resources, m[key]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	if list, ok := value.([]any); ok {
		var parts []string
		for _, item := range list {
			parts = append(parts, v.text(resources, item))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	return scene.Text(resources, value)
}

// exact is a value as it stands in the template.
func exact(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(text)
}
