package rule

import (
	"fmt"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode"

	"archway/internal/tag"
)

// gitName is what git takes as the name of a branch or tag, but for what stands in badRune, and
// three rarities: "@{", a part that ends in ".lock", and CodeCommit's refusal of 40 hexadecimal
// digits.
// https://git-scm.com/docs/git-check-ref-format
const gitName = `[^./-](?:[^./]|\.[^./])*(?:/[^./](?:[^./]|\.[^./])*)*`

// badRune reports whether git doesn't take a character.
func badRune(r rune) bool {
	return r <= ' ' || r == 0x7f || strings.ContainsRune(`~^:?*[\`, r) || r == unicode.ReplacementChar || r >= 0xd800 &&
		r < 0xe000
}

// Example gives a name that the rule matches. It is false if git takes no such name.
func (m *Matcher) Example() (string, bool) { return common(badRune, m.expression(), gitName) }

// Overlap gives a name that both rules match. It is false if there is none.
func Overlap(a, b *Matcher) (string, bool) {
	if a.Type != b.Type {
		return "", false
	}
	return common(badRune, a.expression(), b.expression(), gitName)
}

func (m *Matcher) expression() string { return m.tree.String() }

// TagExpression is a regular expression that every tag fits that the template yields under this
// rule.
func (m *Matcher) TagExpression(t tag.Template) string {
	return t.Expression(func(name string) string { return fit(m.part(name)).String() })
}

// CommonTag gives a text that fits two expressions of tags. It is false if there is none.
func CommonTag(a, b string) (string, bool) {
	return common(func(r rune) bool { return tag.FitRune(r) != r }, a, b)
}

// fit is the expression of what becomes of a value in a tag.
func fit(tree *syntax.Regexp) *syntax.Regexp {
	switch tree.Op {
	case syntax.OpLiteral:
		return &syntax.Regexp{Op: syntax.OpLiteral, Flags: tree.Flags, Rune: []rune(tag.Fit(string(tree.Rune)))}
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return tagClass(func(rune) bool { return true })
	case syntax.OpCharClass:
		unfit := false
		in := func(r rune) bool {
			for i := 0; i < len(tree.Rune); i += 2 {
				if tree.Rune[i] <= r && r <= tree.Rune[i+1] {
					return true
				}
			}
			return false
		}
		for i := 0; i < len(tree.Rune); i += 2 {
			unfit = unfit || tree.Rune[i+1] > 127
		}
		for r := rune(0); r < 128; r++ {
			unfit = unfit || tag.FitRune(r) != r && in(r)
		}
		return tagClass(func(r rune) bool { return in(r) || r == '-' && unfit })
	case syntax.OpCapture:
		return fit(tree.Sub[0])
	case syntax.OpBeginLine, syntax.OpBeginText, syntax.OpEndLine, syntax.OpEndText:
		return &syntax.Regexp{Op: syntax.OpEmptyMatch}
	}
	copied := *tree
	copied.Sub = nil
	for _, sub := range tree.Sub {
		copied.Sub = append(copied.Sub, fit(sub))
	}
	return &copied
}

func tagClass(in func(rune) bool) *syntax.Regexp {
	class := &syntax.Regexp{Op: syntax.OpCharClass}
	for r := rune(0); r < 128; r++ {
		if tag.FitRune(r) == r && in(r) {
			class.Rune = append(class.Rune, r, r)
		}
	}
	if len(class.Rune) == 0 {
		return &syntax.Regexp{Op: syntax.OpNoMatch}
	}
	return class
}

// Bounds of the search, in places that are kept, and in steps that are tried, which takes about a
// second. Beyond them nothing is found, so that a rule is rather accepted than refused in error.
const (
	maxStates = 20_000
	maxSteps  = 1_000_000
)

// common gives a shortest text that fits all expressions as a whole, without a bad character. It
// walks through all automatons at once: no text is tried, so that the answer is the same for every
// length.
func common(bad func(rune) bool, expressions ...string) (string, bool) {
	w := newWalk(bad, expressions...)
	if w == nil {
		return "", false
	}
	return w.run()
}

// newWalk is nil if an expression is none.
func newWalk(bad func(rune) bool, expressions ...string) *walk {
	var programs []*syntax.Prog
	alphabet := []rune("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-._/")
	for r := rune('!'); r < 0x7f; r++ {
		alphabet = append(alphabet, r)
	}
	for _, e := range expressions {
		tree, err := syntax.Parse(`\A(?:`+e+`)\z`, syntax.Perl)
		if err != nil {
			return nil
		}
		program, err := syntax.Compile(tree.Simplify())
		if err != nil {
			return nil
		}
		programs = append(programs, program)
		// Where sets of characters meet, the first or last of one of their ranges is among them.
		for _, instruction := range program.Inst {
			alphabet = append(alphabet, instruction.Rune...)
		}
	}
	letters := alphabet[:0:0]
	for _, r := range alphabet {
		if !bad(r) && !slices.Contains(letters, r) {
			letters = append(letters, r)
		}
	}
	return &walk{programs: programs, letters: letters}
}

// except is common for texts that don't fit another expression.
func except(bad func(rune) bool, other string, expressions ...string) (string, bool) {
	w := newWalk(bad, append(expressions, other)...)
	if w == nil {
		return "", false
	}
	last := len(w.programs) - 1
	w.programs, w.other = w.programs[:last], w.programs[last]
	return w.run()
}

type walk struct {
	programs []*syntax.Prog
	// other is what a text may not fit; nil if it doesn't matter.
	other   *syntax.Prog
	letters []rune
	steps   int
}

// state is a place in each program, and the text that led there.
type state struct {
	at   []uint32
	text string
	// others are all places in the other program to which the text can lead.
	others []uint32
}

func (w *walk) run() (string, bool) {
	first := state{}
	for _, p := range w.programs {
		first.at = append(first.at, uint32(p.Start))
	}
	if w.other != nil {
		first.others = []uint32{uint32(w.other.Start)}
	}
	seen := map[string]bool{}
	for queue := []state{first}; len(queue) > 0 && len(seen) < maxStates && w.steps < maxSteps; queue = queue[1:] {
		s := queue[0]
		if s.text != "" && w.accepts(s) {
			return s.text, true
		}
		for _, next := range w.next(s) {
			if key := fmt.Sprint(next.at, next.others); !seen[key] {
				seen[key] = true
				queue = append(queue, next)
			}
		}
	}
	return "", false
}

// accepts reports whether all programs may end here.
func (w *walk) accepts(s state) bool {
	for i, p := range w.programs {
		ends := slices.ContainsFunc(closure(p, s.at[i], s.text == "", true),
			func(pc uint32) bool { return p.Inst[pc].Op == syntax.InstMatch })
		if !ends {
			return false
		}
	}
	return !slices.ContainsFunc(s.others, func(pc uint32) bool {
		return slices.ContainsFunc(closure(w.other, pc, s.text == "", true),
			func(pc uint32) bool { return w.other.Inst[pc].Op == syntax.InstMatch })
	})
}

// next are the states after one more character that all programs take.
func (w *walk) next(s state) []state {
	states := []state{{}}
	letters := [][]rune{w.letters}
	for i, p := range w.programs {
		var longer []state
		var rest [][]rune
		for _, pc := range closure(p, s.at[i], s.text == "", false) {
			for k, partial := range states {
				if w.steps++; w.steps > maxSteps {
					return nil
				}
				var both []rune
				for _, r := range letters[k] {
					if p.Inst[pc].MatchRune(r) {
						both = append(both, r)
					}
				}
				if len(both) > 0 {
					longer = append(longer, state{at: append(slices.Clone(partial.at), p.Inst[pc].Out)})
					rest = append(rest, both)
				}
			}
		}
		states, letters = longer, rest
	}
	if w.other == nil {
		for k := range states {
			states[k].text = s.text + string(letters[k][0])
		}
		return states
	}
	// Letters differ by where they lead in the other program.
	var apart []state
	for k, next := range states {
		seen := map[string]bool{}
		for _, letter := range letters[k] {
			w.steps++
			others := w.follow(s, letter)
			if key := fmt.Sprint(others); !seen[key] {
				seen[key] = true
				apart = append(apart, state{at: next.at, text: s.text + string(letter), others: others})
			}
		}
	}
	return apart
}

// follow gives all places in the other program after one more character, in order.
func (w *walk) follow(s state, letter rune) []uint32 {
	var all []uint32
	for _, from := range s.others {
		for _, pc := range closure(w.other, from, s.text == "", false) {
			if to := w.other.Inst[pc].Out; w.other.Inst[pc].MatchRune(letter) && !slices.Contains(all, to) {
				all = append(all, to)
			}
		}
	}
	slices.Sort(all)
	return all
}

// closure are the instructions that a program is at without reading a character: those that read
// one, or, at the end, the one that matches.
func closure(p *syntax.Prog, pc uint32, start, end bool) []uint32 {
	var found []uint32
	seen := map[uint32]bool{}
	var visit func(pc uint32)
	visit = func(pc uint32) {
		if seen[pc] {
			return
		}
		seen[pc] = true
		switch i := p.Inst[pc]; i.Op {
		case syntax.InstAlt, syntax.InstAltMatch:
			visit(i.Out)
			visit(i.Arg)
		case syntax.InstCapture, syntax.InstNop:
			visit(i.Out)
		case syntax.InstEmptyWidth:
			need := syntax.EmptyOp(i.Arg)
			if need&(syntax.EmptyBeginText|syntax.EmptyBeginLine) != 0 && !start ||
				need&(syntax.EmptyEndText|syntax.EmptyEndLine) != 0 && !end {
				return
			}
			visit(i.Out)
		case syntax.InstMatch:
			if end {
				found = append(found, pc)
			}
		case syntax.InstRune, syntax.InstRune1, syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
			if !end {
				found = append(found, pc)
			}
		}
	}
	visit(pc)
	return found
}
