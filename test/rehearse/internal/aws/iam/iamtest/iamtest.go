// Package iamtest takes permissions out of synthesized templates, and puts others
// in, for tests that see what comes of it.
package iamtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"archway/test/internal/assembly"
	"archway/test/rehearse/internal/aws/cloudformation"
	"archway/test/rehearse/internal/aws/iam"
)

// account is the account to which the rehearsal deploys.
var account = cloudformation.Account{ID: "111122223333", Region: "eu-west-1", Partition: "aws",
	URLSuffix: "archway.test"}

// Account returns the policies of stacks, without anything else of them.
func Account(stacks []*assembly.Stack) (*iam.Account, error) {
	a := iam.NewAccount(account.ID)
	for _, s := range stacks {
		access, err := cloudformation.LoadAccess(s, account)
		if err == nil {
			err = a.Add(access.Roles, access.Policies)
		}
		if err != nil {
			return nil, err
		}
	}
	return a, nil
}

// Permission is one action that one statement allows.
type Permission struct {
	// Statement is where the statement stands, as the rehearsal reports it.
	Statement string
	Action    string

	stack, resource string // the stack's and the resource's names
	statement       int    // of all statements of the resource
	action          int
}

// Permissions are all that the stacks allow.
func Permissions(stacks []*assembly.Stack) ([]Permission, error) {
	var all []Permission
	for _, s := range stacks {
		resources, _, err := parse(s)
		if err != nil {
			return nil, err
		}
		for _, id := range slices.Sorted(maps.Keys(resources)) {
			for n, found := range statements(s.Name+"/"+id, resources[id]) {
				if found.value["Effect"] == "Deny" {
					continue
				}
				for i, action := range list(found.value["Action"]) {
					all = append(all, Permission{found.path, fmt.Sprint(action), s.Name, id, n, i})
				}
			}
		}
	}
	return all, nil
}

// Without returns the stacks without one permission.
func Without(stacks []*assembly.Stack, p Permission) ([]*assembly.Stack, error) {
	return edit(stacks, p.stack, func(resources map[string]map[string]any) error {
		resource := resources[p.resource]
		if resource["Type"] == "AWS::Lambda::Permission" {
			delete(resources, p.resource)
			return nil
		}
		found := statements("", resource)[p.statement]
		actions := slices.Delete(slices.Clone(list(found.value["Action"])), p.action, p.action+1)
		if found.value["Action"] = actions; len(actions) == 0 {
			found.remove()
		}
		return nil
	})
}

// Find returns the nth permission for an action, from 0, of those whose statement's
// path has a text in it, such as the role's logical id.
func Find(stacks []*assembly.Stack, path, action string, nth int) (Permission, error) {
	all, err := Permissions(stacks)
	if err != nil {
		return Permission{}, err
	}
	all = slices.DeleteFunc(all,
		func(p Permission) bool { return !strings.Contains(p.Statement, path) || p.Action != action })
	if nth >= len(all) {
		return Permission{},
			fmt.Errorf("%d permissions of %s for %s, expected more than %d", len(all), path, action, nth)
	}
	return all[nth], nil
}

// With returns the stacks with one action more in the first statement of a role's
// inline policy.
func With(stacks []*assembly.Stack, path, action string) ([]*assembly.Stack, error) {
	stack, id, _ := strings.Cut(path, "/")
	return edit(stacks, stack, func(resources map[string]map[string]any) error {
		for name, resource := range resources {
			if !strings.HasPrefix(name, id) || resource["Type"] != "AWS::IAM::Role" {
				continue
			}
			for _, found := range statements("", resource) {
				if !strings.Contains(found.path, "Policies[") {
					continue
				}
				found.value["Action"] = append(slices.Clone(list(found.value["Action"])), action)
				return nil
			}
		}
		return fmt.Errorf("the stack %s has no role %s", stack, id)
	})
}

func edit(stacks []*assembly.Stack, name string, change func(map[string]map[string]any) error) ([]*assembly.Stack,
	error) {
	stacks = slices.Clone(stacks)
	for i, s := range stacks {
		if s.Name != name {
			continue
		}
		resources, template, err := parse(s)
		if err != nil {
			return nil, err
		}
		if err := change(resources); err != nil {
			return nil, err
		}
		template["Resources"] = resources
		changed := *s
		if changed.Template, err = json.Marshal(template); err != nil {
			return nil, err
		}
		stacks[i] = &changed
		return stacks, nil
	}
	return nil, fmt.Errorf("there is no stack %s", name)
}

func parse(s *assembly.Stack) (resources map[string]map[string]any, template map[string]any, err error) {
	var parts struct{ Resources map[string]map[string]any }
	err = errors.Join(json.Unmarshal(s.Template, &template), json.Unmarshal(s.Template, &parts))
	return parts.Resources, template, err
}

// statement is a statement with its path.
type statement struct {
	path   string
	value  map[string]any
	remove func()
}

// statements are all statements of a resource's policies.
func statements(path string, resource map[string]any) []statement {
	properties, _ := resource["Properties"].(map[string]any)
	if resource["Type"] == "AWS::Lambda::Permission" {
		return []statement{{path: path + ".Permission.Statement[0]", value: properties}}
	}
	var all []statement
	add := func(path string, document any) {
		policy, _ := document.(map[string]any)
		for i, item := range list(policy["Statement"]) {
			value, _ := item.(map[string]any)
			all = append(all, statement{fmt.Sprintf("%s.Statement[%d]", path, i), value, func() {
				policy["Statement"] = slices.Delete(slices.Clone(list(policy["Statement"])), i, i+1)
			}})
		}
	}
	for _, name := range []string{"AssumeRolePolicyDocument", "KeyPolicy", "PolicyDocument", "RepositoryPolicyText"} {
		if document, ok := properties[name]; ok {
			add(path+"."+name, document)
		}
	}
	for i, inline := range list(properties["Policies"]) {
		if inline, ok := inline.(map[string]any); ok {
			add(fmt.Sprintf("%s.Policies[%d]", path, i), inline["PolicyDocument"])
		}
	}
	return all
}

func list(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		return v
	}
	return []any{v}
}

// Check removes each permission in turn, and lets the calls of a rehearsal be
// judged again: each must be missed by a call of that action, but for those that
// the rehearsal reports as unused or not exercised here, which no call may miss.
func Check(stacks []*assembly.Stack, report iam.Report) (removed int, err error) {
	idle := map[string]bool{}
	for _, a := range report.Unused {
		idle[a.Statement+" "+a.Action] = true
	}
	for _, a := range report.NotExercised {
		idle[a.Statement+" "+a.Action] = true
	}
	all, err := Permissions(stacks)
	if err != nil {
		return 0, err
	}
	var problems []error
	for _, p := range all {
		changed, err := Without(stacks, p)
		if err != nil {
			return 0, err
		}
		a, err := Account(changed)
		if err != nil {
			return 0, err
		}
		problems = append(problems, p.missed(a.Replay(report.Uses), idle[p.Statement+" "+p.Action]))
	}
	return len(all), errors.Join(problems...)
}

// missed reports whether the refusals are those that are expected without the permission.
func (p Permission) missed(refusals []*iam.Denied, idle bool) error {
	if len(refusals) == 0 && !idle {
		return fmt.Errorf("%s: nothing was refused without %s", p.Statement, p.Action)
	}
	pattern, _, _ := strings.Cut(p.Action, "*")
	for _, refusal := range refusals {
		if !strings.Contains(refusal.Error(), "to perform: "+pattern) {
			return fmt.Errorf("%s: without %s, another action was refused: %w", p.Statement, p.Action, refusal)
		}
	}
	return nil
}
