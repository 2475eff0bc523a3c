package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/lambda/internal/fixture"
	"archway/lambda/internal/index"
)

var program string

func TestMain(m *testing.M) { fixture.Main(m, "archway/lambda/validate", &program) }

// run runs the program as a command-line tool, without anybody's credentials.
func run(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Env = []string{"HOME=" + t.TempDir()}
	var out, err bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &err
	failure := cmd.Run()
	var exit *exec.ExitError
	if failure != nil && !errors.As(failure, &exit) {
		t.Fatal(failure)
	}
	return out.String(), err.String(), cmd.ProcessState.ExitCode()
}

// images is a registry with a good image, a bad one, and one that is not there.
func images(t *testing.T) *fixture.Server {
	t.Helper()
	s, store := fixture.Serve(t), fixture.New()
	good := store.Good().Digest
	wrong := store.Image(fixture.ImageSpec{Platform: fixture.ARM64, Config: func(doc map[string]any) { doc["architecture"] = "amd64" }})
	bad := store.Index(store.Linux("amd64", ""), wrong).Digest
	s.Push(t, "app", store)
	s.Tag(t, "app", "good", store, good)
	s.Tag(t, "app", "bad", store, bad)
	return s
}

func TestExitCodesTellTheVerdict(t *testing.T) {
	s := images(t)
	for _, test := range []struct {
		name string
		args []string
		code int
	}{
		{"valid", []string{s.Host + "/app:good"}, 0},
		{"valid with flags after the image", []string{s.Host + "/app:good", "--platform", "linux/amd64", "--platform=linux/arm64/v8"}, 0},
		{"valid with its revision", []string{"--revision", fixture.Revision, s.Host + "/app:good"}, 0},
		{"another revision", []string{"--revision", "main", s.Host + "/app:good"}, 1},
		{"a platform is missing", []string{"--platform", "linux/amd64,linux/arm64,linux/s390x", s.Host + "/app:good"}, 1},
		{"a platform too many", []string{"--platform", "linux/amd64", s.Host + "/app:good"}, 1},
		{"a platform too many, allowed", []string{"--platform", "linux/amd64", "--allow-extra", s.Host + "/app:good"}, 0},
		{"invalid", []string{s.Host + "/app:bad"}, 1},
		{"one of two is invalid", []string{s.Host + "/app:good", s.Host + "/app:bad"}, 1},
		{"no such tag", []string{s.Host + "/app:none"}, 1},
		{"no registry", []string{"localhost:1/app"}, 2},
		{"no registry for one of two", []string{"localhost:1/app", s.Host + "/app:bad"}, 2},
		{"no image", nil, 2},
		{"no such flag", []string{"--frobnicate", "x"}, 2},
		{"no reference", []string{"UPPER case"}, 2},
		{"no platform", []string{"--platform", "arm64", "x"}, 2},
		{"deep", []string{"--deep", s.Host + "/app:good"}, 0},
		{"no time", []string{"--timeout", "0s", s.Host + "/app:good"}, 2},
		{"no output", []string{"-o", "yaml", "x"}, 2},
		{"help", []string{"--help"}, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			stdout, stderr, code := run(t, test.args...)
			if code != test.code {
				t.Errorf("exit %d, want %d\n%s%s", code, test.code, stdout, stderr)
			}
			if code == 2 && (stderr == "" || strings.Contains(stderr, "goroutine")) {
				t.Errorf("no readable reason: %q", stderr)
			}
		})
	}
}

func TestJSONIsOneDocument(t *testing.T) {
	s := images(t)
	stdout, stderr, code := run(t, "-o", "json", s.Host+"/app:good", s.Host+"/app:bad", "localhost:1/app")
	if code != 2 || !strings.Contains(stderr, "localhost:1/app") {
		t.Errorf("exit %d with %q", code, stderr)
	}
	var document struct {
		Valid  *bool
		Images []struct {
			Image, Error, Digest string
			Valid                *bool
			Platforms            []struct{ Platform, Digest string }
			Findings             []struct {
				Check, Severity, Message, Cure string
				Subject                        struct{ Digest, Platform string }
			}
		}
	}
	if err := json.Unmarshal([]byte(stdout), &document); err != nil {
		t.Fatalf("%v in:\n%s", err, stdout)
	}
	if *document.Valid || len(document.Images) != 3 {
		t.Fatalf("document:\n%s", stdout)
	}
	good, bad, gone := document.Images[0], document.Images[1], document.Images[2]
	if !*good.Valid || good.Findings == nil || len(good.Findings) != 0 || len(good.Platforms) != 2 || !strings.HasPrefix(good.Digest, "sha256:") {
		t.Errorf("good image: %+v", good)
	}
	if *bad.Valid || len(bad.Findings) != 1 {
		t.Fatalf("bad image: %+v", bad)
	}
	f := bad.Findings[0]
	if f.Check != "config-platform" || f.Severity != "error" || f.Subject.Platform != "linux/arm64" || f.Subject.Digest != bad.Platforms[1].Digest ||
		!strings.Contains(f.Message, "the image's config says linux/amd64") || f.Cure == "" {
		t.Errorf("finding: %+v", f)
	}
	if *gone.Valid || !strings.Contains(gone.Error, "could not be asked") {
		t.Errorf("image of the registry that isn't there: %+v", gone)
	}
}

