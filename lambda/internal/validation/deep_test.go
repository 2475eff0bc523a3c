package validation

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/internal/settings"
	"archway/lambda/internal/fixture"
	lt "archway/lambda/internal/fixture/layertest"
)

// appended makes an image of one layer of four MiB that begins sorted, with more entries behind its
// end.
func appended(more ...lt.Entry) func(*fixture.Store) specs.Descriptor {
	entries := []lt.Entry{
		lt.Dir("a1"), lt.Dir("a2"), lt.Dir("a3"), lt.Exe("app", lt.Static("arm64")), lt.Plain("z", make([]byte, 4<<20)),
	}
	return func(s *fixture.Store) specs.Descriptor {
		return s.Image(fixture.ImageSpec{
			Platform: fixture.ARM64, LayerType: specs.MediaTypeImageLayer,
			Layers: [][]lt.Entry{append(entries, more...)},
		})
	}
}

const notRead = "layers that were not read to their ends"

func readQuickly(s *scene) { s.image().Validation.Quick = true }

// Settings that say nothing have every layer read whole.
func TestActionReadsAllLayers(t *testing.T) {
	if _, log, err := act(t, appended(), nil); err != nil || strings.Contains(log, notRead) {
		t.Errorf("error %v, log:\n%s", err, log)
	}
	wrong := appended(lt.Exe("app", lt.Static("amd64")))
	_, log, err := act(t, wrong, nil)
	if f := failed(err); f == nil || !strings.Contains(f.Message, "1. error entry-elf: linux/arm64") ||
		strings.Contains(log, notRead) {
		t.Errorf("error %v, log:\n%s", err, log)
	}
	// Who turns it off is told in the log what wasn't read.
	if _, log, err := act(t, wrong, readQuickly); err != nil || !strings.Contains(log, notRead) {
		t.Errorf("error %v, log:\n%s", err, log)
	}
}

// A layer whose bytes are damaged behind what starts is found by all of it alone. All layers are
// compared with their digests.
func TestActionComparesLayers(t *testing.T) {
	damaged := func(s *fixture.Store) specs.Descriptor {
		d := appended()(s)
		for of, b := range s.Blobs {
			if len(b) > 4<<20 {
				other := append([]byte(nil), b...)
				other[3<<20] ^= 1
				s.Blobs[of] = other
			}
		}
		return d
	}
	_, _, err := act(t, damaged, nil)
	if f := failed(err); f == nil || !strings.Contains(f.Message, "1. error layer-digest: linux/arm64") {
		t.Errorf("error %v", err)
	}
}

// CodePipeline hands a token on from whoever has reported for a job. This action gives none and
// takes none: whatever one says has been read, all is read.
func TestActionWithAToken(t *testing.T) {
	root := digest.FromString("x").String()
	for _, token := range []string{
		"x", `{"v":1,"layers":["` + root + `"]}`, "app:" + root, `{"v":1,"job":"job","proven":true}`,
		strings.Repeat("x", 1<<20), "\x00",
	} {
		with := func(s *scene) { s.continuation = token }
		if variables, _, err := act(t, appended(), with); err != nil || variables[settings.Digest] == "" {
			t.Errorf("%.50q: error %v", token, err)
		}
		_, _, err := act(t, appended(lt.Exe("app", lt.Static("amd64"))), with)
		if f := failed(err); f == nil || !strings.Contains(f.Message, "error entry-elf: linux/arm64") {
			t.Errorf("%.50q: error %v", token, err)
		}
	}
}

// until is a context whose deadline is reached when the test says so, and not by any clock.
type until struct {
	context.Context
	reached chan struct{}
}

func (u until) Deadline() (time.Time, bool) { return time.Now().Add(time.Hour), true }
func (u until) Done() <-chan struct{}       { return u.reached }

func (u until) Err() error {
	select {
	case <-u.reached:
		return context.DeadlineExceeded
	default:
		return nil
	}
}

// An image that takes longer than there is time is refused, and the message says what helps.
func TestActionWithoutTimeForAllLayers(t *testing.T) {
	variables, log, err := act(t, appended(), func(s *scene) {
		u := until{t.Context(), make(chan struct{})}
		s.ctx = u
		stop := sync.OnceFunc(func() { close(u.reached) })
		s.Misbehave(func(w http.ResponseWriter, r *http.Request) bool {
			for d, b := range s.store.Blobs {
				if len(b) > 4<<20 && r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, d.String()) {
					w.Header().Set("Content-Length", strconv.Itoa(len(b)))
					_, _ = w.Write(b[:1<<20])
					stop()
					<-r.Context().Done()
					return true
				}
			}
			return false
		})
	})
	f := failed(err)
	if f == nil || variables != nil {
		t.Fatalf("error %v, log:\n%s", err, log)
	}
	for _, part := range []string{
		". error limits: linux/arm64 (sha256:", "not proven (the time limit was reached)",
		"0 of 1 layers were read whole",
		`"deep": false under the image's validation in cdk.json`, "No tag was moved.",
	} {
		if !strings.Contains(f.Message, part) {
			t.Errorf("the message lacks %q:\n%s", part, f.Message)
		}
	}
}
