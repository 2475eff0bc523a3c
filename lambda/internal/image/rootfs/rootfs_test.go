package rootfs_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	lt "archway/lambda/internal/fixture/layertest"
	"archway/lambda/internal/image/layer"
	"archway/lambda/internal/image/rootfs"
)

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

type counter struct {
	stack *stack
	of    digest.Digest
	r     *bytes.Reader
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.stack.mu.Lock()
	defer c.stack.mu.Unlock()
	c.stack.bytes[c.of] += n
	return n, err
}

func (c *counter) Close() error { c.r = bytes.NewReader(nil); return nil }

// image makes a file system of layers, from the bottom up.
func image(t *testing.T, layers ...[]lt.Entry) *rootfs.FS {
	t.Helper()
	s := newStack()
	var descriptors []specs.Descriptor
	for _, entries := range layers {
		descriptors = append(descriptors, s.put(lt.Gzip(lt.Tar(entries...))))
	}
	fs := rootfs.NewStore(s.open, rootfs.Options{Keep: keepPasswd}).FS(descriptors)
	t.Cleanup(fs.Close)
	return fs
}

// show is what a name leads to, in one line.
func show(t *testing.T, fs *rootfs.FS, folder, name string) string {
	t.Helper()
	f, err := fs.Resolve(t.Context(), folder, name)
	if err != nil {
		t.Fatal(err)
	}
	switch f.State {
	case rootfs.Found:
		kinds := map[layer.Kind]string{layer.Dir: "dir", layer.Other: "device", layer.File: "file"}
		kind := kinds[f.Node.Kind]
		if f.Node.Kind == layer.File {
			kind = f.Node.Program.Line
		}
		return f.Path + " " + kind
	case rootfs.Absent:
		return "absent " + f.Missing
	case rootfs.NotFolder:
		return "not a folder " + f.Missing
	case rootfs.Circle:
		return "circle"
	case rootfs.TooManyLinks:
		return "too many links"
	default:
		return "outside"
	}
}

// marked is a script whose first line tells which one it is.
func marked(name, mark string) lt.Entry { return lt.Script(name, "#!"+mark+"\n") }

