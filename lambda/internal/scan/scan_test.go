package scan

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codepipeline/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/opencontainers/go-digest"

	"archway/internal/settings"
	"archway/internal/spec"
	"archway/lambda/internal/fixture"
	"archway/lambda/internal/image/index"
	"archway/lambda/internal/image/registry"
	"archway/lambda/internal/pipeline/execution"
	"archway/lambda/internal/pipeline/job"
	"archway/lambda/internal/retry"
)

func open(ctx context.Context, repository name.Repository) (*registry.Repository, error) {
	return registry.Open(ctx, repository, authn.Anonymous, transport.PullScope, retry.Policy{First: time.Millisecond})
}

// noon is when the actions of the tests run.
var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

type outcome struct {
	variables map[string]string
	err       error
	// asked are the platforms whose images were asked about.
	asked []string
	log   string
}

// accepted is what the tests' actions accept of the image.
var accepted = []spec.Accepted{
	{ID: "CVE-2026-1", Reason: "not reachable", Until: "2026-01-02"}, // today
	{ID: "CVE-2025-1", Reason: "fixed soon", Until: "2026-01-01"},
	{ID: "CVE-2024-1", Reason: "of old", Until: "2027-01-01"},
}

// scene is a pipeline whose Validate action has passed an index.
type scene struct {
	image settings.Image
	x     execution.Execution
	// validated are the output variables of the Validate action; nil if it has not succeeded.
	validated map[string]string
	asked     []string
	*fixture.Server
	store *fixture.Store
}

func (s *scene) Execution(context.Context, string) (execution.Execution, error) { return s.x, nil }

func (s *scene) Outputs(_ context.Context, id string,
	actions []execution.Action) (map[execution.Action]map[string]string, error) {
	s.asked = append(s.asked, id)
	want := execution.Action{Stage: settings.StageValidate, Name: "app"}
	if len(actions) != 1 || actions[0] != want || s.validated == nil {
		return nil, job.Failed("%s has not succeeded", actions)
	}
	return map[execution.Action]map[string]string{want: s.validated}, nil
}

// act runs the action on an index of two images with an attestation. Scans are by platform.
func act(t *testing.T, scans map[string]Scan, continuation string, change func(*scene)) outcome {
	t.Helper()
	server, store := fixture.Serve(t), fixture.New()
	amd64, arm64 := store.Linux("amd64", ""), store.Linux("arm64", "v8")
	platforms := map[digest.Digest]string{amd64.Digest: "linux/amd64", arm64.Digest: "linux/arm64"}
	root := store.Index(amd64, arm64, store.Attest(amd64))
	server.Push(t, "staging/app", store)
	s := &scene{
		x: execution.Execution{ID: "run"}, validated: map[string]string{settings.Digest: root.Digest.String()},
		Server: server, store: store,
		image: settings.Image{
			Name: "app", Staging: "staging/app", Release: "app",
			Scan: &spec.ScanGate{Limits: spec.Limits{High: 2}, TimeoutMinutes: 30, Accept: accepted},
		},
	}
	if change != nil {
		change(s)
	}
	var o outcome
	scanner := func(_ context.Context, repository string, image digest.Digest) (Scan, error) {
		if repository != "staging/app" || platforms[image] == "" {
			t.Errorf("asked about %s of %s", image, repository)
		}
		o.asked = append(o.asked, platforms[image])
		if scan, ok := scans[platforms[image]]; ok {
			return scan, nil
		}
		return Scan{State: Done, Status: "COMPLETE"}, nil
	}
	var log bytes.Buffer
	gate := &Gate{Registry: server.Host, Runs: s, Open: open, Scanner: scanner, Now: func() time.Time { return noon }}
	o.variables, o.err = gate.Work(t.Context(), job.Job{
		ID: "job", Execution: "run", Image: &s.image, Continuation: continuation,
		Log: slog.New(slog.NewTextHandler(&log, nil)),
	})
	o.log = log.String()
	return o
}

func found(counts map[string]int, findings ...Finding) Scan {
	return Scan{State: Done, Status: "COMPLETE", Counts: counts, Findings: findings}
}

