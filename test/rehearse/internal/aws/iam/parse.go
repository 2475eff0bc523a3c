package iam

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
)

// Identity reads a policy of a role.
func Identity(path string, document any) (Policy, error) {
	return parse(path, document, func(s *statement, e elements) error {
		if _, ok := e["Principal"]; ok {
			return errors.New("an identity policy has no Principal")
		}
		return s.readResources(e, "")
	})
}

// Trust reads a role's trust policy; role is the role's ARN.
func Trust(path, role string, document any) (Policy, error) {
	return parse(path, document, func(s *statement, e elements) error {
		for _, name := range []string{"Resource", "NotResource"} {
			if _, ok := e[name]; ok {
				return fmt.Errorf("a trust policy has no %s", name)
			}
		}
		return errors.Join(s.readResources(e, role), s.readPrincipals(e))
	})
}

// Resource reads the policy of a resource. Where the policy names no resources it
// is about its own, as those of ECR's repositories are.
func Resource(path, resource string, document any) (Policy, error) {
	return parse(path, document, func(s *statement, e elements) error {
		return errors.Join(s.readResources(e, resource), s.readPrincipals(e))
	})
}

// elements are what a statement consists of.
type elements map[string]any

var documentElements = []string{"Id", "Statement", "Version"}

var statementElements = []string{
	"Action", "Condition", "Effect", "NotAction", "NotResource", "Principal", "Resource", "Sid",
}

func parse(path string, document any, rest func(*statement, elements) error) (Policy, error) {
	policy := Policy{Path: path}
	values, ok := document.(map[string]any)
	if !ok {
		return policy, fmt.Errorf("%s: got %v, expected a policy document", path, document)
	}
	if err := known(values, documentElements); err != nil {
		return policy, fmt.Errorf("%s: %w", path, err)
	}
	list, ok := values["Statement"].([]any)
	if !ok {
		list = []any{values["Statement"]}
	}
	var problems []error
	for i, item := range list {
		s := &statement{path: fmt.Sprintf("%s.Statement[%d]", path, i)}
		e, ok := item.(map[string]any)
		if !ok {
			problems = append(problems, fmt.Errorf("%s: got %v, expected a statement", s.path, item))
			continue
		}
		err := errors.Join(known(e, statementElements), s.readEffect(e), s.readActions(e), rest(s, e),
			s.readConditions(e))
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", s.path, err))
		}
		policy.statements = append(policy.statements, s)
	}
	return policy, errors.Join(problems...)
}

func known(values map[string]any, names []string) error {
	var problems []error
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if !slices.Contains(names, name) {
			problems = append(problems, fmt.Errorf("the rehearsal does not support the element %s of a policy", name))
		}
	}
	return errors.Join(problems...)
}

func (s *statement) readEffect(e elements) error {
	s.deny = e["Effect"] == "Deny"
	if !s.deny && e["Effect"] != "Allow" {
		return fmt.Errorf("effect: got %v, expected Allow or Deny", e["Effect"])
	}
	return nil
}

func (s *statement) readActions(e elements) (err error) {
	if s.actions, err = readPatterns(e, "Action", checkAction); err == nil && len(s.actions.list) == 0 {
		err = errors.New("it has neither Action nor NotAction")
	}
	return err
}

// readResources reads the resources; own is the resource that the policy belongs to.
func (s *statement) readResources(e elements, own string) (err error) {
	if s.resources, err = readPatterns(e, "Resource", checkResource); err != nil || len(s.resources.list) > 0 {
		return err
	}
	if own == "" {
		return errors.New("it has neither Resource nor NotResource")
	}
	s.resources.list = []string{own}
	return nil
}

// readPatterns reads an element, or its opposite.
func readPatterns(e elements, name string, check func(string) error) (p patterns, err error) {
	value, ok := e[name]
	opposite, negated := e["Not"+name]
	switch {
	case ok && negated:
		return p, fmt.Errorf("it has both %s and Not%[1]s", name)
	case negated:
		p.negated, value = true, opposite
	case !ok:
		return p, nil
	}
	if p.list, err = texts(value); err != nil {
		return p, fmt.Errorf("%s: %w", name, err)
	}
	for _, pattern := range p.list {
		if err := check(pattern); err != nil {
			return p, err
		}
	}
	return p, nil
}

func (s *statement) readPrincipals(e elements) error {
	s.principals = &principals{}
	switch value := e["Principal"].(type) {
	case string:
		if value != "*" {
			return fmt.Errorf("principal: got %q, expected * or an object", value)
		}
		s.principals.everybody = true
	case map[string]any:
		var problems []error
		for _, kind := range slices.Sorted(maps.Keys(value)) {
			names, err := texts(value[kind])
			if err != nil {
				err = fmt.Errorf("principal %s: %w", kind, err)
			} else {
				err = s.principals.add(kind, names)
			}
			problems = append(problems, err)
		}
		return errors.Join(problems...)
	default:
		return errors.New("the rehearsal supports statements of this kind with a Principal only")
	}
	return nil
}

func (p *principals) add(kind string, names []string) error {
	for _, name := range names {
		switch {
		case kind == "Service":
			p.services = append(p.services, name)
		case kind == "AWS" && name == "*":
			p.everybody = true
		case kind == "AWS" && strings.Contains(name, ":assumed-role/"),
			kind == "AWS" && strings.Contains(name, ":role/"):
			p.aws = append(p.aws, name)
		case kind == "AWS" && strings.HasSuffix(name, ":root") && arn.IsARN(name):
			root, _ := arn.Parse(name)
			p.aws = append(p.aws, root.AccountID)
		case kind == "AWS" && len(name) == 12 && strings.Trim(name, "0123456789") == "":
			p.aws = append(p.aws, name)
		default:
			return fmt.Errorf("the rehearsal does not support the principal %s: %s", kind, name)
		}
	}
	return nil
}

func (s *statement) readConditions(e elements) error {
	value, ok := e["Condition"]
	if !ok {
		return nil
	}
	byOperator, ok := value.(map[string]any)
	if !ok {
		return fmt.Errorf("condition: got %v, expected an object", value)
	}
	var problems []error
	for _, name := range slices.Sorted(maps.Keys(byOperator)) {
		keys, ok := byOperator[name].(map[string]any)
		if !ok {
			problems = append(problems, fmt.Errorf("condition %s: got %v, expected an object", name, byOperator[name]))
		}
		for _, key := range slices.Sorted(maps.Keys(keys)) {
			values, err := texts(keys[key])
			if err == nil {
				var c condition
				if c, err = newCondition(name, key, values); err == nil {
					s.conditions = append(s.conditions, c)
				}
			}
			problems = append(problems, err)
		}
	}
	return errors.Join(problems...)
}

// texts reads a scalar or a list of them.
func texts(value any) ([]string, error) {
	list, ok := value.([]any)
	if !ok {
		list = []any{value}
	}
	var out []string
	for _, item := range list {
		switch item.(type) {
		case map[string]any, []any, nil:
			return nil, fmt.Errorf("got %v, expected a string or a list of strings", item)
		}
		out = append(out, fmt.Sprint(item))
	}
	if len(out) == 0 {
		return nil, errors.New("the list is empty")
	}
	return out, nil
}
