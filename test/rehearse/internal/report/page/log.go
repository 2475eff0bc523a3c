package page

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"unicode"

	"archway/test/rehearse/internal/report"
)

// What a log may take of the page. A browser is slow with more than a few megabytes of text, and
// nobody reads them.
const (
	headLines = 200
	tailLines = 1000
	maxLine   = 1000 // characters
)

// Log is what an action printed.
type Log struct {
	ID string
	// Head and Tail are its beginning and its end; between them LeftOut lines are missing.
	Head, Tail string
	LeftOut    int
	Lines      int
	// Error is why there is no log.
	Error string
}

// Empty reports whether nothing was printed.
func (l Log) Empty() bool { return l.Lines == 0 && l.Error == "" }

// Size is how long the log is, in words.
func (l Log) Size() string {
	switch l.Lines {
	case 0:
		return "nothing"
	case 1:
		return "1 line"
	}
	return fmt.Sprintf("%d lines", l.Lines)
}

// readLog reads a log, and what validators found that wrote into it.
func readLog(file string) (Log, []verdict) {
	if file == "" {
		return Log{}, nil
	}
	f, err := os.Open(file)
	if err != nil {
		return Log{Error: err.Error()}, nil
	}
	defer f.Close()
	return scan(f)
}

func scan(in io.Reader) (Log, []verdict) {
	var l Log
	var head, tail []string
	var found findings
	reader := bufio.NewReader(in)
	for {
		line, err := reader.ReadString('\n')
		if line != "" {
			found.line(line)
			if text, show := report.LogLine(strings.TrimRight(line, "\r\n")); show {
				text = printable(text)
				l.Lines++
				if len(head) < headLines {
					head = append(head, text)
				} else if tail = append(tail, text); len(tail) > tailLines {
					tail = tail[1:]
				}
			}
		}
		if err != nil {
			if err != io.EOF {
				l.Error = err.Error()
			}
			break
		}
	}
	l.LeftOut = l.Lines - len(head) - len(tail)
	if l.LeftOut == 0 {
		head, tail = append(head, tail...), nil
	}
	l.Head, l.Tail = strings.Join(head, "\n"), strings.Join(tail, "\n")
	return l, found.verdicts
}

// escape is a sequence that tells a terminal to do something.
var escape = regexp.MustCompile(`\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|.)?`)

// printable leaves out what only a terminal understands, and the rest of a line that is longer than
// anybody reads.
func printable(line string) string {
	// What was overwritten is not shown either: the last text of a line of progress is.
	if i := strings.LastIndexByte(strings.TrimRight(line, "\r"), '\r'); i >= 0 {
		line = line[i+1:]
	}
	line = strings.Map(func(r rune) rune {
		if r != '\t' && unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(escape.ReplaceAllString(line, ""), "\uFFFD"))
	if runes := []rune(line); len(runes) > maxLine {
		return fmt.Sprintf("%s… (%d more characters)", string(runes[:maxLine]), len(runes)-maxLine)
	}
	return line
}

// verdict is what a validator said about one index.
type verdict struct {
	digest   string
	valid    bool
	findings []Finding
}

// Finding is one thing that a check noticed.
type Finding struct {
	Check, Severity, Message string
	digest                   string
}

// findings gathers the lines of validators.
type findings struct {
	open     map[string][]Finding // by index
	verdicts []verdict
}

func (f *findings) line(text string) {
	if !strings.HasPrefix(text, "{") {
		return
	}
	var line struct{ Msg, Digest, Check, Severity, Subject, Message string }
	var end struct{ Valid *bool }
	if json.Unmarshal([]byte(text), &line) != nil || line.Digest == "" {
		return
	}
	switch line.Msg {
	case "finding":
		if f.open == nil {
			f.open = map[string][]Finding{}
		}
		f.open[line.Digest] = append(f.open[line.Digest],
			Finding{line.Check, line.Severity, line.Message, line.Subject})
	case "verdict":
		if json.Unmarshal([]byte(text), &end) != nil || end.Valid == nil {
			return
		}
		f.verdicts = append(f.verdicts, verdict{line.Digest, *end.Valid, f.open[line.Digest]})
		delete(f.open, line.Digest)
	}
}
