package buildspecs_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"archway/buildspecs"

	"github.com/google/go-cmp/cmp"
)

const smokeIndex = `{"manifests": [
  {"digest": "sha256:%s", "platform": {"os": "linux", "architecture": "amd64"}},
  {"digest": "sha256:%s", "platform": {"os": "linux", "architecture": "arm64", "variant": "v8"}},
  {"digest": "sha256:%s", "platform": {"os": "unknown", "architecture": "unknown"}}
]}`

// smokeEnvironment tests a program that ends.
var smokeEnvironment = map[string]string{
	"REPOSITORY_URI":   "111122223333.dkr.ecr.eu-west-1.example.test/team/hello",
	"PLATFORM":         "linux/arm64",
	"PIPELINE":         "hello",
	"EXECUTION_ID":     execution,
	"VALIDATE_ACTION":  "hello",
	"COMMAND":          `[]`,
	"ENVIRONMENT":      `{}`,
	"TIMEOUT_SECONDS":  "60",
	"EXPECT_EXIT_CODE": "0",
	"STUB_INDEX": fmt.Sprintf(smokeIndex, strings.Repeat("a", 64), strings.Repeat("b", 64),
		strings.Repeat("d", 64)),
}

// smoking is the environment of a test of an index that was validated with these platforms.
func smoking(t *testing.T, platforms string) map[string]string {
	t.Helper()
	return with(smokeEnvironment, map[string]string{"STUB_HISTORY": history(t, validated(digest("c"), platforms))})
}

const both = "linux/amd64,linux/arm64"

const smokeImage = "111122223333.dkr.ecr.eu-west-1.example.test/team/hello@sha256:" +
	"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

// A smoke test runs the manifest that the index names for the platform.
func TestSmokeTestRunsManifest(t *testing.T) {
	r := run(t, buildspecs.SmokeTest, with(smoking(t, both), map[string]string{
		"COMMAND": `["--greet", "two words", "a\nb", ""]`, "ENVIRONMENT": `{"A": "1 = 2", "B": "x\ny"}`,
	}))
	if !r.succeeded {
		t.Fatalf("the smoke test failed:\n%s", r.log)
	}
	if diff := cmp.Diff([]string{"--raw", "111122223333.dkr.ecr.eu-west-1.example.test/team/hello@" + digest("c")},
		r.command(t, "docker", "buildx", "imagetools", "inspect")); diff != "" {
		t.Errorf("docker buildx imagetools inspect (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"--quiet", "--platform", "linux/arm64", smokeImage},
		r.command(t, "docker", "pull")); diff != "" {
		t.Errorf("docker pull (-want +got):\n%s", diff)
	}
	got := r.command(t, "docker", "create")
	if len(got) < 2 || got[0] != "--name" || !strings.HasPrefix(got[1], "archway-smoke-test-") {
		t.Fatalf("docker create %q: the container's name must tell whose it is", got)
	}
	want := []string{"--platform", "linux/arm64", "--env", "A=1 = 2", "--env", "B=x\ny", smokeImage, "--greet",
		"two words", "a\nb", ""}
	if diff := cmp.Diff(want, got[2:]); diff != "" {
		t.Errorf("docker create (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"--force", "--volumes", got[1]}, r.command(t, "docker", "rm")); diff != "" {
		t.Errorf("docker rm (-want +got):\n%s", diff)
	}
}

func TestSmokeTestComparesTheOutput(t *testing.T) {
	const output = "\n  Hello, arm64!\nIt is *late*.\n"
	tests := []struct {
		name, match, text string
		passes            bool
	}{
		{"anything", "", "", true},
		{"the same, without the white space around it", "equals", "Hello, arm64!\nIt is *late*.", true},
		{"another architecture", "equals", "Hello, amd64!\nIt is *late*.", false},
		{"a part only", "equals", "Hello, arm64!", false},
		{"a pattern of the shell that fits", "equals", "Hello*", false},
		{"a part", "contains", "arm64!\nIt", true},
		{"a part with a star", "contains", "*late*", true},
		{"a part that is not there", "contains", "*early*", false},
		{"a regular expression", "matches", "^Hello, (arm|amd)64!", true},
		{"a regular expression with a backslash", "matches", `\*late\*\.$`, true},
		{"a regular expression that fits nowhere", "matches", `^It`, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := run(t, buildspecs.SmokeTest, with(smoking(t, both), map[string]string{
				"EXPECT_MATCH": test.match, "EXPECT_TEXT": test.text, "STUB_OUTPUT": output,
			}))
			if r.succeeded != test.passes {
				t.Errorf("succeeded %v, want %v:\n%s", r.succeeded, test.passes, r.log)
			}
			if test.passes != strings.Contains(r.log, "The smoke test of linux/arm64 passed") {
				t.Errorf("the log does not tell the result:\n%s", r.log)
			}
		})
	}
}

// A failed smoke test says what was run, what was expected, and what came.
func TestSmokeTestFailure(t *testing.T) {
	tests := []struct {
		name    string
		changes map[string]string
		want    []string
	}{
		{"another exit code", map[string]string{"STUB_EXIT_CODE": "3", "STUB_OUTPUT": "half done"}, []string{
			"the smoke test of linux/arm64 failed: the exit code is another one", "  image:    " + smokeImage,
			"  ran:      docker run --platform linux/arm64 " + smokeImage,
			"expected: exit code 0 within 60 s, and any standard output",
			`got:      exit code 3, and standard output "half done"`, "    a line of the container's log"}},
		{"an expected exit code that does not come", map[string]string{"EXPECT_EXIT_CODE": "2"},
			[]string{"expected: exit code 2", "got:      exit code 0"}},
		{"another output",
			map[string]string{"STUB_OUTPUT": "Hello, amd64!", "EXPECT_MATCH": "equals", "EXPECT_TEXT": "Hello, arm64!"},
			[]string{
				"the output is another one", `and standard output "Hello, arm64!"`,
				`and standard output "Hello, amd64!"`}},
		{"a long output",
			map[string]string{"STUB_OUTPUT": strings.Repeat("x", 3000), "EXPECT_MATCH": "contains", "EXPECT_TEXT": "y"},
			[]string{
				`that contains "y"`, strings.Repeat("x", 2000) + ` ... (cut)"`}},
		{"no end", map[string]string{"STUB_RUNNING": "true", "TIMEOUT_SECONDS": "1"},
			[]string{"the program did not end in time", "it still runs after 1 s"}},
		{"no start",
			map[string]string{"STUB_ERROR": "exec: \"nothing\": executable file not found", "STUB_EXIT_CODE": "127"},
			[]string{
				"the program could not be started",
				"  Docker said:\n    exec: \"nothing\": executable file not found"}},
		{"an unknown way to compare", map[string]string{"EXPECT_MATCH": "resembles"},
			[]string{`EXPECT_MATCH is "resembles", expected equals, contains or matches`}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := run(t, buildspecs.SmokeTest, with(smoking(t, both), test.changes))
			if r.succeeded || strings.Contains(r.log, "passed") {
				t.Errorf("it passed:\n%s", r.log)
			}
			for _, want := range test.want {
				if !strings.Contains(r.log, want) {
					t.Errorf("the log does not say %q:\n%s", want, r.log)
				}
			}
			if r.command(t, "docker", "rm") == nil {
				t.Errorf("the container stays")
			}
		})
	}
}

