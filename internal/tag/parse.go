package tag

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Lengths of a commit ID: git refuses to abbreviate to fewer than 4 characters, and a whole SHA-1
// has 40.
const (
	minCommit  = 4
	fullCommit = 40
)

// Error says why a template was refused, or why it yields no tag or filter. All errors of this
// package are of this type.
type Error struct {
	Template string
	// Reason is what is wrong and how to cure it, without the template.
	Reason string
}

func (e *Error) Error() string { return fmt.Sprintf("tag template %q: %s", e.Template, e.Reason) }

func (t Template) errorf(format string, args ...any) error {
	return &Error{Template: t.source, Reason: fmt.Sprintf(format, args...)}
}

// Parse reads a template. Names are those of values that it may hold beside the placeholders that
// every template may hold.
func Parse(s string, names ...string) (Template, error) {
	t := Template{source: s}
	fail := func(format string, args ...any) (Template, error) {
		return Template{}, t.errorf(format, args...)
	}
	if s == "" {
		return fail("is empty: write a tag such as \"latest\" or \"{commit:12}\"")
	}
	for rest := s; rest != ""; {
		open := strings.IndexAny(rest, "{}")
		if open < 0 {
			open = len(rest)
		}
		if text := rest[:open]; text != "" {
			if bad := badCharacter(text); bad != "" {
				return fail("a tag can't hold %s: use letters, digits, \"_\", \".\" and \"-\"", bad)
			}
			t.parts = append(t.parts, part{kind: literal, literal: text})
		}
		if rest = rest[open:]; rest == "" {
			break
		}
		end := strings.IndexByte(rest, '}')
		switch {
		case rest[0] == '}':
			return fail("\"}\" without \"{\" before it: a placeholder is written like {commit}")
		case end < 0:
			return fail("\"{\" without \"}\" after it: a placeholder is written like {commit}")
		}
		p, reason := placeholder(rest[1:end], names)
		if reason != "" {
			return fail("%s", reason)
		}
		t.parts = append(t.parts, p)
		rest = rest[end+1:]
	}
	if first := t.badStart(); first != "" {
		return fail("a tag can't begin with %q: begin with a letter, a digit or \"_\"", first)
	}
	if shortest := t.shortest(); shortest > MaxLength {
		return fail("yields tags of %d characters or more: a tag has at most %d", shortest, MaxLength)
	}
	return t, nil
}

// placeholder reads the text between two braces and gives the reason if it is refused.
func placeholder(text string, names []string) (part, string) {
	name, argument, has := strings.Cut(text, ":")
	switch {
	case name == "commit" && !has:
		return part{kind: commit, length: fullCommit}, ""
	case name == "commit":
		n, err := strconv.Atoi(argument)
		if err != nil || n < minCommit || n > fullCommit || strconv.Itoa(n) != argument {
			return part{},
				fmt.Sprintf("{%s}: the length is a number from %d to %d, such as {commit:12}", text, minCommit,
					fullCommit)
		}
		return part{kind: commit, length: n}, ""
	case name == "branch" && !has:
		return part{kind: branch}, ""
	case name == "branch":
		return part{}, fmt.Sprintf("{%s}: the branch takes no argument: write {branch}", text)
	case name == "date":
		p, reason := parseDate(argument)
		if reason != "" {
			return part{}, fmt.Sprintf("{%s}: %s", text, reason)
		}
		return p, ""
	case slices.Contains(names, name) && !has:
		return part{kind: value, name: name}, ""
	case slices.Contains(names, name):
		return part{}, fmt.Sprintf("{%s}: takes no argument: write {%s}", text, name)
	}
	others := ""
	for _, name := range names {
		others += ", {" + name + "}"
	}
	if strings.HasPrefix(name, version) && !strings.Contains(others, version) {
		return part{}, fmt.Sprintf("{%s} is for rules of git tags: give it to a rule of \"type\": \"tag\"", text)
	}
	return part{},
		fmt.Sprintf("unknown placeholder {%s}: use {commit}, {commit:12}, {branch}%s or {date:20060102}", text, others)
}

// badCharacter returns the first character, quoted, that a tag can't hold.
func badCharacter(text string) string {
	for _, r := range text {
		if r > 127 || !tagByte(byte(r)) {
			return strconv.Quote(string(r))
		}
	}
	return ""
}

// badStart is the character, of those that can't begin a tag, with which some tag of the template
// begins.
func (t Template) badStart() string {
	starts := []string{}
	switch p := t.parts[0]; p.kind {
	case literal:
		starts = append(starts, p.literal)
	case date:
		for _, sample := range samples {
			starts = append(starts, sample.In(p.zone).Format(p.layout))
		}
	}
	for _, start := range starts {
		if strings.ContainsAny(start[:1], ".-") {
			return start[:1]
		}
	}
	return ""
}

// shortest is a lower bound for the length of the tags that the template yields.
func (t Template) shortest() int {
	n := 0
	for _, p := range t.parts {
		switch p.kind {
		case literal:
			n += len(p.literal)
		case commit:
			n += p.length
		case branch, date:
			n++
		}
	}
	return n
}
