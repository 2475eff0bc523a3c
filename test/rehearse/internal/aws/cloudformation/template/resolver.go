package template

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// Resources answers what a template's resources are once they exist.
type Resources interface {
	// Ref is what {"Ref": id} gives.
	Ref(id string) (any, error)
	// GetAtt is what {"Fn::GetAtt": [id, attribute]} gives.
	GetAtt(id, attribute string) (any, error)
}

// Environment is where a stack is deployed.
type Environment struct {
	StackName string
	AccountID string
	Region    string
	Partition string
	URLSuffix string
	// Parameters are values for parameters of the types AWS::SSM::Parameter::Value<…>,
	// by the name of the stored parameter.
	Stored func(name string) (string, bool)
}

// Resolver evaluates the intrinsics of one template in one environment.
type Resolver struct {
	template    *Template
	environment Environment
	resources   Resources
	conditions  map[string]bool
	evaluating  map[string]bool
}

// NewResolver returns a Resolver; resources is asked only for what is used.
func NewResolver(t *Template, environment Environment, resources Resources) *Resolver {
	return &Resolver{
		template:    t,
		environment: environment,
		resources:   resources,
		conditions:  map[string]bool{},
		evaluating:  map[string]bool{},
	}
}

// noValue stands for AWS::NoValue until the container drops it.
type noValue struct{}

// Resolve returns v without intrinsics. path is where v stands, for errors.
func (r *Resolver) Resolve(path string, v any) (any, error) {
	resolved, err := r.resolve(path, v)
	if err != nil {
		return nil, err
	}
	if _, ok := resolved.(noValue); ok {
		return nil, nil
	}
	return resolved, nil
}

func (r *Resolver) resolve(path string, v any) (any, error) {
	switch v := v.(type) {
	case map[string]any:
		if name, argument, ok, err := intrinsic(path, v); err != nil {
			return nil, err
		} else if ok {
			return r.call(path, name, argument)
		}
		return r.object(path, v)
	case []any:
		return r.list(path, v)
	}
	return v, nil
}

func (r *Resolver) object(path string, v map[string]any) (any, error) {
	out := make(map[string]any, len(v))
	var problems []error
	for _, key := range slices.Sorted(maps.Keys(v)) {
		value, err := r.resolve(join(path, key), v[key])
		if err != nil {
			problems = append(problems, err)
			continue
		}
		if _, ok := value.(noValue); !ok {
			out[key] = value
		}
	}
	return out, errors.Join(problems...)
}

func (r *Resolver) list(path string, v []any) (any, error) {
	out := make([]any, 0, len(v))
	var problems []error
	for i, item := range v {
		value, err := r.resolve(join(path, "["+strconv.Itoa(i)+"]"), item)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		if _, ok := value.(noValue); !ok {
			out = append(out, value)
		}
	}
	return out, errors.Join(problems...)
}

// CheckRules evaluates the assertions that CloudFormation checks first.
func (r *Resolver) CheckRules() error {
	var problems []error
	for _, name := range slices.Sorted(maps.Keys(r.template.Rules)) {
		problems = append(problems, r.checkRule("Rules."+name, r.template.Rules[name]))
	}
	return errors.Join(problems...)
}

func (r *Resolver) checkRule(path string, rule Rule) error {
	if rule.RuleCondition != nil {
		applies, err := r.boolean(join(path, "RuleCondition"), rule.RuleCondition)
		if err != nil || !applies {
			return err
		}
	}
	for i, assertion := range rule.Assertions {
		at := fmt.Sprintf("%s.Assertions[%d]", path, i)
		ok, err := r.boolean(join(at, "Assert"), assertion.Assert)
		if err != nil {
			return err
		}
		if !ok {
			return fmt.Errorf("%s: %s", at, assertion.AssertDescription)
		}
	}
	return nil
}

// Condition evaluates a named condition.
func (r *Resolver) Condition(path, name string) (bool, error) {
	if value, ok := r.conditions[name]; ok {
		return value, nil
	}
	expression, ok := r.template.Conditions[name]
	if !ok {
		return false, fmt.Errorf("%s: the template has no condition %q", path, name)
	}
	if r.evaluating[name] {
		return false, fmt.Errorf("%s: the condition %q depends on itself", path, name)
	}
	r.evaluating[name] = true
	defer delete(r.evaluating, name)
	value, err := r.boolean("Conditions."+name, expression)
	if err != nil {
		return false, err
	}
	r.conditions[name] = value
	return value, nil
}
