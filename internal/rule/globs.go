package rule

import (
	"regexp/syntax"
	"slices"
	"strings"

	"archway/internal/tag"
)

// maxGlobs bounds how many globs a pattern may give.
const maxGlobs = 16

// Globs are names with "*" for any number of characters that together match exactly what the rule matches: EventBridge can
// tell them by itself. It is false if only a regular expression can tell.
func (m *Matcher) Globs() ([]string, bool) {
	globs, exact := globsOf(m.trimmed(), true)
	if !exact {
		return nil, false
	}
	for _, glob := range globs {
		// No reference holds either, so that a literal one matches nothing; and EventBridge bounds how much work an event may be.
		if glob == "" || strings.Contains(glob, `\`) || strings.Count(glob, "*") > 2 {
			return nil, false
		}
	}
	slices.Sort(globs)
	return slices.Compact(globs), true
}

// trimmed is the pattern without the anchors that people write around it: the whole name is matched anyway.
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

// globsOf gives globs for a part of a pattern. If exact, they match just what the part does, or it is false; if not, they
// match at least that.
func globsOf(tree *syntax.Regexp, exact bool) ([]string, bool) {
	anything := []string{"*"}
	switch tree.Op {
	case syntax.OpEmptyMatch:
		return []string{""}, true
	case syntax.OpLiteral:
		text := string(tree.Rune)
		if tree.Flags&syntax.FoldCase != 0 && strings.ToLower(text) != strings.ToUpper(text) || strings.Contains(text, "*") {
			return anything, !exact
		}
		return []string{text}, true
	case syntax.OpCharClass:
		var globs []string
		for i := 0; i < len(tree.Rune); i += 2 {
			if tree.Rune[i+1]-tree.Rune[i] >= maxGlobs {
				return anything, !exact
			}
			for r := tree.Rune[i]; r <= tree.Rune[i+1]; r++ {
				globs = append(globs, string(r))
			}
		}
		if len(globs) == 0 || len(globs) > maxGlobs || slices.Contains(globs, "*") || !exact && len(globs) > 2 {
			return anything, !exact
		}
		return globs, true
	case syntax.OpCapture:
		return globsOf(tree.Sub[0], exact)
	case syntax.OpStar:
		if op := tree.Sub[0].Op; op == syntax.OpAnyChar || op == syntax.OpAnyCharNotNL {
			return anything, true
		}
	case syntax.OpQuest:
		globs, ok := globsOf(tree.Sub[0], exact)
		if ok && len(globs) < maxGlobs {
			return append([]string{""}, globs...), true
		}
	case syntax.OpAlternate:
		var globs []string
		for _, sub := range tree.Sub {
			more, ok := globsOf(sub, exact)
			if !ok {
				return nil, false
			}
			globs = append(globs, more...)
		}
		if len(globs) <= maxGlobs {
			return globs, true
		}
	case syntax.OpConcat:
		globs := []string{""}
		for _, sub := range tree.Sub {
			more, ok := globsOf(sub, exact)
			if !ok {
				return nil, false
			}
			if len(globs)*len(more) > maxGlobs {
				return anything, !exact
			}
			var longer []string
			for _, a := range globs {
				for _, b := range more {
					longer = append(longer, join(a, b))
				}
			}
			globs = longer
		}
		return globs, true
	}
	return anything, !exact
}

func join(a, b string) string {
	if strings.HasSuffix(a, "*") {
		b = strings.TrimLeft(b, "*")
	}
	return a + b
}

// Filters are ECR filters that together match every form that a value takes in a tag, see Names; "branch" is the name of a
// branch.
func (m *Matcher) Filters(name string) []string {
	globs, _ := globsOf(m.part(name), false)
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

// part is the part of the pattern that gives a value.
func (m *Matcher) part(name string) *syntax.Regexp {
	if name == "branch" || name == "tag" {
		return m.trimmed()
	}
	return group(m.tree, name)
}

func group(tree *syntax.Regexp, name string) *syntax.Regexp {
	if tree.Op == syntax.OpCapture && tree.Name == name {
		return tree.Sub[0]
	}
	for _, sub := range tree.Sub {
		if found := group(sub, name); found != nil {
			if tree.Op == syntax.OpQuest || tree.Op == syntax.OpStar || tree.Op == syntax.OpAlternate || tree.Op == syntax.OpRepeat {
				// It may take no part in the match, and is empty then.
				return &syntax.Regexp{Op: syntax.OpQuest, Sub: []*syntax.Regexp{found}}
			}
			return found
		}
	}
	return nil
}
