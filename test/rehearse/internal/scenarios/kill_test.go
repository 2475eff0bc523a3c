package scenarios_test

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
)

const promote = "archway/lambda/promote"

// The program of the promotion is killed at each of its requests to the registry, before the
// registry sees it or before the answer comes back. Lambda then runs it again for the same job. The
// repetition finishes it.
func TestKilledPromotion(t *testing.T) {
	for _, mode := range []string{"before the registry sees it", "before its answer comes back"} {
		t.Run(mode, func(t *testing.T) {
			w := deploy(t, example)
			w.seed(app)
			k := &killer{world: w}
			if mode == "before the registry sees it" {
				w.faults(func(http.ResponseWriter, *http.Request) bool { return k.hit() })
			} else {
				w.mu.Lock()
				w.after = func() { k.hit() }
				w.mu.Unlock()
			}
			want := w.tagsOf(app)
			killed := 0
			for at := 1; ; at++ {
				k.arm(at, want["latest"])
				push := w.commit(app, "main", fmt.Sprint(at))
				r := push.Wait()[0]
				w.succeeded(r)
				digest := validated(r, app)
				want["latest"], want["main"], want[push.Commit()[:12]] = digest, digest, digest
				w.wantTags(app, want)
				if !k.fired() {
					break // it has fewer requests than that
				}
				killed++
			}
			if killed < 5 {
				t.Errorf("killed %d times: that can't be all of its requests", killed)
			}
			t.Logf("killed at each of %d requests, %s: %d of %d promotions were finished by their repetition; at the moment of the kill latest served the new image %d times, each time with its immutable tag",
				killed, mode, killed, killed, k.moved)
		})
	}
}

// killer kills the promotion at one of its requests.
type killer struct {
	*world
	lock      sync.Mutex
	count, at int
	before    string // what latest served before
	done      bool
	moved     int
}

func (k *killer) arm(at int, latest string) {
	k.lock.Lock()
	defer k.lock.Unlock()
	k.count, k.at, k.before, k.done = 0, at, latest, false
}

func (k *killer) fired() bool {
	k.lock.Lock()
	defer k.lock.Unlock()
	return k.done
}

// hit is called at each request of a function. The validation's don't count.
func (k *killer) hit() bool {
	k.lock.Lock()
	defer k.lock.Unlock()
	if k.done || !k.FunctionIsBusy(promote) {
		return false
	}
	if k.count++; k.count != k.at {
		return false
	}
	k.done = k.KillFunction(promote) == 1
	if !k.done {
		k.t.Error("there is no promotion to kill")
	}
	tags, err := k.Tags(app)
	if err != nil {
		k.t.Error(err)
	}
	if tags["latest"] != k.before {
		k.moved++
		if !slices.Contains(valuesBut(tags, "latest", "main"), tags["latest"]) {
			k.t.Errorf("at request %d latest serves an image without its immutable tag: %v", k.at, tags)
		}
	}
	return true
}

// valuesBut are what the tags serve, but for some.
func valuesBut(tags map[string]string, but ...string) []string {
	var all []string
	for tag, digest := range tags {
		if !slices.Contains(but, tag) {
			all = append(all, digest)
		}
	}
	return all
}
