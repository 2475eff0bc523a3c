package iam

import (
	"cmp"
	"slices"
)

// allowance is what one statement allows: one of its actions on one of its resources.
type allowance struct {
	owner, path, action, resource string
}

// Allowance is one action that one statement allows, for people.
type Allowance struct {
	// Owner is the logical id of the role, or of the resource, whose policy it is.
	Owner string `json:"owner"`
	// Statement is where the statement stands in the template.
	Statement string `json:"statement"`
	Action    string `json:"action"`
	Resource  string `json:"resource"`
	// Service is the service that the role is for, or that a statement of a resource's policy
	// names; empty if it names none.
	Service string `json:"service,omitempty"`
	// Of are the ARNs of who it is about: the role or the resource whose policy it is, and the
	// roles that a resource's policy names.
	Of []string `json:"-"`
}

// Unused are the allowances that no call has needed.
func (a *Account) Unused() []Allowance {
	a.mu.Lock()
	defer a.mu.Unlock()
	unused := []Allowance{}
	add := func(owner, id, service string, policies ...Policy) {
		for _, policy := range policies {
			for _, s := range policy.statements {
				unused = append(unused, a.unusedOf(s, owner, id, service)...)
			}
		}
	}
	for arn, role := range a.roles {
		service := role.Trust.service()
		add(arn, role.ID, service, role.Trust)
		add(arn, role.ID, service, role.Policies...)
	}
	for arn, policies := range a.resources {
		for _, p := range policies {
			if !p.Assumed {
				add(arn, p.ID, "", p.Policy)
			}
		}
	}
	slices.SortFunc(unused, func(x, y Allowance) int {
		return cmp.Or(cmp.Compare(x.Owner, y.Owner), cmp.Compare(x.Statement, y.Statement),
			cmp.Compare(x.Action, y.Action), cmp.Compare(x.Resource, y.Resource))
	})
	return unused
}

func (a *Account) unusedOf(s *statement, owner, id, service string) []Allowance {
	if s.deny {
		return nil
	}
	of := []string{owner}
	if s.principals != nil {
		of = append(of, s.principals.aws...)
		if len(s.principals.services) > 0 {
			service = s.principals.services[0]
		}
	}
	var unused []Allowance
	for _, action := range s.actions.texts() {
		for _, resource := range s.resources.texts() {
			if !a.used[allowance{owner: owner, path: s.path, action: action, resource: resource}] {
				unused = append(unused,
					Allowance{Owner: id, Statement: s.path, Action: action, Resource: resource, Service: service,
						Of: of})
			}
		}
	}
	return unused
}

// service is the service that a trust policy names.
func (p Policy) service() string {
	for _, s := range p.statements {
		if s.principals != nil && len(s.principals.services) > 0 {
			return s.principals.services[0]
		}
	}
	return ""
}
