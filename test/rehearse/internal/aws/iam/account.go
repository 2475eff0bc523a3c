package iam

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
)

// Role is a role as a template declares it.
type Role struct {
	ARN string
	// ID is its logical id, by which people find it in the template.
	ID       string
	Trust    Policy
	Policies []Policy
}

// ResourcePolicy is the policy of a resource.
type ResourcePolicy struct {
	// Resource is the ARN of the resource that it belongs to.
	Resource string
	// ID is the resource's logical id.
	ID     string
	Policy Policy
	// Assumed tells that the stack does not deploy it: it is taken to be that of a resource from
	// elsewhere, and whether anything needs it is not the stack's matter.
	Assumed bool
}

// Account holds the policies of all deployed stacks, and what was asked of them.
type Account struct {
	id        string
	roles     map[string]*Role // by ARN
	resources map[string][]ResourcePolicy

	mu     sync.Mutex
	asked  map[string]*Use // by the request's key
	used   map[allowance]bool
	denied []*Denied
}

// NewAccount returns an account without policies.
func NewAccount(id string) *Account {
	return &Account{
		id: id, roles: map[string]*Role{}, resources: map[string][]ResourcePolicy{},
		asked: map[string]*Use{}, used: map[allowance]bool{},
	}
}

// Add deploys roles and the policies of resources.
func (a *Account) Add(roles []*Role, policies []ResourcePolicy) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	var problems []error
	for _, role := range roles {
		if a.roles[role.ARN] != nil {
			problems = append(problems, fmt.Errorf("the role %s is in the account already", role.ARN))
		}
		a.roles[role.ARN] = role
	}
	for _, p := range policies {
		a.resources[p.Resource] = append(a.resources[p.Resource], p)
	}
	return errors.Join(problems...)
}

// Use is a call that was made, as often as it says.
type Use struct {
	Request
	Count int `json:"count"`
	// By are the statements that allowed it; none if it was refused.
	By []string `json:"by,omitempty"`
}

// Authorize tells whether the call is allowed, and remembers it. The error is a *Denied.
func (a *Account) Authorize(r Request) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	v := a.judge(r)
	key := fmt.Sprint(r.Principal.Role, r.Principal.Service, " ", r.Action, " ", r.Resource, " ", r.Context)
	use := a.asked[key]
	if use == nil {
		use = &Use{Request: r}
		a.asked[key] = use
	}
	use.Count++
	if v.reason != "" {
		refusal := &Denied{Request: r, Reason: v.reason}
		a.denied = append(a.denied, refusal)
		return refusal
	}
	use.By = nil
	for _, by := range v.by {
		a.used[by] = true
		use.By = append(use.By, by.path)
	}
	return nil
}

// Replay asks again, without remembering, and returns the refusals.
func (a *Account) Replay(uses []Use) []*Denied {
	a.mu.Lock()
	defer a.mu.Unlock()
	var refusals []*Denied
	for _, use := range uses {
		if v := a.judge(use.Request); v.reason != "" {
			refusals = append(refusals, &Denied{Request: use.Request, Reason: v.reason})
		}
	}
	return refusals
}

// Uses are the calls that were made, in a fixed order.
func (a *Account) Uses() []Use {
	a.mu.Lock()
	defer a.mu.Unlock()
	uses := []Use{}
	for _, key := range slices.Sorted(maps.Keys(a.asked)) {
		uses = append(uses, *a.asked[key])
	}
	return uses
}

// Refusals are the calls that were refused, in their order.
func (a *Account) Refusals() []*Denied {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.denied)
}

// verdict is a decision: what allows the call, or why it is refused.
type verdict struct {
	by     []allowance
	reason Reason
}

// found is what the policies of one kind say about a call.
type found struct {
	deny bool
	// allow is the first statement that allows it. Which one counts where several
	// do is not defined; the rest then counts as unused, which it is.
	allow *allowance
	// delegate is the first statement that leaves it to the identity policies, as
	// it only names the account.
	delegate *allowance
}

// judge decides; a.mu is held.
func (a *Account) judge(r Request) verdict {
	context := a.context(r)
	var identity, resource found
	if r.Principal.Service == "" {
		role := a.roles[r.Principal.Role]
		if role == nil {
			return verdict{reason: NoRole}
		}
		identity.look(role.Policies, role.ARN, r, context, a.id)
	}
	if r.Action == assumeRole {
		if target := a.roles[r.Resource]; target != nil {
			resource.look([]Policy{target.Trust}, target.ARN, r, context, a.id)
		}
		return decide(r, identity, resource, true, NoTrust)
	}
	for _, p := range a.policiesOf(r.Resource) {
		resource.look([]Policy{p.Policy}, p.Resource, r, context, a.id)
	}
	// A key's policy must take part; without it, no identity policy counts.
	// https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html
	return decide(r, identity, resource, service(r.Resource) == "kms", NoResourcePolicy)
}

const assumeRole = "sts:AssumeRole"

// service is the service of an ARN; it is empty for what is none.
func service(resource string) string {
	parsed, err := arn.Parse(resource)
	if err != nil {
		return ""
	}
	return parsed.Service
}

// decide puts together what the policies say. Where the resource's policy must
// allow by itself, it may leave the decision to the identity policies.
func decide(r Request, identity, resource found, must bool, missing Reason) verdict {
	switch {
	case identity.deny:
		return verdict{reason: IdentityDeny}
	case resource.deny:
		return verdict{reason: ResourceDeny}
	case resource.allow != nil:
		return verdict{by: []allowance{*resource.allow}}
	case must && resource.delegate == nil, r.Principal.Service != "":
		return verdict{reason: missing}
	case identity.allow == nil:
		return verdict{reason: NoIdentityPolicy}
	case must:
		return verdict{by: []allowance{*identity.allow, *resource.delegate}}
	}
	return verdict{by: []allowance{*identity.allow}}
}

// look adds what policies say about a call.
func (f *found) look(policies []Policy, owner string, r Request, context map[string]string, account string) {
	for _, policy := range policies {
		for _, s := range policy.statements {
			itself, byAccount := true, false
			if s.principals != nil {
				itself, byAccount = s.principals.match(r.Principal, account)
			}
			if !itself && !byAccount {
				continue
			}
			action, resource, ok := s.applies(r, context)
			if !ok {
				continue
			}
			by := allowance{owner: owner, path: s.path, action: action, resource: resource}
			switch {
			case s.deny:
				f.deny = true
			case itself && f.allow == nil:
				f.allow = &by
			case byAccount && f.delegate == nil:
				f.delegate = &by
			}
		}
	}
}

// policiesOf are the policies of the resource that an ARN is about. An object's
// are those of its bucket.
func (a *Account) policiesOf(resource string) []ResourcePolicy {
	if service(resource) == "s3" {
		resource, _, _ = strings.Cut(resource, "/")
	}
	return a.resources[resource]
}

// context adds what every call has.
func (a *Account) context(r Request) map[string]string {
	context := map[string]string{
		// The rehearsal's own endpoint speaks plain HTTP on the loopback interface; AWS's
		// clients and services speak TLS.
		KeySecureTransport: "true",
		KeyResourceAccount: a.id,
	}
	if r.Principal.Role != "" {
		context[KeyPrincipalARN] = r.Principal.Role
		context[KeyPrincipalAccount] = a.id
	}
	maps.Copy(context, r.Context)
	return context
}
