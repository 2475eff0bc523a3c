package codepipeline

import (
	"fmt"
	"strings"
	"testing"
)

// CodePipeline refuses a wrong structure, and so does this.
func TestWrongStructure(t *testing.T) {
	build := func(actions ...Action) *Pipeline { return pipeline(Stage{Name: "Build", Actions: actions}) }
	many := func(n int) (actions []Action) {
		for i := range n {
			actions = append(actions, work(fmt.Sprintf("a%d", i), nil))
		}
		return actions
	}
	failing := func(stage int, rule OnFailure) *Pipeline {
		p := build(many(1)...)
		p.Stages[stage].OnFailure = rule
		return p
	}
	tests := map[string]*Pipeline{
		"got 1 stages":                pipeline(),
		"got 51 actions":              build(many(51)...),
		"got 0 actions":               build(),
		"two actions have the name a": build(work("a", nil), work("a", nil)),
		"two stages have this name":   pipeline(Stage{Name: "Source", Actions: many(1)}),
		`stage "a b"`:                 pipeline(Stage{Name: "a b", Actions: many(1)}),
		"the first stage has source actions only": {Name: "app", Mode: Queued,
			Stages: []Stage{{Name: "A", Actions: many(1)}, {Name: "B", Actions: many(1)}}},
		"and no other stage has any": pipeline(Stage{Name: "B", Actions: source().Actions}),
		"run order: got 0":           build(work("a", func(a *Action) { a.RunOrder = 0 })),
		"run order: got 1000":        build(work("a", func(a *Action) { a.RunOrder = 1000 })),
		"Build/AWS/Unknown/1":        build(work("a", func(a *Action) { a.Type.Provider = "Unknown" })),
		"configuration refused": build(work("a",
			func(a *Action) { a.Configuration = map[string]string{"refused": "x"} })),
		"it has 0 characters": build(work("a",
			func(a *Action) { a.Configuration = map[string]string{"x": ""} })),
		"it has 1001 characters": build(work("a",
			func(a *Action) { a.Configuration = map[string]string{"x": strings.Repeat("x", 1001)} })),
		"it has 51 characters": build(work("a",
			func(a *Action) { a.Configuration = map[string]string{strings.Repeat("k", 51): "x"} })),
		"its input artifact Other": build(work("a", func(a *Action) { a.Inputs = []string{"Other"} })),
		"its input artifact Sibling": build(work("a", func(a *Action) { a.Outputs = []string{"Sibling"} }),
			work("b", func(a *Action) { a.Inputs = []string{"Sibling"} })),
		"two actions produce the artifact":      build(work("a", func(a *Action) { a.Outputs = []string{"Code"} })),
		"has the namespace Src too":             build(work("a", func(a *Action) { a.Namespace = "Src" })),
		"also the name of an artifact":          build(work("a", func(a *Action) { a.Namespace = "Code" })),
		`the namespace "a.b"`:                   build(work("a", func(a *Action) { a.Namespace = "a.b" })),
		"QUEUED and SUPERSEDED":                 {Name: "app", Mode: "PARALLEL", Stages: build(many(1)...).Stages},
		"the source stage can't be rolled back": failing(0, OnFailure{Result: Rollback}),
		`retry mode: got ""`:                    failing(1, OnFailure{Result: Retry}),
		`result: got "SKIP"`:                    failing(1, OnFailure{Result: "SKIP"}),
		"two variables have this name": {Name: "app", Mode: Queued, Stages: build(many(1)...).Stages,
			Variables: []Variable{{"a", "1"}, {"a", "2"}}},
	}
	for want, p := range tests {
		if _, _, err := engine(t, p, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, expected %q", err, want)
		}
	}
}

func TestLaterRunOrderMayUseAnArtifact(t *testing.T) {
	p := pipeline(Stage{Name: "Build", Actions: []Action{
		work("b", func(a *Action) { a.Inputs, a.RunOrder = []string{"Made"}, 2 }),
		work("a", func(a *Action) { a.Outputs = []string{"Made"} }),
	}})
	if _, _, err := engine(t, p, nil); err != nil {
		t.Error(err)
	}
}