// A smoke test refuses wrong values before it runs anything.
func TestSmokeTestRefusals(t *testing.T) {
	tests := []struct {
		name    string
		changes map[string]string
		want    string
	}{
		{"no environment", map[string]string{"REPOSITORY_URI": "", "PLATFORM": ""}, "PLATFORM is missing"},
		{"nothing to expect", map[string]string{"EXPECT_EXIT_CODE": ""}, "set either EXPECT_EXIT_CODE"},
		{"a server without a path",
			map[string]string{"EXPECT_EXIT_CODE": "", "HTTP_PORT": "80", "EXPECT_STATUS": "200"},
			"set either EXPECT_EXIT_CODE"},
		{"an execution that is none", map[string]string{"EXECUTION_ID": "latest"}, `EXECUTION_ID is "latest"`},
		{"a command that is no list", map[string]string{"COMMAND": `"run"`}, "COMMAND is not a JSON list of strings"},
		{"an environment that is no object", map[string]string{"ENVIRONMENT": `{"A": 1}`},
			"ENVIRONMENT is not a JSON object of strings"},
		{"a login that fails", map[string]string{"STUB_LOGIN_STATUS": "255"}, ""},
		{"a platform that the index lacks",
			map[string]string{"PLATFORM": "linux/s390x",
				"STUB_HISTORY": history(t, validated(digest("c"), "linux/s390x"))},
			"names no manifest for linux/s390x, or more than one"},
		{"an index that can't be read", map[string]string{"STUB_IMAGETOOLS_STATUS": "1"}, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := run(t, buildspecs.SmokeTest, with(smoking(t, both), test.changes))
			if r.succeeded || r.command(t, "docker", "create") != nil {
				t.Errorf("succeeded %v, calls %q", r.succeeded, r.calls)
			}
			if !strings.Contains(r.log, test.want) {
				t.Errorf("the log does not say %q:\n%s", test.want, r.log)
			}
		})
	}
}

