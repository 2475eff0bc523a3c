package iam

import (
	"slices"
	"strings"
)

// Report is what was asked of an account's policies.
type Report struct {
	// Calls is how many calls were judged.
	Calls int `json:"calls"`
	// Uses are the calls, each once.
	Uses []Use `json:"uses"`
	// Refused are AWS's messages for the calls that were refused.
	Refused []string `json:"refused"`
	// Unused are the allowances that nothing needed.
	Unused []Allowance `json:"unused"`
	// NotExercised are those that nothing needed either, but for a known reason.
	NotExercised []Unexercised `json:"notExercised"`
}

// Unexercised is an allowance that a rehearsal does not need, and why.
type Unexercised struct {
	Allowance
	Reason string `json:"reason"`
	// Elsewhere is as in Exception.
	Elsewhere bool `json:"elsewhere"`
}

// Exception says of an allowance why a rehearsal does not need it.
type Exception struct {
	// Service is the service whose roles are meant, or that a resource's policy names; empty for
	// all roles and resources.
	Service string
	// Of is the ARN of the role or the resource that is meant, as in Allowance; empty for all.
	Of string
	// Action is the pattern as it stands in the policy.
	Action string
	// Under is what the resource, as it stands in the policy, ends in; empty for all.
	Under string
	// Elsewhere tells that a rehearsal with other events needs it, and tests do so.
	// Without it, no rehearsal on one machine can.
	Elsewhere bool
	Reason    string
}

func (e Exception) about(a Allowance) bool {
	return strings.EqualFold(e.Action, a.Action) && strings.HasSuffix(a.Resource, e.Under) &&
		(e.Service == "" || e.Service == a.Service) && (e.Of == "" || slices.Contains(a.Of, e.Of))
}

// Report tells what was asked so far.
func (a *Account) Report(exceptions []Exception) Report {
	report := Report{Uses: a.Uses(), Refused: []string{}, Unused: []Allowance{}, NotExercised: []Unexercised{}}
	for _, use := range report.Uses {
		report.Calls += use.Count
	}
	for _, refusal := range a.Refusals() {
		report.Refused = append(report.Refused, refusal.Error())
	}
	for _, unused := range a.Unused() {
		i := slices.IndexFunc(exceptions, func(e Exception) bool { return e.about(unused) })
		if i < 0 {
			report.Unused = append(report.Unused, unused)
			continue
		}
		report.NotExercised = append(report.NotExercised,
			Unexercised{unused, exceptions[i].Reason, exceptions[i].Elsewhere})
	}
	return report
}
