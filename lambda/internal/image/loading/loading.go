// Package loading finds the shared libraries of a program as the dynamic loaders of glibc and musl
// do, and looks whether they define the versions of symbols that are asked for. It judges nothing,
// and whatever can't be told is left open instead of guessed: a library that a person could find
// somewhere isn't missing.
package loading

import (
	"context"
	"errors"
	"path"
	"slices"
	"strings"

	"archway/lambda/internal/image/executable"
	"archway/lambda/internal/image/layer"
	"archway/lambda/internal/image/rootfs"
)

// Files is an image's root file system. *rootfs.FS is one.
type Files interface {
	Resolve(ctx context.Context, folder, name string) (rootfs.File, error)
}

// Program is a dynamic program that starts.
type Program struct {
	File rootfs.File
	// Loader is its dynamic loader, and LoaderName how the program names it.
	Loader     rootfs.File
	LoaderName string
	// Env and Folder are the environment and the working directory in which it starts.
	Env    []string
	Folder string
}

// Result is what a dynamic loader would find.
type Result struct {
	// Known is false if nothing can be told: the loader is neither glibc's nor musl's, or the
	// program's own tables weren't read.
	Known bool
	// Sure is false if not everything that is loaded was looked at, or something changes how the
	// loader searches.
	Sure bool
	// Musl says that the loader is musl's, and not glibc's.
	Musl bool
	// Objects are the program, and the libraries in the order in which they are loaded.
	Objects []Object
	Missing []Missing
	Unmet   []Unmet
}

// Object is a program or library that is loaded.
type Object struct {
	// Name is how it is asked for, and Path where it is.
	Name, Path string
	Links      executable.Linkage
	// By is the file that asks for it.
	By string
}

// Missing is a library that isn't found.
type Missing struct {
	Name, By string
	// Searched are the folders in which the loader looks for it.
	Searched []string
	// Elsewhere is a place where such a file is, and where the loader doesn't look.
	Elsewhere string
	// Cached says that the image has a cache of libraries, which ldconfig writes.
	Cached bool
}

// Unmet is a version of symbols that a library doesn't define.
type Unmet struct {
	// Version is asked for by the file By of the library at Path.
	Version, Path, By string
	// Has are the versions that it does define.
	Has []string
}

// maxObjects bounds how many libraries are looked at. LibreOffice loads some 200.
const maxObjects = 500

// Load follows what a loader does before it jumps to the program. The error is that of reading the
// files.
func Load(ctx context.Context, files Files, p Program) (Result, error) {
	l := &loader{ctx: ctx, files: files, program: p, result: Result{Sure: true}}
	main := p.File.Node.Program
	if main.LinksUnseen || p.Loader.State != rootfs.Found || p.Loader.Node.Program.LinksUnseen {
		return l.result, nil
	}
	if l.kind = kindOf(p); l.kind == unknownLoader {
		return l.result, nil
	}
	l.machine, l.result.Musl = main.Machine, l.kind == musl
	if err := l.prepare(); err != nil {
		return l.result, err
	}
	l.result.Known = true
	err := l.all()
	return l.result, err
}

type loaderKind int

const (
	unknownLoader loaderKind = iota
	glibc
	musl
)

// kindOf tells whose loader it is, by what it defines and how it is called. Other C libraries, and
// programs that stand in for a loader, such as Alpine's gcompat, are unknown.
func kindOf(p Program) loaderKind {
	links := p.Loader.Node.Program.Linkage()
	name, file := path.Base(p.LoaderName), path.Base(p.Loader.Path)
	switch {
	case links.Has("GLIBC_PRIVATE"):
		return glibc
	case strings.HasPrefix(name, "ld-musl-") && len(links.Defines) == 0 && len(links.Needed) == 0 &&
		(strings.HasPrefix(file, "ld-musl-") || file == "libc.so" || strings.HasPrefix(file, "libc.musl-")):
		return musl
	}
	return unknownLoader
}

type loader struct {
	ctx     context.Context
	files   Files
	program Program
	kind    loaderKind
	machine executable.Machine
	// search are the folders that hold for every object, by the environment and by default.
	environment, defaults []string
	cache                 *Cache
	// cacheUnknown says that there is a cache which can't be read; system reports whether the
	// loader stands where a distribution has it, so that its default folders are those that are
	// known.
	cacheUnknown, system bool
	objects              []*object
	result               Result
}

