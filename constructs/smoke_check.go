package constructs

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/jsii-runtime-go"
)

// SmokeCheck is what a smoke test runs, and what it expects: of a program that ends, its exit code and output; of a server, an
// answer.
type SmokeCheck struct {
	// Command takes the place of the image's CMD, as the arguments of "docker run" do.
	// Default: the image's own.
	Command []string

	// Environment is what the container finds in its environment, over what the image sets. It is no place for secrets:
	// everybody who may look at the project can read it.
	// Default: what the image sets.
	Environment map[string]string

	// Timeout is how long the program may take to end, or the server to answer as expected, from 1 second to 30 minutes. The
	// time for pulling the image comes on top.
	// Default: 1 minute.
	Timeout time.Duration

	// ExitCode is the exit code of a program that ends, 0 to 255.
	// Default: 0.
	ExitCode int

	// Output is what a program that ends prints on standard output.
	// Default: it isn't looked at.
	Output Text

	// HTTP asks a server.
	// Default: the program is to end.
	HTTP *HTTPCheck
}

// HTTPCheck is a request to a server, and its answer.
type HTTPCheck struct {
	// Port is where the server listens in its container, 1 to 65535. Required.
	Port int

	// Path is the path of the request, with its query if there is one.
	// Default: "/".
	Path string

	// Status is the expected status, 100 to 599. Redirects aren't followed. The server is asked again until it answers with it.
	// Default: 200.
	Status int

	// Body is the expected body of the answer with that status.
	// Default: it isn't looked at.
	Body Text
}

// Text is what is expected of a text. At most one of the fields is set. White space around the text does not count, and
// "{arch}" stands for the architecture, amd64 or arm64.
type Text struct {
	// Equals is the whole text.
	// Default: see the other fields.
	Equals string

	// Contains is a part of the text.
	// Default: see the other fields.
	Contains string

	// Matches is a POSIX extended regular expression that fits somewhere in the text; ^ and $ are its beginning and end.
	// Default: see the other fields.
	Matches string
}

const mostSmokeTime = 30 * time.Minute

var (
	environmentName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

	// A request line has no white space; https://www.rfc-editor.org/rfc/rfc9112#section-3.2.
	requestPath = regexp.MustCompile(`^/[!-~]*$`)
)

func (c SmokeCheck) problems() []error {
	var errs []error
	add := func(err error) { errs = append(errs, err) }
	if d := c.Timeout; d != 0 && (d < time.Second || d > mostSmokeTime || d%time.Second != 0) {
		add(wrong("Check.Timeout", "is %s: give whole seconds, from 1s to %s", d, mostSmokeTime))
	}
	for _, name := range slices.Sorted(maps.Keys(c.Environment)) {
		if !environmentName.MatchString(name) {
			add(wrong("Check.Environment", "has %q: give names of letters, digits and _, not beginning with a digit", name))
		}
	}
	for _, list := range []struct {
		prop  string
		value any
	}{{"Check.Command", c.Command}, {"Check.Environment", c.Environment}} {
		if n := len(compactJSON(list.value)); n > maxVariable {
			add(wrong(list.prop, "has %d characters written as JSON: CodeBuild takes %d in an environment variable", n, maxVariable))
		}
	}
	if c.ExitCode < 0 || c.ExitCode > 255 {
		add(wrong("Check.ExitCode", "is %d: programs end with 0 to 255", c.ExitCode))
	}
	add(c.Output.problem("Check.Output"))
	if c.HTTP == nil {
		return errs
	}
	if c.ExitCode != 0 || c.Output != (Text{}) {
		add(wrong("Check", "has HTTP, and also ExitCode or Output: a server doesn't end, so give either"))
	}
	if c.HTTP.Port < 1 || c.HTTP.Port > 65535 {
		add(wrong("Check.HTTP.Port", "is %d: give 1 to 65535", c.HTTP.Port))
	}
	if p := c.HTTP.Path; p != "" && !requestPath.MatchString(p) {
		add(wrong("Check.HTTP.Path", "is %q: give a path that begins with / and has no white space", p))
	}
	if s := c.HTTP.Status; s != 0 && (s < 100 || s > 599) {
		add(wrong("Check.HTTP.Status", "is %d: HTTP has 100 to 599", s))
	}
	add(c.HTTP.Body.problem("Check.HTTP.Body"))
	return errs
}

func (t Text) problem(prop string) error {
	set := 0
	for _, text := range []string{t.Equals, t.Contains, t.Matches} {
		if text != "" {
			set++
		}
		if n := len(text); n > maxVariable {
			return wrong(prop, "has %d bytes: CodeBuild takes %d in an environment variable", n, maxVariable)
		}
	}
	if set > 1 {
		return wrong(prop, "has several of Equals, Contains and Matches: give one")
	}
	if _, err := regexp.CompilePOSIX(t.Matches); err != nil {
		return wrong(prop+".Matches", "is no POSIX extended regular expression: %v", err)
	}
	return nil
}

// environment is the check as smoke-test.yml takes it.
func (c SmokeCheck) environment(architecture Architecture) map[string]*string {
	command := c.Command
	if command == nil {
		command = []string{}
	}
	fill(&c.Timeout, time.Minute)
	environment := map[string]*string{
		"COMMAND":         jsii.String(compactJSON(command)),
		"ENVIRONMENT":     jsonObject(c.Environment),
		"TIMEOUT_SECONDS": jsii.String(strconv.Itoa(int(c.Timeout.Seconds()))),
	}
	text := c.Output
	if c.HTTP == nil {
		environment["EXPECT_EXIT_CODE"] = jsii.String(strconv.Itoa(c.ExitCode))
	} else {
		h := *c.HTTP
		fill(&h.Path, "/")
		fill(&h.Status, 200)
		environment["HTTP_PORT"] = jsii.String(strconv.Itoa(h.Port))
		environment["HTTP_PATH"] = &h.Path
		environment["EXPECT_STATUS"] = jsii.String(strconv.Itoa(h.Status))
		text = h.Body
	}
	for match, expected := range map[string]string{"equals": text.Equals, "contains": text.Contains, "matches": text.Matches} {
		if expected != "" {
			environment["EXPECT_MATCH"] = jsii.String(match)
			environment["EXPECT_TEXT"] = jsii.String(strings.TrimSpace(strings.ReplaceAll(expected, "{arch}", string(architecture))))
		}
	}
	return environment
}
