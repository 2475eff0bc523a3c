package page

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"archway/test/rehearse/internal/report"
)

// Access is who called what, and what was allowed for nothing.
type Access struct {
	Calls int
	// Judged tells whether the calls were held against the policies.
	Judged       bool
	Roles        []Role
	Refused      []string
	Unused       []Allowance
	NotExercised []Allowance
}

// Count is the number of calls, in words.
func (a *Access) Count() string {
	if a.Calls == 1 {
		return "1 call was"
	}
	return fmt.Sprintf("%d calls were", a.Calls)
}

// Count is the number of the role's calls, in words.
func (r Role) Count() string {
	if r.Total == 1 {
		return "1 call"
	}
	return fmt.Sprintf("%d calls", r.Total)
}

// Role is a role with its calls.
type Role struct {
	Name  string
	Total int
	Calls []Call
}

// Call is a call that was made, once or more often.
type Call struct {
	Action, Resource string
	Count            int
	Refused          bool
}

// Allowance is something that a statement allows.
type Allowance struct {
	Statement, Action, Resource string
	// Reason is why it is there all the same.
	Reason string
}

func newAccess(r *report.Report) *Access {
	if len(r.Calls) == 0 {
		return nil
	}
	a := &Access{Calls: len(r.Calls)}
	for _, c := range r.Calls {
		a.add(c.Caller.Role, c.Service+":"+c.Operation, "", 1, c.Code != "")
	}
	a.sort()
	return a
}

// add adds calls of a role, whose name is the end of its ARN.
func (a *Access) add(role, action, resource string, count int, refused bool) {
	name := cmp.Or(role[strings.LastIndex(role, "/")+1:], "nobody")
	i := slices.IndexFunc(a.Roles, func(r Role) bool { return r.Name == name })
	if i < 0 {
		i = len(a.Roles)
		a.Roles = append(a.Roles, Role{Name: name})
	}
	r := &a.Roles[i]
	r.Total += count
	for j := range r.Calls {
		if c := &r.Calls[j]; c.Action == action && c.Resource == resource && c.Refused == refused {
			c.Count += count
			return
		}
	}
	r.Calls = append(r.Calls, Call{action, resource, count, refused})
}

func (a *Access) sort() {
	slices.SortFunc(a.Roles, func(x, y Role) int { return cmp.Compare(x.Name, y.Name) })
	for _, r := range a.Roles {
		slices.SortFunc(r.Calls, func(x, y Call) int {
			return cmp.Or(cmp.Compare(x.Action, y.Action), cmp.Compare(x.Resource, y.Resource))
		})
	}
}
