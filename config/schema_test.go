package config

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"archway/internal/checks"
	"archway/internal/platform"
	"archway/internal/spec"

	"github.com/google/go-cmp/cmp"
	"github.com/invopop/jsonschema"
)

// The schema is made here, in a test, so that the library that makes it is part of no program.

var update = flag.Bool("update", false, "write cdk.schema.json anew")

func TestSchemaFollowsTheTypes(t *testing.T) {
	const file = "cdk.schema.json"
	want := schemaOfCDKJSON(t)
	if *update {
		if err := os.WriteFile(file, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s does not follow the types any more: run go generate ./config\n(-want +got)\n%s", file, diff)
	}
}

// Every key has a description, and every key that may be left out says what then happens.
func TestSchemaExplainsEveryKey(t *testing.T) {
	for name, definition := range schemaOfConfig(t).Definitions {
		for pair := definition.Properties.Oldest(); pair != nil; pair = pair.Next() {
			property := pair.Value
			if property.Description == "" && property.Ref == "" {
				t.Errorf("%s.%s has no comment", name, pair.Key)
			}
			optional := !slices.Contains(definition.Required, pair.Key)
			if optional && property.Ref == "" && property.Default == nil &&
				!strings.Contains(property.Description, "Default: ") {
				t.Errorf("%s.%s may be left out, but neither it nor its comment has a default", name, pair.Key)
			}
		}
	}
}

// schemaOfCDKJSON gives the schema of a whole cdk.json. It leaves everything free but context →
// archway.
func schemaOfCDKJSON(t *testing.T) []byte {
	t.Helper()
	schema := schemaOfConfig(t)
	context := &jsonschema.Schema{Type: "object", Properties: jsonschema.NewProperties(), Required: []string{root}}
	context.Properties.Set(root, &jsonschema.Schema{Ref: "#/$defs/Config"})
	document := &jsonschema.Schema{
		Version:     schema.Version,
		Title:       "cdk.json of an Archway app",
		Description: "Made from the types in config/config.go by go generate ./config. Only context → archway is described; the rest is the CDK's.",
		Type:        "object",
		Properties:  jsonschema.NewProperties(),
		Required:    []string{"context"},
		Definitions: schema.Definitions,
	}
	document.Properties.Set("context", context)

	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(document); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// schemaOfConfig adds to what the types say what only the rules know.
func schemaOfConfig(t *testing.T) *jsonschema.Schema {
	t.Helper()
	reflector := jsonschema.Reflector{Anonymous: true, RequiredFromJSONSchemaTags: true, FieldNameTag: "key"}
	for _, folder := range []string{"./", "../internal/spec"} {
		if err := reflector.AddGoComments("archway/config", folder, jsonschema.WithFullComment()); err != nil {
			t.Fatal(err)
		}
	}
	for key, comment := range reflector.CommentMap {
		reflector.CommentMap[key] = strings.ReplaceAll(comment, "\n", " ")
	}
	schema := reflector.Reflect(&Config{})
	property := func(definition, key string) *jsonschema.Schema {
		p, ok := schema.Definitions[definition].Properties.Get(key)
		if !ok {
			t.Fatalf("the schema has no %s.%s", definition, key)
		}
		return p
	}

	for _, of := range types(reflect.TypeFor[Config]()) {
		for _, f := range spec.Fields(of) {
			describe(f, property(of.Name(), f.Key))
		}
	}
	for _, key := range []string{"immutable", "moving"} {
		// The form only: Load knows more.
		property("Tags",
			key).Items.Pattern = `^(?:[A-Za-z0-9._-]|\{(?:commit(?::[0-9]+)?|date:[^{}]+|[A-Za-z_][A-Za-z0-9_]*)\})+$`
	}
	names := property("Validation", "downgrade")
	names.PropertyNames.Enum = anys(slices.DeleteFunc(slices.Clone(checks.Names), func(name string) bool {
		return slices.Contains(checks.Firm, name)
	}))

	builds := property("Image", "builds")
	build := builds.AdditionalProperties
	builds.AdditionalProperties = jsonschema.FalseSchema
	builds.Properties = jsonschema.NewProperties()
	for _, p := range platform.All() {
		builds.Properties.Set(p.Name(), build)
	}

	addDefaults(t, property)
	property("HTTPCheck", "port").Default = nil // it is required
	return schema
}

// addDefaults asks Load what a configuration becomes that says nothing.
func addDefaults(t *testing.T, property func(definition, key string) *jsonschema.Schema) {
	t.Helper()
	cfg, err := Load(json.RawMessage(`{"pipelines":[{"name":"hello","images":[{"name":"hello"}]}]}`), ".")
	if err != nil {
		t.Fatal(err)
	}
	pipeline := cfg.Pipelines[0].Pipeline
	image := pipeline.Images[0]
	// These follow from other names; their comments say how.
	pipeline.Name, pipeline.Source.Repository, image.Name, image.Repository = "", "", "", ""
	for _, value := range []any{pipeline, pipeline.Source, image, image.Tags, image.Validation,
		image.Builds[platform.AMD64.Name()], spec.Default[spec.SmokeTest](), spec.Default[spec.HTTPCheck](),
		spec.Default[Approval](), spec.Default[spec.ScanGate](),
		spec.Default[Signing](), spec.Default[SBOM](), spec.Default[Class]()} {
		v := reflect.ValueOf(value)
		for _, f := range spec.Fields(v.Type()) {
			switch field := v.FieldByIndex(f.Index); {
			case f.Key == "images" || f.Key == "rules" || field.Kind() == reflect.Struct ||
				field.Kind() == reflect.Pointer:
			case field.Kind() == reflect.Map && field.Len() == 0 || field.Kind() == reflect.String && field.Len() == 0:
			case f.Negated:
				property(v.Type().Name(), f.Key).Default = !field.Bool()
			case f.Key == "builds":
				machines := map[string]any{}
				for name, build := range value.(Image).Builds {
					machine := map[string]any{}
					for _, f := range spec.Fields(reflect.TypeOf(build)) {
						machine[f.Key] = reflect.ValueOf(build).FieldByIndex(f.Index).Interface()
					}
					machines[name] = machine
				}
				property(v.Type().Name(), f.Key).Default = machines
			default:
				property(v.Type().Name(), f.Key).Default = field.Interface()
			}
		}
	}
}

// types are all that have keys, from one on.
func types(of reflect.Type) []reflect.Type {
	switch of.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		return types(of.Elem())
	case reflect.Struct:
		all := []reflect.Type{of}
		for _, f := range spec.Fields(of) {
			all = append(all, types(f.Type)...)
		}
		return all
	}
	return nil
}

// describe says what the tags of a key say.
func describe(f spec.Field, key *jsonschema.Schema) {
	if f.Bounded {
		key.Minimum, key.Maximum = json.Number(strconv.Itoa(f.Least)), json.Number(strconv.Itoa(f.Most))
	}
	count := func(n int) *uint64 {
		if n == 0 {
			return nil
		}
		return ptr(uint64(n))
	}
	text := key
	switch f.Type.Kind() {
	case reflect.Slice:
		text, key.UniqueItems = key.Items, f.Tag.Get("unique") != ""
		key.MinItems, key.MaxItems = count(f.MinItems), count(f.MaxItems)
	case reflect.Map:
		text, key.MaxProperties = key.AdditionalProperties, count(f.MaxItems)
	}
	if f.Choices != nil {
		text.Enum = anys(f.Choices)
	}
	rule := func(r *spec.Rule, schema *jsonschema.Schema) {
		if r == nil {
			return
		}
		if r.Pattern != nil {
			schema.Pattern = r.Pattern.String()
		}
		schema.MinLength, schema.MaxLength = count(r.Least), count(r.Most)
	}
	rule(f.Rule, text)
	if f.Names != nil {
		key.PropertyNames = &jsonschema.Schema{}
		rule(f.Names, key.PropertyNames)
	}
}

func ptr[T any](value T) *T { return &value }

func anys[T any](values []T) []any {
	list := make([]any, len(values))
	for i, value := range values {
		list[i] = value
	}
	return list
}
