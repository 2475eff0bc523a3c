package spec

import (
	"fmt"
	"regexp"
	"strings"
)

// SmokeTest runs the validated image before a tag points at it: natively, on a machine of each
// architecture that it is built for. Without http the program is to end, and its exit code and
// output are compared; with http it is a server, which is asked until it answers. In what is
// expected, {arch} stands for the architecture, amd64 or arm64, and white space around the text
// does not count.
type SmokeTest struct {
	// What the image is run with, in place of its CMD, as the arguments of docker run: at most
	// 4,096 characters, written as JSON. Default: the image's own CMD.
	Command []string `key:"command" fits:"shorten it"`

	// Environment variables of the container: at most 4,096 characters in all, written as JSON.
	// They are no place for secrets: everybody who may look at the build project can read them.
	// Default: what the image sets.
	Environment map[string]string `key:"environment" names:"variable" fits:"shorten or remove some"`

	// Seconds that the program may take to end, or the server to start and answer as expected: 1 to
	// 1800. The time for pulling the image comes on top.
	TimeoutSeconds int `key:"timeoutSeconds" default:"60" range:"1..1800"`

	// The exit code that is expected of a program that ends: 0 to 255.
	ExitCode int `key:"exitCode" range:"0..255"`

	// The whole standard output that is expected of a program that ends.
	// Default: it is not compared.
	Output string `key:"output"`

	// A part of the standard output that is expected of a program that ends.
	// Default: it is not compared.
	OutputContains string `key:"outputContains"`

	// A POSIX extended regular expression that fits somewhere in the standard output of a program
	// that ends; ^ and $ are its beginning and its end.
	// Default: it is not compared.
	OutputMatches string `key:"outputMatches"`

	// The request to a server, and what it is to answer.
	// Default: the program is to end.
	HTTP *HTTPCheck `key:"http"`

	// Size of the machines that test, as of those that build.
	Compute Compute `key:"compute" default:"SMALL"`
}

// HTTPCheck is a request to a server, and what it is to answer.
type HTTPCheck struct {
	// Port that the server listens on in its container: 1 to 65535.
	Port int `key:"port" jsonschema:"required" range:"1..65535" missing:"give the port that the server listens on in its container, such as 8080"`

	// Path of the request, with its query if there is one.
	Path string `key:"path" default:"/" rule:"path"`

	// The status of the answer: 100 to 599. Redirects are not followed. The server is asked again
	// until it answers with this status; what the body is then decides.
	Status int `key:"status" default:"200" range:"100..599"`

	// The whole body that is expected.
	// Default: it is not compared.
	Body string `key:"body"`

	// A part of the body that is expected.
	// Default: it is not compared.
	BodyContains string `key:"bodyContains"`

	// A POSIX extended regular expression that fits somewhere in the body; ^ and $ are its
	// beginning and its end. Default: it is not compared.
	BodyMatches string `key:"bodyMatches"`
}

// Text is what a text is to be, in at most one of three ways.
type Text struct{ Equals, Contains, Matches string }

// Expected is what the output of a program, or the body of an answer, is to be.
func (t *SmokeTest) Expected() Text {
	if t.HTTP != nil {
		return Text{t.HTTP.Body, t.HTTP.BodyContains, t.HTTP.BodyMatches}
	}
	return Text{t.Output, t.OutputContains, t.OutputMatches}
}

// Problems reports expectations that can't be met, or that exclude each other.
func (t SmokeTest) Problems() []Problem {
	all := Text{t.Output, t.OutputContains, t.OutputMatches}.problems("output")
	if t.HTTP == nil {
		return all
	}
	const ends = `is about a program that ends, and "http" about a server: remove one of the two`
	if t.ExitCode != 0 {
		all = append(all, Problem{Key: "exitCode", Message: ends})
	}
	for i, text := range []string{t.Output, t.OutputContains, t.OutputMatches} {
		if text != "" {
			all = append(all, Problem{Key: textKeys("output")[i], Message: ends})
		}
	}
	return all
}

// Problems reports expectations that can't be met, or that exclude each other.
func (h HTTPCheck) Problems() []Problem {
	return Text{h.Body, h.BodyContains, h.BodyMatches}.problems("body")
}

// textKeys are the keys of a text that are called alike.
func textKeys(key string) []string { return []string{key, key + "Contains", key + "Matches"} }

func (t Text) problems(key string) (all []Problem) {
	keys, first := textKeys(key), ""
	add := func(key, format string, args ...any) {
		all = append(all, Problem{Key: key, Message: fmt.Sprintf(format, args...)})
	}
	for i, text := range []string{t.Equals, t.Contains, t.Matches} {
		switch {
		case text == "":
		case strings.TrimSpace(text) == "":
			add(keys[i], "is nothing but white space, which does not count: write what is expected, or remove it")
		case len(text) > MaxVariable:
			add(keys[i],
				"has %d bytes, but CodeBuild takes at most %d in an environment variable: expect a part of it (%q)",
				len(text), MaxVariable, keys[1])
		}
	}
	if _, err := regexp.CompilePOSIX(t.Matches); err != nil {
		add(keys[2], `is no POSIX extended regular expression (%s): use one such as "^Hello, (amd|arm)64!"`,
			strings.TrimPrefix(fmt.Sprint(err), "error parsing regexp: "))
	}
	for i, text := range []string{t.Equals, t.Contains, t.Matches} {
		switch {
		case text == "":
		case first == "":
			first = keys[i]
		default:
			add(keys[i], "%q says already what is expected: remove one of them", first)
		}
	}
	return all
}