// Names lead where a container would see them lead.
func TestNames(t *testing.T) {
	base := []lt.Entry{
		lt.Link("bin", "usr/bin"), lt.Link("lib64", "usr/lib64"), lt.Dir("usr"), lt.Dir("usr/bin"),
		marked("usr/bin/sh", "dash"),
		lt.Link("usr/bin/ash", "/bin/busybox"), marked("usr/bin/busybox", "busybox"), lt.Dir("usr/lib64"),
		lt.Link("usr/lib64/ld.so", "../lib/real.so"),
		lt.Dir("usr/lib"), marked("usr/lib/real.so", "loader"),
	}
	for _, test := range []struct {
		name   string
		layers [][]lt.Entry
		ask    map[string]string
	}{
		{"plain", [][]lt.Entry{{marked("app", "x")}}, map[string]string{
			"/app": "/app x", "app": "/app x", "/./app": "/app x", "//app": "/app x", "/no": "absent /no", "/": "/ dir",
			"/app/x": "not a folder /app", "/..": "/ dir", "/../app": "/app x",
		}},
		{"merged usr", [][]lt.Entry{base}, map[string]string{
			"/bin/sh": "/usr/bin/sh dash", "/lib64/ld.so": "/usr/lib/real.so loader",
			"/bin/ash": "/usr/bin/busybox busybox", "/bin/../lib/real.so": "/usr/lib/real.so loader",
		}},
		{"usual names in unsorted layers",
			[][]lt.Entry{{marked("usr/bin/b", "b"), lt.Link("bin", "usr/bin"), marked("a", "a")}},
			map[string]string{"/bin/b": "/usr/bin/b b", "/usr": "/usr dir", "/a": "/a a"}},
		{"upper layer wins", [][]lt.Entry{{marked("app", "old")}, {marked("app", "new")}},
			map[string]string{"/app": "/app new"}},
		{"later entry wins", [][]lt.Entry{{marked("app", "old"), marked("app", "new")}},
			map[string]string{"/app": "/app new"}},
		{"merged folders", [][]lt.Entry{{lt.Dir("d"), marked("d/a", "a")}, {lt.Dir("d"), marked("d/b", "b")}},
			map[string]string{"/d/a": "/d/a a", "/d/b": "/d/b b"}},
		{"folders without entries", [][]lt.Entry{{marked("x/y/a", "a")}, {marked("x/y/b", "b")}},
			map[string]string{"/x/y/a": "/x/y/a a", "/x/y/b": "/x/y/b b", "/x": "/x dir", "/x/y": "/x/y dir"}},

		{"whiteout", [][]lt.Entry{{marked("d/a", "a"), marked("d/b", "b")}, {lt.Gone("d/a")}},
			map[string]string{"/d/a": "absent /d/a", "/d/b": "/d/b b"}},
		{"whiteout of a folder", [][]lt.Entry{{marked("d/e/a", "a")}, {lt.Gone("d/e")}},
			map[string]string{"/d/e/a": "absent /d/e", "/d": "/d dir"}},
		{"whiteout of a link", [][]lt.Entry{base, {lt.Gone("bin")}},
			map[string]string{"/bin/sh": "absent /bin", "/usr/bin/sh": "/usr/bin/sh dash"}},
		{"file in place of what was taken away", [][]lt.Entry{{marked("a", "old")}, {lt.Gone("a"), marked("a", "new")}},
			map[string]string{"/a": "/a new"}},
		// As overlay file systems show it, which all runtimes use.
		{"folder in place of what was taken away",
			[][]lt.Entry{{marked("d/a", "a")}, {lt.Gone("d"), lt.Dir("d"), marked("d/b", "b")}},
			map[string]string{"/d/a": "/d/a a", "/d/b": "/d/b b"}},
		{"opaque folder in place of what was taken away",
			[][]lt.Entry{{marked("d/a", "a")}, {lt.Gone("d"), lt.Dir("d"), lt.Opaque("d"), marked("d/b", "b")}},
			map[string]string{"/d/a": "absent /d/a", "/d/b": "/d/b b"}},
		{"file in place of a folder that was taken away",
			[][]lt.Entry{{marked("d/a", "a")}, {lt.Gone("d"), marked("d", "d")}},
			map[string]string{"/d/a": "not a folder /d"}},
		{"back again above a whiteout", [][]lt.Entry{{marked("a", "1")}, {lt.Gone("a")}, {marked("a", "3")}},
			map[string]string{"/a": "/a 3"}},
		{"whiteout of something else", [][]lt.Entry{{marked("ab", "x")}, {lt.Gone("a")}},
			map[string]string{"/ab": "/ab x"}},

		{"opaque", [][]lt.Entry{{marked("d/a", "a")}, {lt.Dir("d"), lt.Opaque("d"), marked("d/b", "b")}},
			map[string]string{"/d/a": "absent /d/a", "/d/b": "/d/b b"}},
		{"opaque behind the files",
			[][]lt.Entry{{marked("d/a", "a")}, {lt.Dir("d"), marked("d/b", "b"), lt.Opaque("d")}},
			map[string]string{"/d/a": "absent /d/a", "/d/b": "/d/b b"}},
		{"opaque above", [][]lt.Entry{{marked("d/e/f/a", "a")}, {lt.Opaque("d")}},
			map[string]string{"/d/e/f/a": "absent /d/e", "/d": "/d dir"}},
		{"opaque root", [][]lt.Entry{{marked("a", "a")}, {lt.Opaque(""), marked("b", "b")}},
			map[string]string{"/a": "absent /a", "/b": "/b b"}},
		{"opaque elsewhere", [][]lt.Entry{{marked("d/a", "a")}, {lt.Opaque("e")}}, map[string]string{"/d/a": "/d/a a"}},

		{"folder in place of a link", [][]lt.Entry{base, {lt.Dir("bin"), marked("bin/x", "x")}},
			map[string]string{"/bin/sh": "absent /bin/sh", "/bin/x": "/bin/x x", "/usr/bin/sh": "/usr/bin/sh dash"}},
		// Overlay file systems, which all runtimes use, make a folder of a name that a layer has
		// files under.
		{"files in place of a link", [][]lt.Entry{base, {marked("bin/x", "x")}},
			map[string]string{"/bin/sh": "absent /bin/sh", "/bin/x": "/bin/x x"}},
		{"link in place of a folder",
			[][]lt.Entry{{marked("bin/sh", "old")}, {lt.Link("bin", "usr/bin"), marked("usr/bin/sh", "new")}},
			map[string]string{"/bin/sh": "/usr/bin/sh new"}},
		{"file in place of a folder", [][]lt.Entry{{marked("d/a", "a")}, {marked("d", "file")}},
			map[string]string{"/d/a": "not a folder /d"}},
		{"folder in place of a file", [][]lt.Entry{{marked("d", "file")}, {marked("d/a", "a")}},
			map[string]string{"/d/a": "/d/a a"}},
		{"folder hides what lies two layers below",
			[][]lt.Entry{{marked("d/a", "a")}, {marked("d", "file")}, {marked("d/b", "b")}},
			map[string]string{"/d/a": "absent /d/a", "/d/b": "/d/b b"}},

		{"files below the layer's own link",
			[][]lt.Entry{{lt.Link("bin", "usr/bin"), marked("bin/x", "x"), lt.Hard("bin/y", "bin/x"),
				marked("zz", "z")}},
			map[string]string{"/bin/x": "/usr/bin/x x", "/usr/bin/x": "/usr/bin/x x", "/bin/y": "/usr/bin/y x"}},
		{"files below a chain of own links",
			[][]lt.Entry{{lt.Link("a", "/b"), lt.Link("b", "./d"), marked("a/e/x", "x"), marked("a/e/y", "y")}},
			map[string]string{"/d/e/x": "/d/e/x x", "/a/e/y": "/d/e/y y"}},
		{"own link replaced by a folder",
			[][]lt.Entry{{lt.Link("bin", "usr/bin"), lt.Dir("bin"), marked("bin/x", "x")}},
			map[string]string{"/bin/x": "/bin/x x", "/usr": "absent /usr"}},

		{"hard link", [][]lt.Entry{{marked("a", "x"), lt.Hard("b", "a"), lt.Hard("c", "/b")}},
			map[string]string{"/b": "/b x", "/c": "/c x"}},
		{"hard link whose first name is gone above",
			[][]lt.Entry{{marked("a", "x"), lt.Hard("b", "a")}, {lt.Gone("a")}},
			map[string]string{"/b": "/b x", "/a": "absent /a"}},
		{"hard link whose first name is other above",
			[][]lt.Entry{{marked("a", "old"), lt.Hard("b", "a")}, {marked("a", "new")}},
			map[string]string{"/b": "/b old", "/a": "/a new"}},
		{"hard link to what is replaced later",
			[][]lt.Entry{{marked("a", "old"), lt.Hard("b", "a"), marked("a", "new"), lt.Hard("c", "a")}},
			map[string]string{"/a": "/a new", "/b": "/b old", "/c": "/c new"}},
		{"hard link that is replaced later", [][]lt.Entry{{marked("a", "a"), lt.Hard("b", "a"), marked("b", "b")}},
			map[string]string{"/a": "/a a", "/b": "/b b"}},
		{"hard link in place of a link",
			[][]lt.Entry{{marked("a", "a"), lt.Link("b", "no"), lt.Hard("b", "a"), lt.Hard("c", "b")}},
			map[string]string{"/b": "/b a", "/c": "/c a"}},
		{"hard link to a symlink", [][]lt.Entry{{lt.Link("l", "x"), lt.Hard("m", "l"), marked("x", "x")}},
			map[string]string{"/m": "/x x"}},
		{"hard-linked busybox",
			[][]lt.Entry{{lt.Dir("bin"), marked("bin/[", "busybox"), lt.Hard("bin/sh", "bin/["),
				lt.Hard("bin/ls", "bin/[")}}, map[string]string{"/bin/sh": "/bin/sh busybox"}},

		{"a slash behind a file",
			[][]lt.Entry{{marked("a", "a"), lt.Link("b", "a"), lt.Link("c", "a/"), lt.Dir("d"), lt.Link("e", "d/")}},
			map[string]string{"/a/": "not a folder /a", "a/": "not a folder /a", "/b/": "not a folder /a",
				"/c": "not a folder /a", "/a/.": "not a folder /a", "/d/": "/d dir", "/e": "/d dir", "/e/": "/d dir",
				"//": "/ dir"}},
		{"symlink to nothing", [][]lt.Entry{{lt.Link("a", "/x/y")}}, map[string]string{"/a": "absent /x"}},
		{"symlink to itself", [][]lt.Entry{{lt.Link("a", "a")}}, map[string]string{"/a": "circle"}},
		{"symlinks in a circle", [][]lt.Entry{{lt.Link("a", "/b"), lt.Link("b", "a/c")}},
			map[string]string{"/a": "circle"}},
		{"symlinks in a plain circle", [][]lt.Entry{{lt.Link("a", "/b"), lt.Link("b", "a")}},
			map[string]string{"/a": "circle", "/b/x": "circle"}},
		{"one link twice is no circle", [][]lt.Entry{{lt.Link("a", "."), marked("x", "x")}},
			map[string]string{"/a/a/a/x": "/x x"}},
		{"symlinks in a wide circle",
			[][]lt.Entry{{lt.Link("a", "/b"), lt.Link("b", "c"), lt.Link("c", "d"), lt.Link("d", "a/x")}},
			map[string]string{"/a": "circle"}},
		{"as many symlinks as Linux follows", [][]lt.Entry{chain(40, "")},
			map[string]string{"/l1": "/l41 end", "/l2/x": "not a folder /l41"}},
		{"more symlinks than Linux follows", [][]lt.Entry{chain(41, "")},
			map[string]string{"/l1": "too many links", "/l2": "/l42 end"}},
		{"more symlinks than Linux follows, every second one the same",
			[][]lt.Entry{append(chain(30, "to/"), lt.Link("to", "/"))},
			map[string]string{"/l11": "/l31 end", "/l1": "too many links"}},
		{"symlink out of the root", [][]lt.Entry{{lt.Link("a/b", "../../../../x"), marked("x", "x")}},
			map[string]string{"/a/b": "/x x"}},
		{"symlink to the root", [][]lt.Entry{{lt.Link("a", "/"), marked("x", "x")}},
			map[string]string{"/a": "/ dir", "/a/a/x": "/x x"}},
		{"symlink across layers", [][]lt.Entry{{marked("opt/v2/app", "v2")}, {lt.Link("opt/app", "v2/app")}},
			map[string]string{"/opt/app": "/opt/v2/app v2"}},
		{"symlink up across layers",
			[][]lt.Entry{{lt.Link("etc/alternatives/java", "/opt/jdk/bin/java"),
				lt.Link("usr/bin/java", "/etc/alternatives/java")}, {marked("opt/jdk/bin/java", "java")}},
			map[string]string{"/usr/bin/java": "/opt/jdk/bin/java java"}},
		{"symlink through a link",
			[][]lt.Entry{{lt.Link("a", "b/../c"), lt.Link("b", "deep/er"), marked("deep/c", "right"),
				marked("c", "wrong"), lt.Dir("deep/er")}}, map[string]string{"/a": "/deep/c right"}},
		{"symlink into proc", [][]lt.Entry{{lt.Link("a", "/proc/self/exe")}},
			map[string]string{"/a": "outside", "/dev/null": "outside", "/sys": "outside",
				"/process": "absent /process"}},
		{"device", [][]lt.Entry{{lt.Plain("x", nil)}}, map[string]string{"/x": "/x "}},

		{"Nix store",
			[][]lt.Entry{{marked("nix/store/abc-hello/bin/hello", "hello")},
				{lt.Link("bin", "/nix/store/abc-hello/bin")}},
			map[string]string{"/bin/hello": "/nix/store/abc-hello/bin/hello hello"}},
		{"no layers", nil, map[string]string{"/app": "absent /app", "/": "/ dir"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			for name, want := range test.ask {
				// Each question alone, and then all of one file system in any order.
				if got := show(t, image(t, test.layers...), "/", name); got != want {
					t.Errorf("%s: %s, want %s", name, got, want)
				}
			}
			fs := image(t, test.layers...)
			for name, want := range test.ask {
				if got := show(t, fs, "/", name); got != want {
					t.Errorf("%s among others: %s, want %s", name, got, want)
				}
			}
		})
	}
}

