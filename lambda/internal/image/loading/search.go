package loading

import (
	"encoding/binary"
	"path"
	"slices"
	"strings"

	"archway/lambda/internal/image/executable"
	"archway/lambda/internal/image/rootfs"
)

// triplets begin the names of the folders in which Debian's and Ubuntu's loaders search first.
var triplets = map[string][]string{
	"386": {"i386-linux-gnu", "i686-linux-gnu"}, "amd64": {"x86_64-linux-gnu"},
	"arm":   {"arm-linux-gnueabihf", "arm-linux-gnueabi"},
	"arm64": {"aarch64-linux-gnu"}, "loong64": {"loongarch64-linux-gnu"}, "mips64le": {"mips64el-linux-gnuabi64"},
	"mipsle":  {"mipsel-linux-gnu"},
	"ppc64le": {"powerpc64le-linux-gnu"}, "riscv64": {"riscv64-linux-gnu"}, "s390x": {"s390x-linux-gnu"},
}

// systemFolders are those in which a distribution's own loader stands, whose default folders are
// then known.
var systemFolders = []string{"/lib", "/lib64", "/lib32", "/usr/lib", "/usr/lib64", "/usr/lib32", "/libx32"}

// prepare reads what holds for all libraries of the program.
func (l *loader) prepare() error {
	folder := path.Dir(l.program.Loader.Path)
	l.system = slices.ContainsFunc(systemFolders, func(f string) bool {
		return folder == f || strings.HasPrefix(folder, f+"/") && strings.Contains(folder, "-linux-")
	})
	values := 0
	for _, variable := range l.program.Env {
		name, value, _ := strings.Cut(variable, "=")
		switch {
		case name == "LD_LIBRARY_PATH":
			values++
			if l.kind == glibc {
				value = strings.ReplaceAll(value, ";", ":")
			}
			l.environment = split(value)
		case name == "LD_PRELOAD", name == "LD_AUDIT":
			l.result.Sure = l.result.Sure && value == ""
		}
	}
	l.result.Sure = l.result.Sure && values < 2
	if l.kind == musl {
		return l.prepareMusl()
	}
	return l.prepareGlibc()
}

// prepareMusl reads the folders that musl searches: those of a file beside the loader, or its own
// (ldso/dynlink.c).
func (l *loader) prepareMusl() error {
	l.defaults = []string{"/lib", "/usr/local/lib", "/usr/lib"}
	name := strings.TrimSuffix(path.Base(l.program.LoaderName), ".so.1")
	prefix := path.Dir(path.Dir(l.program.LoaderName))
	if prefix != "/" {
		l.system = false
		return nil
	}
	l.system = true
	file, open, err := l.resolve("/etc/" + name + ".path")
	switch {
	case err != nil:
		return err
	case open, isFile(file) && !file.Node.Kept:
		l.cacheUnknown = true
	case isFile(file):
		l.defaults = strings.FieldsFunc(file.Node.Content, func(r rune) bool { return r == ':' || r == '\n' })
	case file.State != rootfs.Absent || file.Dangling:
		l.cacheUnknown = true
	}
	return nil
}

// prepareGlibc reads the cache. The default folders are those of all distributions: which of them a
// loader was built with isn't known.
func (l *loader) prepareGlibc() error {
	for _, triplet := range triplets[l.machine.String()] {
		l.defaults = append(l.defaults, "/lib/"+triplet, "/usr/lib/"+triplet)
	}
	l.defaults = append(l.defaults, "/lib64", "/usr/lib64", "/lib", "/usr/lib")
	if l.machine.String() == "riscv64" {
		l.defaults = append(l.defaults, "/lib64/lp64d", "/usr/lib64/lp64d")
	}
	if len(triplets[l.machine.String()]) == 0 {
		l.system = false
	}
	file, open, err := l.resolve("/etc/ld.so.cache")
	switch {
	case err != nil:
		return err
	case open:
		l.cacheUnknown = true
	case isFile(file) && file.Node.Kept:
		order := binary.ByteOrder(binary.LittleEndian)
		if l.machine.Big {
			order = binary.BigEndian
		}
		if c, ok := ParseCache(file.Node.Content, order); ok {
			l.cache = &c
		} else if file.Node.Content != "" {
			l.cacheUnknown = true
		}
	case isFile(file):
		l.cacheUnknown = true
	}
	return nil
}

// found is what came of a search. open says that it can't be told; otherwise file is nil if there
// is nothing.
type found struct {
	file *rootfs.File
	// as is the path under which it was found.
	as       string
	open     bool
	searched []string
}