// A smoke test has nothing to do for a platform that the rule leaves out.
func TestSmokeTestOfLeftOutPlatform(t *testing.T) {
	r := run(t, buildspecs.SmokeTest, smoking(t, "linux/amd64,linux/arm"))
	if !r.succeeded || r.command(t, "docker", "pull") != nil ||
		!strings.Contains(r.log,
			"the validated index has no linux/arm64, but linux/amd64,linux/arm; the rule of this run leaves it out") {
		t.Errorf("succeeded %v, calls %q:\n%s", r.succeeded, r.calls, r.log)
	}
}

// A smoke test of an image that can't be pulled fails.
func TestSmokeTestWithoutImage(t *testing.T) {
	r := run(t, buildspecs.SmokeTest, with(smoking(t, both), map[string]string{"STUB_PULL_STATUS": "1"}))
	if r.succeeded || r.command(t, "docker", "create") != nil {
		t.Errorf("succeeded %v, calls %q", r.succeeded, r.calls)
	}
}

// server is the environment of a smoke test over HTTP, with a server in the container's place.
func server(t *testing.T, handler http.HandlerFunc) map[string]string {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	address, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	return with(smoking(t, both), map[string]string{
		"EXPECT_EXIT_CODE": "", "HTTP_PORT": "8080", "HTTP_PATH": "/health?deep=[1]", "EXPECT_STATUS": "200",
		"EXPECT_MATCH": "equals", "EXPECT_TEXT": "well", "STUB_PORT": address.Host, "STUB_RUNNING": "true",
		"http_proxy": "http://127.0.0.1:1",
	})
}

// A smoke test asks a server until it answers as expected.
func TestSmokeTestOfServer(t *testing.T) {
	var asked atomic.Int32
	r := run(t, buildspecs.SmokeTest, server(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.RequestURI != "/health?deep=[1]":
			w.WriteHeader(http.StatusBadRequest)
		case asked.Add(1) == 1: // it has not come up yet
			w.WriteHeader(http.StatusServiceUnavailable)
		default:
			fmt.Fprintln(w, "well")
		}
	}))
	if !r.succeeded || !strings.Contains(r.log, `passed in `) ||
		!strings.Contains(r.log, `HTTP status 200, and body "well"`) {
		t.Errorf("succeeded %v:\n%s", r.succeeded, r.log)
	}
	if got := r.command(t, "docker", "create"); !strings.Contains(strings.Join(got, " "), "--publish 127.0.0.1::8080") {
		t.Errorf("docker create %q: no port is published", got)
	}
}

// A smoke test takes the expected status as it is.
func TestSmokeTestStatus(t *testing.T) {
	redirect := func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/login", http.StatusFound) }
	r := run(t, buildspecs.SmokeTest,
		with(server(t, redirect),
			map[string]string{"EXPECT_STATUS": "302", "EXPECT_MATCH": "contains", "EXPECT_TEXT": "/login"}))
	if !r.succeeded {
		t.Errorf("a redirect is an answer:\n%s", r.log)
	}
}

// A failed smoke test of a server says what came instead.
func TestSmokeTestServerFailure(t *testing.T) {
	answer := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			fmt.Fprint(w, body)
		}
	}
	tests := []struct {
		name    string
		handler http.HandlerFunc
		changes map[string]string
		want    []string
	}{
		{"another body", answer(200, "unwell"), nil, []string{"the body is another one",
			`expected: HTTP status 200 on port 8080, path /health?deep=[1], within 60 s, and body "well"`,
			`got:      HTTP status 200, and body "unwell"`}},
		{"another status", answer(500, "oh"), map[string]string{"TIMEOUT_SECONDS": "1"},
			[]string{"did not answer as expected in time", `got:      HTTP status 500, and body "oh"`}},
		{"nothing", nil, map[string]string{"TIMEOUT_SECONDS": "1", "STUB_PORT": "127.0.0.1:1"},
			[]string{"did not answer as expected in time", "got:      no answer (curl: (7)"}},
		{"an end", nil, map[string]string{"STUB_RUNNING": "false", "STUB_EXIT_CODE": "1"}, []string{
			"the server ended before it answered as expected",
			"the container ended with exit code 1; before that: no answer", "    a line of the container's log"}},
		{"no start", nil, map[string]string{"STUB_START_STATUS": "1"},
			[]string{"the server could not be started", "no such device"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := run(t, buildspecs.SmokeTest, with(server(t, test.handler), test.changes))
			if r.succeeded {
				t.Errorf("it passed:\n%s", r.log)
			}
			for _, want := range test.want {
				if !strings.Contains(r.log, want) {
					t.Errorf("the log does not say %q:\n%s", want, r.log)
				}
			}
		})
	}
}
