package promotion

import (
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"archway/lambda/internal/fixture"
	"archway/lambda/internal/pipeline/job"
)

// faulty is a stage whose tags served the older commit's image before, with a fault at one request
// of a promotion.
type faulty struct {
	*stage
	// past has the older image, which is all that the release has.
	past   *stage
	before map[string]string

	mu    sync.Mutex
	count int
	// at is the request that goes wrong, counted from 1; for the whole rest if all.
	at   int
	all  bool
	fail func(w http.ResponseWriter, r *http.Request, forward func())
}

func fault(t *testing.T, fail func(w http.ResponseWriter, r *http.Request, forward func())) *faulty {
	t.Helper()
	f := &faulty{stage: set(t), fail: fail}
	f.past = &stage{store: fixture.New()}
	f.old = f.past.index(older)
	f.Push(t, "app", f.past.store)
	f.immutable(t, "latest", "feature-x")
	f.Tag(t, "app", older[:12], f.past.store, f.old)
	f.reset(t)
	f.before = f.tags(t, older[:12], commit12, "latest", "feature-x")
	inner := f.Config.Handler
	f.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		f.count++
		hit := f.at > 0 && (f.count == f.at || f.all && f.count > f.at)
		f.mu.Unlock()
		if !hit {
			inner.ServeHTTP(w, r)
			return
		}
		f.fail(w, r, func() { inner.ServeHTTP(httptest.NewRecorder(), r) })
	})
	return f
}

// reset points the moving tags at the old image.
func (f *faulty) reset(t *testing.T) {
	f.Tag(t, "app", "latest", f.past.store, f.old)
	f.Tag(t, "app", "feature-x", f.past.store, f.old)
}

// arm makes a request of the next promotion go wrong.
func (f *faulty) arm(at int, all bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.count, f.at, f.all = 0, at, all
}

// reached reports whether the request came.
func (f *faulty) reached() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.count >= f.at
}

// consistent checks what must hold at any moment: every tag serves an image that was validated, the
// one that it served or the new one; and no moving tag has moved without the immutable one.
func (f *faulty) consistent(t *testing.T) {
	t.Helper()
	now := f.tags(t, older[:12], commit12, "latest", "feature-x")
	for tag, serves := range now {
		if serves != f.before[tag] && serves != "new" {
			t.Errorf("%s serves %s", tag, serves)
		}
	}
	if now[commit12] == "" && (now["latest"] == "new" || now["feature-x"] == "new") {
		t.Errorf("half-published: %v", now)
	}
}

func (f *faulty) published(t *testing.T) {
	t.Helper()
	want := map[string]string{older[:12]: "old", commit12: "new", "latest": "new", "feature-x": "new"}
	if diff := cmp.Diff(want, f.tags(t, slices.Collect(maps.Keys(want))...)); diff != "" {
		t.Errorf("tags:\n%s", diff)
	}
}

func status(code int) func(http.ResponseWriter, *http.Request, func()) {
	return func(w http.ResponseWriter, _ *http.Request, _ func()) { w.WriteHeader(code) }
}

// cut ends the connection without an answer.
func cut(http.ResponseWriter, *http.Request, func()) { panic(http.ErrAbortHandler) }

// unheard does what was asked, and loses the answer.
func unheard(_ http.ResponseWriter, _ *http.Request, forward func()) {
	forward()
	panic(http.ErrAbortHandler)
}

var faults = map[string]func(http.ResponseWriter, *http.Request, func()){
	"429": status(http.StatusTooManyRequests), "500": status(http.StatusInternalServerError),
	"503":       status(http.StatusServiceUnavailable),
	"no answer": cut, "the answer is lost": unheard,
}

// One passing fault at any request of a promotion is overcome.
func TestPassingFaults(t *testing.T) {
	for name, fail := range faults {
		t.Run(name, func(t *testing.T) {
			requests, succeeded := 0, 0
			for at := 1; ; at++ {
				f := fault(t, fail)
				f.arm(at, false)
				_, err := f.promote(t)
				if !f.reached() {
					break
				}
				requests++
				f.arm(0, false)
				if err != nil {
					t.Errorf("at request %d: %v", at, err)
				} else {
					succeeded++
				}
				f.published(t)
				f.Close()
			}
			t.Logf("%s at each of %d requests: %d of %d promotions succeeded", name, requests, succeeded, requests)
		})
	}
}

// A promotion that breaks off at any request is healed by repeating it.
func TestBrokenPromotions(t *testing.T) {
	for name, fail := range faults {
		t.Run(name, func(t *testing.T) {
			requests, failed, nothing, everything := 0, 0, 0, 0
			for at := 1; ; at++ {
				f := fault(t, fail)
				f.arm(at, true)
				_, err := f.promote(t)
				if !f.reached() {
					break
				}
				requests++
				f.arm(0, false)
				f.consistent(t)
				if err != nil {
					failed++
				} else {
					f.published(t) // no error may be taken for a success
				}
				switch now := f.tags(t, commit12, "latest", "feature-x"); {
				case now["latest"] == "new" && now["feature-x"] == "new":
					everything++
				case now["latest"] == "old" && now["feature-x"] == "old" && now[commit12] == "":
					nothing++
				}
				if _, err := f.promote(t); err != nil {
					t.Errorf("repeated after a break at request %d: %v", at, err)
				}
				f.published(t)
				f.Close()
			}
			t.Logf("%s from each of %d requests on: %d promotions failed, %d of all had written nothing, %d everything, %d a part; all were whole after a repetition",
				name, requests, failed, nothing, everything, requests-nothing-everything)
		})
	}
}

func TestTwiceAtOnceIsAsGoodAsOnce(t *testing.T) {
	for range 10 {
		f := fault(t, nil)
		var group sync.WaitGroup
		for range 2 {
			group.Go(func() {
				if err := f.quietly(t); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		f.published(t)
		f.Close()
	}
}

// quietly promotes without the log that tests read.
func (f *faulty) quietly(t *testing.T) error {
	_, err := f.promoter().Do(t.Context(), job.Job{Execution: "e-1", Log: slog.New(slog.DiscardHandler)})
	return err
}
