package cli_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"

	"archway/internal/spec"
	"archway/lambda/internal/fixture"
	"archway/lambda/internal/validation/cli"
	"archway/version"
)

// What is wrong with the usage is said with flags as people write them, and what was meant.
func TestUsage(t *testing.T) {
	for args, want := range map[string]string{
		"--json x":                   "there is no flag --json: did you mean -o json?",
		"--sarif x":                  "there is no flag --sarif: did you mean -o sarif?",
		"--plattform linux/amd64 x":  "there is no flag --plattform: did you mean --platform?",
		"--timeout soon x":           `invalid value "soon" for flag --timeout: parse error`,
		"--deep=maybe x":             `invalid boolean value "maybe" for --deep`,
		"--policy":                   "flag needs an argument: --policy",
		"-o":                         "flag needs an argument: -o",
		"-o yaml x":                  "-o is \"yaml\", expected text, json, sarif, junit, github or markdown",
		"--fail-on info x":           `invalid value "info" for flag --fail-on: expected error or warning`,
		"--insecure-registry a/b x":  `"a/b" is no host, expected one such as registry:5000`,
		"--policy /none/policy.js x": "--policy: open /none/policy.js",
		"--downgrade rootfs=info:x":  "no IMAGE given",
		"--quiet --fail-on warning":  "no IMAGE given",
		"--policy /none --version":   "",
		"--version":                  "",
		"--version --no-such-flag":   "there is no flag --no-such-flag",
	} {
		stdout, stderr, code := run(t, strings.Fields(args)...)
		if want == "" {
			if code != cli.Valid || stdout != "validate "+version.Version+"\n" || stderr != "" {
				t.Errorf("%s: exit %d, %q, %q", args, code, stdout, stderr)
			}
			continue
		}
		if code != cli.Unknown || !strings.Contains(stderr, want) || stdout != "" {
			t.Errorf("%s: exit %d, %q, want %q", args, code, stderr, want)
		}
		for _, word := range []string{"flag -timeout", "flag -deep", ": -policy", "flag -fail-on"} {
			if strings.Contains(stderr, word) {
				t.Errorf("%s: a flag with one dash: %s", args, stderr)
			}
		}
	}
}

// A policy is what stands under "validation" in cdk.json, key by key.
func TestPolicy(t *testing.T) {
	s, store := fixture.Serve(t), fixture.New()
	lone := store.Index(store.Linux("amd64", ""), store.Linux("arm64", ""), store.Linux("s390x", ""))
	s.Push(t, "app", store)
	s.Tag(t, "app", "lone", store, lone.Digest)
	image := s.Host + "/app:lone"
	file := func(text string) string {
		name := filepath.Join(t.TempDir(), "policy.json")
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return name
	}
	for _, test := range []struct {
		policy string
		more   []string
		code   int
		said   string
	}{
		{`{}`, nil, cli.Invalid, "error  platform-set"},
		{`{"allowedPlatforms": ["linux/s390x"]}`, nil, cli.Valid, "app:lone: valid"},
		{`{"allowedPlatforms": ["linux/s390x"], "requireProvenance": true}`, nil, cli.Invalid, "error  provenance"},
		{`{"allowedPlatforms": ["linux/s390x"], "requireSBOM": true}`, nil, cli.Invalid, "error  sbom"},
		{`{"allowedPlatforms": ["linux/s390x"], "deep": true}`, nil, cli.Valid, "app:lone: valid\n"},
		{`{"downgrade": {"platform-set": {"severity": "info", "reason": "by hand"}}}`, nil, cli.Valid, "but: by hand"},
		{`{"downgrade": {"platform-set": {"severity": "info", "reason": "by hand"}}}`,
			[]string{"--downgrade", "platform-set=warning:here"}, cli.Valid, "but: here"},
		{`{"downgrade": {"platform-set": {"severity": "warning", "reason": "by hand"}}}`,
			[]string{"--fail-on", "warning"}, cli.Invalid, "has warnings, which fail by --fail-on warning"},
		{`{"downgrade": {"no-such": {"severity": "info", "reason": "x"}}}`, nil, cli.Unknown, "policy.json: "},
		{`{"platforms": []}`, nil, cli.Unknown,
			`expected a JSON object with some of the keys "allowedPlatforms", "downgrade"`},
		{`{"deep": true, "deep": false}`, nil, cli.Unknown, "duplicate"},
		{`{"allowedPlatforms": ["amiga"]}`, nil, cli.Unknown, "allowedPlatforms: "},
		{`[]`, nil, cli.Unknown, "policy.json: "},
	} {
		stdout, stderr, code := run(t, append(test.more, "--policy", file(test.policy), image)...)
		if code != test.code || !strings.Contains(stdout+stderr, test.said) {
			t.Errorf("%s: exit %d, want %d and %q\n%s%s", test.policy, code, test.code, test.said, stdout, stderr)
		}
	}
	var keys []string
	for _, f := range spec.Fields(reflect.TypeFor[spec.Validation]()) {
		keys = append(keys, f.Key)
	}
	_, stderr, _ := run(t, "--policy", file(`{"x": 1}`), image)
	if !strings.Contains(stderr, spec.Quoted(keys)) {
		t.Errorf("other keys than those of the configuration: %s", stderr)
	}
}

// A tag that isn't there is said to be missing, and is no error: the first push has none.
func TestAgainstNothing(t *testing.T) {
	s, store := fixture.Serve(t), fixture.New()
	s.Push(t, "app", store)
	d := store.Good().Digest
	s.Push(t, "app", store)
	s.Tag(t, "app", "1", store, d)
	_, stderr, code := run(t, "--against", "latst", s.Host+"/app:1")
	if code != cli.Valid ||
		!strings.Contains(stderr,
			"--against latst: there is no such tag, so that nothing can be lost; is it the right one?") {
		t.Errorf("exit %d, %s", code, stderr)
	}
	if _, stderr, _ := run(t, "--against", "1", s.Host+"/app:1"); stderr != "" {
		t.Errorf("of a tag that is there: %s", stderr)
	}
}

// Quiet says what is wrong and nothing else; several images are summed up.
func TestQuiet(t *testing.T) {
	s, store := fixture.Serve(t), fixture.New()
	good, lone := store.Good().Digest, store.Index(store.Linux("amd64", "")).Digest
	s.Push(t, "app", store)
	for tag, d := range map[string]digest.Digest{"good": good, "lone": lone} {
		s.Tag(t, "app", tag, store, d)
	}
	if stdout, stderr, code := run(t, "-q", s.Host+"/app:good"); stdout+stderr != "" || code != cli.Valid {
		t.Errorf("exit %d, %q, %q", code, stdout, stderr)
	}
	stdout, _, code := run(t, "--quiet", s.Host+"/app:good", s.Host+"/app:lone", s.Host+"/app:none")
	if strings.Contains(stdout, "app:good") || !strings.Contains(stdout, "platform-set") || code != cli.Invalid ||
		!strings.HasSuffix(stdout, "\n1 of 3 images valid\n") {
		t.Errorf("exit %d\n%s", code, stdout)
	}
	stdout, _, _ = run(t, s.Host+"/app:good", s.Host+"/app:good")
	if !strings.HasSuffix(stdout, "\n2 of 2 images valid\n") {
		t.Errorf("%s", stdout)
	}
}
