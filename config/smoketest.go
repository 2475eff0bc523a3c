package config

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// SmokeTest runs the validated image before a tag points at it: natively, on a machine of each architecture that it is built for.
// Without http the program is to end, and its exit code and output are compared; with http it is a server, which is asked until
// it answers. In what is expected, {arch} stands for the architecture, amd64 or arm64, and white space around the text does not
// count.
type SmokeTest struct {
	// What the image is run with, in place of its CMD, as the arguments of docker run: at most 4,096 characters, written as JSON.
	// Default: the image's own CMD.
	Command []string `json:"command"`

	// Environment variables of the container: at most 4,096 characters in all, written as JSON. They are no place for secrets:
	// everybody who may look at the build project can read them.
	// Default: what the image sets.
	Environment map[string]string `json:"environment"`

	// Seconds that the program may take to end, or the server to start and answer as expected: 1 to 1800. The time for pulling
	// the image comes on top.
	TimeoutSeconds int `json:"timeoutSeconds"`

	// The exit code that is expected of a program that ends: 0 to 255.
	ExitCode int `json:"exitCode"`

	// The whole standard output that is expected of a program that ends.
	// Default: it is not compared.
	Output string `json:"output"`

	// A part of the standard output that is expected of a program that ends.
	// Default: it is not compared.
	OutputContains string `json:"outputContains"`

	// A POSIX extended regular expression that fits somewhere in the standard output of a program that ends; ^ and $ are its
	// beginning and its end.
	// Default: it is not compared.
	OutputMatches string `json:"outputMatches"`

	// The request to a server, and what it is to answer.
	// Default: the program is to end.
	HTTP *HTTPCheck `json:"http,omitempty"`

	// Size of the machines that test, as of those that build.
	Compute Compute `json:"compute"`
}

// HTTPCheck is a request to a server, and what it is to answer.
type HTTPCheck struct {
	// Port that the server listens on in its container: 1 to 65535.
	Port int `json:"port" jsonschema:"required"`

	// Path of the request, with its query if there is one.
	Path string `json:"path"`

	// The status of the answer: 100 to 599. Redirects are not followed. The server is asked again until it answers with this
	// status; what the body is then decides.
	Status int `json:"status"`

	// The whole body that is expected.
	// Default: it is not compared.
	Body string `json:"body"`

	// A part of the body that is expected.
	// Default: it is not compared.
	BodyContains string `json:"bodyContains"`

	// A POSIX extended regular expression that fits somewhere in the body; ^ and $ are its beginning and its end.
	// Default: it is not compared.
	BodyMatches string `json:"bodyMatches"`
}

func defaultSmokeTest() SmokeTest {
	return SmokeTest{Command: []string{}, Environment: map[string]string{}, TimeoutSeconds: 60, Compute: Small}
}

func defaultHTTPCheck() HTTPCheck { return HTTPCheck{Path: "/", Status: 200} }

const (
	maxSmokeSeconds = 1800
	maxExitCode     = 255
	maxPort         = 65535
	minStatus       = 100
	maxStatus       = 599
)

var (
	environmentName = nameRule{
		pattern: regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`), most: 128,
		says: `an environment variable is named with letters, digits and "_", not beginning with a digit`,
		cure: `use one such as "LOG_LEVEL"`,
	}

	// https://www.rfc-editor.org/rfc/rfc9112#section-3.2: a request line has no white space.
	requestPath = nameRule{
		pattern: regexp.MustCompile(`^/[!-~]*$`), least: 1, most: 1024,
		says: `a path begins with "/" and has no white space`,
		cure: `use one such as "/health"`,
	}
)

func (r *reader) smokeTest(image object) *SmokeTest {
	value, ok := image.fields["smokeTest"]
	if !ok {
		return nil
	}
	t := defaultSmokeTest()
	o, ok := r.object(image.path("smokeTest"), value, keysOf[SmokeTest]())
	if !ok {
		return nil
	}
	t.Command = o.words("command")
	t.Environment = o.environment("environment", o.entries("environment", environmentName))
	t.TimeoutSeconds = o.between("timeoutSeconds", t.TimeoutSeconds, 1, maxSmokeSeconds)
	t.ExitCode = o.between("exitCode", t.ExitCode, 0, maxExitCode)
	t.Output, t.OutputContains, t.OutputMatches = o.expected("output", "outputContains", "outputMatches")
	t.Compute = choice(o, "compute", computes, t.Compute)
	if !o.has("http") {
		return &t
	}
	t.HTTP = r.httpCheck(o)
	for _, key := range []string{"exitCode", "output", "outputContains", "outputMatches"} {
		if o.says(key) {
			o.report(key, `is about a program that ends, and "http" about a server: remove one of the two`)
		}
	}
	return &t
}

func (r *reader) httpCheck(test object) *HTTPCheck {
	h := defaultHTTPCheck()
	o, ok := r.object(test.path("http"), test.fields["http"], keysOf[HTTPCheck]())
	if !ok || !o.required("port", "give the port that the server listens on in its container, such as 8080") {
		return &h
	}
	h.Port = o.between("port", 0, 1, maxPort)
	if o.has("path") {
		h.Path = o.name("path", requestPath)
	}
	h.Status = o.between("status", h.Status, minStatus, maxStatus)
	h.Body, h.BodyContains, h.BodyMatches = o.expected("body", "bodyContains", "bodyMatches")
	return &h
}

// says tells whether a key has another value than the one that stands for nothing.
func (o object) says(key string) bool {
	value := o.fields[key]
	return o.has(key) && value != "" && value != json.Number("0")
}

// words reads a list of strings.
func (o object) words(key string) []string {
	words := []string{}
	list, _ := o.list(key)
	for i, value := range list {
		word, ok := typed[string](o.r, item(o.path(key), i), value, aString)
		if broken := misread(word); ok && broken != "" {
			o.r.report(item(o.path(key), i), word, "%s", broken)
		}
		words = append(words, word)
	}
	if text, err := json.Marshal(words); err == nil && len(text) > maxEnvironment {
		o.report(key, "has %d characters written as JSON, but CodeBuild takes at most %d in an environment variable: shorten it", len(text), maxEnvironment)
	}
	return words
}

// between reads a whole number that has bounds.
func (o object) between(key string, fallback, least, most int) int {
	number, ok := o.number(key, fallback)
	if ok && (number < least || number > most) {
		o.report(key, "use %d to %d", least, most)
	}
	return number
}

// expected reads the three ways to say what a text is to be, of which at most one is used.
func (o object) expected(equals, contains, matches string) (whole, part, pattern string) {
	read := func(key string) string {
		text, ok := o.text(key, "")
		switch {
		case !ok || text == "":
		case strings.TrimSpace(text) == "":
			o.report(key, "is nothing but white space, which does not count: write what is expected, or remove it")
		case len(text) > maxEnvironment:
			o.report(key, "has %d bytes, but CodeBuild takes at most %d in an environment variable: expect a part of it (%q)", len(text), maxEnvironment, contains)
		default:
			return text
		}
		return ""
	}
	whole, part, pattern = read(equals), read(contains), read(matches)
	if _, err := regexp.CompilePOSIX(pattern); err != nil {
		o.report(matches, `is no POSIX extended regular expression (%s): use one such as "^Hello, (amd|arm)64!"`, strings.TrimPrefix(fmt.Sprint(err), "error parsing regexp: "))
	}
	var first string
	for _, key := range []string{equals, contains, matches} {
		switch {
		case !o.says(key):
		case first == "":
			first = key
		default:
			o.report(key, "%q says already what is expected: remove one of them", first)
		}
	}
	return whole, part, pattern
}
