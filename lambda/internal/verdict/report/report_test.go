package report_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/invopop/jsonschema"
	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/internal/checks"
	"archway/internal/spec"
	"archway/lambda/internal/fixture"
	"archway/lambda/internal/validation"
	"archway/lambda/internal/verdict/check"
	"archway/lambda/internal/verdict/report"
)

// The schema is made here, in a test, so that the library that makes it is part of no program.

var update = flag.Bool("update", false, "write the schema anew")

const schemaFile = "../../../../docs/validate.schema.json"

func TestSchemaFollowsTheTypes(t *testing.T) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(schema(t)); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(schemaFile, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(b.String(), string(got)); diff != "" {
		t.Errorf("docs/validate.schema.json does not follow the types any more: run go generate ./lambda/internal/verdict/report\n(-want +got)\n%s",
			diff)
	}
}

func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	// Later versions add fields, and readers are to take them.
	reflector := jsonschema.Reflector{Anonymous: true, ExpandedStruct: true, AllowAdditionalProperties: true}
	for _, folder := range []string{"./", "../check"} {
		if err := reflector.AddGoComments("archway/lambda/internal/verdict/report", folder,
			jsonschema.WithFullComment()); err != nil {
			t.Fatal(err)
		}
	}
	for key, comment := range reflector.CommentMap {
		reflector.CommentMap[key] = strings.ReplaceAll(comment, "\n", " ")
	}
	s := reflector.Reflect(&report.Document{})
	s.Title = "Output of validate -o json"
	s.Description = "Made from the types in lambda/internal/verdict/report by go generate. Fields are only ever added."
	delete(s.Definitions, "Document")
	severities := []any{check.Error, check.Warning, check.Info}
	property(s, "Finding", "severity").Enum = severities
	property(s, "Downgraded", "from").Enum = severities[:2]
	property(s, "Finding", "check").Enum = nil
	for _, name := range checks.Names {
		property(s, "Finding", "check").Examples = append(property(s, "Finding", "check").Examples, name)
	}
	return s
}

func property(s *jsonschema.Schema, definition, key string) *jsonschema.Schema {
	p, ok := s.Definitions[definition].Properties.Get(key)
	if !ok {
		panic("the schema has no " + definition + "." + key)
	}
	return p
}

func TestSchemaExplainsEveryField(t *testing.T) {
	s := schema(t)
	s.Definitions["Document"] = s
	for name, definition := range s.Definitions {
		for pair := definition.Properties.Oldest(); pair != nil; pair = pair.Next() {
			if pair.Value.Description == "" {
				t.Errorf("%s.%s has no comment", name, pair.Key)
			}
		}
	}
}

// documents have between them every field and every kind of image.
func documents(t *testing.T) report.Document {
	t.Helper()
	var d report.Document
	s := fixture.New()
	other := s.Image(fixture.ImageSpec{Platform: fixture.ARM64,
		Config: func(c map[string]any) { c["architecture"] = "amd64" }})
	for name, root := range map[string]digest.Digest{
		"good":    s.Good().Digest,
		"bad":     s.Index(s.Linux("amd64", ""), other).Digest,
		"single":  s.Linux("amd64", "").Digest,
		"missing": digest.FromString("nothing"),
	} {
		want := check.Want{
			Platforms: []specs.Platform{fixture.AMD64, fixture.ARM64},
			Downgrades: map[string]spec.Downgrade{"tag-is-index": {Severity: "warning",
				Reason: "it is for one platform only"}},
		}
		verdict, err := validation.Of(t.Context(), s, root, want, nil)
		d.Add("registry.example/"+name, verdict, err)
	}
	d.Add("registry.example/unknown", check.Verdict{}, errors.New("no such host"))
	slices.SortFunc(d.Images, func(a, b report.Image) int { return strings.Compare(a.Image, b.Image) })
	return d
}

