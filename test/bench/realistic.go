package main

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"

	"github.com/klauspost/compress/gzip"
	v1 "github.com/opencontainers/image-spec/specs-go/v1"
)

// The layers of an ordinary application, in the order in which every tool writes them: sorted by
// name. Their files compress about 2.5 times, as Debian's do.

// realistic stores images of about 200 MB for two platforms, their programs in the last layer: one
// under the tag static, with a static program, and one under dynamic, whose loader is in the first
// layer. It gives the size of one.
func (f *folder) realistic() (size int64) {
	entries := map[string][]v1.Descriptor{}
	for _, arch := range []string{"amd64", "arm64"} {
		write := func(content func(*tar.Writer, string) error) layer {
			l := f.layer(func(w *tar.Writer) error { return content(w, arch) }, ordinary)
			size += l.Size
			return l
		}
		below := []layer{write(base), write(dependencies)}
		run := v1.ImageConfig{Entrypoint: []string{"/app"}}
		static := write(func(w *tar.Writer, arch string) error { return application(w, arch, "") })
		dynamic := f.layer(func(w *tar.Writer) error { return application(w, arch, loaderOf[arch]) }, ordinary)
		entries["static"] = append(entries["static"], f.image(linux(arch), run, append(below, static)...))
		entries["dynamic"] = append(entries["dynamic"], f.image(linux(arch), run, append(below, dynamic)...))
	}
	for tag, list := range entries {
		f.index(tag, list...)
	}
	return size
}

// base is a Debian of 190 MB, with the dynamic loader.
func base(w *tar.Writer, arch string) error {
	t := newTree(w, "base "+arch)
	t.link("bin", "usr/bin")
	t.files("etc/conf-%05d", 400, 2<<10)
	t.link("lib", "usr/lib")
	t.link("lib64", "usr/lib64")
	t.files("usr/bin/tool-%05d", 500, 60<<10)
	multiarch := map[string]string{"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}[arch]
	t.file(loaderFile(arch), 0o755, staticELF(arch), 200<<10)
	t.files("usr/lib/"+multiarch+"/lib%05d.so", 900, 120<<10)
	if arch == "amd64" {
		t.link("usr/lib64/ld-linux-x86-64.so.2", "../lib/"+multiarch+"/ld-linux-x86-64.so.2")
	} else {
		t.link("usr/lib/ld-linux-aarch64.so.1", multiarch+"/ld-linux-aarch64.so.1")
	}
	t.files("usr/share/doc-%05d", 5000, 10<<10)
	t.files("var/lib/dpkg/info-%05d", 1500, 3<<10)
	return t.err
}

var loaderOf = map[string]string{"amd64": "/lib64/ld-linux-x86-64.so.2", "arm64": "/lib/ld-linux-aarch64.so.1"}

func loaderFile(arch string) string {
	return map[string]string{
		"amd64": "usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2",
		"arm64": "usr/lib/aarch64-linux-gnu/ld-linux-aarch64.so.1",
	}[arch]
}

// dependencies are 120 MB of an application's packages.
func dependencies(w *tar.Writer, arch string) error {
	t := newTree(w, "dependencies "+arch)
	t.files("opt/packages/%05d/index.js", 12000, 10<<10)
	return t.err
}

// application is a program of 12 MB in a layer of its own.
func application(w *tar.Writer, arch, loader string) error {
	t := newTree(w, "application "+arch)
	t.file("app", 0o755, program(arch, loader), 12<<20)
	return t.err
}

// tree writes files whose contents follow from its name.
type tree struct {
	w      *tar.Writer
	random *rand.Rand
	err    error
}

func newTree(w *tar.Writer, name string) *tree {
	return &tree{w: w, random: rand.New(rand.NewChaCha8([32]byte([]byte(fmt.Sprintf("%-32s", name)))))}
}

// files writes so many files of about a size.
func (t *tree) files(pattern string, count, size int) {
	for n := range count {
		t.file(fmt.Sprintf(pattern, n), 0o644, nil, size/2+t.random.IntN(size))
	}
}

// file writes a file that begins with the given bytes.
func (t *tree) file(name string, mode int64, begin []byte, size int) {
	content := bytes.NewBuffer(begin)
	for content.Len() < size {
		// A third is random, the rest is what occurs again and again.
		if t.random.IntN(3) == 0 {
			for range 8 {
				n := t.random.Uint64()
				content.Write([]byte{byte(n), byte(n >> 8), byte(n >> 16), byte(n >> 24), byte(n >> 32), byte(n >> 40),
					byte(n >> 48), byte(n >> 56)})
			}
			continue
		}
		fmt.Fprintf(content, "the word %d of the same %64d\n", t.random.IntN(500), 0)
	}
	t.entry(tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: mode, Size: int64(content.Len())}, content)
}

func (t *tree) link(name, target string) {
	t.entry(tar.Header{Typeflag: tar.TypeSymlink, Name: name, Linkname: target, Mode: 0o777}, nil)
}

func (t *tree) entry(h tar.Header, content io.Reader) {
	if t.err != nil {
		return
	}
	if t.err = t.w.WriteHeader(&h); t.err == nil && content != nil {
		_, t.err = io.Copy(t.w, content)
	}
}

// ordinary is the compression of buildx and docker.
func ordinary(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriter(w), nil }
