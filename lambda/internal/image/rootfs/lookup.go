package rootfs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"archway/lambda/internal/image/executable"
	"archway/lambda/internal/image/layer"
)

// Node is what is at a path.
type Node struct {
	Kind layer.Kind // 0 if nothing is there
	Exec bool
	// BusyBox says that the file is called so, by its own name or by a hard link.
	BusyBox bool
	// Target is a symlink's.
	Target  string
	Program executable.Program
	// Access is who may do what with a file or folder.
	Access layer.Access
	// Content is what the file holds, if Kept says that it was kept.
	Content string
	Kept    bool
	// level is the layer that it is in, counted from the top.
	level int
}

// File is what a name led to.
type File struct {
	// Path is the real one, after all links, with a leading slash.
	Path  string
	State State
	Node  Node
	// Missing is the path that is not there, where State is Absent or NotFolder. It differs from
	// Path's beginning where a link led to it.
	Missing string
	// Dangling says that the name itself is there, as a symlink to what is missing.
	Dangling bool
	// Link is the last symlink that the name itself is or leads to, and Target where that points,
	// as it is written.
	Link, Target string
	// Via is the first symlink on the way, with where it points, for a message. Empty if there is
	// none.
	Via string
}

// State is what came of following a name.
type State int

// What can come of following a name.
const (
	// Found is a file, folder or device.
	Found State = iota
	// Absent is a name, or a link's target, that is not in the image.
	Absent
	// NotFolder is a path that goes on below a file.
	NotFolder
	// Circle is a chain of links that doesn't end.
	Circle
	// TooManyLinks is a chain of links that ends, but beyond what Linux follows.
	TooManyLinks
	// Outside is a path below /proc, /sys or /dev, which a container gets from the runtime.
	Outside
)

const (
	// maxHops is how many symlinks Linux follows in one path (MAXSYMLINKS).
	maxHops = 40
	maxPath = 4096
)

// mounts are what every runtime puts into a container.
var mounts = []string{"proc", "sys", "dev"}

// Resolve follows a name as the kernel does, from a folder if it is relative. The folder is a
// working directory, which the runtime makes where the image lacks it.
func (f *FS) Resolve(ctx context.Context, folder, name string) (File, error) {
	if err := ctx.Err(); err != nil {
		return File{}, err // what was read already is looked through without asking
	}
	w := walk{fs: f, file: File{State: Found}}
	if len(name) > maxPath || len(folder) > maxPath { // before it is taken apart: the kernel refuses it as a whole
		w.file.State, w.file.Missing = Absent, name[:min(len(name), 255)]
		return w.file, nil
	}
	w.rest = way(name)
	if !strings.HasPrefix(name, "/") {
		at, err := f.Folder(ctx, folder)
		if err != nil || !at.Usable() {
			return at, err
		}
		w.at, w.file.Via = parts(at.Path), at.Via
	}
	for len(w.rest) > 0 && w.file.State == Found {
		if err := w.step(ctx); err != nil {
			return File{}, err
		}
	}
	if w.file.State == Found && w.file.Node.Kind == 0 {
		w.file.Node.Kind = layer.Dir // the root
	}
	w.file.Path = "/" + strings.Join(w.at, "/")
	return w.file, nil
}

// walk is the state of following one name.
type walk struct {
	fs   *FS
	at   []string
	rest []string
	hops int
	// passed are the links that were followed, each with the names that were to follow behind it.
	passed []passed
	// last says that the name's last part has been reached, and what follows comes from its links.
	last bool
	file File
}

func parts(name string) []string {
	return strings.FieldsFunc(name, func(c rune) bool { return c == '/' })
}

// way is the parts of a name that is to be followed. A slash behind it asks for a folder, as a dot
// does.
func way(name string) []string {
	names := parts(name)
	if len(names) > 0 && strings.HasSuffix(name, "/") {
		names = append(names, ".")
	}
	return names
}