func TestImagesWithinTheLimitsPass(t *testing.T) {
	o := act(t, map[string]Scan{"linux/arm64": found(map[string]int{"HIGH": 2, "MEDIUM": 90, "INFORMATIONAL": 7})}, "",
		nil)
	if o.err != nil {
		t.Fatal(o.err)
	}
	const want = "linux/amd64: 0 critical, 0 high, 0 medium, 0 low; linux/arm64: 0 critical, 2 high, 90 medium, 0 low"
	if !strings.HasPrefix(o.variables["digest"], "sha256:") || o.variables["summary"] != want {
		t.Errorf("variables %q", o.variables)
	}
	if diff := cmp.Diff([]string{"linux/amd64", "linux/arm64"}, o.asked); diff != "" {
		t.Errorf("asked about (-want +got):\n%s", diff)
	}
}

// Images over a limit are stopped, with their findings.
func TestImagesOverALimit(t *testing.T) {
	many := []Finding{{Name: "CVE-LOW", Severity: "LOW"}, {Name: "CVE-2", Severity: "HIGH", Package: "zlib 1.2"},
		{Name: "CVE-1", Severity: "CRITICAL"}}
	for range 12 {
		many = append(many, Finding{Name: "CVE-X", Severity: "HIGH"})
	}
	o := act(t, map[string]Scan{
		"linux/amd64": found(map[string]int{"CRITICAL": 1, "HIGH": 13}, many...),
		"linux/arm64": found(map[string]int{"CRITICAL": 3}),
	}, "", nil)
	var f *job.Failure
	if !errors.As(o.err, &f) || f.Type != types.FailureTypeJobFailed {
		t.Fatalf("error %v", o.err)
	}
	for _, part := range []string{
		"does not let 127.0.0.1:", "No tag was moved.\nlinux/amd64 (sha256:",
		") has 1 critical, allowed 0; 13 high, allowed 2: CVE-1, CVE-2 in zlib 1.2, CVE-X, CVE-X, CVE-X, CVE-X, CVE-X, CVE-X, CVE-X, CVE-X, and 4 more.\nlinux/arm64 (",
		") has 3 critical, allowed 0.",
	} {
		if !strings.Contains(f.Message, part) {
			t.Errorf("the message lacks %q:\n%s", part, f.Message)
		}
	}
	if strings.Contains(f.Message, "CVE-LOW") {
		t.Errorf("the message names what is allowed:\n%s", f.Message)
	}
}

// Accepted findings count against no limit.
func TestAcceptedFindings(t *testing.T) {
	o := act(t, map[string]Scan{
		"linux/amd64": found(map[string]int{"CRITICAL": 2, "HIGH": 3},
			Finding{Name: "CVE-2026-1", Severity: "CRITICAL", Package: "zlib 1"},
			Finding{Name: "cve-2026-1", Severity: "CRITICAL", Package: "minizip 1"},
			Finding{Name: "CVE-2026-1", Severity: "HIGH"}, Finding{Name: "CVE-X", Severity: "HIGH"},
			Finding{Name: "CVE-Y", Severity: "HIGH"}),
	}, "", nil)
	if o.err != nil {
		t.Fatal(o.err)
	}
	const want = "linux/amd64: 0 critical, 2 high, 0 medium, 0 low, 3 accepted (CVE-2026-1, cve-2026-1); linux/arm64: 0 critical, 0 high, 0 medium, 0 low"
	if o.variables["summary"] != want {
		t.Errorf("summary %q", o.variables["summary"])
	}
	for part, times := range map[string]int{
		`msg=accepted platform=linux/amd64 id=CVE-2026-1 severity=CRITICAL package="zlib 1" ` +
			`until=2026-01-02 reason="not reachable"`: 1,
		"msg=accepted ":                  3,
		"can be removed\" id=CVE-2024-1": 1,
		"can be removed\" id=CVE-2025-1": 1,
		"can be removed\" id=CVE-2026-1": 0,
		`msg="accepted no longer`:        0,
		"msg=scans ":                     1,
	} {
		if got := strings.Count(o.log, part); got != times {
			t.Errorf("the log has %q %d times, want %d:\n%s", part, got, times, o.log)
		}
	}
}

// What is no longer accepted counts, and is named with its day.
func TestExpiredAcceptance(t *testing.T) {
	o := act(t, map[string]Scan{
		"linux/arm64": found(map[string]int{"CRITICAL": 3},
			Finding{Name: "CVE-2025-1", Severity: "CRITICAL", Package: "openssl 3"},
			Finding{Name: "CVE-2026-1", Severity: "CRITICAL"}, Finding{Name: "CVE-2026-2", Severity: "CRITICAL"}),
	}, "", nil)
	var f *job.Failure
	if !errors.As(o.err, &f) ||
		!strings.Contains(f.Message,
			") has 2 critical, allowed 0: CVE-2025-1 in openssl 3 (accepted until 2026-01-01), CVE-2026-2.") {
		t.Errorf("error %v", o.err)
	}
	if !strings.Contains(o.log,
		`level=WARN msg="accepted no longer: it counts again" platform=linux/arm64 id=CVE-2025-1`) {
		t.Errorf("log:\n%s", o.log)
	}
}

