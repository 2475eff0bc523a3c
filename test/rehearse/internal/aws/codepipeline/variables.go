package codepipeline

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"archway/test/rehearse/internal/assumptions"
)

// Variables are values by namespace and key.
type Variables map[string]map[string]string

// Namespaces that no action has.
const (
	pipelineNamespace = "codepipeline"
	// VariablesNamespace is that of the pipeline's variables.
	VariablesNamespace = "variables"
)

func (v Variables) clone() Variables {
	out := Variables{}
	for namespace, values := range v {
		out[namespace] = maps.Clone(values)
	}
	return out
}

// reference is #{namespace.KEY}. Both are case-sensitive.
var reference = regexp.MustCompile(`#\{([^{}.]+)\.([^{}]+)\}`)

// UnresolvedError is CodePipeline's failure of an action that uses a variable
// which has no value.
type UnresolvedError struct {
	Action string
	// Names are the variables as they stand in the configuration.
	Names []string
}

// Error is CodePipeline's sentence; the names, which it leaves out, are for the
// person at the machine.
func (e *UnresolvedError) Error() string {
	return fmt.Sprintf(
		"An action in this pipeline failed because one or more variables could not be resolved: Action name=%s. (%s)",
		e.Action, strings.Join(e.Names, ", "))
}

// resolve replaces the variables in an action's configuration.
func (v Variables) resolve(a Action) (map[string]string, error) {
	resolved := map[string]string{}
	var missing []string
	total := 0
	for _, key := range slices.Sorted(maps.Keys(a.Configuration)) {
		value := reference.ReplaceAllStringFunc(a.Configuration[key], func(match string) string {
			m := reference.FindStringSubmatch(match)
			value, ok := v[m[1]][m[2]]
			// No variable's value is empty.
			if !ok || value == "" {
				if !slices.Contains(missing, match) {
					missing = append(missing, match)
				}
			}
			return value
		})
		resolved[key] = value
		total += len(key) + len(value)
	}
	if len(missing) > 0 {
		return nil, &UnresolvedError{Action: a.Name, Names: missing}
	}
	if n := utf8.RuneCountInString(resolved["UserParameters"]); n > assumptions.UserParametersLimit {
		return nil,
			fmt.Errorf("UserParameters has %d characters after its variables were resolved, at most %d are allowed", n,
				assumptions.UserParametersLimit)
	}
	if total > assumptions.ResolvedConfigurationLimit {
		return nil,
			fmt.Errorf("the configuration has %d bytes after its variables were resolved, at most %d are allowed",
				total, assumptions.ResolvedConfigurationLimit)
	}
	return resolved, nil
}

// OutputKey is the form of an output variable's name.
var OutputKey = regexp.MustCompile(`^[A-Za-z0-9@\-_]+$`)
