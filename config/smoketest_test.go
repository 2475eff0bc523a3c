package config_test

import (
	"strings"
	"testing"

	"archway/internal/spec"

	"github.com/google/go-cmp/cmp"
)

func smokeTestWith(keys string) string { return imageWith(`"smokeTest": {` + keys + `}`) }

func TestSmokeTestsAreRead(t *testing.T) {
	tests := []struct {
		name, config string
		want         *spec.SmokeTest
	}{
		{"none", imageWith(`"target": ""`), nil},
		{"the image's own program", smokeTestWith(``), &spec.SmokeTest{
			Command: []string{}, Environment: map[string]string{}, TimeoutSeconds: 60, Compute: spec.Small,
		}},
		{"a program that ends",
			smokeTestWith(`"command": ["--version", ""], "environment": {"LEVEL": "debug"}, "timeoutSeconds": 5, "exitCode": 3, "outputMatches": "^v[0-9]+ \\({arch}\\)$", "compute": "LARGE"`),
			&spec.SmokeTest{
				Command: []string{"--version", ""}, Environment: map[string]string{"LEVEL": "debug"}, TimeoutSeconds: 5,
				Compute:  spec.Large,
				ExitCode: 3, OutputMatches: `^v[0-9]+ \({arch}\)$`,
			}},
		{"a server", smokeTestWith(`"http": {"port": 8080}`), &spec.SmokeTest{
			Command: []string{}, Environment: map[string]string{}, TimeoutSeconds: 60, Compute: spec.Small,
			HTTP: &spec.HTTPCheck{Port: 8080, Path: "/", Status: 200},
		}},
		{"a server that redirects",
			smokeTestWith(`"http": {"port": 1, "path": "/a?b=%20", "status": 302, "bodyContains": "/login"}`),
			&spec.SmokeTest{
				Command: []string{}, Environment: map[string]string{}, TimeoutSeconds: 60, Compute: spec.Small,
				HTTP: &spec.HTTPCheck{Port: 1, Path: "/a?b=%20", Status: 302, BodyContains: "/login"},
			}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, load(t, test.config).Pipelines[0].Images[0].SmokeTest); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Smoke tests that can't work are reported.
func TestWrongSmokeTests(t *testing.T) {
	const at = "archway.pipelines[0].images[0].smokeTest"
	check(t, []problemTest{
		{"no object", imageWith(`"smokeTest": true`),
			[]string{at + `: true: is a boolean where an object belongs: write it in braces, { … }`}},
		{"unknown keys", smokeTestWith(`"cmd": [], "http": {"port": 80, "url": "/"}`), []string{
			at + `.cmd: unknown key: use "command", "environment", "timeoutSeconds", "exitCode", "output", "outputContains", "outputMatches", "http" or "compute"`,
			at + `.http.url: unknown key: use "port", "path", "status", "body", "bodyContains" or "bodyMatches"`,
		}},
		{"a command line", smokeTestWith(`"command": "--version"`),
			[]string{at + `.command: "--version": is a string where a list belongs: write it in brackets, [ … ]`}},
		{"a command that no program takes", smokeTestWith(`"command": ["a", 7, "b\u0000", "{{resolve:ssm:c}}"]`),
			[]string{
				at + `.command[1]: 7: is a number where a string belongs: write it in double quotes`,
				at + `.command[2]: "b\u0000": holds a NUL character, which nothing takes that it is passed to: remove it`,
				at + `.command[3]: "{{resolve:ssm:c}}": holds "{{resolve:", in whose place CloudFormation puts a value when it deploys, for everybody to read who may look at the resource: write the value itself; a secret for the build belongs under the image's "secrets"`,
			}},
		{"an environment", smokeTestWith(`"environment": {"A-B": "x", "C": 1}`), []string{
			at + `.environment.A-B: an environment variable is named with letters, digits and "_", not beginning with a digit: use one such as "LOG_LEVEL"`,
			at + `.environment.C: 1: is a number where a string belongs: write it in double quotes`,
		}},
		{"numbers out of bounds", smokeTestWith(`"timeoutSeconds": 0, "exitCode": 256, "compute": "TINY"`), []string{
			at + `.timeoutSeconds: 0: use 1 to 1800`,
			at + `.exitCode: 256: use 0 to 255`,
			at + `.compute: "TINY": use "SMALL", "MEDIUM", "LARGE", "XLARGE" or "2XLARGE"`,
		}},
		{"two expectations", smokeTestWith(`"output": "a", "outputContains": "b", "outputMatches": "c"`), []string{
			at + `.outputContains: "b": "output" says already what is expected: remove one of them`,
			at + `.outputMatches: "c": "output" says already what is expected: remove one of them`,
		}},
		{"expectations that can't be met", smokeTestWith(`"output": " \n"`), []string{
			at + `.output: " \n": is nothing but white space, which does not count: write what is expected, or remove it`,
		}},
		{"a long expectation", smokeTestWith(`"output": "` + strings.Repeat("x", 4097) + `"`), []string{
			at + `.output: "` + strings.Repeat("x", 99) +
				`…: has 4097 bytes, but CodeBuild takes at most 4096 in an environment variable: expect a part of it ("outputContains")`,
		}},
		{"regular expressions of another kind", smokeTestWith(`"outputMatches": "\\d+"`), []string{
			at + `.outputMatches: "\\d+": is no POSIX extended regular expression (invalid escape sequence: ` +
				"`\\d`" + `): use one such as "^Hello, (amd|arm)64!"`,
		}},
		{"a server that ends", smokeTestWith(`"exitCode": 1, "outputContains": "x", "http": {"port": 8080}`), []string{
			at + `.exitCode: 1: is about a program that ends, and "http" about a server: remove one of the two`,
			at + `.outputContains: "x": is about a program that ends, and "http" about a server: remove one of the two`,
		}},
		{"a server without a port", smokeTestWith(`"http": {}`), []string{
			at + `.http.port: is missing: give the port that the server listens on in its container, such as 8080`,
		}},
		{"requests that can't be made", smokeTestWith(`"http": {"port": 70000, "path": "health", "status": 20}`),
			[]string{
				at + `.http.port: 70000: use 1 to 65535`,
				at + `.http.path: "health": a path begins with "/" and has no white space: use one such as "/health"`,
				at + `.http.status: 20: use 100 to 599`,
			}},
	})
}
