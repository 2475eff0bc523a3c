package promotion

import (
	"context"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/opencontainers/go-digest"

	"archway/internal/settings"
	"archway/lambda/internal/fixture"
	"archway/lambda/internal/image/registry"
	"archway/lambda/internal/pipeline/history"
)

// memory is a registry with one moving tag. Before each request it waits to be let through.
type memory struct {
	docs  map[digest.Digest]registry.Document
	tag   *digest.Digest
	ready chan<- struct{}
	let   <-chan struct{}
}

func (m *memory) wait() {
	m.ready <- struct{}{}
	<-m.let
}

func (m *memory) Manifest(_ context.Context, d digest.Digest) (registry.Document, error) {
	return m.docs[d], nil
}

func (m *memory) Serves(context.Context, string) (digest.Digest, error) {
	m.wait()
	return *m.tag, nil
}

func (m *memory) Put(_ context.Context, _ string, doc registry.Document) error {
	m.wait()
	*m.tag = doc.Digest
	return nil
}

func (m *memory) PutIf(ctx context.Context, tag string, doc registry.Document,
	may func(context.Context) (bool, error)) (bool, error) {
	if ok, err := may(ctx); err != nil || !ok {
		return false, err
	}
	return true, m.Put(ctx, tag, doc)
}

// racer is one promotion that is stopped before each request.
type racer struct {
	ready, over chan struct{}
	let         chan struct{}
	ended       bool
}

// await returns when the promotion stands before a request, or is over.
func (r *racer) await() {
	select {
	case <-r.ready:
	case <-r.over:
		r.ended = true
	}
}

// step lets one request through and waits until it is done. It reports whether there was one.
func (r *racer) step() bool {
	if r.ended {
		return false
	}
	r.let <- struct{}{}
	r.await()
	return true
}

// The newer image wins in every order of two promotions but one kind. CodePipeline lets no two
// executions into a stage, so two images meet only where a job is repeated late. Here they always
// do, in every order that their requests can have. A registry has no conditional write: what
// remains is an older image whose promotion looked before the newer one began, and wrote after the
// newer one had looked for the last time.
func TestPromotionsInEveryOrder(t *testing.T) {
	for name, commit := range map[string]string{"two commits": newer, "two builds of a commit": ""} {
		t.Run(name, func(t *testing.T) { everyOrder(t, commit) })
	}
}

// line is a source repository whose commits are in one line, the oldest first. It can't tell about
// others.
type line []string

func (l line) Compare(_ context.Context, commit, other string) (history.Relation, error) {
	a, b := slices.Index(l, commit), slices.Index(l, other)
	switch {
	case a < 0 || b < 0:
		return history.Unknown, nil
	case a > b:
		return history.Descends, nil
	default:
		return history.Precedes, nil
	}
}

func everyOrder(t *testing.T, commit string) {
	store := fixture.New()
	s := &stage{store: store}
	base, old, newest := s.index(older), s.index(""), s.index(commit)
	commits := line{older, fixture.Revision, newer}
	came := func(_ context.Context, _ string, images []digest.Digest) (map[digest.Digest]time.Time, error) {
		at := map[digest.Digest]int64{base: 1, old: 2, newest: 3}[images[0]]
		return map[digest.Digest]time.Time{images[0]: time.Unix(at, 0)}, nil
	}
	orders, won, lost := 0, 0, 0
	const decisions = 10
	for schedule := range 1 << decisions {
		tag := base
		var racers [2]*racer
		for who, d := range []digest.Digest{old, newest} {
			r := &racer{ready: make(chan struct{}), over: make(chan struct{}), let: make(chan struct{})}
			racers[who] = r
			image, _ := parseImage(store.Manifests[d])
			p := &promoter{
				repository: &memory{docs: store.Manifests, tag: &tag, ready: r.ready, let: r.let}, root: image,
				history: commits,
				image:   &settings.Image{}, tags: []Tag{{Name: "latest"}}, pushed: came,
				log: slog.New(slog.DiscardHandler),
			}
			go func() {
				defer close(r.over)
				if err := promote(t.Context(), []*promoter{p}); err != nil {
					t.Errorf("order %010b: %v", schedule, err)
				}
			}()
			r.await()
		}
		// What was done, as "o" and "n" for the requests of the older and the newer image.
		done := ""
		for n := 0; ; n++ {
			who := schedule >> min(n, decisions) & 1
			switch {
			case racers[who].step():
				done += "on"[who : who+1]
			case racers[1-who].step():
				done += "on"[1-who : 2-who]
			default:
				who = -1
			}
			if who < 0 {
				break
			}
		}
		orders++
		switch {
		case tag == newest:
			won++
		case tag == old && lateWrite(done):
			lost++
		default:
			t.Errorf("order %s: latest serves %s", done, tag)
		}
	}
	t.Logf("%d orders of the requests of two promotions: the newer image won in %d; the older one wrote after the newer one's last look in %d",
		orders, won, lost)
	if lost > orders/8 {
		t.Errorf("the older image won in %d of %d orders", lost, orders)
	}
}

// lateWrite reports whether the older promotion's first request, its look, came before the newer
// one's write, and its second, the write, after the newer one's last request.
func lateWrite(done string) bool {
	var o, n []int
	for at, who := range done {
		if who == 'o' {
			o = append(o, at)
		} else {
			n = append(n, at)
		}
	}
	return len(o) > 1 && len(n) > 1 && o[0] < n[1] && o[1] > n[len(n)-1]
}