func TestDocumentsFollowTheSchema(t *testing.T) {
	text, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	var s map[string]any
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	for _, d := range []report.Document{documents(t), {Images: []report.Image{}}} {
		b, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		var value any
		if err := json.Unmarshal(b, &value); err != nil {
			t.Fatal(err)
		}
		for _, problem := range conform(s, s, value, "document") {
			t.Error(problem)
		}
	}
	if len(conform(s, s, map[string]any{"valid": "yes", "images": []any{map[string]any{}}}, "document")) < 3 {
		t.Error("the comparison notices nothing")
	}
}

// conform compares a value with the part of JSON Schema that our schema uses.
func conform(root, s map[string]any, value any, at string) (problems []string) {
	if ref, ok := s["$ref"].(string); ok {
		return conform(root, root["$defs"].(map[string]any)[strings.TrimPrefix(ref, "#/$defs/")].(map[string]any),
			value, at)
	}
	wrong := func(format string, args ...any) { problems = append(problems, at+": "+fmt.Sprintf(format, args...)) }
	if allowed, ok := s["enum"].([]any); ok && !slices.Contains(allowed, value) {
		wrong("is %v, none of %v", value, allowed)
	}
	switch s["type"] {
	case "object":
		fields, ok := value.(map[string]any)
		if !ok {
			wrong("is no object")
		}
		for _, key := range s["required"].([]any) {
			if _, ok := fields[key.(string)]; !ok {
				wrong("has no %s", key)
			}
		}
		for key, field := range fields {
			p, ok := s["properties"].(map[string]any)[key].(map[string]any)
			if !ok {
				wrong("has a field %s that the schema doesn't know", key)
				continue
			}
			problems = append(problems, conform(root, p, field, at+"."+key)...)
		}
	case "array":
		items, ok := value.([]any)
		if !ok {
			wrong("is no list")
		}
		for n, item := range items {
			problems = append(problems,
				conform(root, s["items"].(map[string]any), item, fmt.Sprintf("%s[%d]", at, n))...)
		}
	case "string":
		if _, ok := value.(string); !ok {
			wrong("is no string")
		}
	case "integer":
		if n, ok := value.(float64); !ok || n != float64(int64(n)) {
			wrong("is no whole number")
		}
	case "boolean":
		if _, ok := value.(bool); !ok {
			wrong("is no boolean")
		}
	default:
		wrong("has the type %v in the schema", s["type"])
	}
	return problems
}

func TestTheVerdictOnAllIsThatOnEach(t *testing.T) {
	d := documents(t)
	if d.Valid {
		t.Error("valid, although one image is not")
	}
	got := map[string]string{}
	for _, i := range d.Images {
		got[strings.TrimPrefix(i.Image,
			"registry.example/")] = fmt.Sprintf("%v, %d platforms, %d nodes, %d findings, %q", i.Valid,
			len(i.Platforms), len(i.Nodes), len(i.Findings), i.Error)
	}
	want := map[string]string{
		"good":    `true, 2 platforms, 2 nodes, 0 findings, ""`,
		"bad":     `false, 2 platforms, 2 nodes, 1 findings, ""`,
		"single":  `true, 1 platforms, 2 nodes, 1 findings, ""`,
		"missing": `false, 0 platforms, 0 nodes, 1 findings, ""`,
		"unknown": `false, 0 platforms, 0 nodes, 0 findings, "no such host"`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	var good report.Document
	s := fixture.New()
	verdict, err := validation.Of(t.Context(), s, s.Good().Digest,
		check.Want{Platforms: []specs.Platform{fixture.AMD64, fixture.ARM64}}, nil)
	if good.Add("good", verdict, err); !good.Valid {
		t.Error("not valid, although the only image is")
	}
	p := good.Images[0].Platforms[0]
	if diff := cmp.Diff(report.Platform{Platform: "linux/amd64", Digest: p.Digest, Revision: fixture.Revision,
		Attestations: []string{"https://slsa.dev/provenance/v0.2"},
		Starts:       []report.Start{{How: "entry", Name: "/app", File: "/app", Machine: "amd64"}},
		Unread:       []report.Unread{{Digest: p.Unread[0].Digest, Size: p.Unread[0].Size}}}, p); diff != "" {
		t.Error(diff)
	}
}
