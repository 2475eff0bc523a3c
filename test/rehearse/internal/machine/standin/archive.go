package standin

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// stamp is the time of every file in every layer: any fixed one would do.
var stamp = time.Date(2025, time.January, 1, 0, 0, 0, 0, time.UTC)

// archive writes a layer. The first error sticks and is returned by close.
type archive struct {
	w     *tar.Writer
	names map[string]bool
	err   error
}

func newArchive(w io.Writer) *archive {
	return &archive{w: tar.NewWriter(w), names: map[string]bool{}}
}

func (a *archive) close() error { return errors.Join(a.err, a.w.Close()) }

func (a *archive) add(header *tar.Header, contents io.Reader) {
	if a.err != nil {
		return
	}
	// Docker's engine refuses a layer that has a name twice.
	name := path.Clean(header.Name)
	if a.names[name] {
		a.err = fmt.Errorf("a layer would have %s twice", name)
		return
	}
	a.names[name] = true
	header.ModTime = stamp
	if a.err = a.w.WriteHeader(header); a.err == nil && contents != nil {
		_, a.err = io.Copy(a.w, contents)
	}
	if a.err != nil {
		a.err = fmt.Errorf("write %s into a layer: %w", header.Name, a.err)
	}
}

// dir adds a folder, unless it is there.
func (a *archive) dir(name string, mode int64, owner int) {
	if a.names[name] {
		return
	}
	a.add(&tar.Header{Typeflag: tar.TypeDir, Name: name + "/", Mode: mode, Uid: owner, Gid: owner}, nil)
}

func (a *archive) file(name string, mode int64, contents string) {
	a.add(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: mode, Size: int64(len(contents))},
		strings.NewReader(contents))
}

func (a *archive) symlink(name, target string) {
	a.add(&tar.Header{Typeflag: tar.TypeSymlink, Name: name, Linkname: target, Mode: 0o777}, nil)
}

// tree adds a folder's files with names, modes and owners as they are. skip says
// what is left out, by the name in the layer; a folder is left out with all in it.
func (a *archive) tree(root string, skip func(name string, dir bool) bool) {
	links := map[uint64]string{} // inode → first name
	a.walk(root, func(file, name string, info fs.FileInfo) error {
		if skip(name, info.IsDir()) {
			if info.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		stat, ok := info.Sys().(*syscall.Stat_t)
		if !ok {
			return fmt.Errorf("%s: no owner and inode", file)
		}
		header := &tar.Header{
			Name: name, Uid: int(stat.Uid), Gid: int(stat.Gid),
			Mode: int64(stat.Mode & 0o7777), // with the set-user-id and sticky bits
		}
		switch {
		case info.IsDir():
			header.Typeflag, header.Name = tar.TypeDir, name+"/"
		case info.Mode().Type() == fs.ModeSymlink:
			target, err := os.Readlink(file)
			if err != nil {
				return err
			}
			header.Typeflag, header.Linkname = tar.TypeSymlink, target
		case info.Mode().IsRegular() && links[stat.Ino] != "":
			header.Typeflag, header.Linkname = tar.TypeLink, links[stat.Ino]
		case info.Mode().IsRegular():
			if stat.Nlink > 1 {
				links[stat.Ino] = name
			}
			header.Typeflag, header.Size = tar.TypeReg, info.Size()
			return a.copy(header, file)
		default:
			return nil // devices and sockets: a container gets its own
		}
		a.add(header, nil)
		return a.err
	})
}

// walk calls f for everything below root in the order of names.
func (a *archive) walk(root string, f func(file, name string, info fs.FileInfo) error) {
	if a.err != nil {
		return
	}
	a.err = filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || file == root {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		return f(file, name, info)
	})
}

func (a *archive) copy(header *tar.Header, file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	a.add(header, f)
	return a.err
}

// readEntries returns the contents of some files of a layer.
func readEntries(layer io.Reader, names ...string) (map[string]string, error) {
	found := map[string]string{}
	for r := tar.NewReader(layer); len(found) < len(names); {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("a layer lacks some of %v", names)
		}
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			if path.Clean(header.Name) == name {
				data, err := io.ReadAll(r)
				if err != nil {
					return nil, err
				}
				found[name] = string(data)
			}
		}
	}
	return found, nil
}
