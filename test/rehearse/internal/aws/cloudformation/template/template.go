// Package template reads a CloudFormation template and resolves its intrinsic
// functions, as far as cloud assemblies of the CDK use them. Everything else is
// refused by name, with the path where it stands.
package template

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Template is a parsed template with its intrinsics as they stand.
type Template struct {
	Parameters map[string]Parameter
	Mappings   map[string]map[string]map[string]any
	Conditions map[string]any
	Rules      map[string]Rule
	Resources  map[string]Resource
	Outputs    map[string]Output
}

// Parameter is a template parameter.
type Parameter struct {
	Type    string
	Default any
}

// Rule asserts something about parameters before anything is created.
type Rule struct {
	RuleCondition any
	Assertions    []Assertion
}

// Assertion is one statement of a rule.
type Assertion struct {
	Assert            any
	AssertDescription string
}

// Resource is one resource with its properties as they stand.
type Resource struct {
	Type       string
	Condition  string
	DependsOn  any
	Properties map[string]any
	Metadata   map[string]any

	// DeletionPolicy says what becomes of the resource with the stack.
	DeletionPolicy string
}

// Output is one output of the stack.
type Output struct {
	Description string
	Condition   string
	Value       any
	Export      any
}

// describing are sections that deploy nothing.
var describing = map[string]bool{"AWSTemplateFormatVersion": true, "Description": true, "Metadata": true}

// Parse reads a template in JSON.
func Parse(content []byte) (*Template, error) {
	sections := map[string]json.RawMessage{}
	if err := json.Unmarshal(content, &sections); err != nil {
		return nil, fmt.Errorf("template: %w", err)
	}
	t := &Template{}
	targets := map[string]any{
		"Parameters": &t.Parameters, "Mappings": &t.Mappings, "Conditions": &t.Conditions, "Rules": &t.Rules,
		"Outputs": &t.Outputs,
	}
	for _, name := range slices.Sorted(maps.Keys(sections)) {
		var err error
		switch target, ok := targets[name]; {
		case ok:
			if err = decode(sections[name], target); err != nil {
				err = fmt.Errorf("template: %s: %w", name, err)
			}
		case name == "Resources":
			t.Resources, err = parseResources(sections[name])
		case !describing[name]:
			err = fmt.Errorf("template: the rehearsal does not support the section %s", name)
		}
		if err != nil {
			return nil, err
		}
	}
	if len(t.Resources) == 0 {
		return nil, fmt.Errorf("template: it has no Resources")
	}
	return t, nil
}

// withoutEffect are attributes of a resource that make no difference here: a
// rehearsal creates all resources once, and replaces none.
var withoutEffect = map[string]bool{"UpdateReplacePolicy": true}

func parseResources(content []byte) (map[string]Resource, error) {
	raw := map[string]map[string]json.RawMessage{}
	if err := decode(content, &raw); err != nil {
		return nil, fmt.Errorf("template: Resources: %w", err)
	}
	resources := map[string]Resource{}
	for _, id := range slices.Sorted(maps.Keys(raw)) {
		var r Resource
		targets := map[string]any{
			"Type": &r.Type, "Condition": &r.Condition, "Properties": &r.Properties, "Metadata": &r.Metadata,
			"DependsOn": &r.DependsOn, "DeletionPolicy": &r.DeletionPolicy,
		}
		for _, attribute := range slices.Sorted(maps.Keys(raw[id])) {
			if withoutEffect[attribute] {
				continue
			}
			target, ok := targets[attribute]
			if !ok {
				return nil,
					fmt.Errorf("template: Resources.%s: the rehearsal does not support the attribute %s", id, attribute)
			}
			if err := decode(raw[id][attribute], target); err != nil {
				return nil, fmt.Errorf("template: Resources.%s.%s: %w", id, attribute, err)
			}
		}
		if r.Type == "" {
			return nil, fmt.Errorf("template: Resources.%s: it has no Type", id)
		}
		resources[id] = r
	}
	return resources, nil
}

// decode keeps numbers as they are written: 1 must not become 1e0 in a string.
func decode(content []byte, target any) error {
	d := json.NewDecoder(bytes.NewReader(content))
	d.UseNumber()
	return d.Decode(target)
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	if strings.HasPrefix(key, "[") {
		return path + key
	}
	return path + "." + key
}