// Nothing is called accepted in vain while scans are under way. Of an image whose scan has not
// ended nobody knows what is found in vain.
func TestAcceptedInVain(t *testing.T) {
	o := act(t, map[string]Scan{"linux/amd64": {State: Waiting, Status: "IN_PROGRESS"}}, "", nil)
	if o.err == nil || strings.Contains(o.log, "can be removed") {
		t.Errorf("%v\n%s", o.err, o.log)
	}
}

// Many accepted findings are named briefly.
func TestManyAcceptedFindings(t *testing.T) {
	ids := make([]string, shown+2)
	for i := range ids {
		ids[i] = fmt.Sprint(i)
	}
	if got := passed(map[string]int{"LOW": 20, "HIGH": 3},
		ids); got != ", 23 accepted (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, and 2 more)" {
		t.Errorf("got %q", got)
	}
}

// One platform is enough to stop the index.
func TestOnePlatformOverALimit(t *testing.T) {
	waiting := Scan{State: Waiting, Status: "IN_PROGRESS"}
	o := act(t, map[string]Scan{"linux/amd64": waiting, "linux/arm64": found(map[string]int{"CRITICAL": 1})}, "", nil)
	var f *job.Failure
	if !errors.As(o.err, &f) || !strings.Contains(f.Message, "linux/arm64 (") ||
		strings.Contains(f.Message, "linux/amd64") {
		t.Errorf("error %v", o.err)
	}
}

// Scans that are under way are waited for until the time is over.
func TestScansUnderWay(t *testing.T) {
	under := map[string]Scan{"linux/amd64": {State: Waiting, Status: "there is no scan"}}
	o := act(t, under, "", nil)
	var later *job.Later
	if !errors.As(o.err, &later) || later.Token != "2026-01-02T12:00:00Z" ||
		!strings.HasPrefix(later.Summary, "Waits for the scan of linux/amd64 (sha256:") ||
		!strings.HasSuffix(later.Summary, "): there is no scan") {
		t.Fatalf("error %#v", o.err)
	}
	// The time runs from the first invocation.
	o = act(t, under, "2026-01-02T11:30:01Z", nil)
	if !errors.As(o.err, &later) || later.Token != "2026-01-02T11:30:01Z" {
		t.Errorf("error %#v", o.err)
	}
	o = act(t, under, "2026-01-02T11:30:00Z", nil)
	var f *job.Failure
	if !errors.As(o.err, &f) || f.Type != types.FailureTypeJobFailed ||
		!strings.Contains(f.Message,
			"have not ended within 30m0s, so nothing was decided. No tag was moved.\nlinux/amd64 (") {
		t.Errorf("error %v", o.err)
	}
	if o = act(t, nil, "2026-01-02T11:00:00Z", nil); o.err != nil {
		t.Errorf("what has ended is judged, however late: %v", o.err)
	}
}

// Images that can't be scanned pass only if that is allowed.
func TestUnscannableImages(t *testing.T) {
	scratch := map[string]Scan{"linux/arm64": {State: Unscannable, Status: "UNSUPPORTED_IMAGE"}}
	var f *job.Failure
	if o := act(t, scratch, "", nil); !errors.As(o.err, &f) ||
		!strings.Contains(f.Message, ") can't be scanned (UNSUPPORTED_IMAGE)") {
		t.Errorf("error %v", o.err)
	}
	o := act(t, scratch, "", func(s *scene) { s.image.Scan.AllowUnscannable = true })
	if o.err != nil || !strings.HasSuffix(o.variables["summary"], "; linux/arm64: can't be scanned") {
		t.Errorf("error %v, variables %q", o.err, o.variables)
	}
}

func TestScansThatFailedStopTheIndex(t *testing.T) {
	var f *job.Failure
	o := act(t, map[string]Scan{"linux/amd64": {State: Broken, Status: "FAILED: internal"}}, "",
		func(s *scene) { s.image.Scan.AllowUnscannable = true })
	if !errors.As(o.err, &f) ||
		!strings.Contains(f.Message,
			") has no findings, and none will come (FAILED: internal): start a scan of it, then retry the stage.") {
		t.Errorf("error %v", o.err)
	}
}

