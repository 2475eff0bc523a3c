package layout_test

import (
	"go/scanner"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

// Columns that a line of Go may have; a tab counts as four.
const (
	codeColumns    = 120
	commentColumns = 100
	tabColumns     = 4
)

func TestLinesAreNarrow(t *testing.T) {
	files := 0
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() && (name == "node_modules" || name == "cdk.out" || path != root && name[0] == '.') {
			return fs.SkipDir
		}
		if entry.IsDir() || filepath.Ext(name) != ".go" {
			return nil
		}
		files++
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(root, path)
		for _, w := range wide(source) {
			t.Errorf("%s:%d: %d columns, and at most %d are allowed", relative, w.line, w.columns, w.most)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 500 {
		t.Errorf("%d files were read: too few to be all", files)
	}
}

// wideLine is a line that is wider than it may be, though it could be broken.
type wideLine struct{ line, columns, most int }

// wide lists the lines of a source that are too wide and could be broken.
func wide(source []byte) []wideLine {
	lines := read(source)
	var found []wideLine
	for i, text := range strings.Split(string(source), "\n") {
		l := lines[i+1]
		w := wideLine{i + 1, width(text), codeColumns}
		unbreakable := l.raw || l.endsInText(text)
		if l.comment {
			w.most, unbreakable = commentColumns, asItIs.MatchString(text)
		}
		if w.columns > w.most && !unbreakable {
			found = append(found, w)
		}
	}
	return found
}

// asItIs matches comments that stay as they are: directives, tables, code blocks, and those with a
// URL.
var asItIs = regexp.MustCompile(`^\s*//(go:|\s*\||\t|   )|://`)

func width(text string) int {
	return utf8.RuneCountInString(text) + strings.Count(text, "\t")*(tabColumns-1)
}

// line is what counts of a line's tokens.
type line struct {
	// comment says that nothing else is in the line; raw, that a text of several lines is.
	comment, raw bool
	// last is the last token that is no closing bracket or the like, before is the one before it,
	// and end the very last.
	last, before, end lexeme
}

type lexeme struct {
	token token.Token
	text  string
}

// read scans a source. Lines count from 1; those without tokens are zero.
func read(source []byte) map[int]line {
	set := token.NewFileSet()
	file := set.AddFile("", -1, len(source))
	var s scanner.Scanner
	s.Init(file, source, nil, scanner.ScanComments)
	lines := map[int]line{}
	for {
		position, tok, text := s.Scan()
		if tok == token.EOF {
			return lines
		}
		first := file.Line(position)
		l, known := lines[first]
		switch tok {
		case token.COMMENT:
			l.comment = !known
		case token.COMMA, token.RPAREN, token.RBRACK, token.RBRACE, token.SEMICOLON:
		default:
			l.last, l.before = lexeme{tok, text}, l.end
		}
		l.end = lexeme{tok, text}
		lines[first] = l
		for n := range strings.Count(text, "\n") + 1 {
			if text == "\n" || !strings.Contains(text, "\n") {
				break
			}
			l := lines[first+n]
			l.raw = l.raw || tok == token.STRING
			l.comment = l.comment || tok == token.COMMENT && n > 0
			lines[first+n] = l
		}
	}
}

// endsInText reports whether a line ends in a text that would be too wide on a line of its own,
// too, or that belongs behind what is before it: the tag of a field, the value of a key or a name.
func (l line) endsInText(text string) bool {
	last := l.last
	if last.token != token.STRING && last.token != token.ADD { // a sum goes on in the next line
		return false
	}
	switch l.before.token {
	case token.IDENT, token.RBRACE, token.RBRACK, token.COLON, token.ASSIGN, token.DEFINE:
		if last.token == token.STRING {
			return true
		}
	case token.STRING:
		if last.token == token.ADD {
			last = l.before
		}
	}
	trimmed := strings.TrimLeft(text, "\t")
	indent := width(text) - width(trimmed)
	if !strings.HasPrefix(trimmed, last.text) {
		indent += tabColumns
	}
	return last.token == token.STRING && indent+width(last.text)+1 > codeColumns
}

func TestWideLines(t *testing.T) {
	long, text := strings.Repeat("w ", 60), `"`+strings.Repeat("w ", 60)+`"`
	for name, test := range map[string]struct {
		source string
		want   int
	}{
		"code":                      {"\tx = " + strings.Repeat("1 + ", 29) + "1", 1},
		"code that fits":            {"\tx = " + strings.Repeat("1 + ", 27) + "1", 0},
		"comment":                   {"\t// " + long, 1},
		"comment that fits":         {"// " + long[:97], 0},
		"comment behind code":       {"\tx = 1 // " + long, 1},
		"comment in several lines":  {"/* a\n" + long + "\n*/", 1},
		"directive":                 {"//go:generate " + long, 0},
		"table, code block":         {"// | " + long + "\n//\t" + long + "\n//    " + long, 0},
		"address":                   {"// https://example.com/" + strings.Repeat("w", 100), 0},
		"text at the end":           {"\tf(" + text + ",\n\t\t1)", 0},
		"text at the end, and more": {"\tf(" + text + ", 1)", 1},
		"text that has room below":  {"\tvariable.Function(argument, argument, argument, " + text[:80] + `")`, 1},
		"text in a sum":             {"\tx = f(" + text + " +\n\t\ty)", 0},
		"text at the beginning":     {"\t\t\"" + strings.Repeat("w", 109) + "\",", 0},
		"value":                     {"\tconst name = " + text, 0},
		"text of several lines":     {"\tx = `a\n" + long + "\n" + long + "`", 0},
		"tag":                       {"type t struct {\n\tField []string `json:" + text + "`\n}", 0},
	} {
		if got := wide([]byte("package p\n\n" + test.source + "\n")); len(got) != test.want {
			t.Errorf("%s: %+v, want %d lines", name, got, test.want)
		}
	}
}
