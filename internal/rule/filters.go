package rule

import (
	"regexp/syntax"
	"slices"
	"strings"

	"archway/internal/tag"
)

// Filters are ECR filters that together match every form that a value takes in a tag, see Names;
// "branch" is the name of a branch.
func (m *Matcher) Filters(name string) []string {
	globs := globsOf(m.part(name))
	for i, glob := range globs {
		globs[i] = strings.Map(func(r rune) rune {
			if r == '*' {
				return r
			}
			return tag.FitRune(r)
		}, glob)
	}
	slices.Sort(globs)
	globs = slices.Compact(globs)
	// What a wider one matches needs no filter of its own.
	if slices.Contains(globs, "*") {
		return []string{"*"}
	}
	return globs
}

// maxGlobs bounds how many globs a pattern may give.
const maxGlobs = 16

// globsOf gives globs, with "*" for any number of characters, that match at least what a part of a
// pattern does.
func globsOf(tree *syntax.Regexp) []string {
	switch tree.Op {
	case syntax.OpEmptyMatch:
		return []string{""}
	case syntax.OpLiteral:
		text := string(tree.Rune)
		if tree.Flags&syntax.FoldCase == 0 || strings.ToLower(text) == strings.ToUpper(text) {
			return []string{text}
		}
	case syntax.OpCharClass:
		// Two characters are two globs; of more a registry takes too few.
		var letters []string
		for i := 0; i < len(tree.Rune); i += 2 {
			for r := tree.Rune[i]; r <= tree.Rune[i+1] && len(letters) <= 2; r++ {
				letters = append(letters, string(r))
			}
		}
		if len(letters) == 1 || len(letters) == 2 {
			return letters
		}
	case syntax.OpCapture:
		return globsOf(tree.Sub[0])
	case syntax.OpQuest:
		if globs := globsOf(tree.Sub[0]); len(globs) < maxGlobs {
			return append([]string{""}, globs...)
		}
	case syntax.OpAlternate:
		var globs []string
		for _, sub := range tree.Sub {
			globs = append(globs, globsOf(sub)...)
		}
		if len(globs) <= maxGlobs {
			return globs
		}
	case syntax.OpConcat:
		globs := []string{""}
		for _, sub := range tree.Sub {
			more := globsOf(sub)
			if len(globs)*len(more) > maxGlobs {
				return []string{"*"}
			}
			var longer []string
			for _, a := range globs {
				for _, b := range more {
					longer = append(longer, join(a, b))
				}
			}
			globs = longer
		}
		return globs
	}
	return []string{"*"}
}

func join(a, b string) string {
	if strings.HasSuffix(a, "*") {
		b = strings.TrimLeft(b, "*")
	}
	return a + b
}

// part is the part of the pattern that gives a value.
func (m *Matcher) part(name string) *syntax.Regexp {
	switch {
	case name == "branch", name == "tag":
		return m.trimmed()
	case slices.Contains(versionNames, name):
		return m.versionPart(name)
	}
	return group(m.tree, name)
}

func group(tree *syntax.Regexp, name string) *syntax.Regexp {
	if tree.Op == syntax.OpCapture && tree.Name == name {
		return tree.Sub[0]
	}
	for _, sub := range tree.Sub {
		if found := group(sub, name); found != nil {
			if tree.Op == syntax.OpQuest || tree.Op == syntax.OpStar || tree.Op == syntax.OpAlternate ||
				tree.Op == syntax.OpRepeat {
				// It may take no part in the match, and is empty then.
				return &syntax.Regexp{Op: syntax.OpQuest, Sub: []*syntax.Regexp{found}}
			}
			return found
		}
	}
	return nil
}

// trimmed is the pattern without the anchors that people write around it: the whole name is matched
// anyway.
func (m *Matcher) trimmed() *syntax.Regexp {
	tree := m.tree
	if tree.Op != syntax.OpConcat {
		return tree
	}
	sub := slices.Clone(tree.Sub)
	for len(sub) > 0 && (sub[0].Op == syntax.OpBeginText || sub[0].Op == syntax.OpBeginLine) {
		sub = sub[1:]
	}
	for len(sub) > 0 && (sub[len(sub)-1].Op == syntax.OpEndText || sub[len(sub)-1].Op == syntax.OpEndLine) {
		sub = sub[:len(sub)-1]
	}
	if len(sub) == 0 {
		return &syntax.Regexp{Op: syntax.OpEmptyMatch}
	}
	return &syntax.Regexp{Op: syntax.OpConcat, Sub: sub}
}
