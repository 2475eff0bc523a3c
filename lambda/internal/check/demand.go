package check

import (
	"slices"
	"strings"

	"archway/lambda/internal/index"
)

// demand is that an image has a statement of some kind which is about it.
type demand struct {
	statements []index.Attached
	// wanted tells by its predicate whether a statement is of the kind.
	wanted func(predicateType string) bool
	// says is what such a statement says, and expected what it is.
	says, expected string
	cure           string
}

// met gives the statement, or reports why there is none.
func (d demand) met(r *report, e *index.Entry) (index.Attached, bool) {
	var unread []string
	var statements []index.Attached
	for _, a := range d.statements {
		switch {
		case a.State == index.Missing:
			unread = append(unread, "the statement of "+a.Where+" is not in the registry")
		case a.State == index.TooLarge:
			unread = append(unread, "the statement of "+a.Where+" is too large to be read")
		case a.State != index.Read:
			unread = append(unread, "the statement of "+a.Where+" can't be read, as the registry serves other bytes than its digest names")
		case a.Err != nil:
			unread = append(unread, "the statement of "+a.Where+" can't be read: "+a.Err.Error())
		case d.wanted(a.PredicateType):
			statements = append(statements, a)
		}
	}
	of := e.Descriptor.Digest.String()
	at := slices.IndexFunc(statements, func(a index.Attached) bool { return slices.Contains(a.Subjects, of) })
	switch {
	case at >= 0:
		return statements[at], true
	case len(statements) > 0:
		r.add(Error, about(e), d.cure, "the statement of %s about %s is about %s, expected %s; it probably belongs to another build", statements[0].Where, d.says, subjects(statements[0]), Short(of))
	case len(unread) > 0:
		r.add(Error, about(e), d.cure, "nothing that can be read says %s: %s", d.says, strings.Join(unread, "; "))
	default:
		r.add(Error, about(e), d.cure, "nothing says %s, expected %s", d.says, d.expected)
	}
	return index.Attached{}, false
}

func subjects(a index.Attached) string {
	if len(a.Subjects) == 0 {
		return "nothing (as BuildKit writes it for an image without a name)"
	}
	var short []string
	for _, s := range a.Subjects[:min(len(a.Subjects), 3)] {
		short = append(short, Short(s))
	}
	return strings.Join(short, ", ")
}
