package codepipeline

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"unicode/utf8"

	"archway/test/rehearse/internal/assumptions"
)

// CodePipeline's documented limits and forms of names.
const (
	minStages          = 2
	maxStages          = 50
	maxActions         = 50
	maxPipelineActions = 500
	maxVariables       = 50
	maxValue           = 1000
	maxKey             = 50
	maxRunOrder        = 999
)

var (
	namePattern      = regexp.MustCompile(`^[A-Za-z0-9.@\-_]{1,100}$`)
	namespacePattern = regexp.MustCompile(`^[A-Za-z0-9@\-_]{1,100}$`)
	artifactPattern  = regexp.MustCompile(`^[A-Za-z0-9_\-]{1,100}$`)
	variablePattern  = regexp.MustCompile(`^[A-Za-z0-9@\-_]{1,128}$`)
)

// check is the validation that CodePipeline does when a pipeline is created.
func (p *Pipeline) check(providers map[ActionType]Provider) error {
	c := &checker{providers: providers, produced: map[string]position{}, namespaces: map[string]string{}}
	if p.Mode != Queued && p.Mode != Superseded {
		c.add("execution mode: got %q; the rehearsal supports %s and %s", p.Mode, Queued, Superseded)
	}
	if n := len(p.Stages); n < minStages || n > maxStages {
		c.add("got %d stages, expected %d to %d", n, minStages, maxStages)
	}
	c.variables(p.Variables)
	total := 0
	names := map[string]bool{}
	for i, stage := range p.Stages {
		if !namePattern.MatchString(stage.Name) {
			c.add("stage %q: a name has 1 to 100 letters, digits, and . @ - _", stage.Name)
		}
		if names[stage.Name] {
			c.add("stage %s: two stages have this name", stage.Name)
		}
		names[stage.Name] = true
		total += len(stage.Actions)
		c.stage(i, stage)
	}
	if total > maxPipelineActions {
		c.add("got %d actions, at most %d are allowed", total, maxPipelineActions)
	}
	for namespace, action := range c.namespaces {
		if _, ok := c.produced[namespace]; ok {
			c.add("action %s: the namespace %s is also the name of an artifact", action, namespace)
		}
	}
	if err := errors.Join(c.problems...); err != nil {
		return fmt.Errorf("pipeline %s: %w", p.Name, err)
	}
	return nil
}

type position struct{ stage, runOrder int }

func (p position) before(q position) bool {
	return p.stage < q.stage || p.stage == q.stage && p.runOrder < q.runOrder
}

type checker struct {
	providers  map[ActionType]Provider
	produced   map[string]position
	namespaces map[string]string
	problems   []error
}

func (c *checker) add(format string, arguments ...any) {
	c.problems = append(c.problems, fmt.Errorf(format, arguments...))
}

func (c *checker) variables(variables []Variable) {
	if len(variables) > maxVariables {
		c.add("got %d variables, at most %d are allowed", len(variables), maxVariables)
	}
	names := map[string]bool{}
	for _, v := range variables {
		if !variablePattern.MatchString(v.Name) {
			c.add("variable %q: a name has 1 to 128 letters, digits, and @ - _", v.Name)
		}
		if names[v.Name] {
			c.add("variable %s: two variables have this name", v.Name)
		}
		names[v.Name] = true
		if n := utf8.RuneCountInString(v.Default); n > maxValue {
			c.add("variable %s: the default has %d characters, at most %d are allowed", v.Name, n, maxValue)
		}
	}
}

func (c *checker) stage(index int, stage Stage) {
	if n := len(stage.Actions); n < 1 || n > maxActions {
		c.add("stage %s: got %d actions, expected 1 to %d", stage.Name, n, maxActions)
	}
	switch f := stage.OnFailure; {
	case f.Result == Rollback && index == 0:
		c.add("stage %s: OnFailure: the source stage can't be rolled back", stage.Name)
	case f.Result == Retry && f.Retry != FailedActions && f.Retry != AllActions:
		c.add("stage %s: OnFailure: retry mode: got %q, expected %s or %s", stage.Name, f.Retry, FailedActions,
			AllActions)
	case f.Result != "" && f.Result != Fail && f.Result != Rollback && f.Result != Retry:
		c.add("stage %s: OnFailure: result: got %q; the rehearsal supports %s, %s and %s", stage.Name, f.Result, Fail,
			Rollback, Retry)
	}
	names := map[string]bool{}
	// What a run order produces can be used by the next ones.
	actions := slices.SortedStableFunc(slices.Values(stage.Actions),
		func(a, b Action) int { return cmp.Compare(a.RunOrder, b.RunOrder) })
	for _, action := range actions {
		if names[action.Name] {
			c.add("stage %s: two actions have the name %s", stage.Name, action.Name)
		}
		names[action.Name] = true
		c.action(index, "stage "+stage.Name+": action "+action.Name, action)
	}
}

func (c *checker) action(stage int, at string, a Action) {
	if !namePattern.MatchString(a.Name) {
		c.add("%s: a name has 1 to 100 letters, digits, and . @ - _", at)
	}
	if a.RunOrder < 1 || a.RunOrder > maxRunOrder {
		c.add("%s: run order: got %d, expected 1 to %d", at, a.RunOrder, maxRunOrder)
	}
	if (a.Type.Category == "Source") != (stage == 0) {
		c.add("%s: the first stage has source actions only, and no other stage has any", at)
	}
	provider, ok := c.providers[a.Type]
	if !ok {
		c.add("%s: the rehearsal does not support actions of the type %s", at, a.Type)
		return
	}
	c.configuration(at, a)
	if err := provider.Check(a); err != nil {
		c.add("%s: %w", at, err)
	}
	c.artifacts(stage, at, a)
	if a.Namespace == "" {
		return
	}
	if !namespacePattern.MatchString(a.Namespace) {
		c.add("%s: the namespace %q: it has 1 to 100 letters, digits, and @ - _", at, a.Namespace)
	}
	if other, ok := c.namespaces[a.Namespace]; ok {
		c.add("%s: the action %s has the namespace %s too", at, other, a.Namespace)
	}
	c.namespaces[a.Namespace] = a.Name
}

func (c *checker) configuration(at string, a Action) {
	for key, value := range a.Configuration {
		if n := utf8.RuneCountInString(key); n > maxKey {
			c.add("%s: configuration key %q: it has %d characters, at most %d are allowed", at, key, n, maxKey)
		}
		limit := maxValue
		if key == "UserParameters" {
			limit = assumptions.UserParametersLimit
		}
		if n := utf8.RuneCountInString(value); n < 1 || n > limit {
			c.add("%s: configuration %s: it has %d characters, expected 1 to %d", at, key, n, limit)
		}
	}
}

func (c *checker) artifacts(stage int, at string, a Action) {
	here := position{stage, a.RunOrder}
	for _, name := range a.Inputs {
		if made, ok := c.produced[name]; !ok || !made.before(here) {
			c.add("%s: no earlier action produces its input artifact %s", at, name)
		}
	}
	for _, name := range a.Outputs {
		if !artifactPattern.MatchString(name) {
			c.add("%s: output artifact %q: a name has 1 to 100 letters, digits, and - _", at, name)
		}
		if _, ok := c.produced[name]; ok {
			c.add("%s: two actions produce the artifact %s", at, name)
		}
		c.produced[name] = here
	}
}
