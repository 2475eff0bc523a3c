package rootfs_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	lt "archway/lambda/internal/fixture/layertest"
	"archway/lambda/internal/image/rootfs"
)

// noise is a file of bytes that don't compress.
func noise(name string, size int) lt.Entry {
	b := make([]byte, size)
	x := uint64(size) | 1
	for i := range b {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		b[i] = byte(x)
	}
	return lt.Plain(name, b)
}

func TestOnlyWhatIsNeededIsRead(t *testing.T) {
	s := newStack()
	base := s.put(lt.Gzip(lt.Tar(lt.Dir("bin"), marked("bin/sh", "sh"), noise("usr/share/big", 6<<20))))
	node := s.put(lt.Gzip(lt.Tar(lt.Dir("usr"), lt.Dir("usr/local"), lt.Plain("usr/local/LICENSE", nil),
		lt.Plain("usr/local/README", nil), lt.Dir("usr/local/bin"), marked("usr/local/bin/node", "node"),
		noise("usr/local/lib/big", 6<<20), lt.Plain("var/x", nil))))
	app := s.put(lt.Gzip(lt.Tar(lt.Dir("srv"), lt.Plain("srv/server.js", []byte("…")))))
	top := s.put(lt.Gzip(lt.Tar(marked("entry", "/bin/sh"))))
	fs := rootfs.NewStore(s.open, rootfs.Options{}).FS([]specs.Descriptor{base, node, app, top})
	defer fs.Close()

	if got := show(t, fs, "/", "/entry"); got != "/entry /bin/sh" || len(s.opens) != 1 {
		t.Errorf("%s from %d layers, want one", got, len(s.opens))
	}
	if got := show(t, fs, "/", "/usr/local/bin/node"); got != "/usr/local/bin/node node" || len(s.opens) != 3 {
		t.Errorf("%s from %d layers, want three", got, len(s.opens))
	}
	if got := show(t, fs, "/", "/bin/sh"); got != "/bin/sh sh" || len(s.opens) != 4 {
		t.Errorf("%s from %d layers, want four", got, len(s.opens))
	}
	for _, d := range []specs.Descriptor{base, node} {
		if s.bytes[d.Digest] > 200_000 {
			t.Errorf("%d bytes were read of a layer of %d, want its beginning only", s.bytes[d.Digest], d.Size)
		}
	}
	for i, r := range fs.Readings() {
		if whole := i >= 2; (r.Sums != nil) != whole || whole && r.Sums.Digest != r.Digest {
			t.Errorf("layer %d: %+v", i, r)
		}
	}
	// The paused stream goes on where it stood.
	if got := show(t, fs, "/", "/var/x"); got != "/var/x file" && got != "/var/x " {
		t.Error(got)
	}
	for d, n := range s.opens {
		if n != 1 {
			t.Errorf("layer %s was opened %d times", d, n)
		}
	}
}

