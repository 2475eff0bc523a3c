package page

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"archway/test/rehearse/internal/aws/iam"
	"archway/test/rehearse/internal/report"
)

// Access is who called what, and what was allowed for nothing.
type Access struct {
	Calls int
	// Early tells that the rehearsal failed, so that something did not run that would have needed
	// what is allowed.
	Early        bool
	Callers      []Caller
	Refused      []string
	Unused       []Allowance
	NotExercised []Allowance
}

// Caller is a role or a service with its calls.
type Caller struct {
	Name  string
	Total int
	Calls []Call
}

// Call is a call that was made, once or more often.
type Call struct {
	Action, Resource string
	// Note tells calls apart that differ in what a policy's conditions look at.
	Note  string
	Count int
	// By are the statements that allowed it; none if it was refused.
	By []string
}

// Allowance is something that a statement allows.
type Allowance struct {
	Statement, Action, Resource string
	// Reason is why it is there all the same.
	Reason string
}

// Count is the number of calls, in words.
func (a *Access) Count() string {
	if a.Calls == 1 {
		return "1 call was"
	}
	return fmt.Sprintf("%d calls were", a.Calls)
}

// UnusedCount is the number of allowances that were not used, in words.
func (a *Access) UnusedCount() string {
	if len(a.Unused) == 1 {
		return "1 allowance was not used"
	}
	return fmt.Sprintf("%d allowances were not used", len(a.Unused))
}

// Count is the number of the caller's calls, in words.
func (c Caller) Count() string {
	if c.Total == 1 {
		return "1 call"
	}
	return fmt.Sprintf("%d calls", c.Total)
}

func newAccess(p *iam.Report, early bool) *Access {
	if p == nil {
		return nil
	}
	a := &Access{Calls: p.Calls, Early: early, Refused: report.Refusals(p)}
	for _, use := range p.Uses {
		a.add(use)
	}
	slices.SortFunc(a.Callers, func(x, y Caller) int { return cmp.Compare(x.Name, y.Name) })
	for _, c := range a.Callers {
		slices.SortStableFunc(c.Calls, func(x, y Call) int {
			return cmp.Or(cmp.Compare(x.Action, y.Action), cmp.Compare(x.Resource, y.Resource),
				cmp.Compare(x.Note, y.Note))
		})
	}
	for _, u := range p.Unused {
		a.Unused = append(a.Unused, Allowance{u.Statement, u.Action, u.Resource, ""})
	}
	for _, n := range p.NotExercised {
		a.NotExercised = append(a.NotExercised, Allowance{n.Statement, n.Action, n.Resource, n.Reason})
	}
	return a
}

func (a *Access) add(use iam.Use) {
	name := cmp.Or(use.Principal.Service, use.Principal.Role[strings.LastIndex(use.Principal.Role, "/")+1:], "nobody")
	i := slices.IndexFunc(a.Callers, func(c Caller) bool { return c.Name == name })
	if i < 0 {
		i = len(a.Callers)
		a.Callers = append(a.Callers, Caller{Name: name})
	}
	var notes []string
	for _, f := range facts(use.Context) {
		notes = append(notes, f.Name+"="+f.Value)
	}
	c := &a.Callers[i]
	c.Total += use.Count
	c.Calls = append(c.Calls, Call{use.Action, use.Resource, strings.Join(notes, " "), use.Count, use.By})
}
