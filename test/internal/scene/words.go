package scene

import (
	"slices"
	"strings"

	"archway/test/internal/assembly"
)

// Reference is the resource that a value of a template refers to first.
func Reference(resources map[string]assembly.Resource, value any) (id string, ok bool) {
	return (&builder{resources: resources}).reference(value)
}

// References are all resources that a value refers to.
func References(value any) []string {
	var ids []string
	walk(value, func(id string) {
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	})
	return ids
}

// Text is a value of a template as people read it: the resources in it by their labels.
func Text(resources map[string]assembly.Resource, value any) string {
	return (&builder{resources: resources}).text(value)
}

// Label is what a resource is called.
func Label(resources map[string]assembly.Resource, id string) string {
	return (&builder{resources: resources}).label(id)
}

// Words say what IAM actions of one service are good for.
func Words(actions []string) []string {
	words, _ := said(actions, false)
	return words
}

// said are the words for actions of one service, and the most that they allow. What names no
// resource is said with its service.
func said(actions []string, anyResource bool) ([]string, Class) {
	if len(actions) == 0 {
		return nil, Reads
	}
	service, _, _ := strings.Cut(actions[0], ":")
	var bare []string
	for _, action := range actions {
		bare = append(bare, strings.TrimPrefix(action, service+":"))
	}
	words, class := verbs(service, bare)
	if anyResource || len(words) == 1 && words[0] == "*" {
		words[0] = service + ": " + words[0]
	}
	return words, class
}

// Holds reports whether a text is somewhere in a value.
func Holds(value any, text string) bool {
	switch v := value.(type) {
	case string:
		return v == text
	case []any:
		return slices.ContainsFunc(v, func(item any) bool { return Holds(item, text) })
	case map[string]any:
		for _, item := range v {
			if Holds(item, text) {
				return true
			}
		}
	}
	return false
}
