package assumptions

import (
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"slices"
	"strings"
	"testing"

	"archway/test/confirm/facts"
)

// Each unproven statement names what proves it, and each fact is behind a statement or a reading.
func TestStatementsNameWhatProvesThem(t *testing.T) {
	proofs, open := map[string]bool{}, map[string]bool{}
	for _, f := range facts.All() {
		proofs[f.Name], open[f.Name] = true, !f.Unrehearsed
		for _, r := range f.Readings {
			if r.Option != "" {
				delete(open, f.Name)
			}
		}
	}
	file, err := parser.ParseFile(token.NewFileSet(), "assumptions.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	names := regexp.MustCompile(`\[([a-z, -]+)\]`)
	statements := 0
	check := func(statement string) {
		statements++
		found := names.FindAllStringSubmatch(strings.Join(strings.Fields(statement), " "), -1)
		if len(found) == 0 {
			t.Errorf("nothing proves: %s", statement)
		}
		for _, match := range found {
			for name := range strings.SplitSeq(match[1], ", ") {
				if !proofs[name] {
					t.Errorf("there is no fact %q: %s", name, statement)
				}
				if rehearsed, still := open[name]; still && !rehearsed {
					t.Errorf("the fact %s says that no rehearsal acts on it: %s", name, statement)
				}
				delete(open, name)
			}
		}
	}
	for _, group := range file.Comments {
		if text := group.Text(); strings.HasPrefix(text, "Unproven") {
			for _, statement := range strings.Split(text, "\n  - ")[1:] {
				check(statement)
			}
		}
	}
	for _, d := range file.Decls {
		numbers, ok := d.(*ast.GenDecl)
		if !ok || !strings.HasPrefix(numbers.Doc.Text(), "Unproven") {
			continue
		}
		for _, spec := range numbers.Specs {
			check(spec.(*ast.ValueSpec).Doc.Text())
		}
	}
	if statements < 50 {
		t.Errorf("%d statements: too few to be all", statements)
	}
	for name, rehearsed := range open {
		if rehearsed {
			t.Errorf("the fact %s proves nothing that is decided here", name)
		}
	}
}

// Each reading of a rehearsal is one of a fact, and the other way round.
func TestReadingsAreThoseOfFacts(t *testing.T) {
	named := map[string]bool{}
	for _, f := range facts.All() {
		for _, r := range f.Readings {
			if r.Option == "" {
				continue
			}
			named[r.Option] = true
			if !slices.Contains(ReadingNames(), r.Option) {
				t.Errorf("%s: the rehearsal has no reading %q", f.Name, r.Option)
			}
			if r.Wrong != "" {
				t.Errorf("%s: Archway is not right under %q, which is rehearsed", f.Name, r.Name)
			}
		}
	}
	for _, name := range ReadingNames() {
		if !named[name] {
			t.Errorf("no fact proves the reading %s", name)
		}
	}
}
