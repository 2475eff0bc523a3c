package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/opencontainers/go-digest"

	"archway/lambda/internal/fixture"
	"archway/lambda/internal/fixture/distribution"
	"archway/lambda/internal/image/registry"
	"archway/lambda/internal/retry"

	"github.com/google/go-containerregistry/pkg/authn"
)

// The function's process is killed before, and after, each request that it makes, to AWS or to the
// registry. Lambda runs the same job again; the tags must be whole then, and never wrong in
// between.
func TestKilledFunction(t *testing.T) {
	for _, moment := range []string{"before", "after"} {
		t.Run(moment+" the request", func(t *testing.T) {
			kills, tagsAt := 0, map[int]int{}
			for at := int64(1); ; at++ {
				k := kill(t, at, moment == "after")
				if !k.killed.Load() {
					break
				}
				kills++
				tagsAt[k.written]++
			}
			if kills < 10 {
				t.Errorf("the process was killed %d times only", kills)
			}
			t.Logf("killed %s each of %d requests: after that, the new image had no tag %d times, the immutable one %d, one moving too %d, all %d; each repetition made it all",
				moment, kills, tagsAt[0], tagsAt[1], tagsAt[2], tagsAt[3])
		})
	}
}

type killed struct {
	killed atomic.Bool
	// written is how many of the three tags served the new image then.
	written int
}

func kill(t *testing.T, at int64, after bool) *killed {
	t.Helper()
	k := &killed{}
	s, past, store := fixture.ServeHandler(t, distribution.New(t)), fixture.New(), fixture.New()
	old, root := commit(past, older), store.Index(store.Linux("amd64", ""), store.Linux("arm64", ""))
	s.Push(t, "staging/app", store)
	s.Push(t, "app", past)
	for _, tag := range []string{older[:12], "latest", "main"} {
		s.Tag(t, "app", tag, past, old.Digest)
	}
	s.Misbehave(fixture.Locked(fixture.User, fixture.Password))
	endpoint := fixture.ServeAWS(t)
	endpoint.Line(older, newer)
	endpoint.Branch("main", newer)
	ran(endpoint, "x", newer, root.Digest)
	endpoint.InTurn("x", "Promote", "Promote")
	environment, sum := fixture.Settings(t, pipeline)
	defer s.Close()

	f := fixture.StartWith(t, program, s, endpoint, environment...)
	dead := make(chan struct{})
	var count atomic.Int64
	strike := func() bool {
		if count.Load() != at || !k.killed.CompareAndSwap(false, true) {
			return false
		}
		f.Kill()
		close(dead)
		return true
	}
	inner := s.Config.Handler
	s.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if count.Add(1) == at && !k.killed.Load() {
			if after {
				inner.ServeHTTP(httptest.NewRecorder(), r)
			}
			strike()
			panic(http.ErrAbortHandler)
		}
		inner.ServeHTTP(w, r)
	})
	endpoint.Before = func() {
		if count.Add(1) == at && !after && strike() {
			panic(http.ErrAbortHandler)
		}
	}
	endpoint.After = func() { strike() }

	event := fixture.JobEvent("job", fmt.Sprintf(`{"settings":%q,"execution":"x"}`, sum))
	f.Runtime.Send(t, event)
	select {
	case <-dead:
	case <-time.After(5 * time.Minute):
		t.Fatalf("request %d: the function neither died nor answered", at)
	case <-f.Runtime.Answered():
		if !k.killed.Load() {
			return k
		}
	}
	serves := func() (written int) {
		for _, tag := range []string{newer[:12], "latest", "main"} {
			switch d := read(t, s, tag); d {
			case root.Digest:
				written++
			case "", old.Digest:
				if d == "" && tag != newer[:12] {
					t.Errorf("killed at request %d: %s serves nothing", at, tag)
				}
			default:
				t.Errorf("killed at request %d: %s serves %s", at, tag, d)
			}
		}
		return written
	}
	k.written = serves()
	if read(t, s, newer[:12]) == "" && k.written > 0 {
		t.Errorf("killed at request %d: a moving tag moved before the immutable one was there", at)
	}
	again := fixture.StartWith(t, program, s, endpoint, environment...)
	if result := again.Runtime.Invoke(t, event); !strings.HasPrefix(result, "response") {
		t.Errorf("repeated after request %d: %s", at, result)
	}
	if n := serves(); n != 3 || read(t, s, older[:12]) != old.Digest {
		t.Errorf("repeated after request %d: %d of 3 tags serve the image\n%s", at, n, again.Log())
	}
	if answers := endpoint.Answers(); len(answers) != 1 || answers[0].FailureDetails.Message != "" {
		t.Errorf("repeated after request %d: answers %+v", at, answers)
	}
	return k
}

// read tells what a tag serves.
func read(t *testing.T, s *fixture.Server, tag string) digest.Digest {
	t.Helper()
	auth := authn.FromConfig(authn.AuthConfig{Username: fixture.User, Password: fixture.Password})
	repository, err := registry.Open(t.Context(), s.Repository(t, "app"), auth, transport.PullScope, retry.Policy{})
	if err != nil {
		t.Fatal(err)
	}
	d, err := repository.Serves(t.Context(), tag)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
