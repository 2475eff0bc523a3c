package tag

import (
	"fmt"
	"regexp"
	"strings"
)

// Expression is a regular expression that every tag of the template fits, as narrow as is known. of
// gives the expression of a value by its name, "branch" among them.
func (t Template) Expression(of func(name string) string) string {
	var b strings.Builder
	for _, p := range t.parts {
		switch p.kind {
		case literal:
			b.WriteString(regexp.QuoteMeta(p.literal))
		case commit:
			fmt.Fprintf(&b, "[0-9a-f]{%d}", p.length)
		case date:
			for _, e := range datePattern(p.layout, p.zone) {
				b.WriteString(e.chars.expression())
				if e.many {
					b.WriteByte('*')
				}
			}
		case branch:
			b.WriteString("(?:" + of("branch") + ")")
		case value:
			b.WriteString("(?:" + of(p.name) + ")")
		}
	}
	return b.String()
}

func (s charset) expression() string {
	var b strings.Builder
	for c, in := range s {
		if in {
			fmt.Fprintf(&b, `\x%02x`, c)
		}
	}
	return "[" + b.String() + "]"
}

// GlobExpression is the regular expression of an ECR filter, in which "*" stands for any number of
// characters.
func GlobExpression(glob string) string {
	return strings.ReplaceAll(regexp.QuoteMeta(glob), `\*`, "[A-Za-z0-9_.-]*")
}

// Filters gives the ECR filters that together match every tag of the template: of gives those of a
// value by its name.
func (t Template) Filters(of func(name string) []string) ([]string, error) {
	filters := []string{""}
	add := func(endings ...string) {
		var longer []string
		for _, f := range filters {
			for _, e := range endings {
				longer = append(longer, joinGlobs(f, e))
			}
		}
		filters = longer
	}
	for _, p := range t.parts {
		switch p.kind {
		case literal:
			add(p.literal)
		case commit, date:
			add("*")
		case branch:
			add(of("branch")...)
		case value:
			add(of(p.name)...)
		}
	}
	for _, filter := range filters {
		switch {
		case filter == "":
			return nil, t.errorf("gives an empty filter")
		case len(filter) > MaxLength:
			return nil,
				t.errorf("gives the filter %q of %d characters: ECR takes at most %d", filter, len(filter), MaxLength)
		case strings.Count(filter, "*") > MaxWildcards:
			return nil,
				t.errorf("gives the filter %q: ECR takes at most %d \"*\" in a filter: use fewer placeholders, or put them side by side",
					filter, MaxWildcards)
		}
	}
	return filters, nil
}

// joinGlobs puts one glob after another; two asterisks side by side are one.
func joinGlobs(a, b string) string {
	if strings.HasSuffix(a, "*") {
		b = strings.TrimLeft(b, "*")
	}
	return a + b
}