// Settings that can't work are reported.
func TestWrongSettings(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*settings.Image)
		want   string
	}{
		"no scan":        {func(i *settings.Image) { i.Scan = nil }, "every image would pass"},
		"less than none": {func(i *settings.Image) { less := -1; i.Scan.Low = &less }, `allow -1 findings of "LOW"`},
		"no time":        {func(i *settings.Image) { i.Scan.TimeoutMinutes = 0 }, "0 minutes"},
		"no repository":  {func(i *settings.Image) { i.Staging = "" }, "The settings lead to the repository"},
	} {
		var f *job.Failure
		o := act(t, nil, "", func(s *scene) { test.change(&s.image) })
		if !errors.As(o.err, &f) || f.Type != types.FailureTypeConfigurationError ||
			!strings.Contains(f.Message, test.want) || len(o.asked) > 0 {
			t.Errorf("%s: %v, asked about %q", name, o.err, o.asked)
		}
	}
	var f *job.Failure
	if o := act(t, nil, "yesterday", nil); !errors.As(o.err, &f) || !strings.Contains(f.Message, `"yesterday"`) {
		t.Errorf("a foreign token: %v", o.err)
	}
}

func TestOnlyWhatWasValidatedIsJudged(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*scene)
		want   string
	}{
		"a tag": {func(s *scene) { s.validated = map[string]string{settings.Digest: "latest"} },
			`Validate/app put out digest="latest"`},
		"nothing":   {func(s *scene) { s.validated = map[string]string{} }, `put out digest=""`},
		"a failure": {func(s *scene) { s.validated = nil }, "has not succeeded"},
		"elsewhere": {func(s *scene) {
			store := fixture.New()
			d := store.Index(store.Linux("amd64", "")).Digest
			s.Push(t, "app", store)
			s.validated = map[string]string{settings.Digest: d.String()}
		}, "not found"},
	} {
		o := act(t, nil, "", test.change)
		if o.err == nil || !strings.Contains(o.err.Error(), test.want) || len(o.asked) > 0 {
			t.Errorf("%s: %v, asked about %q", name, o.err, o.asked)
		}
	}
	var s *scene
	if o := act(t, nil, "", func(at *scene) { s = at; s.x.Rollback, s.x.Target = true, "target" }); o.err != nil ||
		s.asked[0] != "target" {
		t.Errorf("a rollback: %v, asked for the outputs of %q", o.err, s.asked)
	}
}

// Annotations are the build's: none hides an image that nodes pull.
func TestNoAnnotationHidesAnImage(t *testing.T) {
	bad := map[string]Scan{"linux/arm64": found(map[string]int{"CRITICAL": 1})}
	o := act(t, bad, "", func(s *scene) {
		images := index.ParseManifest(
			s.store.Manifests[digest.Digest(s.validated[settings.Digest])].Bytes).Body.Manifests[:2]
		hidden := s.store.IndexWith(func(doc map[string]any) {
			for n := range 2 {
				fixture.Entry(doc,
					n)["annotations"] = map[string]any{"vnd.docker.reference.digest": digest.FromString("x").String()}
			}
		}, images...)
		s.Push(t, "staging/app", s.store)
		s.validated = map[string]string{settings.Digest: hidden.Digest.String()}
	})
	if o.err == nil || !strings.Contains(o.err.Error(), "linux/arm64 (") || len(o.asked) != 2 {
		t.Errorf("asked about %q: %v", o.asked, o.err)
	}
}

func TestOnlyAnIndexIsJudged(t *testing.T) {
	for name, of := range map[string]func(*fixture.Store) digest.Digest{
		"an image": func(s *fixture.Store) digest.Digest { return s.Linux("amd64", "").Digest },
		"nothing":  func(s *fixture.Store) digest.Digest { return s.Index(s.Attest(s.Linux("amd64", ""))).Digest },
	} {
		o := act(t, nil, "", func(s *scene) {
			s.validated = map[string]string{settings.Digest: of(s.store).String()}
			s.Push(t, "staging/app", s.store)
		})
		var f *job.Failure
		if !errors.As(o.err, &f) || f.Type != types.FailureTypeJobFailed {
			t.Errorf("%s: %v", name, o.err)
		}
	}
}
