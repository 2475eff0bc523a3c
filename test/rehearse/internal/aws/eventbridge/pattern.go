// Package eventbridge decides, as EventBridge does, which events a rule matches and
// what its targets are given.
package eventbridge

import (
	"fmt"
	"maps"
	"slices"

	"archway/test/rehearse/internal/aws/document"
)

// Event is an event as JSON, decoded.
type Event map[string]any

// Pattern is an event pattern.
type Pattern struct {
	fields []field
	// or holds the alternatives of "$or"; one of each group must match.
	or [][]*Pattern
}

type field struct {
	name string
	// Either nested or matchers is set.
	nested   *Pattern
	matchers []matcher
}

// matcher reports whether one scalar matches. present is false for a missing field.
type matcher func(value any, present bool) bool

// ParsePattern reads a pattern that is decoded JSON. Operators that EventBridge
// does not have, or the rehearsal does not know, are refused by name.
func ParsePattern(v any) (*Pattern, error) {
	object, ok := v.(map[string]any)
	if !ok || len(object) == 0 {
		return nil, fmt.Errorf("event pattern: got %s, expected an object with at least one field", document.Show(v))
	}
	return parseObject("event pattern", object)
}

func parseObject(path string, object map[string]any) (*Pattern, error) {
	p := &Pattern{}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		at := path + "." + name
		if name == "$or" {
			alternatives, err := parseOr(at, object[name])
			if err != nil {
				return nil, err
			}
			p.or = append(p.or, alternatives)
			continue
		}
		f := field{name: name}
		switch value := object[name].(type) {
		case map[string]any:
			if len(value) == 0 {
				return nil, fmt.Errorf("%s: an empty object matches nothing", at)
			}
			nested, err := parseObject(at, value)
			if err != nil {
				return nil, err
			}
			f.nested = nested
		case []any:
			if len(value) == 0 {
				return nil, fmt.Errorf("%s: an empty list matches nothing", at)
			}
			for i, item := range value {
				m, err := parseMatcher(fmt.Sprintf("%s[%d]", at, i), item)
				if err != nil {
					return nil, err
				}
				f.matchers = append(f.matchers, m)
			}
		default:
			return nil,
				fmt.Errorf("%s: got %s, expected a list or an object: values of a pattern stand in lists", at,
					document.Show(value))
		}
		p.fields = append(p.fields, f)
	}
	return p, nil
}

func parseOr(path string, v any) ([]*Pattern, error) {
	list, ok := v.([]any)
	if !ok || len(list) < 2 {
		return nil, fmt.Errorf("%s: got %s, expected a list of at least two patterns", path, document.Show(v))
	}
	var alternatives []*Pattern
	for i, item := range list {
		object, ok := item.(map[string]any)
		if !ok || len(object) == 0 {
			return nil, fmt.Errorf("%s[%d]: got %s, expected a pattern", path, i, document.Show(item))
		}
		p, err := parseObject(fmt.Sprintf("%s[%d]", path, i), object)
		if err != nil {
			return nil, err
		}
		alternatives = append(alternatives, p)
	}
	return alternatives, nil
}

// Match reports whether the event matches: every field of the pattern by one of
// its values.
func (p *Pattern) Match(event Event) bool { return p.match(event) }

func (p *Pattern) match(object map[string]any) bool {
	for _, f := range p.fields {
		value, present := object[f.name]
		if !f.match(value, present) {
			return false
		}
	}
	for _, alternatives := range p.or {
		if !slices.ContainsFunc(alternatives, func(a *Pattern) bool { return a.match(object) }) {
			return false
		}
	}
	return true
}

func (f field) match(value any, present bool) bool {
	if f.nested != nil {
		switch value := value.(type) {
		case map[string]any:
			return f.nested.match(value)
		case []any:
			return slices.ContainsFunc(value, func(item any) bool {
				object, ok := item.(map[string]any)
				return ok && f.nested.match(object)
			})
		}
		// Nothing is there: only fields that must be absent can match.
		return f.nested.match(nil)
	}
	values := []any{value}
	if list, ok := value.([]any); ok {
		values = list
		present = len(list) > 0
		if !present {
			values = []any{nil}
		}
	}
	if _, ok := value.(map[string]any); ok {
		// Operators look at leaves only; an object is none.
		return false
	}
	for _, v := range values {
		for _, m := range f.matchers {
			if m(v, present) {
				return true
			}
		}
	}
	return false
}