// A hard link needs a file that stands before it in its own layer, a whiteout a place where its own
// layer has nothing, and what is in a folder no file or whiteout in that folder's place; containerd
// can't unpack any other.
func TestEntriesThatCantBeUnpacked(t *testing.T) {
	for name, test := range map[string]struct {
		layers [][]lt.Entry
		reason string
	}{
		"into the layer below": {[][]lt.Entry{{marked("real", "x")}, {lt.Hard("a", "real")}},
			"/a is a hard link to /real, which doesn't stand before it"},
		"before its target": {[][]lt.Entry{{lt.Hard("a", "z"), marked("z", "x")}},
			"/a is a hard link to /z, which doesn't stand before it"},
		"to nothing": {[][]lt.Entry{{lt.Hard("a", "no")}},
			"/a is a hard link to /no, which doesn't stand before it"},
		"in a circle": {[][]lt.Entry{{lt.Hard("a", "b"), lt.Hard("b", "a")}},
			"/a is a hard link to /b, which doesn't stand before it"},
		"to itself": {[][]lt.Entry{{lt.Hard("a", "a")}},
			"/a is a hard link to /a, which doesn't stand before it"},
		"to a folder": {[][]lt.Entry{{lt.Dir("d"), lt.Hard("a", "d")}},
			"/a is a hard link to /d, which is a folder"},
		"to a folder that nothing but its files tell of": {[][]lt.Entry{{lt.Plain("d/x", nil), lt.Hard("a", "d")}},
			"which is a folder"},
		"that nobody asks for": {[][]lt.Entry{{marked("real", "x")},
			{marked("a", "x"), lt.Hard("other", "real")}}, "/other is a hard link to /real"},

		"gone behind its own entry": {[][]lt.Entry{{marked("a", "x"), lt.Gone("a")}}, "it marks /a as gone"},
		"gone twice": {[][]lt.Entry{{marked("a", "x")}, {lt.Gone("a"), lt.Gone("a")}},
			"it marks /a as gone"},
		"gone behind what is in it": {[][]lt.Entry{{marked("a/x", "x")}, {marked("a/y", "y"), lt.Gone("a")}},
			"it marks /a as gone"},
		"gone behind what is gone in it": {[][]lt.Entry{{marked("a/x", "x")}, {lt.Gone("a/x"), lt.Gone("a")}},
			"it marks /a as gone"},
		"a file in a folder that is gone": {[][]lt.Entry{{marked("a", "x")}, {lt.Gone("d"), marked("d/y", "y")}},
			"it has entries below /d, after it has marked /d as gone"},
		"a file below a folder that is gone": {[][]lt.Entry{{marked("a", "x")}, {lt.Gone("d"), marked("d/e/y", "y")}},
			"it has entries below /d, after it has marked /d as gone"},
		"a mark in a folder that is gone": {[][]lt.Entry{{marked("a", "x")}, {lt.Gone("d"), lt.Gone("d/e/y")}},
			"it has entries below /d, after it has marked /d as gone"},
		"a folder that is gone, and opaque": {[][]lt.Entry{{marked("a", "x")}, {lt.Gone("d"), lt.Opaque("d")}},
			"it has entries below /d, after it has marked /d as gone"},
		"a folder that is gone, behind a link": {[][]lt.Entry{{marked("a", "x")},
			{lt.Link("l", "d"), lt.Gone("d"), marked("l/y", "y")}},
			"it has entries below /d, after it has marked /d as gone"},
		"a file in a file": {[][]lt.Entry{{marked("a", "x")}, {marked("d", "d"), marked("d/y", "y")}},
			"it has entries below /d, where it has put a file before"},
		"a mark in a file": {[][]lt.Entry{{marked("a", "x")}, {marked("d", "d"), lt.Gone("d/y")}},
			"it has entries below /d, where it has put a file before"},
		"a file in what was a folder": {[][]lt.Entry{{marked("d/x", "x"), marked("d", "d"), marked("d/y", "y")}},
			"it has entries below /d, where it has put a file before"},
	} {
		t.Run(name, func(t *testing.T) {
			fs := image(t, test.layers...)
			for range 2 { // the second time nothing is left to read
				_, err := fs.Resolve(t.Context(), "/", "/a")
				var damage *rootfs.Damage
				if !errors.As(err, &damage) || !strings.Contains(damage.Reason, test.reason) {
					t.Errorf("error %v, want one with %q", err, test.reason)
				}
			}
			if err := fs.Finish(t.Context()); err == nil {
				t.Error("Finish finds nothing wrong")
			}
			readings := fs.Readings()
			if got := readings[len(readings)-1].Damage; !strings.Contains(got, test.reason) {
				t.Errorf("damage %q, want %q", got, test.reason)
			}
		})
	}
}

