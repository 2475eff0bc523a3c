package rootfs_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	specs "github.com/opencontainers/image-spec/specs-go/v1"

	lt "archway/lambda/internal/fixture/layertest"
	"archway/lambda/internal/image/rootfs"
)

// Nothing is opened or read for what is asked sparingly, beyond what it may cost.
func TestSparing(t *testing.T) {
	s := newStack()
	base := s.put(
		lt.Gzip(lt.Tar(lt.Dir("a"), lt.Plain("a/b", nil), lt.Dir("c"), lt.Dir("d"), lt.Dir("e"), marked("f", "x"),
			lt.Plain("g", nil), lt.Plain("h", nil), noise("l", 6<<20), lt.Plain("m", nil), noise("n", 100<<10),
			lt.Plain("p", nil), noise("z", 6<<20))))
	below := s.put(lt.Gzip(lt.Tar(lt.Plain("0", nil))))
	fs := rootfs.NewStore(s.open, rootfs.Options{}).FS([]specs.Descriptor{below, base})
	defer fs.Close()
	if got := show(t, fs, "/", "/f"); got != "/f x" {
		t.Fatal(got)
	}
	ask := func(name string) string {
		var file rootfs.File
		before := s.bytes[base.Digest]
		err := fs.Sparing(func() (err error) {
			file, err = fs.Resolve(t.Context(), "/", name)
			return err
		})
		if read := s.bytes[base.Digest] - before; read > before/10+(64<<10) {
			t.Errorf("%s: %d bytes were read after %d", name, read, before)
		}
		if errors.Is(err, rootfs.ErrUnread) {
			return "unread"
		}
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(file.State)
	}
	there := fmt.Sprint(rootfs.Found)
	for _, test := range []struct{ name, want string }{{"/a/b", there}, {"/h", there}, {"/m", "unread"},
		{"/aa", "unread"}} {
		if got := ask(test.name); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
	if got := show(t, fs, "/", "/m"); got != "/m file" && got != "/m " {
		t.Error(got)
	}
	if got := ask("/p"); got != there { // a small file behind 6 MiB
		t.Errorf("/p: %s", got)
	}
	if s.opens[below.Digest] != 0 {
		t.Errorf("the layer below was opened %d times", s.opens[below.Digest])
	}
	if got := show(t, fs, "/", "/0"); got != "/0 file" && got != "/0 " {
		t.Error(got) // without a bound it is opened
	}
}

// keepPasswd keeps one file.
func keepPasswd(name string) int64 {
	if name == "etc/passwd" {
		return 1 << 20
	}
	return -1
}

func TestKeptFilesAndWhatIsForgotten(t *testing.T) {
	passwd := "app:x:7:8::/:/bin/sh\n"
	fs := image(t, []lt.Entry{lt.Plain("etc/passwd", []byte("old")), lt.Plain("etc/shadow", []byte("x"))},
		[]lt.Entry{lt.Plain("etc/passwd", []byte(passwd))})
	file, err := fs.Resolve(t.Context(), "/", "/etc/passwd")
	if err != nil || !file.Node.Kept || file.Node.Content != passwd {
		t.Errorf("%+v, %v", file, err)
	}
	if file, _ = fs.Resolve(t.Context(), "/", "/etc/shadow"); file.Node.Kept {
		t.Error("kept what nobody needs")
	}

	// Needs of libraries make no image too large.
	s := newStack()
	var entries []lt.Entry
	for n := range 200 {
		links := &lt.Links{Soname: fmt.Sprintf("lib%d.so.1", n), Needed: []string{strings.Repeat("x", 1000)}}
		entries = append(entries, lt.Plain(fmt.Sprintf("lib/lib%d.so.1", n), lt.ELF{Links: links}.Bytes()))
	}
	small := rootfs.NewStore(s.open,
		rootfs.Options{Memory: 90_000}).FS([]specs.Descriptor{s.put(lt.Gzip(lt.Tar(entries...)))})
	defer small.Close()
	for _, test := range []struct {
		name   string
		unseen bool
	}{{"/lib/lib0.so.1", false}, {"/lib/lib199.so.1", true}} {
		file, err := small.Resolve(t.Context(), "/", test.name)
		if err != nil || file.Node.Program.LinksUnseen != test.unseen ||
			(file.Node.Program.Links == "") != test.unseen {
			t.Errorf("%s: %+v, %v", test.name, file, err)
		}
	}
}
