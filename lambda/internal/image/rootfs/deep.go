package rootfs

import (
	"context"
	"path"
	"slices"
	"strings"

	"archway/lambda/internal/image/executable"
	"archway/lambda/internal/image/layer"
)

// maxNamed is how many files of one machine are kept by name in one layer. A cross-compiler brings
// 300 libraries of each machine that it is for; an image in which more than this are of the wrong
// machine is wrong altogether.
const maxNamed = 2000

// tally counts a layer's programs and libraries by their machine.
type tally map[executable.Machine]*counts

type counts struct {
	files int
	named []string
}

// count notes a program. Only the first files of each machine are kept by name.
func (l *stacked) count(e layer.Entry) error {
	c := l.tally[e.Program.Machine]
	if c == nil {
		if err := l.record.charge(256); err != nil {
			return err
		}
		if l.tally == nil {
			l.tally = tally{}
		}
		c = &counts{}
		l.tally[e.Program.Machine] = c
	}
	c.files++
	if len(c.named) < maxNamed {
		if err := l.record.charge(len(e.Path) + 16); err != nil {
			return err
		}
		c.named = append(c.named, e.Path)
	}
	return nil
}

// Stray is a program or library of a machine that isn't the image's.
type Stray struct {
	Path    string
	Machine executable.Machine
}

// Census is what all layers of an image hold.
type Census struct {
	// Strays are the visible ones whose machine is not wanted.
	Strays []Stray
	// More counts further ones, of which it wasn't looked whether an upper layer hides them.
	More int
}

// Census reads all layers to their ends and lists the programs and libraries whose machine isn't
// wanted. The store must have been made with Deep.
func (f *FS) Census(ctx context.Context, wanted func(executable.Machine) bool) (Census, error) {
	var c Census
	if err := f.Finish(ctx); err != nil {
		return c, err
	}
	for level, l := range f.layers {
		l.mu.Lock()
		t := l.tally // it doesn't change any more
		l.mu.Unlock()
		for machine, counts := range t {
			if wanted(machine) {
				continue
			}
			c.More += counts.files - len(counts.named)
			for _, name := range counts.named {
				visible, err := f.visible(ctx, level, name, machine)
				if err != nil {
					return c, err
				}
				if visible {
					c.Strays = append(c.Strays, Stray{"/" + name, machine})
				}
			}
		}
	}
	slices.SortFunc(c.Strays, func(a, b Stray) int { return strings.Compare(a.Path, b.Path) })
	c.Strays = slices.Compact(c.Strays) // one name may stand in an archive twice
	return c, nil
}

// visible reports whether a program of a layer is what a container sees at that path. A later entry
// of the same layer may have taken its place, as "tar -u" and "tar -r" write it.
func (f *FS) visible(ctx context.Context, level int, name string, machine executable.Machine) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err // what was read already is looked through without asking
	}
	node, err := f.from(ctx, 0, name)
	if err != nil || node.Kind != layer.File || node.level != level || node.Program.Machine != machine {
		return false, err
	}
	// A folder above may have been replaced by a link.
	for folder := path.Dir(name); folder != "."; folder = path.Dir(folder) {
		above, err := f.lookup(ctx, folder)
		if err != nil || above.Kind != layer.Dir {
			return false, err
		}
	}
	return true, nil
}
