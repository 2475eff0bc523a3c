package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	"archway/internal/spec"
)

// misplaced says what to do about a key that the object doesn't have: where it belongs, if it is a
// key of another one, or else which of the known ones was meant.
func misplaced(key string, known []string) string {
	const most = 2 // more places say nothing
	if at := places()[key]; len(at) > 0 && len(at) <= most {
		return fmt.Sprintf("does not belong here: it is %s", strings.Join(at, ", or "))
	}
	return "unknown key: " + spec.Meant(key, known)
}

// places gives for each key where it may stand, the shortest path first. Lists have "[]", and keys
// that users choose are called NAME.
var places = sync.OnceValue(func() map[string][]string {
	found := map[string][]string{}
	walkKeys(reflect.TypeFor[Config](), root, func(key, at string) { found[key] = append(found[key], at) })
	for _, at := range found {
		slices.SortStableFunc(at, func(a, b string) int { return strings.Count(a, ".") - strings.Count(b, ".") })
	}
	return found
})

func walkKeys(of reflect.Type, at string, visit func(key, at string)) {
	for _, field := range spec.Fields(of) {
		path := at + "." + field.Key
		visit(field.Key, path)
		inner := field.Type
		switch inner.Kind() {
		case reflect.Slice:
			inner, path = inner.Elem(), path+"[]"
		case reflect.Map:
			inner, path = inner.Elem(), path+".NAME"
		case reflect.Pointer:
			inner = inner.Elem()
		}
		if inner.Kind() == reflect.Struct {
			walkKeys(inner, path, visit)
		}
	}
}
