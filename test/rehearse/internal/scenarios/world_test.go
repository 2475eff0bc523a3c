// Package scenarios_test runs whole pipelines, as they were synthesized, with builds
// that take no time: the engine, the functions' programs, the source repository
// and the registry with ECR's rules are those of every rehearsal. So many
// executions can meet as it takes to see who wins.
package scenarios_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"archway/internal/settings"
	"archway/test/internal/assembly"
	"archway/test/internal/synth"
	"archway/test/rehearse/internal/assumptions"
	"archway/test/rehearse/internal/aws/codepipeline"
	"archway/test/rehearse/internal/aws/codepipeline/actions"
	"archway/test/rehearse/internal/aws/endpoint"
	"archway/test/rehearse/internal/rehearsal"
)

const (
	root        = "../../../.."
	example     = root + "/test/testdata/hello-go/cdk.json"
	withRules   = "testdata/cdk.json#ruled,ruled-previews"
	twoImages   = "testdata/cdk.json#two-images" // without required provenance, which builds that take no time don't make
	withNotices = "testdata/cdk.json#told"       // two images, with notifications and a dashboard
	gates       = "testdata/cdk.json#"           // and one of the pipelines with gates
)

// world is a deployed app.
type world struct {
	*rehearsal.Rehearsal
	t    *testing.T
	http http.RoundTripper

	mu    sync.Mutex
	clock time.Time
	// changed is closed when an execution changes.
	changed chan struct{}
	// delay is how long each build takes.
	delay time.Duration
	// spoil, if set, changes the architecture in the image's config that a build yields, or fails
	// the build.
	spoil func(platform string) (architecture string, err error)
	// hold, if set, is called by each build first.
	hold func(context.Context)
	// refusals says that the test expects refused calls.
	refusals bool
	// fault, if set, may answer a request of a function to the registry.
	fault func(w http.ResponseWriter, r *http.Request) bool
	// after, if set, is told of each request of a function that was carried out,
	// before the answer goes out.
	after func()
	// smoke, if set, does the smoke tests.
	smoke func(platform, index string) error
	// forge, if set, changes the digest that a build puts out.
	forge func(digest string) string
	// built are the environments of all builds so far.
	built []map[string]string
}

// stacks synthesizes an app, once for all tests. What it wants of it may stand behind a "#";
// nothing there is all.
func stacks(t *testing.T, which string) []*assembly.Stack {
	t.Helper()
	cdkJSON, names, some := strings.Cut(which, "#")
	made, err := apps.Assembly(cdkJSON)
	if err != nil {
		t.Fatal(err)
	}
	found := made.Stacks
	if some {
		wanted := strings.Split(names, ",")
		found = slices.DeleteFunc(slices.Clone(found), func(s *assembly.Stack) bool {
			return !slices.Contains(wanted, s.Name)
		})
	}
	return found
}

func deploy(t *testing.T, which string, replace ...string) *world {
	t.Helper()
	return deployWith(t, which, options{}, replace...)
}

// options say who stands for people and scanners, and what is assumed of AWS.
type options struct {
	approve func(context.Context, actions.Request) (actions.Decision, error)
	scan    func(repository, digest string) endpoint.Scan
	// readings are of facts that are unproven. Nil: CodePipeline's history is prompt, for nobody
	// likes to wait; else as by default.
	readings *assumptions.Readings
	// workingCopy, if set, is pushed instead of the seed.
	workingCopy string
}

func deployWith(t *testing.T, which string, o options, replace ...string) *world {
	t.Helper()
	stacks := slices.Clone(stacks(t, which))
	for i, stack := range stacks {
		changed := *stack
		for n := 0; n < len(replace); n += 2 {
			if !bytes.Contains(stack.Template, []byte(replace[n])) {
				t.Fatalf("the template has no %q", replace[n])
			}
			changed.Template = bytes.Replace(changed.Template, []byte(replace[n]), []byte(replace[n+1]), 1)
		}
		stacks[i] = &changed
	}
	return deployStacks(t, stacks, o)
}

