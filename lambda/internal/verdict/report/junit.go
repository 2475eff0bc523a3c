package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"archway/lambda/internal/verdict/check"
)

// junitSuites is the document that CI servers read as test results: a suite for each image, a case
// for each check. https://github.com/testmoapp/junitxml describes what they agree on.
type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	Failure *junitFailure `xml:"failure,omitempty"`
	Error   *junitFailure `xml:"error,omitempty"`
	// Out are findings that make no image invalid.
	Out string `xml:"system-out,omitempty"`
}

type junitFailure struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

func writeJUnit(w io.Writer, d Document) error {
	all := junitSuites{Name: "archway validate"}
	for _, image := range d.Images {
		s := junitImage(image)
		all.Tests, all.Failures, all.Errors = all.Tests+s.Tests, all.Failures+s.Failures, all.Errors+s.Errors
		all.Suites = append(all.Suites, s)
	}
	text, err := xml.MarshalIndent(all, "", "  ")
	if err == nil {
		_, err = fmt.Fprintf(w, "%s%s\n", xml.Header, text)
	}
	return err
}

func junitImage(image Image) junitSuite {
	s := junitSuite{Name: image.Image}
	if image.Error != "" {
		s.Tests, s.Errors = 1, 1
		s.Cases = []junitCase{{Name: "read", Class: image.Image, Error: &junitFailure{image.Error, image.Error}}}
		return s
	}
	for _, c := range check.All() {
		one := junitCase{Name: c.Name, Class: image.Image}
		var failures, others []string
		for _, f := range image.Findings {
			switch {
			case f.Check != c.Name:
			case f.Severity == check.Error:
				failures = append(failures, f.Message+".")
			default:
				others = append(others, string(f.Severity)+": "+f.Message+".")
			}
		}
		if len(failures) > 0 {
			one.Failure = &junitFailure{failures[0], strings.Join(failures, "\n")}
			s.Failures++
		}
		one.Out = strings.Join(others, "\n")
		s.Tests++
		s.Cases = append(s.Cases, one)
	}
	return s
}