// step follows the next name.
func (w *walk) step(ctx context.Context) error {
	name := w.rest[0]
	w.rest = w.rest[1:]
	switch name {
	case ".":
		return nil
	case "..":
		w.at = w.at[:max(0, len(w.at)-1)]
		w.file.Node = Node{Kind: layer.Dir}
		return nil
	}
	here := strings.Join(append(w.at[:len(w.at):len(w.at)], name), "/")
	if len(here) > maxPath || len(name) > 255 {
		w.file.State, w.file.Missing = Absent, "/"+here
		return nil
	}
	for _, mount := range mounts {
		if here == mount || strings.HasPrefix(here, mount+"/") {
			w.at = append(w.at[:len(w.at):len(w.at)], name)
			w.file.State = Outside
			return nil
		}
	}
	node, err := w.fs.lookup(ctx, here)
	if err != nil {
		return err
	}
	switch {
	case node.Kind == 0:
		w.file.State, w.file.Missing, w.file.Dangling = Absent, "/"+here, w.last
	case node.Kind == layer.Symlink:
		if w.hops++; w.hops > maxHops {
			w.file.State, w.file.Missing = TooManyLinks, "/"+here
			if w.circles(here) {
				w.file.State = Circle
			}
			return nil
		}
		w.passed = append(w.passed, passed{here, w.rest})
		if w.file.Via == "" {
			w.file.Via = fmt.Sprintf("/%s → %s", here, node.Target)
		}
		if strings.HasPrefix(node.Target, "/") {
			w.at = nil
		}
		w.file.Node = Node{Kind: layer.Dir}
		if w.last = w.last || len(w.rest) == 0; len(w.rest) == 0 {
			w.file.Link, w.file.Target = "/"+here, node.Target
		}
		w.rest = append(way(node.Target), w.rest...)
		return nil
	case node.Kind != layer.Dir && len(w.rest) > 0:
		w.file.State, w.file.Missing = NotFolder, "/"+here
	}
	w.at, w.file.Node = append(w.at[:len(w.at):len(w.at)], name), node
	return nil
}

type passed struct {
	link string
	rest []string
}

// circles reports whether a link leads back to itself: it was passed before, with the same names
// behind it or fewer.
func (w *walk) circles(link string) bool {
	return slices.ContainsFunc(w.passed, func(p passed) bool {
		behind := len(w.rest) - len(p.rest)
		return p.link == link && behind >= 0 && slices.Equal(w.rest[behind:], p.rest)
	})
}

// lookup asks the layers for a path whose folders are real ones, the top layer first.
func (f *FS) lookup(ctx context.Context, p string) (Node, error) {
	if restarts := f.store.Restarts(); restarts != f.as {
		clear(f.known)
		f.as = restarts
	}
	if node, ok := f.known[p]; ok {
		return node, nil
	}
	node, err := f.from(ctx, 0, p)
	if err != nil {
		return Node{}, err
	}
	f.known[p] = node
	return node, nil
}

// from asks one layer, and those below it.
func (f *FS) from(ctx context.Context, level int, p string) (Node, error) {
	if strings.Count(p, "/") >= layer.MaxDepth {
		return Node{}, nil // a layer that has such a path is refused while it is read
	}
	q := newQuery(p)
	for ; level < len(f.layers); level++ {
		a, err := f.layers[level].look(ctx, q, f.spend)
		if err != nil {
			return Node{}, fmt.Errorf("look for /%s: %w", p, err)
		}
		if a.found {
			a.node.level = level
			return a.node, nil
		}
		if a.hidden {
			break
		}
	}
	return Node{}, nil
}

// Finish reads all layers to their ends. Names that are followed afterwards are proven to lead
// where they do.
func (f *FS) Finish(ctx context.Context) error {
	clear(f.known)
	for _, l := range f.layers {
		l.mu.Lock()
		err := l.finish(ctx)
		l.mu.Unlock()
		if err != nil {
			return err
		}
	}
	return nil
}

// Complete reads layers to their ends that are nearly there, as long as that takes less than a
// tenth of what was read of the image, what was read sparingly counted in: the digests of these are
// proven then. The smallest rest comes first.
func (f *FS) Complete(ctx context.Context) error {
	var begun []*stacked
	var read int64
	rest := map[*stacked]int64{}
	for _, l := range f.layers {
		l.mu.Lock()
		read += l.read
		if l.reader != nil && rest[l] == 0 {
			begun, rest[l] = append(begun, l), l.size-l.read
		}
		l.mu.Unlock()
	}
	slices.SortStableFunc(begun, func(a, b *stacked) int { return cmp.Compare(rest[a], rest[b]) })
	afford := (read-f.spent)/10 - f.spent
	for _, l := range begun {
		if afford -= rest[l]; afford < 0 {
			return nil
		}
		l.mu.Lock()
		err := l.finish(ctx)
		l.mu.Unlock()
		if err != nil {
			return err
		}
	}
	return nil
}

// Beyond gives the limit that an error says something goes beyond, and reports whether it says so.
func Beyond(err error) (*Limit, bool) {
	var limit *Limit
	beyond := errors.As(err, &limit)
	return limit, beyond
}