// More hard links than are resolved together, with other files between them.
func TestManyHardLinks(t *testing.T) {
	var entries []lt.Entry
	for n := range 30_000 {
		entries = append(entries, marked(fmt.Sprintf("d/%06d", n), fmt.Sprint(n)),
			lt.Hard(fmt.Sprintf("d/%06d-b", n), fmt.Sprintf("d/%06d", n)))
	}
	entries = append(entries, lt.Hard("e/first", "d/000000-b"), lt.Hard("e/last", "d/029999-b"))
	fs := image(t, entries)
	for name, want := range map[string]string{
		"/e/first": "/e/first 0", "/e/last": "/e/last 29999", "/d/012345-b": "/d/012345-b 12345",
		"/d/000001-b": "/d/000001-b 1",
	} {
		if got := show(t, fs, "/", name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

// Markers that containerd can unpack.
func TestMarkersThatCanBeUnpacked(t *testing.T) {
	for name, entries := range map[string][]lt.Entry{
		"beside each other":              {lt.Gone("d/x"), lt.Gone("d/y"), lt.Gone("e")},
		"and back again":                 {lt.Gone("x"), marked("x", "x")},
		"and back again as a folder":     {lt.Gone("d"), lt.Dir("d"), lt.Gone("d/x")},
		"behind its folder":              {lt.Dir("d"), marked("d/y", "y"), lt.Gone("d/x")},
		"an opaque folder with one gone": {lt.Opaque("d"), lt.Gone("d/x"), lt.Opaque("d")},
		"an opaque root":                 {lt.Opaque(""), lt.Gone("x")},
		"names that begin alike":         {lt.Gone("d"), lt.Gone("dd/x"), lt.Gone("d-x")},
		"a folder of its own":            {lt.Gone("d"), lt.Dir("d"), marked("d/x", "x"), marked("d/e/y", "y")},
		"a folder behind a link":         {lt.Link("l", "d/e"), marked("l/x", "x"), lt.Gone("l/y")},
		"a file's place as a folder":     {marked("d", "d"), lt.Dir("d"), marked("d/x", "x")},
		"a folder's place as a file":     {marked("d/x", "x"), marked("d", "d")},
	} {
		if err := image(t, []lt.Entry{marked("a", "a")}, entries).Finish(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What was read before the last question counts as well: each question judges what is pending.
func TestMarksOfEarlierBatches(t *testing.T) {
	const many = 9000 // more than are judged together
	var between []lt.Entry
	for n := range many {
		between = append(between, lt.Gone(fmt.Sprintf("e/%05d", n)))
	}
	for name, test := range map[string]struct {
		first, last lt.Entry
		reason      string
	}{
		"gone twice":                      {lt.Gone("d"), lt.Gone("d"), "it marks /d as gone"},
		"gone behind what is gone in it":  {lt.Gone("d/x"), lt.Gone("d"), "it marks /d as gone"},
		"a mark in a folder that is gone": {lt.Gone("d"), lt.Gone("d/x"), "it has entries below /d"},
		"a file in a folder that is gone": {lt.Gone("d"), marked("d/x", "x"), "it has entries below /d"},
		"a file in a file":                {marked("d", "x"), marked("d/x", "x"), "it has entries below /d"},
		"a folder of its own":             {lt.Gone("d"), lt.Dir("d"), ""},
		"gone beside each other":          {lt.Gone("d/x"), lt.Gone("d/y"), ""},
	} {
		layer := append(append([]lt.Entry{test.first}, between...), test.last)
		err := image(t, []lt.Entry{marked("a", "a")}, layer).Finish(t.Context())
		if got := fmt.Sprint(err); err == nil != (test.reason == "") || !strings.Contains(got, test.reason) {
			t.Errorf("%s: %s, want %q", name, got, test.reason)
		}
	}
}

// A mark in a folder makes that folder, which hides a link of the layers below.
func TestMarksMakeTheirFolders(t *testing.T) {
	fs := image(t, []lt.Entry{lt.Link("lib", "usr/lib"), marked("usr/lib/x", "x"), marked("usr/lib/y", "y")},
		[]lt.Entry{lt.Gone("lib/x")})
	for name, want := range map[string]string{
		"/lib/y": "absent /lib/y", "/lib": "/lib dir", "/usr/lib/x": "/usr/lib/x x",
	} {
		if got := show(t, fs, "/", name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

// Under which names a file is BusyBox, of which env takes other options.
func TestBusyBoxIsKnownByItsName(t *testing.T) {
	fs := image(t, []lt.Entry{
		marked("bin/[", "x"), lt.Hard("bin/ash", "bin/["), lt.Hard("bin/busybox", "bin/["), lt.Hard("bin/env", "bin/["),
		lt.Hard("bin/sh", "bin/env"),
		marked("usr/bin/busybox", "y"), lt.Link("usr/bin/env", "busybox"), marked("usr/bin/other", "y"),
		lt.Hard("usr/bin/more", "usr/bin/other"),
	})
	for name, want := range map[string]bool{
		"/bin/busybox": true, "/bin/env": true, "/bin/sh": true, "/usr/bin/busybox": true, "/usr/bin/env": true,
		"/usr/bin/other": false, "/usr/bin/more": false,
	} {
		f, err := fs.Resolve(t.Context(), "/", name)
		if err != nil || f.State != rootfs.Found || f.Node.BusyBox != want {
			t.Errorf("%s: %+v, %v; want BusyBox %v", name, f, err, want)
		}
	}
}

func TestRelativeNamesStartInTheFolder(t *testing.T) {
	fs := image(t,
		[]lt.Entry{lt.Link("current", "srv/app"), marked("srv/app/run", "run"), marked("srv/other", "other")})
	for name, want := range map[string]string{
		"run":          "/srv/app/run run",
		"./run":        "/srv/app/run run",
		"../other":     "/srv/other other",
		"/current/run": "/srv/app/run run",
		"no":           "absent /srv/app/no",
	} {
		if got := show(t, fs, "/current", name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

// A runtime makes the working directory before it starts anything.
func TestMissingWorkingFolder(t *testing.T) {
	fs := image(t,
		[]lt.Entry{marked("run", "run"), marked("file", "x"), lt.Link("dangling", "gone"), lt.Link("circle", "circle")})
	for _, test := range []struct{ folder, name, want string }{
		{"/nowhere", "run", "absent /nowhere/run"},
		{"/no/where", "../../run", "/run run"},
		{"/file", "run", "not a folder /file"},
		{"/file/below", "../run", "not a folder /file"},
		{"/dangling", "../run", "absent /gone"},
		{"/circle", "run", "circle"},
		{"/proc/1", "exe", "outside"},
	} {
		if got := show(t, fs, test.folder, test.name); got != test.want {
			t.Errorf("%s in %s: %s, want %s", test.name, test.folder, got, test.want)
		}
	}
}

func TestWorkingFolders(t *testing.T) {
	fs := image(t, []lt.Entry{
		marked("srv/file", "x"), lt.Link("home", "srv"), lt.Link("dangling", "gone"), lt.Link("circle", "circle"),
		lt.Link("tofile", "srv/file"),
	})
	for name, want := range map[string]struct {
		path   string
		usable bool
	}{
		"/": {"/", true}, "/srv": {"/srv", true}, "/srv/": {"/srv", true}, "/home": {"/srv", true},
		"/home/new":    {"/srv/new", true},
		"/new/../home": {"/srv", true}, "/new/deep": {"/new/deep", true}, "/..//./srv": {"/srv", true},
		"/home/../x": {"/x", true},
		"/srv/file":  {"/srv/file", false}, "/srv/file/x": {"/srv/file", false}, "/tofile": {"/srv/file", false},
		"/srv/file/..": {"/srv/file", false},
		"/dangling":    {"/gone", false}, "/dangling/x": {"/gone", false}, "/circle": {"/", false},
		"/circle/x": {"/", false}, "/proc/self": {"/proc", false},
	} {
		f, err := fs.Folder(t.Context(), name)
		if err != nil || f.Path != want.path || f.Usable() != want.usable {
			t.Errorf("%s: %+v, usable %v, %v; want %+v", name, f, f.Usable(), err, want)
		}
	}
}

func TestWhatLedToAMissingFileIsKept(t *testing.T) {
	fs := image(t, []lt.Entry{lt.Link("bin", "usr/bin"), lt.Link("usr/bin/python", "python3")})
	f, err := fs.Resolve(t.Context(), "/", "/bin/python")
	if err != nil || f.State != rootfs.Absent || !f.Dangling || f.Missing != "/usr/bin/python3" ||
		f.Via != "/bin → usr/bin" {
		t.Errorf("%+v, %v", f, err)
	}
	f, err = fs.Resolve(t.Context(), "/", "/bin/perl")
	if err != nil || f.Dangling {
		t.Errorf("%+v, %v", f, err)
	}
}

// chain is a file behind so many symlinks, each of which goes through a folder.
func chain(n int, through string) []lt.Entry {
	var entries []lt.Entry
	for i := range n {
		entries = append(entries, lt.Link(fmt.Sprintf("l%d", i+1), fmt.Sprintf("%sl%d", through, i+2)))
	}
	return append(entries, marked(fmt.Sprintf("l%d", n+1), "end"))
}

func TestTheLastLinkOnTheWayIsKnown(t *testing.T) {
	fs := image(t,
		[]lt.Entry{lt.Link("app", "current/app"), lt.Link("current", "v1"), lt.Link("v1/app", "/opt/v1/bin/app"),
			marked("run", "x")})
	for name, want := range map[string]string{
		"/app":       "/v1/app → /opt/v1/bin/app",
		"/current/x": " → ",
		"/run":       " → ",
		"/current":   "/current → v1",
	} {
		f, err := fs.Resolve(t.Context(), "/", name)
		if got := f.Link + " → " + f.Target; err != nil || got != want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func TestHostileLayersEnd(t *testing.T) {
	var circles, folders []lt.Entry
	for n := range 3000 {
		circles = append(circles, lt.Link(fmt.Sprintf("l%d", n), fmt.Sprintf("l%d/x", n+1)))
		folders = append(folders, lt.Plain(fmt.Sprintf("%d/%s", n%2, strings.Repeat("d/", 200)+fmt.Sprint(n)), nil))
	}
	own := []lt.Entry{lt.Link("a", "b"), lt.Link("b", "a"), lt.Plain("a/x", nil)}
	for name, entries := range map[string][]lt.Entry{"a long chain": circles, "alternating deep folders": folders} {
		if got := show(t, image(t, entries), "/", "/l0"); !strings.HasPrefix(got, "too many") &&
			!strings.HasPrefix(got, "absent") {
			t.Errorf("%s: %s", name, got)
		}
	}
	if _, err := image(t, own).Resolve(t.Context(), "/", "/x"); err == nil {
		t.Error("a circle of the layer's own links was not noticed")
	}
	long := image(t, []lt.Entry{lt.Link("a", strings.Repeat("../", 1300)), lt.Link("b", strings.Repeat("a/", 2000))})
	for _, name := range []string{"/b", "/" + strings.Repeat("x", 300), "/" + strings.Repeat("y/", 3000),
		strings.Repeat("/a", 2000)} {
		if got := show(t, long, "/", name); !strings.HasPrefix(got, "too many") && !strings.HasPrefix(got, "absent") {
			t.Errorf("%.20s…: %s", name, got)
		}
	}
}

// Whatever a layer holds, looking things up in it ends, and gives the same in whatever order is
// asked.
func FuzzResolve(f *testing.F) {
	f.Add("a>b b>a c", "/a", "/c")
	f.Add("bin>usr/bin usr/bin/sh bin/x", "/bin/sh", "/bin/x")
	f.Add("a=b b=c c -d !e | d/x e/y c/z", "/a", "/d/x")
	f.Add("a/../b ../c //d x/ | a/b/c/d/e/f/g", "/..", "/a/b")
	f.Add("d/x e>d | -d d/ d/y -e/z !e", "/d/y", "/e")
	f.Add("d -d/x | !d d/x d d/y", "/d/x", "/d")
	f.Fuzz(func(t *testing.T, text, one, other string) {
		s := newStack()
		var layers []specs.Descriptor
		for part := range strings.SplitSeq(text, "|") {
			var entries []lt.Entry
			for _, word := range strings.Fields(part) {
				name, target, link := strings.Cut(word, ">")
				first, second, hard := strings.Cut(word, "=")
				switch {
				case strings.ContainsRune(word, 0):
					return
				case link:
					entries = append(entries, lt.Link(name, target))
				case hard:
					entries = append(entries, lt.Hard(first, second))
				case word[0] == '-':
					entries = append(entries, lt.Gone(word[1:]))
				case word[0] == '!':
					entries = append(entries, lt.Opaque(word[1:]))
				case strings.HasSuffix(word, "/"):
					entries = append(entries, lt.Dir(word))
				default:
					entries = append(entries, marked(word, "x"))
				}
			}
			layers = append(layers, s.put(lt.Tar(entries...)))
		}
		ask := func(names ...string) (all []string) {
			fs := rootfs.NewStore(s.open, rootfs.Options{}).FS(layers)
			defer fs.Close()
			for _, name := range names {
				f, err := fs.Resolve(t.Context(), "/", name)
				all = append(all, fmt.Sprint(f, err))
			}
			return all
		}
		a, b := ask(one, other), ask(other, one)
		if a[0] != b[1] || a[1] != b[0] {
			t.Errorf("%q then %q: %q; the other way around %q", one, other, a, b)
		}
	})
}