// find searches a library that an object needs.
func (l *loader) find(o *object, name string) (found, error) {
	var f found
	if strings.Contains(name, "/") {
		if strings.Contains(name, "$") {
			return found{open: true}, nil
		}
		return f, l.try(&f, "", name)
	}
	vague := !l.system || l.cacheUnknown
	var err error
	folders := func(list []string, of *object) bool {
		for _, folder := range list {
			if folder = expand(folder, of); strings.Contains(folder, "$") {
				vague = true
				continue
			}
			if !slices.Contains(f.searched, folder) {
				f.searched = append(f.searched, folder)
			}
			if err = l.try(&f, folder, name); err != nil || f.file != nil || f.open {
				return true
			}
		}
		return false
	}
	if l.kind == glibc {
		if o.Links.RunPath == "" {
			for of := o; of != nil; of = of.by {
				if of.Links.RunPath == "" && folders(split(of.Links.RPath), of) {
					return f, err
				}
			}
		}
		if folders(l.environment, l.objects[0]) || folders(split(o.Links.RunPath), o) {
			return f, err
		}
		if l.cache != nil {
			vague = vague || l.cache.Special[name]
			for _, place := range l.cache.Paths[name] {
				if err = l.try(&f, path.Dir(place), path.Base(place)); err != nil || f.file != nil || f.open {
					return f, err
				}
			}
		}
		if o.Links.NoDefaults {
			f.open = f.file == nil // who asks for that knows why
			return f, nil
		}
	} else {
		if folders(l.environment, l.objects[0]) {
			return f, err
		}
		for of := o; of != nil; of = of.by {
			rpath := of.Links.RunPath
			if rpath == "" {
				rpath = of.Links.RPath
			}
			if folders(split(rpath), of) {
				return f, err
			}
		}
	}
	if l.kind == musl && l.cacheUnknown {
		return found{open: true}, nil
	}
	if folders(l.defaults, o) {
		return f, err
	}
	if !vague && l.kind == glibc {
		vague, err = l.hidden(f.searched, name)
	}
	f.open = vague
	return f, err
}

// try looks into one folder. Files for other machines are passed over, as glibc does.
func (l *loader) try(f *found, folder, name string) error {
	place := name
	if folder != "" {
		place = strings.TrimSuffix(folder, "/") + "/" + name
	}
	file, open, err := l.resolve(place)
	if err != nil || open {
		f.open = open
		return err
	}
	if !isFile(file) {
		return nil
	}
	if p := file.Node.Program; p.Kind == executable.ELF && !l.sameMachine(p.Machine) {
		f.open = l.kind == musl // which gives up
		return nil
	}
	f.file, f.as = &file, place
	if !strings.HasPrefix(place, "/") {
		f.as = file.Path
	}
	return nil
}

// capable are the folders below a searched one in which glibc looks for libraries that are made for
// newer processors.
var capable = []string{
	"glibc-hwcaps/x86-64-v2", "glibc-hwcaps/x86-64-v3", "glibc-hwcaps/x86-64-v4", "haswell", "haswell/x86_64", "x86_64",
	"tls", "tls/x86_64",
	"glibc-hwcaps/power9", "glibc-hwcaps/power10", "glibc-hwcaps/z13", "glibc-hwcaps/z14", "glibc-hwcaps/z15",
	"glibc-hwcaps/z16", "i686", "sse2",
}

// hidden reports whether the library is in such a folder, so that some processors find it.
func (l *loader) hidden(folders []string, name string) (bool, error) {
	for _, folder := range folders {
		for _, sub := range capable {
			parent, open, err := l.resolve(folder + "/" + path.Dir(sub+"/x"))
			if err != nil || open {
				return open, err
			}
			if parent.State != rootfs.Found {
				continue
			}
			file, open, err := l.resolve(folder + "/" + sub + "/" + name)
			if err != nil || open || isFile(file) {
				return true, err
			}
		}
	}
	return false, nil
}

// elsewhere looks where people put libraries that the loader doesn't find.
func (l *loader) elsewhere(o *object, name string) (string, error) {
	if strings.Contains(name, "/") {
		return "", nil
	}
	for _, folder := range []string{"/usr/local/lib", "/usr/local/lib64", o.origin, o.origin + "/lib",
		path.Dir(o.origin) + "/lib", "/opt/lib"} {
		place := strings.TrimSuffix(folder, "/") + "/" + name
		file, open, err := l.resolve(place)
		if err != nil {
			return "", err
		}
		if p := file.Node.Program; !open && isFile(file) && (p.Kind != executable.ELF || l.sameMachine(p.Machine)) {
			return place, nil
		}
	}
	return "", nil
}

// split takes a list of folders apart. An empty one is the working directory.
func split(list string) []string {
	if list == "" {
		return nil
	}
	folders := strings.Split(list, ":")
	for i, folder := range folders {
		if folder == "" {
			folders[i] = "."
		}
	}
	return folders
}

// expand puts an object's own folder in the place of $ORIGIN.
func expand(folder string, o *object) string {
	folder = strings.ReplaceAll(folder, "${ORIGIN}", o.origin)
	if at := strings.Index(folder, "$ORIGIN"); at >= 0 {
		if after := folder[at+len("$ORIGIN"):]; after == "" || after[0] == '/' {
			return folder[:at] + o.origin + after
		}
	}
	return folder
}
