package cloudformation

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"archway/test/rehearse/internal/aws/document"
)

// properties are the resolved properties of one resource, or of an object in
// them. Every read is noted: what nobody read must be known to have no effect, or is
// refused by name.
type properties struct {
	resource      string            // logical id
	kind          string            // resource type
	withoutEffect map[string]string // of the type, by key, with the reasons
	path          string            // within the properties, with indexes: Stages[0].Name
	key           string            // the same without indexes: Stages.Name
	values        map[string]any
	read          map[string]bool
	children      []*properties
	problems      *[]error
}

func newProperties(resource, kind string, values map[string]any) *properties {
	return &properties{
		resource: resource, kind: kind, values: values, read: map[string]bool{}, problems: &[]error{},
		withoutEffect: descriptors[kind].withoutEffect,
	}
}

func (p *properties) fail(name, format string, arguments ...any) {
	*p.problems = append(*p.problems, fmt.Errorf("%s: %s", p.at(name), fmt.Sprintf(format, arguments...)))
}

// at is where a property stands, for errors.
func (p *properties) at(name string) string {
	return "Resources." + p.resource + ".Properties." + dotted(p.path, name)
}

func dotted(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func (p *properties) get(name string) (any, bool) {
	p.read[name] = true
	v, ok := p.values[name]
	return v, ok
}

// text reads a string; it is empty if the property is not there.
func (p *properties) text(name string) string {
	v, ok := p.get(name)
	if !ok {
		return ""
	}
	text, ok := document.Text(v)
	if !ok {
		p.fail(name, "got %s, expected a string", document.Show(v))
	}
	return text
}

// required reads a string that must be there.
func (p *properties) required(name string) string {
	text := p.text(name)
	if text == "" {
		p.fail(name, "it is missing or empty")
	}
	return text
}

// oneOf reads a string that has one of the values that can be rehearsed.
func (p *properties) oneOf(name string, allowed ...string) string {
	text := p.text(name)
	if !slices.Contains(allowed, text) {
		p.fail(name, "got %q; the rehearsal supports %s only", text, strings.Join(allowed, ", "))
	}
	return text
}

func (p *properties) integer(name string, missing int) int {
	v, ok := p.get(name)
	if !ok {
		return missing
	}
	text, _ := document.Text(v)
	n, err := strconv.Atoi(text)
	if err != nil {
		p.fail(name, "got %s, expected a whole number", document.Show(v))
	}
	return n
}

func (p *properties) boolean(name string) bool {
	switch text := p.text(name); text {
	case "true":
		return true
	case "", "false":
		return false
	default:
		p.fail(name, "got %q, expected true or false", text)
		return false
	}
}

// object reads an object; the result is empty if the property is not there.
func (p *properties) object(name string) *properties {
	v, ok := p.get(name)
	values, isObject := v.(map[string]any)
	if ok && !isObject {
		p.fail(name, "got %s, expected an object", document.Show(v))
	}
	return p.child(name, values)
}

func (p *properties) child(name string, values map[string]any) *properties {
	key := name
	if i := strings.IndexByte(name, '['); i >= 0 {
		key = name[:i]
	}
	c := &properties{
		resource: p.resource, kind: p.kind, withoutEffect: p.withoutEffect,
		path: dotted(p.path, name), key: dotted(p.key, key),
		values: values, read: map[string]bool{}, problems: p.problems,
	}
	p.children = append(p.children, c)
	return c
}

// list reads a list; it is empty if the property is not there.
func (p *properties) list(name string) []any {
	v, ok := p.get(name)
	items, isList := v.([]any)
	if ok && !isList {
		p.fail(name, "got %s, expected a list", document.Show(v))
	}
	return items
}

// objects reads a list of objects.
func (p *properties) objects(name string) []*properties {
	var list []*properties
	for i, item := range p.list(name) {
		at := fmt.Sprintf("%s[%d]", name, i)
		values, ok := item.(map[string]any)
		if !ok {
			p.fail(at, "got %s, expected an object", document.Show(item))
			continue
		}
		list = append(list, p.child(at, values))
	}
	return list
}

// texts reads a list of strings.
func (p *properties) texts(name string) []string {
	var list []string
	for i, item := range p.list(name) {
		text, ok := document.Text(item)
		if !ok {
			p.fail(fmt.Sprintf("%s[%d]", name, i), "got %s, expected a string", document.Show(item))
		}
		list = append(list, text)
	}
	return list
}

// textMap reads an object whose keys are not part of the resource's schema.
func (p *properties) textMap(name string) map[string]string {
	v, ok := p.get(name)
	if !ok {
		return nil
	}
	values, ok := v.(map[string]any)
	if !ok {
		p.fail(name, "got %s, expected an object", document.Show(v))
		return nil
	}
	m := map[string]string{}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		text, ok := document.Text(values[key])
		if !ok {
			p.fail(name+"."+key, "got %s, expected a string", document.Show(values[key]))
		}
		m[key] = text
	}
	return m
}

// done returns what is wrong, together with what was neither read nor is known
// to have no effect.
func (p *properties) done() error {
	p.leftovers()
	return errors.Join(*p.problems...)
}

func (p *properties) leftovers() {
	for _, name := range slices.Sorted(maps.Keys(p.values)) {
		if p.read[name] {
			continue
		}
		if _, ok := p.withoutEffect[dotted(p.key, name)]; ok {
			continue
		}
		p.fail(name, "the rehearsal does not support this property of %s", p.kind)
	}
	for _, c := range p.children {
		c.leftovers()
	}
}
