package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/internal/rule"
	"archway/internal/settings"
	"archway/lambda/internal/fixture"
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
	wrong := store.Image(fixture.ImageSpec{Platform: fixture.ARM64,
		Config: func(doc map[string]any) { doc["architecture"] = "amd64" }})
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
		{"valid with flags after the image",
			[]string{s.Host + "/app:good", "--platform", "linux/amd64", "--platform=linux/arm64/v8"}, 0},
		{"valid with its revision", []string{"--revision", fixture.Revision, s.Host + "/app:good"}, 0},
		{"another revision", []string{"--revision", "main", s.Host + "/app:good"}, 1},
		{"a platform is missing", []string{"--platform", "linux/amd64,linux/arm64,linux/s390x", s.Host + "/app:good"},
			1},
		{"a platform too many", []string{"--platform", "linux/amd64", s.Host + "/app:good"}, 1},
		{"a platform too many, allowed", []string{"--platform", "linux/amd64", "--allow-extra", s.Host + "/app:good"},
			0},
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
	if !*good.Valid || good.Findings == nil || len(good.Findings) != 0 || len(good.Platforms) != 2 ||
		!strings.HasPrefix(good.Digest, "sha256:") {
		t.Errorf("good image: %+v", good)
	}
	if *bad.Valid || len(bad.Findings) != 1 {
		t.Fatalf("bad image: %+v", bad)
	}
	f := bad.Findings[0]
	if f.Check != "config-platform" || f.Severity != "error" || f.Subject.Platform != "linux/arm64" ||
		f.Subject.Digest != bad.Platforms[1].Digest ||
		!strings.Contains(f.Message, "the image's config says linux/amd64") || f.Cure == "" {
		t.Errorf("finding: %+v", f)
	}
	if *gone.Valid || !strings.Contains(gone.Error, "could not be asked") {
		t.Errorf("image of the registry that isn't there: %+v", gone)
	}
}

// deployed is the function of a pipeline with one image, and the registry with what a run has
// pushed to staging.
type deployed struct {
	*fixture.Function
	server *fixture.Server
	store  *fixture.Store
	root   specs.Descriptor
	sum    string
}

func start(t *testing.T) *deployed {
	t.Helper()
	f := &deployed{server: fixture.Serve(t), store: fixture.New()}
	amd64, arm64 := f.store.Linux("amd64", ""), f.store.Linux("arm64", "")
	oneBuild, otherBuild := f.store.Index(amd64, f.store.Attest(amd64)), f.store.Index(arm64, f.store.Attest(arm64))
	f.root = f.store.Index(amd64, arm64)
	f.server.Push(t, "staging/app", f.store)
	now := int(time.Now().Unix() - fixture.Beginning)
	environment, sum := fixture.Settings(t, &settings.Pipeline{
		Name: fixture.Pipeline, Source: settings.Source{Repository: fixture.SourceRepository, Branch: "main"},
		HoldMinutes: 60,
		Images: []settings.Image{{
			Name: "web", Staging: "staging/app", Release: "app", StagingDays: 14,
			Tags: rule.Tags{Moving: []string{"latest"}},
			Builds: []settings.Build{{Platform: "linux/amd64", Action: "web-amd64"},
				{Platform: "linux/arm64", Action: "web-arm64"}},
		}},
	})
	f.sum, f.Function = sum, fixture.Start(t, program, f.server, environment...)
	for _, d := range f.store.Digests() {
		f.AWS.Pushed("staging/app", d.String(), now)
	}
	for _, run := range []string{"good", "bad", "old"} {
		f.AWS.Run(run, fixture.Revision)
		f.AWS.Did(run, "Build", "web-amd64", "Succeeded", map[string]string{"IMAGE_DIGEST": oneBuild.Digest.String()})
		f.AWS.Did(run, "Build", "web-arm64", "Succeeded", map[string]string{"IMAGE_DIGEST": otherBuild.Digest.String()})
	}
	f.merged("good", f.root)
	return f
}

// merged says what the merge of a run has put.
func (f *deployed) merged(run string, d specs.Descriptor) {
	f.AWS.Did(run, "Merge", "web", "Succeeded", map[string]string{"INDEX_DIGEST": d.Digest.String()})
}

func (f *deployed) job(t *testing.T, id, run string) {
	t.Helper()
	event := fixture.JobEvent(id, fmt.Sprintf(`{"settings":%q,"execution":%q,"image":"web"}`, f.sum, run))
	if result := f.Runtime.Invoke(t, event); !strings.HasPrefix(result, "response") {
		t.Errorf("job %s: %s", id, result)
	}
}

