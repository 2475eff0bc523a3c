package config_test

import (
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"archway/config"
	"archway/internal/spec"

	"github.com/google/go-cmp/cmp"
)

// Whatever JSON there is, Load either says in single lines what is wrong, or gives a configuration
// that it would take again and leave as it is.
func FuzzLoad(f *testing.F) {
	wrong, err := os.ReadFile("testdata/everything-wrong.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(wrong)
	for _, seed := range []string{
		``, `null`, `7`, `"x"`, `[]`, `{}`, `{"pipelines": [null, {}, [], 1]}`, `{"pipelines":`,
		`{"": {"\u0000\n": 1}}`,
		`{"pipelines": [{"name": "hello", "images": [{"name": "hello"}]}]}`,
		`{"pipelines": [{"name": "a", "source": {"branch": "ü/x", "seed": "seed"}, "images": [{"name": "bb", "context": "services/web", "dockerfile": "docker/Dockerfile.web"}, {"name": "c"}]}]}`,
		imageWith(`"tags": {"immutable": ["{commit:7}", "v-{branch}-{date:20060102}"], "moving": ["{branch}", "n-{date:2006-01}"]}`),
		imageWith(`"platforms": ["linux/arm64", "linux/amd64"], "builds": {"arm64": {"compute": "LARGE", "timeoutMinutes": 6e1}}`),
		rulesWith(`{"name": "r", "type": "branch", "pattern": "r-(?<v>\\d+)", "noCache": true, "buildArgs": {"A": "1"}, "platforms": ["linux/arm64"], "tags": {"moving": ["r{v}"]}, "images": {"hello": {"context": "x"}}}, {"name": "t", "type": "tag", "exact": "v1"}`),
		rulesWith(`{"name": "r", "type": "branch", "exact": "r"}, {"name": "t", "class": "c", "type": "branch", "pattern": "x/.*"}], "classes": {"c": {"promote": false}`),
		imageWith(
			`"buildArgs": {"A": "\u2028"}, "labels": {"a.b/c": "\n"}, "target": "", "buildkitImage": "a/b@sha256:00"`),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		cfg, err := config.Load(json.RawMessage(text), "testdata")
		if err != nil {
			checkProblems(t, cfg, err)
			return
		}
		if slices.ContainsFunc(cfg.Pipelines, func(p config.Planned) bool { return p.Class != "" }) {
			return // what makes a class's pipeline differ can't be written
		}
		again, err := json.Marshal(asWritten(reflect.ValueOf(written(cfg))))
		if err != nil {
			t.Fatal(err)
		}
		// The seed folders are relative to the working directory now.
		second, err := config.Load(json.RawMessage(again), "")
		if err != nil {
			t.Fatalf("Load refuses what it gave:\n%s\n%v", again, err)
		}
		// A branch that no rule matches is told of where it is written out.
		for i := range second.Pipelines {
			warnings := &second.Pipelines[i].Warnings
			*warnings = slices.DeleteFunc(*warnings, func(warning string) bool {
				return strings.Contains(warning, ".source.branch: ") &&
					!slices.Contains(cfg.Pipelines[i].Warnings, warning)
			})
			if len(*warnings) == 0 {
				*warnings = nil
			}
		}
		if diff := cmp.Diff(cfg, second); diff != "" {
			t.Errorf("Load changes what it gave:\n%s", diff)
		}
	})
}

func checkProblems(t *testing.T, cfg *config.Plan, err error) {
	t.Helper()
	var problems config.Problems
	if cfg != nil || !errors.As(err, &problems) || len(problems) == 0 {
		t.Fatalf("Load gave %v and %v", cfg, err)
	}
	for _, problem := range problems {
		if !strings.HasPrefix(problem.Path, "archway") || problem.Message == "" ||
			strings.ContainsAny(problem.String(), "\n\r\x00") {
			t.Errorf("bad problem: %q", problem)
		}
	}
}

// written is what was said, with the defaults.
func written(plan *config.Plan) config.Config {
	cfg := config.Config{Registry: plan.Registry}
	for _, p := range plan.Pipelines {
		cfg.Pipelines = append(cfg.Pipelines, p.Pipeline)
	}
	return cfg
}

// asWritten is a value as it stands in cdk.json, without what says nothing.
func asWritten(value reflect.Value) any {
	switch value.Kind() {
	case reflect.Pointer:
		return asWritten(value.Elem())
	case reflect.Slice:
		list := make([]any, value.Len())
		for i := range list {
			list[i] = asWritten(value.Index(i))
		}
		return list
	case reflect.Map:
		object := map[string]any{}
		for _, key := range value.MapKeys() {
			object[key.String()] = asWritten(value.MapIndex(key))
		}
		return object
	case reflect.Struct:
		object := map[string]any{}
		for _, f := range spec.Fields(value.Type()) {
			if field := value.FieldByIndex(f.Index); f.Negated {
				object[f.Key] = field.IsZero()
			} else if !field.IsZero() || f.Tag.Get("default") != "" &&
				f.Tag.Get("default") != "-" {
				object[f.Key] = asWritten(field)
			}
		}
		return object
	}
	return value.Interface()
}
