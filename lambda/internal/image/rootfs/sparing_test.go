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
	base := s.put(lt.Gzip(lt.Tar(lt.Dir("a"), lt.Plain("a/b", nil), lt.Dir("c"), lt.Dir("d"), lt.Dir("e"), marked("f", "x"),
		lt.Plain("g", nil), lt.Plain("h", nil), noise("l", 6<<20), lt.Plain("m", nil), noise("z", 6<<20))))
	below := s.put(lt.Gzip(lt.Tar(lt.Plain("0", nil))))
	fs := rootfs.NewStore(s.open, rootfs.Options{}).FS([]specs.Descriptor{below, base})
	defer fs.Close()
	if got := show(t, fs, "/", "/f"); got != "/f x" {
		t.Fatal(got)
	}
	ask := func(spend int64, name string) (string, int64) {
		var file rootfs.File
		before := s.bytes[base.Digest]
		left, err := fs.Sparing(spend, func() (err error) {
			file, err = fs.Resolve(t.Context(), "/", name)
			return err
		})
		if errors.Is(err, rootfs.ErrUnread) {
			if s.bytes[base.Digest]-before > int(spend)+(64<<10) {
				t.Errorf("%s: %d bytes were read, and %d may be", name, s.bytes[base.Digest]-before, spend)
			}
			return "unread", left
		}
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(file.State), left
	}
	for _, test := range []struct {
		spend int64
		name  string
		want  string
	}{
		{0, "/a/b", fmt.Sprint(rootfs.Found)}, {0, "/m", "unread"}, {1 << 20, "/g", fmt.Sprint(rootfs.Found)},
		{1 << 20, "/m", "unread"}, {7 << 20, "/m", fmt.Sprint(rootfs.Found)},
	} {
		if got, _ := ask(test.spend, test.name); got != test.want {
			t.Errorf("%s for %d bytes: %s, want %s", test.name, test.spend, got, test.want)
		}
	}
	if _, left := ask(100<<20, "/m"); left != 100<<20 {
		t.Errorf("what is known costs %d bytes", 100<<20-left)
	}
	if s.opens[below.Digest] != 0 || fs.ReadBytes() == 0 {
		t.Errorf("the layer below was opened %d times, %d bytes read", s.opens[below.Digest], fs.ReadBytes())
	}
	if got := show(t, fs, "/", "/0"); got != "/0 file" && got != "/0 " {
		t.Error(got) // without a bound it is opened
	}
}

func TestKeptFilesAndWhatIsForgotten(t *testing.T) {
	passwd := "app:x:7:8::/:/bin/sh\n"
	fs := image(t, []lt.Entry{lt.Plain("etc/passwd", []byte("old")), lt.Plain("etc/shadow", []byte("x"))}, []lt.Entry{lt.Plain("etc/passwd", []byte(passwd))})
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
	small := rootfs.NewStore(s.open, rootfs.Options{Memory: 90_000}).FS([]specs.Descriptor{s.put(lt.Gzip(lt.Tar(entries...)))})
	defer small.Close()
	for _, test := range []struct {
		name   string
		unseen bool
	}{{"/lib/lib0.so.1", false}, {"/lib/lib199.so.1", true}} {
		file, err := small.Resolve(t.Context(), "/", test.name)
		if err != nil || file.Node.Program.LinksUnseen != test.unseen || (file.Node.Program.Links == "") != test.unseen {
			t.Errorf("%s: %+v, %v", test.name, file, err)
		}
	}
}