func TestFunctionAnswersTheJob(t *testing.T) {
	f := start(t)
	lone := f.store.Index(f.store.Linux("amd64", ""))
	f.server.Push(t, "staging/app", f.store)
	f.merged("bad", lone)
	f.job(t, "good", "good")
	f.job(t, "good", "good")
	f.job(t, "bad", "bad")
	f.AWS.Pushed("staging/app", f.root.Digest.String(), 0)
	f.merged("old", f.root)
	f.job(t, "old", "old")
	for _, parameters := range []string{`{"repo":""}`, `{"settings":"0","execution":"good","image":"web"}`} {
		f.Runtime.Invoke(t, fixture.JobEvent("wrong "+parameters, parameters))
	}
	answers := f.AWS.Answers()
	if len(answers) != 5 {
		t.Fatalf("%d answers, want 5 (the repeated job is answered once)\n%s", len(answers), f.Log())
	}
	want := map[string]string{"digest": f.root.Digest.String(), "platforms": "linux/amd64,linux/arm64",
		"referrers": "none"}
	if diff := cmp.Diff(want, answers[0].OutputVariables); diff != "" {
		t.Errorf("variables:\n%s\n%s", diff, f.Log())
	}
	for n, want := range []struct{ kind, part string }{
		{"JobFailed", "platform-set: linux/arm64"}, {"JobFailed", "ECR may delete"}, {"ConfigurationError", `"repo"`},
		{"ConfigurationError", "made with other settings"},
	} {
		if d := answers[n+1].FailureDetails; d.Type != want.kind || !strings.Contains(d.Message, want.part) {
			t.Errorf("answer %+v, want %+v", d, want)
		}
	}
}

// The same function answers a schedule: it tells a topic what the public tags serve that they
// should not.
func TestFunctionTellsOfDrift(t *testing.T) {
	f := start(t)
	f.server.Push(t, "app", f.store)
	f.server.Tag(t, "app", "latest", f.store, f.root.Digest)
	event := fmt.Sprintf(`{"archway.driftCheck":{"settings":%q,"image":"web"}}`, f.sum)
	if result := f.Runtime.Invoke(t, event); !strings.HasPrefix(result, "response") || len(f.AWS.Notices()) != 0 {
		t.Errorf("%s, notices %+v, log:\n%s", result, f.AWS.Notices(), f.Log())
	}
	lone := f.store.Index(f.store.Linux("amd64", ""))
	f.server.Push(t, "app", f.store)
	f.server.Tag(t, "app", "latest", f.store, lone.Digest)
	if result := f.Runtime.Invoke(t, event); !strings.HasPrefix(result, "response") {
		t.Errorf("%s, log:\n%s", result, f.Log())
	}
	notices := f.AWS.Notices()
	if len(notices) != 1 || notices[0].Topic != fixture.Topic || notices[0].Subject != "Archway: drift of web" ||
		!strings.Contains(notices[0].Text, "platform-set: linux/arm64") {
		t.Errorf("notices %+v, log:\n%s", notices, f.Log())
	}
	f.AWS.Refuse("Publish", "AuthorizationError")
	if result := f.Runtime.Invoke(t, event); !strings.HasPrefix(result, "error") ||
		!strings.Contains(result, fixture.Topic) {
		t.Errorf("nobody was told, and the function says %s", result)
	}
}

// The function names missing permissions.
func TestMissingPermissions(t *testing.T) {
	calls := []string{"GetAuthorizationToken", "GetPipelineExecution", "ListActionExecutions", "DescribeImages"}
	for _, call := range calls {
		f := start(t)
		f.AWS.Refuse(call, "AccessDeniedException")
		f.job(t, "job", "good")
		if answers := f.AWS.Answers(); len(answers) != 1 || answers[0].FailureDetails.Type != "PermissionError" ||
			!strings.Contains(answers[0].FailureDetails.Message, call) {
			t.Errorf("%s: answers %+v", call, answers)
		}
	}
}

func TestFunctionSaysWhatItLacks(t *testing.T) {
	environment, _ := fixture.Settings(t, &settings.Pipeline{})
	fixture.Ends(t, program, 1, "AWS_REGION is not set", "AWS_LAMBDA_RUNTIME_API=127.0.0.1:1")
	fixture.Ends(t, program, 1, "the function's package lacks its settings",
		fixture.InLambda("LAMBDA_TASK_ROOT="+t.TempDir())...)
	fixture.Ends(t, program, 1, "REGISTRY must be set", fixture.InLambda(environment[0])...)
}

// A small binary starts sooner: Lambda loads it on every cold start.
func TestBinaryStaysSmall(t *testing.T) { fixture.Small(t, program) }