func TestFunctionAnswersTheJob(t *testing.T) {
	s, store := fixture.Serve(t), fixture.New()
	amd64, arm64 := store.Linux("amd64", ""), store.Linux("arm64", "")
	oneBuild, otherBuild := store.Index(amd64, store.Attest(amd64)), store.Index(arm64, store.Attest(arm64))
	root := store.Index(amd64, arm64)
	lone := store.Index(amd64)
	s.Push(t, "app", store)
	f := fixture.Start(t, program, s)

	parameters := func(d specs.Descriptor) string {
		return fmt.Sprintf(`{"repository":"%s/app","digest":%q,"revision":%q,"builds":{"linux/amd64":%q,"linux/arm64":%q}}`,
			fixture.RegistryHost, d.Digest, fixture.Revision, oneBuild.Digest, otherBuild.Digest)
	}
	for _, job := range []struct{ id, parameters string }{
		{"good", parameters(root)}, {"good", parameters(root)}, {"bad", parameters(lone)}, {"wrong", `{"repo":""}`},
	} {
		if result := f.Runtime.Invoke(t, fixture.JobEvent(job.id, job.parameters)); !strings.HasPrefix(result, "response") {
			t.Errorf("job %s: %s", job.id, result)
		}
	}
	answers := f.AWS.Answers()
	if len(answers) != 3 {
		t.Fatalf("%d answers, want 3 (the repeated job is answered once)\n%s", len(answers), f.Log())
	}
	want := map[string]string{"digest": root.Digest.String(), "platforms": "linux/amd64,linux/arm64"}
	if diff := cmp.Diff(want, answers[0].OutputVariables); diff != "" {
		t.Errorf("variables:\n%s\n%s", diff, f.Log())
	}
	if d := answers[1].FailureDetails; d.Type != "JobFailed" || !strings.Contains(d.Message, "platform-set: linux/arm64") {
		t.Errorf("answer %+v", answers[1])
	}
	if d := answers[2].FailureDetails; d.Type != "ConfigurationError" || !strings.Contains(d.Message, `unknown field "repo"`) {
		t.Errorf("answer %+v", answers[2])
	}
}

// The same function answers a schedule: it tells a topic what the public tags serve that they should not.
func TestFunctionTellsOfDrift(t *testing.T) {
	s, store := fixture.Serve(t), fixture.New()
	root := store.Good()
	s.Push(t, "app", store)
	s.Tag(t, "app", fixture.Revision[:12], store, root.Digest)
	s.Tag(t, "app", "latest", store, root.Digest)
	f := fixture.Start(t, program, s)
	const topic = "arn:aws:sns:eu-west-1:111122223333:drift"
	event := fmt.Sprintf(`{"archway.driftCheck":{"repository":"%s/app","branch":"main","moving":["latest"],"immutable":["{commit:12}"],"platforms":["linux/amd64","linux/arm64"],"topic":%q}}`,
		fixture.RegistryHost, topic)
	if result := f.Runtime.Invoke(t, event); !strings.HasPrefix(result, "response") || len(f.AWS.Notices()) != 0 {
		t.Errorf("%s, notices %+v, log:\n%s", result, f.AWS.Notices(), f.Log())
	}
	lone := store.Index(store.Linux("amd64", ""))
	s.Push(t, "app", store)
	s.Tag(t, "app", "latest", store, lone.Digest)
	if result := f.Runtime.Invoke(t, event); !strings.HasPrefix(result, "response") {
		t.Errorf("%s, log:\n%s", result, f.Log())
	}
	notices := f.AWS.Notices()
	if len(notices) != 1 || notices[0].Topic != topic || notices[0].Subject != "Archway: drift of app" || !strings.Contains(notices[0].Text, "platform-set: linux/arm64") {
		t.Errorf("notices %+v, log:\n%s", notices, f.Log())
	}
	f.AWS.Refuse("Publish", "AuthorizationError")
	if result := f.Runtime.Invoke(t, event); !strings.HasPrefix(result, "error") || !strings.Contains(result, topic) {
		t.Errorf("nobody was told, and the function says %s", result)
	}
}

func TestFunctionNamesMissingPermissions(t *testing.T) {
	s, store := fixture.Serve(t), fixture.New()
	root := store.Good()
	s.Push(t, "app", store)
	f := fixture.Start(t, program, s)
	f.AWS.Refuse("GetAuthorizationToken", "AccessDeniedException")
	entries := index.ParseManifest(store.Manifests[root.Digest].Bytes).Body.Manifests
	f.Runtime.Invoke(t, fixture.JobEvent("job", fmt.Sprintf(`{"repository":"%s/app","digest":%q,"revision":"x","builds":{"linux/amd64":%q}}`,
		fixture.RegistryHost, root.Digest, entries[0].Digest)))
	if answers := f.AWS.Answers(); len(answers) != 1 || answers[0].FailureDetails.Type != "PermissionError" {
		t.Errorf("answers %+v", answers)
	}
}

func TestFunctionSaysWhatItsEnvironmentLacks(t *testing.T) {
	cmd := exec.Command(program)
	cmd.Env = []string{"AWS_LAMBDA_RUNTIME_API=127.0.0.1:1"}
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "AWS_REGION is not set") {
		t.Errorf("error %v, output %s", err, out)
	}
}

// A small binary starts sooner: Lambda loads it on every cold start.
func TestBinaryStaysSmall(t *testing.T) { fixture.Small(t, program) }
