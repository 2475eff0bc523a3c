package tag

import (
	"time"
	"unicode"
)

// element is one step of a pattern: one character of a set, or any number of them.
type element struct {
	chars charset
	many  bool
}

// charset is a set of ASCII characters.
type charset [128]bool

func setOf(chars string) charset {
	var set charset
	for i := range len(chars) {
		if chars[i] < 128 {
			set[chars[i]] = true
		}
	}
	return set
}

func (s charset) meets(other charset) bool {
	for i := range s {
		if s[i] && other[i] {
			return true
		}
	}
	return false
}

const (
	digits   = "0123456789"
	letters  = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	tagChars = letters + digits + "_.-"
)

// globPattern reads a filter of ECR: "*" stands for any number of characters.
func globPattern(filter string) []element {
	var pattern []element
	for i := range len(filter) {
		if filter[i] == '*' {
			pattern = append(pattern, element{chars: setOf(tagChars), many: true})
			continue
		}
		pattern = append(pattern, element{chars: setOf(filter[i : i+1])})
	}
	return pattern
}

// pattern describes the tags that the template yields on one branch, no wider than it must.
func (t Template) pattern(branchName string) []element {
	var pattern []element
	for _, p := range t.parts {
		switch p.kind {
		case literal:
			pattern = append(pattern, globPattern(p.literal)...)
		case branch:
			pattern = append(pattern, globPattern(Branch(branchName))...)
		case value:
			pattern = append(pattern, element{chars: setOf(tagChars), many: true})
		case commit:
			for range p.length {
				pattern = append(pattern, element{chars: setOf("0123456789abcdef")})
			}
		case date:
			pattern = append(pattern, datePattern(p.layout, p.zone)...)
		}
	}
	return pattern
}

// datePattern learns the form of a date from samples: a digit stands for any digit and a letter for
// any letter, character by character if all samples are equally long.
func datePattern(layout string, zone *time.Location) []element {
	var sets []charset
	var all charset
	sameLength := true
	for i, t := range samples {
		text := t.In(zone).Format(layout)
		if i == 0 {
			sets = make([]charset, len(text))
		}
		sameLength = sameLength && len(text) == len(sets)
		for j := range len(text) {
			class := classOf(text[j])
			for c := range class {
				all[c] = all[c] || class[c]
				if j < len(sets) {
					sets[j][c] = sets[j][c] || class[c]
				}
			}
		}
	}
	if !sameLength {
		return []element{{chars: all, many: true}}
	}
	pattern := make([]element, len(sets))
	for i, set := range sets {
		pattern[i] = element{chars: set}
	}
	return pattern
}

func classOf(c byte) charset {
	switch {
	case c >= '0' && c <= '9':
		return setOf(digits)
	case c < 128 && unicode.IsLetter(rune(c)):
		return setOf(letters)
	}
	return setOf(string(c))
}

// intersect reports whether some text fits both patterns, by walking both at once.
func intersect(a, b []element) bool {
	type state struct{ i, j int }
	seen := map[state]bool{{0, 0}: true}
	queue := []state{{0, 0}}
	visit := func(s state) {
		if !seen[s] {
			seen[s] = true
			queue = append(queue, s)
		}
	}
	for len(queue) > 0 {
		s := queue[0]
		queue = queue[1:]
		if s.i == len(a) && s.j == len(b) {
			return true
		}
		if s.i < len(a) && a[s.i].many {
			visit(state{s.i + 1, s.j})
		}
		if s.j < len(b) && b[s.j].many {
			visit(state{s.i, s.j + 1})
		}
		if s.i < len(a) && s.j < len(b) && a[s.i].chars.meets(b[s.j].chars) {
			next := s
			if !a[s.i].many {
				next.i++
			}
			if !b[s.j].many {
				next.j++
			}
			visit(next)
		}
	}
	return false
}