// Out of order, the rest of a layer can hold anything: it is read.
func TestUnsortedLayers(t *testing.T) {
	for name, entries := range map[string][]lt.Entry{
		"sorted by chance":          {lt.Dir("x"), noise("x/y", 6<<20), marked("b", "new")},
		"sorted up to a small rest": {lt.Dir("a"), marked("b", "old"), noise("c", 1<<20), marked("b", "new")},
		"whiteout, then the file":   {lt.Gone("b"), marked("b", "new"), noise("c", 6<<20)},
		"sorted by bytes, not folders": {lt.Dir("a"), lt.Plain("a-b", nil), lt.Plain("a/c", nil), marked("b", "new"),
			noise("c", 6<<20)},
		"in no order": {lt.Dir("z"), lt.Dir("usr"), lt.Dir("var"), lt.Dir("tmp"), noise("x", 6<<20),
			marked("b", "new")},
	} {
		if got := show(t, image(t, []lt.Entry{marked("b", "below")}, entries), "/", "/b"); got != "/b new" {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestASharedLayerIsReadOnce(t *testing.T) {
	s := newStack()
	shared := s.put(lt.Gzip(lt.Tar(marked("bin/sh", "sh"), lt.Plain("bin/x", nil))))
	store := rootfs.NewStore(s.open, rootfs.Options{})
	var systems []*rootfs.FS
	for n := range 8 {
		own := s.put(lt.Gzip(lt.Tar(marked(fmt.Sprintf("app%d", n), "/bin/sh"))))
		systems = append(systems, store.FS([]specs.Descriptor{shared, own}))
	}
	var wait sync.WaitGroup
	for n, fs := range systems {
		wait.Go(func() {
			defer fs.Close()
			for _, name := range []string{fmt.Sprintf("/app%d", n), "/bin/sh", "/bin/none"} {
				if _, err := fs.Resolve(context.Background(), "/", name); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	if s.opens[shared.Digest] != 1 || s.bytes[shared.Digest] != int(shared.Size) {
		t.Errorf("opened %d times, %d bytes of %d", s.opens[shared.Digest], s.bytes[shared.Digest], shared.Size)
	}
	if store.Bytes() == 0 {
		t.Error("no bytes counted")
	}
}

func TestManyHalfReadLayersDoNotPileUp(t *testing.T) {
	for name, test := range map[string]struct {
		compress func([]byte) []byte
		paused   int
	}{
		"gzip":                {lt.Gzip, 4},
		"zstd":                {func(b []byte) []byte { return lt.Zstd(b) }, 1},
		"zstd, large windows": {func(b []byte) []byte { return lt.Zstd(b, zstd.WithWindowSize(32<<20)) }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStack()
			store := rootfs.NewStore(s.open, rootfs.Options{})
			var layers []specs.Descriptor
			for n := range 6 {
				layers = append(layers,
					s.put(test.compress(lt.Tar(lt.Dir("a1"), lt.Dir("a2"), lt.Dir("a3"),
						marked(fmt.Sprintf("b%d", n), "x"), noise("z", 3<<20+n)))))
			}
			fs := store.FS(layers)
			defer fs.Close()
			if got := show(t, fs, "/", "/b0"); got != "/b0 x" {
				t.Error(got)
			}
			whole := 0
			for _, r := range fs.Readings() {
				if r.Sums != nil {
					whole++
				}
			}
			if whole != 6-test.paused {
				t.Errorf("%d of 6 layers were read to their ends, want %d: the others may stand half read", whole,
					6-test.paused)
			}
			if got := show(t, fs, "/", "/b3"); got != "/b3 x" {
				t.Error(got)
			}
		})
	}
}

func TestErrorsSayWhichLayer(t *testing.T) {
	limited := newStack()
	big := limited.put(lt.Tar(lt.Plain(strings.Repeat("d/", 300)+"f", nil)))
	_, err := rootfs.NewStore(limited.open, rootfs.Options{}).FS([]specs.Descriptor{big}).Resolve(t.Context(), "/",
		"/x")
	if limit, ok := rootfs.Beyond(err); !ok || limit.Cure == "" || !strings.Contains(limit.Reason, "256 names") ||
		!strings.Contains(err.Error(), big.Digest.String()) {
		t.Errorf("limit: %v", err)
	}

	many := newStack()
	var entries []lt.Entry
	for n := range 5000 {
		entries = append(entries, lt.Plain(fmt.Sprintf("file%05d", n), nil))
	}
	huge := many.put(lt.Gzip(lt.Tar(entries...)))
	fs := rootfs.NewStore(many.open, rootfs.Options{Memory: 30_000}).FS([]specs.Descriptor{huge})
	_, err = fs.Resolve(t.Context(), "/", "/x")
	if limit, ok := rootfs.Beyond(err); !ok || limit.Cure == "" || !strings.Contains(limit.Reason, "more files") {
		t.Errorf("memory: %v", err)
	}

	damaged := newStack()
	bad := damaged.put([]byte(strings.Repeat("no archive ", 100)))
	fs = rootfs.NewStore(damaged.open, rootfs.Options{}).FS([]specs.Descriptor{bad})
	_, err = fs.Resolve(t.Context(), "/", "/x")
	var damage *rootfs.Damage
	if !errors.As(err, &damage) || damage.Layer != bad.Digest || fs.Readings()[0].Damage != "it is no tar archive" {
		t.Errorf("damage: %v, %+v", err, fs.Readings())
	}
	if _, again := fs.Resolve(t.Context(), "/", "/x"); !errors.As(again, &damage) || damaged.opens[bad.Digest] != 1 {
		t.Errorf("again: %v", again)
	}

	broken := newStack()
	cut := broken.put(lt.Gzip(lt.Tar(noise("x", 100_000))))
	broken.fail = io.ErrClosedPipe
	if _, err = rootfs.NewStore(broken.open, rootfs.Options{}).FS([]specs.Descriptor{cut}).Resolve(t.Context(), "/",
		"/x"); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("cut: %v", err)
	}
	var failed *rootfs.SourceError
	if !errors.As(err, &failed) || failed.Layer != cut.Digest {
		t.Errorf("cut: %v, of layer %+v", err, failed)
	}
}

// A layer with other bytes is read again. As of documents: what came garbled once is asked for
// again, once.
func TestLayerWithOtherBytes(t *testing.T) {
	for name, garbled := range map[string][]byte{
		"no archive":      []byte(strings.Repeat("<html>", 100)),
		"another archive": lt.Gzip(lt.Tar(marked("app", "wrong"))),
		"nothing":         {'x'},
	} {
		s := newStack()
		d := s.put(lt.Gzip(lt.Tar(marked("app", "right"), lt.Plain("z", nil))))
		s.garbled = map[digest.Digest][]byte{d.Digest: garbled}
		store := rootfs.NewStore(s.open, rootfs.Options{})
		fs := store.FS([]specs.Descriptor{d})
		if got := show(t, fs, "/", "/app"); got != "/app right" || store.Restarts() != 1 {
			t.Errorf("%s: %s after %d restarts", name, got, store.Restarts())
		}
		fs.Close()

		s.blobs[d.Digest] = garbled
		store = rootfs.NewStore(s.open, rootfs.Options{})
		fs = store.FS([]specs.Descriptor{d})
		s.opens[d.Digest] = 0
		_, err := fs.Resolve(t.Context(), "/", "/app")
		if r := fs.Readings()[0]; s.opens[d.Digest] != 2 || r.Sums == nil || r.Sums.Digest == d.Digest {
			t.Errorf("%s for good: read %d times, %+v, %v", name, s.opens[d.Digest], r, err)
		}
		fs.Close()
	}
}

func TestMemoryIsGivenBack(t *testing.T) {
	s := newStack()
	store := rootfs.NewStore(s.open, rootfs.Options{Memory: 60_000})
	for n := range 50 {
		d := s.put(lt.Gzip(lt.Tar(lt.Link("a", strings.Repeat("x", 1000)), lt.Plain(fmt.Sprint(n), nil))))
		fs := store.FS([]specs.Descriptor{d})
		if _, err := fs.Resolve(t.Context(), "/", "/x"); err != nil {
			t.Fatalf("image %d: %v", n, err)
		}
		fs.Close()
	}
}

// A walk by folders comes to "app-x" after all that is in "app", and an order by bytes before it:
// as long as a layer can be in either, both count.
func TestOrdersOfNames(t *testing.T) {
	fs := image(t, []lt.Entry{marked("app-x", "below")}, []lt.Entry{
		lt.Dir("app"), lt.Plain("app/a", nil), lt.Plain("app/b", nil), lt.Plain("app/c", nil), lt.Plain("app/d", nil),
		lt.Plain("app/e", nil),
		marked("app-x", "new"), noise("z", 6<<20),
	})
	if got := show(t, fs, "/", "/app-x"); got != "/app-x new" {
		t.Error(got)
	}
}

// The first question leaves the layer behind the whiteout.
func TestAWhiteoutIsNotTheLastWord(t *testing.T) {
	for name, test := range map[string]struct {
		entries []lt.Entry
		want    string
	}{
		"back again": {[]lt.Entry{lt.Dir("a1"), lt.Dir("a2"), lt.Gone("b"), marked("b", "new"), noise("c", 6<<20)},
			"/b new"},
		"a folder now": {[]lt.Entry{lt.Dir("a1"), lt.Dir("a2"), lt.Gone("b"), lt.Dir("b"), noise("c", 6<<20)},
			"/b dir"},
	} {
		fs := image(t, []lt.Entry{marked("b", "below")}, test.entries)
		if got := show(t, fs, "/", "/a3"); got != "absent /a3" {
			t.Errorf("%s: %s", name, got)
		}
		if got := show(t, fs, "/", "/b"); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}

// Nothing is remembered across a restart. What was found in bytes that turn out to be others is not
// believed any more.
func TestRestart(t *testing.T) {
	s := newStack()
	entries := func(mark string) []lt.Entry {
		return []lt.Entry{lt.Dir("a1"), lt.Dir("a2"), lt.Dir("a3"), marked("app", mark), noise("z", 6<<20)}
	}
	d := s.put(lt.Tar(entries("right")...))
	s.garbled = map[digest.Digest][]byte{d.Digest: lt.Tar(entries("wrong")...)}
	store := rootfs.NewStore(s.open, rootfs.Options{})
	fs := store.FS([]specs.Descriptor{d})
	defer fs.Close()
	for _, ask := range []struct {
		name, want string
		restarts   int64
	}{{"/app", "/app wrong", 0}, {"/zz", "absent /zz", 1}, {"/app", "/app right", 1}} {
		if got := show(t, fs, "/", ask.name); got != ask.want || store.Restarts() != ask.restarts {
			t.Errorf("%s after %d restarts, want %s after %d", got, store.Restarts(), ask.want, ask.restarts)
		}
	}
}

func TestNearlyReadLayersAreCompleted(t *testing.T) {
	for name, test := range map[string]struct {
		// layers are the MiB before and behind what is looked for, from the top down; only the last
		// one has it.
		layers [][2]int
		whole  []bool
	}{
		"less than a tenth":         {[][2]int{{33, 3}}, []bool{true}},
		"more than a tenth":         {[][2]int{{24, 3}}, []bool{false}},
		"a tenth of all that is":    {[][2]int{{16, 3}, {20, 5}}, []bool{true, false}},
		"one of two, the smaller":   {[][2]int{{18, 4}, {18, 3}}, []bool{false, true}},
		"both":                      {[][2]int{{33, 3}, {33, 3}}, []bool{true, true}},
		"both, as far as it may be": {[][2]int{{24, 3}, {24, 3}}, []bool{true, false}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStack()
			var layers []specs.Descriptor
			for n, size := range test.layers {
				b := lt.Plain("b", nil)
				if n == len(test.layers)-1 {
					b = marked("b", "x")
				} else {
					b.Name = fmt.Sprint("b", n)
				}
				layers = append([]specs.Descriptor{s.put(lt.Tar(lt.Dir("a1"), lt.Dir("a2"), lt.Dir("a3"),
					noise("a4", size[0]<<20+n), b, noise("z", size[1]<<20+8<<10)))}, layers...)
			}
			untouched := s.put(lt.Tar(lt.Plain("b", nil)))
			fs := rootfs.NewStore(s.open, rootfs.Options{}).FS(append([]specs.Descriptor{untouched}, layers...))
			defer fs.Close()
			if got := show(t, fs, "/", "/b"); got != "/b x" {
				t.Error(got)
			}
			if err := fs.Complete(t.Context()); err != nil {
				t.Fatal(err)
			}
			readings := fs.Readings()
			for n, whole := range test.whole {
				if r := readings[len(readings)-1-n]; (r.Sums != nil) != whole {
					t.Errorf("layer %d: %d of %d bytes were read", n, r.Bytes, r.Size)
				}
			}
			for d, n := range s.opens {
				if n != 1 || d == untouched.Digest {
					t.Errorf("the layer %s was opened %d times", d, n)
				}
			}
		})
	}
}