// deployStacks also lets the test run beside others, for they all wait for something now and then.
func deployStacks(t *testing.T, stacks []*assembly.Stack, o options) *world {
	t.Helper()
	t.Parallel()
	w := &world{t: t, changed: make(chan struct{}), clock: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	readings := assumptions.Readings{PromptHistory: true}
	if o.readings != nil {
		readings = *o.readings
	}
	var err error
	w.Rehearsal, err = rehearsal.New(t.Context(), stacks, rehearsal.Options{
		Dir: t.TempDir(), ModuleDir: root, Programs: programs, Builds: w.build, Intercept: w.intercept,
		Approve: o.approve, Scan: o.scan, Observer: w.observe, Readings: readings,
		WorkingCopy: o.workingCopy,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if refused := w.Permissions().Refused; !w.refusals && len(refused) > 0 {
			t.Errorf("refused: %s", strings.Join(refused, "\n"))
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	w.connect()
	return w
}

var (
	programs *rehearsal.Programs
	apps     *synth.Shared
)

func TestMain(m *testing.M) {
	temporary, err := os.MkdirTemp("", "archway-scenarios-")
	if err != nil {
		panic(err)
	}
	// Lambda waits for minutes. What happens in between is what is tried here, and not how long
	// that takes.
	assumptions.AsyncRetryDelays = []time.Duration{50 * time.Millisecond, 100 * time.Millisecond}
	programs = &rehearsal.Programs{Dir: filepath.Join(temporary, "programs")}
	apps = &synth.Shared{Dir: temporary}
	// Pipelines mostly wait: more of them run than there are processors, unless somebody says how
	// many.
	flag.Parse()
	if parallel := flag.Lookup("test.parallel"); parallel.Value.String() == parallel.DefValue {
		if err := parallel.Value.Set("8"); err != nil {
			panic(err)
		}
	}
	code := m.Run()
	os.RemoveAll(temporary)
	os.Exit(code)
}

// ours marks the requests of the builds, which no fault meets.
const ours = "Archway-Test"

func (w *world) intercept(inner http.Handler) http.Handler {
	return http.HandlerFunc(func(response http.ResponseWriter, r *http.Request) {
		w.mu.Lock()
		fault, after := w.fault, w.after
		w.mu.Unlock()
		if fault != nil && r.Header.Get(ours) == "" && fault(response, r) {
			return
		}
		inner.ServeHTTP(response, r)
		if after != nil && r.Header.Get(ours) == "" {
			after()
		}
	})
}

func (w *world) faults(fault func(http.ResponseWriter, *http.Request) bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fault = fault
}

func (w *world) smokeTests(smoke func(platform, index string) error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.smoke = smoke
}

// observe wakes who waits for a change of an execution.
func (w *world) observe(codepipeline.Result) {
	w.mu.Lock()
	defer w.mu.Unlock()
	close(w.changed)
	w.changed = make(chan struct{})
}

// await waits until a stage of an execution has come to a status.
func (w *world) await(x *codepipeline.Execution, stage string, status codepipeline.Status) {
	w.t.Helper()
	for {
		w.mu.Lock()
		changed := w.changed
		w.mu.Unlock()
		r := x.Result()
		if r.Stage(stage).Status == status {
			return
		}
		if r.Status != codepipeline.InProgress {
			w.t.Fatalf("execution %s: %s, and its stage %s: %s, want %s", r.Execution, r.Status, stage,
				r.Stage(stage).Status, status)
		}
		<-changed
	}
}

// connect opens the way of the builds to the registry.
func (w *world) connect() {
	roots := x509.NewCertPool()
	bundle, err := os.ReadFile(w.CAFile())
	if err != nil {
		w.t.Fatal(err)
	}
	roots.AppendCertsFromPEM(bundle)
	_, port, _ := strings.Cut(w.RegistryHost(), ":")
	w.http = marked{&http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, "127.0.0.1:"+port)
		},
	}}
}

type marked struct{ http.RoundTripper }

func (m marked) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set(ours, "1")
	return m.RoundTripper.RoundTrip(r)
}

// commit pushes a change to a branch.
func (w *world) commit(repository, branch, content string) *rehearsal.Push {
	w.t.Helper()
	push, err := w.Push(w.t.Context(), repository, branch, func(dir string) error {
		return os.WriteFile(filepath.Join(dir, "note"), []byte(content), 0o644)
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return push
}

// seed pushes the seed and waits for its execution.
func (w *world) seed(repository string) *rehearsal.Push {
	w.t.Helper()
	push, err := w.PushSeed(w.t.Context(), repository, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	w.succeeded(push.Wait()[0])
	return push
}

func revision(commit string) []codepipeline.SourceRevision {
	return []codepipeline.SourceRevision{{ActionName: "Source", RevisionType: "COMMIT_ID", RevisionValue: commit}}
}

// at starts an execution for a commit by hand.
func (w *world) at(pipeline, commit string) *codepipeline.Execution {
	w.t.Helper()
	x, err := w.Start(w.t.Context(), pipeline, codepipeline.StartInput{
		SourceRevisions: revision(commit),
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return x
}

// point lets a branch have a commit already of which no event tells.
func (w *world) point(repository, branch, commit string) {
	w.t.Helper()
	if err := w.Point(w.t.Context(), repository, "refs/heads/"+branch, commit); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) succeeded(r codepipeline.Result) {
	w.t.Helper()
	if r.Status == codepipeline.Succeeded {
		return
	}
	for _, s := range r.Stages {
		for _, a := range s.Actions {
			if a.Status == codepipeline.Failed {
				w.t.Errorf("%s/%s: %s", s.Name, a.Name, a.Message)
			}
		}
	}
	w.t.Fatalf("execution %s: %s", r.Execution, r.Status)
}

func validated(r codepipeline.Result, image string) string {
	return r.Variables["Validate-"+image]["digest"]
}

// promoted is what the promotion of a run says that it did.
func promoted(r codepipeline.Result) map[string]string {
	return r.Action(settings.StagePromote, settings.ActionPromote).Variables
}

func (w *world) wantTags(repository string, want map[string]string) {
	w.t.Helper()
	got, err := w.Tags(repository)
	if err != nil {
		w.t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		w.t.Errorf("tags of %s (-want +got):\n%s", repository, diff)
	}
}

func seconds(since time.Time) string { return fmt.Sprintf("%.1f s", time.Since(since).Seconds()) }
