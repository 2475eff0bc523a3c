package report

import (
	"encoding/json"
	"io"
	"strings"

	"archway/lambda/internal/verdict/check"
)

// Output writes verdicts in one format.
type Output interface {
	// Add takes the verdict on an image, or the error why there is none.
	Add(image string, v check.Verdict, err error)
	// End writes what can be written only when all verdicts are there.
	End() error
}

// formats are the outputs by what "validate -o" calls them.
var formats = []struct {
	name string
	open func(w io.Writer, how Options) Output
}{
	{"text", func(w io.Writer, how Options) Output { return &text{w: w, Options: how} }},
	{"json", document(writeJSON)},
	{"sarif", document(writeSARIF)},
	{"junit", document(writeJUnit)},
	{"github", document(writeGitHub)},
	{"markdown", document(writeMarkdown)},
}

func document(write func(io.Writer, Document) error) func(io.Writer, Options) Output {
	return func(w io.Writer, _ Options) Output { return &whole{w: w, write: write} }
}

// Options are what is different for people.
type Options struct {
	// Deep says that every layer was to be read whole.
	Deep bool
	// Quiet leaves out what is valid.
	Quiet bool
	// Color, if there is one, is where a terminal's colors are written to, beside the text.
	Color io.Writer
}

// Open gives the output of a format, or nil if there is none of this name.
func Open(format string, w io.Writer, how Options) Output {
	for _, f := range formats {
		if f.name == format {
			return f.open(w, how)
		}
	}
	return nil
}

// Formats names the outputs, as in: text or json.
func Formats() string {
	var names []string
	for _, f := range formats {
		names = append(names, f.name)
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " or " + names[last]
}

// whole is an output of one document about all images.
type whole struct {
	Document
	w     io.Writer
	write func(io.Writer, Document) error
}

// End writes the document.
func (o *whole) End() error { return o.write(o.w, o.Document) }

func writeJSON(w io.Writer, d Document) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(d)
}
