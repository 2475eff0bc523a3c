package iam

import "slices"

// Policy is a policy document.
type Policy struct {
	// Path is where it stands in its template.
	Path       string
	statements []*statement
}

// statement is one statement of a policy.
type statement struct {
	path       string // where it stands in the template
	deny       bool
	actions    patterns
	resources  patterns
	principals *principals // nil in identity policies
	conditions []condition
}

// patterns are those of Action or Resource, or of NotAction or NotResource.
type patterns struct {
	list    []string
	negated bool
}

// match returns the pattern that matches. Of NotAction and NotResource that is
// none in particular: everything is, but the list.
func (p patterns) match(matches func(pattern string) bool) (pattern string, ok bool) {
	i := slices.IndexFunc(p.list, matches)
	if p.negated {
		return p.texts()[0], i < 0
	}
	if i < 0 {
		return "", false
	}
	return p.list[i], true
}

// texts are the patterns for people.
func (p patterns) texts() []string {
	if !p.negated {
		return p.list
	}
	text := "everything but "
	for i, pattern := range p.list {
		if i > 0 {
			text += ", "
		}
		text += pattern
	}
	return []string{text}
}

// principals are who a trust or resource policy is about.
type principals struct {
	everybody bool
	aws       []string // ARNs of roles, and account ids for everybody in them
	services  []string
}

// match reports whether the principal is one of them by itself, or only as part of
// its account, so that its own policies must allow the call as well.
func (p *principals) match(who Principal, account string) (itself, byAccount bool) {
	switch {
	case p.everybody:
		return true, false
	case who.Service != "":
		return slices.Contains(p.services, who.Service), false
	}
	return slices.Contains(p.aws, who.Role) || slices.Contains(p.aws, who.SessionARN()), slices.Contains(p.aws, account)
}

// applies reports whether the statement is about the call, whoever makes it, and
// with which patterns.
func (s *statement) applies(r Request, context map[string]string) (action, resource string, ok bool) {
	if action, ok = s.actions.match(func(p string) bool { return matchAction(p, r.Action) }); !ok {
		return "", "", false
	}
	if resource, ok = s.resources.match(func(p string) bool { return matchARN(p, r.Resource) }); !ok {
		return "", "", false
	}
	for _, c := range s.conditions {
		if !c.holds(context) {
			return "", "", false
		}
	}
	return action, resource, true
}
