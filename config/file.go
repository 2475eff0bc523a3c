package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// CheckFile reports what is wrong with a file as JSON, such as cdk.json, by line and column: a
// mistake, such as a comma too many, and keys that stand twice, of which the CDK's command line
// takes the second without a word. The error, if any, is of type Problems.
func CheckFile(name string, content []byte) error {
	text := bytes.TrimPrefix(content, []byte("\ufeff")) // the CDK's command line does the same
	f := file{name: name, text: text,
		decoder: jsontext.NewDecoder(bytes.NewReader(text), jsontext.AllowDuplicateNames(true))}
	for {
		err := f.token()
		if errors.Is(err, io.EOF) && f.values == 1 {
			break
		}
		if err == nil && f.values == 2 {
			err = errors.New("there is more after the end of the value: remove it")
		}
		if err != nil {
			f.report(f.at, "%s", f.explain(err))
			break
		}
	}
	if len(f.problems) == 0 {
		return nil
	}
	return f.problems
}

// file is a file that is being read, token by token.
type file struct {
	name    string
	text    []byte
	decoder *jsontext.Decoder
	// at is where the token begins that was read last, or is wrong.
	at int
	// values counts what begins outside of everything.
	values int
	// keys are those of the objects that are open, and where they stand.
	keys     []map[string]int
	problems Problems
}

// token reads one, and reports a key that its object has already.
func (f *file) token() error {
	depth := f.decoder.StackDepth()
	within, length := f.decoder.StackIndex(depth)
	f.at = int(f.decoder.InputOffset())
	f.at += len(f.text[f.at:]) - len(bytes.TrimLeft(f.text[f.at:], " \t\r\n,:"))
	token, err := f.decoder.ReadToken()
	if err != nil {
		return err
	}
	if depth == 0 {
		f.values++
	}
	switch kind := token.Kind(); {
	case kind == '{' || kind == '[':
		f.keys = append(f.keys, map[string]int{})
	case kind == '}' || kind == ']':
		f.keys = f.keys[:len(f.keys)-1]
	case kind == '"' && within == '{' && length%2 == 0:
		open, key := f.keys[len(f.keys)-1], token.String()
		first, twice := open[key]
		if !twice {
			open[key] = f.at
			break
		}
		line, _ := f.place(first)
		f.report(f.at,
			"%s stands twice in this object, first in line %d, and only the second one would count: remove one of them",
			show(key), line)
	}
	return nil
}

// explain says what is wrong, and moves to where it is.
func (f *file) explain(err error) string {
	syntax := (*jsontext.SyntacticError)(nil)
	if !errors.As(err, &syntax) {
		if errors.Is(err, io.EOF) {
			return "is empty: write a JSON object, in braces, { … }"
		}
		return err.Error()
	}
	f.at = min(int(syntax.ByteOffset), len(f.text))
	// What is wrong begins behind white space.
	before := bytes.TrimRight(f.text[:f.at], " \t\r\n")
	after := bytes.TrimLeft(f.text[f.at:], " \t\r\n")
	f.at = len(f.text) - len(after)
	if bytes.HasPrefix(after, []byte(",")) && end(before) != "," {
		before, after = f.text[:f.at+1], bytes.TrimLeft(after[1:], " \t\r\n")
	}
	last, next := end(before), start(after)
	switch {
	case last == "," && (next == "}" || next == "]"):
		f.at = len(before) - 1
		return fmt.Sprintf("a comma stands before %q, and JSON takes none after the last item: remove it", next)
	case next == "" && (last == "," || errors.Is(err, io.ErrUnexpectedEOF)):
		return "the file ends in the middle: close each \"{\", \"[\" and text that is open"
	case last == "," && next == ",":
		return "a comma stands after another: remove one"
	case next == "/" || next == "#":
		return "JSON takes no comments: remove it"
	case next == "'":
		return "JSON takes no single quotes: write double ones"
	case next != "" && unicode.IsLetter(rune(next[0])):
		return "only numbers, true, false and null stand without quotes: write double ones around it"
	case last != "" && strings.Contains(`"}]el0123456789`, last) && strings.Contains(`"{[`, next):
		f.at = len(before)
		return "a comma is missing here: write one between two items"
	}
	return "is no JSON: " + strings.TrimPrefix(syntax.Err.Error(), "jsontext: ")
}

func start(text []byte) string { return string(text[:min(1, len(text))]) }

func end(text []byte) string { return string(text[max(0, len(text)-1):]) }

func (f *file) report(at int, format string, args ...any) {
	line, column := f.place(at)
	f.problems = append(f.problems,
		Problem{Path: fmt.Sprintf("%s:%d:%d", f.name, line, column), Message: fmt.Sprintf(format, args...)})
}

// place gives line and column as editors count them, from 1.
func (f *file) place(at int) (line, column int) {
	before := f.text[:at]
	return bytes.Count(before, []byte("\n")) + 1, utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]) + 1
}