// object is something that is loaded.
type object struct {
	Object
	// origin is the folder that $ORIGIN stands for.
	origin string
	real   string
	// unseen says that it isn't known what it needs.
	unseen bool
	by     *object
}

// all loads the program and what it needs, and what that needs, in the order of all loaders: one
// level after the other.
func (l *loader) all() error {
	p := l.program
	main := &object{Object: Object{Name: p.File.Path, Path: p.File.Path, Links: p.File.Node.Program.Linkage()},
		origin: path.Dir(p.File.Path), real: p.File.Path}
	self := &object{Object: Object{Name: p.LoaderName, Path: p.Loader.Path, Links: p.Loader.Node.Program.Linkage()},
		real: p.Loader.Path}
	l.objects = []*object{main, self}
	if a := p.File.Node.Access; a.Mode&0o6000 != 0 || a.Privileged {
		l.result.Sure = false // the loader doesn't believe the environment then
	}
	for n := 0; n < len(l.objects); n++ {
		o := l.objects[n]
		if o.unseen {
			l.result.Sure = false
		}
		if o == self {
			continue
		}
		for _, name := range o.Links.Needed {
			if err := l.need(o, name); err != nil {
				return err
			}
		}
		if len(l.objects) > maxObjects {
			l.result.Sure = false
			break
		}
	}
	if l.kind == glibc { // musl ignores versions
		l.versions()
	}
	for _, o := range l.objects {
		l.result.Objects = append(l.result.Objects, o.Object)
	}
	return nil
}

// reserved are the libraries that musl is itself, whatever follows their names (ldso/dynlink.c).
var reserved = []string{"c", "pthread", "rt", "m", "dl", "util", "xnet"}

// need finds a library, unless one of that name is loaded already.
func (l *loader) need(o *object, name string) error {
	if l.loaded(name) != nil {
		return nil
	}
	if rest, ok := strings.CutPrefix(name, "lib"); ok && l.kind == musl {
		if stem, _, dotted := strings.Cut(rest, "."); dotted && slices.Contains(reserved, stem) {
			return nil
		}
	}
	f, err := l.find(o, name)
	switch {
	case err != nil:
		return err
	case f.open:
		l.result.Sure = false
	case f.file == nil:
		m := Missing{Name: name, By: o.Path, Searched: f.searched, Cached: l.cache != nil}
		if m.Elsewhere, err = l.elsewhere(o, name); err != nil {
			return err
		}
		l.result.Missing = append(l.result.Missing, m)
	default:
		for _, other := range l.objects {
			if other.real == f.file.Path {
				return nil
			}
		}
		p := f.file.Node.Program
		l.objects = append(l.objects, &object{
			Object: Object{Name: name, Path: f.as, Links: p.Linkage(), By: o.Path},
			origin: path.Dir(f.as), real: f.file.Path, by: o, unseen: p.LinksUnseen || p.Kind != executable.ELF,
		})
	}
	return nil
}

// loaded gives what goes by a name already.
func (l *loader) loaded(name string) *object {
	for _, o := range l.objects {
		if o.Name == name || path.Base(o.Name) == name && o.Name == l.program.LoaderName || o.Links.Soname == name &&
			l.kind == glibc {
			return o
		}
	}
	return nil
}

// versions compares what is asked for with what is defined (glibc, elf/dl-version.c). A library
// that defines no versions at all is taken as it is.
func (l *loader) versions() {
	for _, o := range l.objects {
		for _, want := range o.Links.Wants {
			of := l.loaded(want.Library)
			if of == nil || of.unseen || len(of.Links.Defines) == 0 || of.Links.Has(want.Name) {
				continue
			}
			l.result.Unmet = append(l.result.Unmet,
				Unmet{Version: want.Name, Path: of.Path, By: o.Path, Has: of.Links.Defines})
		}
	}
}

// sameMachine reports whether the loader takes a file.
func (l *loader) sameMachine(m executable.Machine) bool {
	a, b := l.machine, m
	a.Float, b.Float = executable.FloatUnknown, executable.FloatUnknown
	return a == b
}

// resolve follows a name. open says that it can't be told where it leads.
func (l *loader) resolve(name string) (file rootfs.File, open bool, err error) {
	file, err = l.files.Resolve(l.ctx, l.program.Folder, name)
	if errors.Is(err, rootfs.ErrUnread) {
		return file, true, nil
	}
	return file, err == nil && file.State == rootfs.Outside, err
}

func isFile(f rootfs.File) bool { return f.State == rootfs.Found && f.Node.Kind == layer.File }
