package template

import (
	"fmt"
	"slices"
	"strconv"

	"archway/test/rehearse/internal/aws/document"
)

// branch evaluates Fn::If; only the branch that is taken is resolved.
func (r *Resolver) branch(path string, argument any) (any, error) {
	a, ok := argument.([]any)
	if !ok || len(a) != 3 {
		return nil, fmt.Errorf("%s: got %s, expected a condition and two values", path, document.Show(argument))
	}
	name, ok := a[0].(string)
	if !ok {
		return nil, fmt.Errorf("%s[0]: got %s, expected the name of a condition", path, kind(a[0]))
	}
	holds, err := r.Condition(path+"[0]", name)
	if err != nil {
		return nil, err
	}
	taken := 2
	if holds {
		taken = 1
	}
	return r.resolve(path+"["+strconv.Itoa(taken)+"]", a[taken])
}

// test evaluates the functions that give a truth value.
func (r *Resolver) test(path, name string, argument any) (bool, error) {
	a, ok := argument.([]any)
	if !ok {
		return false, fmt.Errorf("%s: got %s, expected a list", path, kind(argument))
	}
	if name == "Fn::Contains" {
		return r.contains(path, a)
	}
	if name == "Fn::Equals" {
		if len(a) != 2 {
			return false, fmt.Errorf("%s: got %d values, expected 2", path, len(a))
		}
		values, err := r.strings(path, a)
		if err != nil {
			return false, err
		}
		return values[0] == values[1], nil
	}
	if name == "Fn::Not" && len(a) != 1 {
		return false, fmt.Errorf("%s: got %d conditions, expected 1", path, len(a))
	}
	if name != "Fn::Not" && (len(a) < 2 || len(a) > 10) {
		return false, fmt.Errorf("%s: got %d conditions, expected 2 to 10", path, len(a))
	}
	values := make([]bool, len(a))
	for i, item := range a {
		var err error
		if values[i], err = r.boolean(path+"["+strconv.Itoa(i)+"]", item); err != nil {
			return false, err
		}
	}
	switch name {
	case "Fn::Not":
		return !values[0], nil
	case "Fn::And":
		return !slices.Contains(values, false), nil
	}
	return slices.Contains(values, true), nil
}

func (r *Resolver) contains(path string, a []any) (bool, error) {
	if len(a) != 2 {
		return false, fmt.Errorf("%s: got %d values, expected a list and a string", path, len(a))
	}
	items, err := r.strings(path+"[0]", a[0])
	if err != nil {
		return false, err
	}
	value, err := r.resolve(path+"[1]", a[1])
	if err != nil {
		return false, err
	}
	text, ok := document.Text(value)
	if !ok {
		return false, fmt.Errorf("%s[1]: got %s, expected a string", path, kind(value))
	}
	return slices.Contains(items, text), nil
}

// boolean evaluates a condition's expression, which may name another condition.
func (r *Resolver) boolean(path string, v any) (bool, error) {
	if object, ok := v.(map[string]any); ok && len(object) == 1 {
		if name, ok := object["Condition"].(string); ok {
			return r.Condition(path, name)
		}
	}
	value, err := r.resolve(path, v)
	if err != nil {
		return false, err
	}
	switch value {
	case true, "true":
		return true, nil
	case false, "false":
		return false, nil
	}
	return false, fmt.Errorf("%s: got %s, expected a condition", path, document.Show(value))
}
