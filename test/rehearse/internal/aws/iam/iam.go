// Package iam decides whether AWS would allow a call, from the policies that a
// template deploys: trust policies of roles, their identity policies, and the
// policies of buckets, topics, queues, keys, repositories and functions. It
// remembers which allowance each call needed, so that those that nothing needs
// can be told.
//
// It decides as AWS does inside of one account: an explicit deny wins, then an
// identity policy or a resource policy must allow; a role's trust and a key's
// policy must do so themselves.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
//
// What it can't judge (an operator, a condition key, an element of the policy
// language, another account) is an error by name when the policy is read: nothing
// is ever taken as allowed, or as not denied, because it was not understood.
package iam

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
)

// Principal is who makes a call: a session of a role, or a service of AWS.
type Principal struct {
	// Role is the role's ARN; empty for a service.
	Role string `json:"role,omitempty"`
	// Session is the name of the role's session.
	Session string `json:"-"`
	// Service is the service's name, such as "events.amazonaws.com"; empty for a role.
	Service string `json:"service,omitempty"`
}

// String is the principal as AWS's messages have it.
func (p Principal) String() string {
	if p.Service != "" {
		return "Service: " + p.Service
	}
	return "User: " + p.SessionARN()
}

// SessionARN is the ARN of the role's session.
func (p Principal) SessionARN() string {
	session, err := arn.Parse(p.Role)
	if err != nil {
		return p.Role
	}
	name := session.Resource[strings.LastIndex(session.Resource, "/")+1:]
	session.Service, session.Region, session.Resource = "sts", "", "assumed-role/"+name+"/"+p.Session
	return session.String()
}

// Request is one call, as policies see it.
type Request struct {
	Principal Principal `json:"principal"`
	// Action is the action's name, such as "ecr:PutImage".
	Action string `json:"action"`
	// Resource is the ARN that the call is about, or "*" for an action that knows no resources.
	Resource string `json:"resource"`
	// Context holds condition keys that the call sets, besides those that every call has.
	Context map[string]string `json:"context,omitempty"`
}

// Reason is why a call is refused.
type Reason string

// The reasons, in the words of AWS's messages.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
const (
	NoIdentityPolicy Reason = "because no identity-based policy allows the %s action"
	NoResourcePolicy Reason = "because no resource-based policy allows the %s action"
	IdentityDeny     Reason = "with an explicit deny in an identity-based policy"
	ResourceDeny     Reason = "with an explicit deny in a resource-based policy"
	NoTrust          Reason = "because the role's trust policy does not allow the %s action"
	NoRole           Reason = "because there is no such role in the deployed stacks, for the action %s"
)

// Denied is the refusal of a call.
type Denied struct {
	Request Request
	Reason  Reason
}

func (d *Denied) Error() string {
	reason := string(d.Reason)
	if strings.Contains(reason, "%s") {
		reason = fmt.Sprintf(reason, d.Request.Action)
	}
	return fmt.Sprintf("%s is not authorized to perform: %s on resource: %s %s",
		d.Request.Principal, d.Request.Action, d.Request.Resource, reason)
}
