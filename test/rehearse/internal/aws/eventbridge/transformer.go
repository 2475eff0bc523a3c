package eventbridge

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"archway/test/rehearse/internal/aws/document"
)

// Transformer is an input transformer: values by JSON path, put into a template.
type Transformer struct {
	paths    map[string]string
	template string
}

// The limits and the form of names are those of EventBridge's API.
const maxPaths = 100

var variableName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`)

// NewTransformer checks the paths; path says where the transformer stands.
func NewTransformer(path string, paths map[string]string, template string) (*Transformer, error) {
	if template == "" {
		return nil, fmt.Errorf("%s: it has no InputTemplate", path)
	}
	if len(paths) > maxPaths {
		return nil, fmt.Errorf("%s: got %d input paths, at most %d are allowed", path, len(paths), maxPaths)
	}
	for _, name := range slices.Sorted(maps.Keys(paths)) {
		if !variableName.MatchString(name) {
			return nil, fmt.Errorf("%s: input path %q: a name has letters, digits, - and _ only", path, name)
		}
		if strings.HasPrefix(name, "AWS") || strings.HasPrefix(name, "aws") {
			return nil, fmt.Errorf("%s: input path %q: names that start with AWS are reserved", path, name)
		}
		if _, err := parsePath(paths[name]); err != nil {
			return nil, fmt.Errorf("%s: input path %q: %w", path, name, err)
		}
	}
	for _, placeholder := range placeholders.FindAllString(template, -1) {
		name := strings.Trim(placeholder, "<>")
		if _, ok := paths[name]; !ok && !reserved[name] {
			return nil, fmt.Errorf("%s: the template uses %s, which no input path defines", path, placeholder)
		}
	}
	return &Transformer{paths: paths, template: template}, nil
}

var (
	placeholders = regexp.MustCompile(`<[A-Za-z0-9_.-]+>`)
	reserved     = map[string]bool{
		"aws.events.rule-arn": true, "aws.events.rule-name": true,
		"aws.events.event.ingestion-time": true, "aws.events.event.json": true,
	}
)

// apply fills the template. A variable that stands as a JSON value is written as
// JSON, one within a string as it is: EventBridge does not escape it there. A
// variable whose path the event lacks does not exist and leaves nothing.
func (t *Transformer) apply(event Event, given map[string]any) (string, error) {
	values := maps.Clone(given)
	for name, path := range t.paths {
		value, found, err := lookup(event, path)
		if err != nil {
			return "", err
		}
		if found {
			values[name] = value
		}
	}
	var out strings.Builder
	inString := false
	for i := 0; i < len(t.template); i++ {
		c := t.template[i]
		if c == '<' {
			if match := placeholders.FindString(t.template[i:]); match != "" &&
				strings.HasPrefix(t.template[i:], match) {
				out.WriteString(t.written(values, strings.Trim(match, "<>"), inString))
				i += len(match) - 1
				continue
			}
		}
		if c == '\\' && inString && i+1 < len(t.template) {
			out.WriteByte(c)
			i++
			out.WriteByte(t.template[i])
			continue
		}
		if c == '"' {
			inString = !inString
		}
		out.WriteByte(c)
	}
	return out.String(), nil
}

// written is a variable's value where it stands. A template that is one string drops the quotes of
// what is no text.
func (t *Transformer) written(values map[string]any, name string, inString bool) string {
	value, ok := values[name]
	if !ok {
		return ""
	}
	if text, ok := value.(string); ok && inString {
		return text
	}
	if strings.HasPrefix(strings.TrimSpace(t.template), `"`) {
		return strings.ReplaceAll(document.Show(value), `"`, "")
	}
	return document.Show(value)
}

var step = regexp.MustCompile(`^(?:\.([A-Za-z0-9_-]+)|\[(\d+)\]|\['([^']+)'\])`)

// parsePath splits $.a.b[0]['c'] into its steps: names and indexes.
func parsePath(path string) ([]any, error) {
	rest, ok := strings.CutPrefix(path, "$")
	if !ok {
		return nil, fmt.Errorf("got %q, expected a path that starts with $", path)
	}
	var steps []any
	for rest != "" {
		m := step.FindStringSubmatch(rest)
		if m == nil {
			return nil, fmt.Errorf("%q: the rehearsal does not support the JSON path at %q", path, rest)
		}
		switch {
		case m[2] != "":
			index, err := strconv.Atoi(m[2])
			if err != nil {
				return nil, fmt.Errorf("%q: %w", path, err)
			}
			steps = append(steps, index)
		default:
			steps = append(steps, m[1]+m[3])
		}
		rest = rest[len(m[0]):]
	}
	return steps, nil
}

func lookup(event Event, path string) (value any, found bool, err error) {
	steps, err := parsePath(path)
	if err != nil {
		return nil, false, err
	}
	value = map[string]any(event)
	for _, s := range steps {
		switch s := s.(type) {
		case string:
			object, _ := value.(map[string]any)
			if value, found = object[s]; !found {
				return nil, false, nil
			}
		case int:
			list, _ := value.([]any)
			if s >= len(list) {
				return nil, false, nil
			}
			value = list[s]
		}
	}
	return value, true, nil
}

// Decode reads an event from JSON with its numbers as they are written.
func Decode(content string) (Event, error) {
	var event Event
	d := json.NewDecoder(strings.NewReader(content))
	d.UseNumber()
	if err := d.Decode(&event); err != nil {
		return nil, fmt.Errorf("event: %w", err)
	}
	return event, nil
}
