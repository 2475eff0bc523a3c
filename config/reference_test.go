package config

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/invopop/jsonschema"
)

// The tables of the reference are made as the schema is; what stands between them is written by
// hand. A table's place is marked with the object, and with where the object stands: "under" a path
// that the tests of all documents follow, or "in" one that they don't.
//
//	<!-- Tags under images[].tags -->
//	<!-- end of Tags -->
var place = regexp.MustCompile(`(?s)<!-- (\w+) (under|in) (\S+) -->\n.*?<!-- end of (\w+) -->\n`)

func TestReferenceFollowsTheSchema(t *testing.T) {
	const file = "../docs/configuration.md"
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	r := keyTables{schemaOfConfig(t).Definitions, map[string]string{}}
	var places []string
	for _, m := range place.FindAllStringSubmatch(string(got), -1) {
		if m[1] != m[4] {
			t.Fatalf("%s: the place of %s ends as that of %s", file, m[1], m[4])
		}
		r.paths[m[1]] = m[3]
		places = append(places, m[1])
	}
	var objects []string
	for name := range r.objects {
		objects = append(objects, name)
	}
	slices.Sort(objects)
	slices.Sort(places)
	if diff := cmp.Diff(objects, places); diff != "" {
		t.Fatalf("%s has not one place for each object of the schema (-schema +page):\n%s", file, diff)
	}
	want := place.ReplaceAllStringFunc(string(got), func(text string) string {
		m := place.FindStringSubmatch(text)
		return fmt.Sprintf("<!-- %s %s %s -->\n%s<!-- end of %[1]s -->\n", m[1], m[2], m[3], r.table(m[1], m[2]))
	})
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("%s does not follow the types any more: run go generate ./config\n(-want +got)\n%s", file, diff)
	}
}

type keyTables struct {
	objects jsonschema.Definitions
	paths   map[string]string // where an object stands
}

func (r keyTables) table(name, how string) string {
	object := r.objects[name]
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s\n\n| key, %s `%s` | default | values | what it is |\n|---|---|---|---|\n",
		plain(object.Description), how, r.paths[name])
	for pair := object.Properties.Oldest(); pair != nil; pair = pair.Next() {
		text, fallback := fallbackOf(pair.Value)
		if of := r.objects[nameOf(pair.Value.Ref)]; of != nil && len(of.Required) > 0 {
			fallback = "none" // it can't be empty, so that its keys have no say
		}
		if slices.Contains(object.Required, pair.Key) {
			fallback = "required"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", pair.Key, fallback, r.values(pair.Value), text)
	}
	return b.String() + "\n"
}

// fallbackOf parts a key's description from what it says of the default. Where it says nothing,
// the schema does, or the keys of the object below.
func fallbackOf(property *jsonschema.Schema) (text, fallback string) {
	text, fallback, said := strings.Cut(property.Description, "Default: ")
	text, fallback = plain(strings.TrimSpace(text)), plain(strings.TrimSuffix(fallback, "."))
	if value := literal(property.Default); !said || strings.HasPrefix(value, "`") && !strings.Contains(fallback, " ") {
		fallback = value
	}
	return text, fallback
}

// literal writes a default as people would in a text.
func literal(value any) string {
	content, err := json.Marshal(value)
	if err != nil {
		panic(err) // the schema itself could not be written
	}
	var list []any
	switch {
	case string(content) == "null" || content[0] == '{':
		return "that of its keys"
	case json.Unmarshal(content, &list) != nil:
		return "`" + strings.Trim(string(content), `"`) + "`"
	case len(list) == 0:
		return "none"
	}
	return code(list)
}

// values says what a key takes.
func (r keyTables) values(s *jsonschema.Schema) string {
	object := func(ref string) string {
		name := nameOf(ref)
		return fmt.Sprintf("[`%s`](#%s)", r.paths[name], anchor(r.paths[name]))
	}
	switch {
	case s.Ref != "":
		return "object: " + object(s.Ref)
	case s.Enum != nil:
		return code(s.Enum)
	case s.Type == "array":
		if s.Items.Ref != "" {
			return "list: " + object(s.Items.Ref) + most(s.MaxItems)
		}
		return "list: " + r.values(s.Items) + most(s.MaxItems)
	case s.Properties != nil: // the same object under fixed names
		var names []any
		var of *jsonschema.Schema
		for pair := s.Properties.Oldest(); pair != nil; pair = pair.Next() {
			names, of = append(names, pair.Key), pair.Value
		}
		var keys []any
		for pair := r.objects[nameOf(of.Ref)].Properties.Oldest(); pair != nil; pair = pair.Next() {
			keys = append(keys, pair.Key)
		}
		return fmt.Sprintf("%s, each with %s: %s", code(names), code(keys), object(of.Ref))
	case s.Type == "object":
		if s.AdditionalProperties.Ref != "" {
			return "by name: " + object(s.AdditionalProperties.Ref) + most(s.MaxProperties)
		}
		return "names and texts" + most(s.MaxProperties)
	case s.Type == "integer" && s.Maximum != "":
		return fmt.Sprintf("%s to %s", s.Minimum, s.Maximum)
	case s.Type == "boolean":
		return "`true`, `false`"
	case s.Type == "string" && s.MaxLength != nil:
		return fmt.Sprintf("text, up to %d", *s.MaxLength)
	case s.Type == "string":
		return "text"
	}
	return s.Type
}

// nameOf is the object that a reference leads to: #/$defs/Tags.
func nameOf(ref string) string { return ref[strings.LastIndex(ref, "/")+1:] }

func most(n *uint64) string {
	if n == nil {
		return ""
	}
	return fmt.Sprintf("; at most %d", *n)
}

func code(values []any) string {
	texts := make([]string, len(values))
	for i, value := range values {
		texts[i] = fmt.Sprintf("`%v`", value)
	}
	return strings.Join(texts, ", ")
}

// anchor is the name that GitHub gives to the heading that an object's path is.
func anchor(path string) string {
	return strings.ToLower(regexp.MustCompile(`[^A-Za-z0-9_-]`).ReplaceAllString(path, ""))
}

// plain keeps a comment's text from being read as Markdown.
func plain(text string) string {
	return strings.NewReplacer("|", `\|`, "*", `\*`, "<", `\<`, " _ ", ` \_ `).Replace(text)
}
