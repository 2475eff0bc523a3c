package rootfs

import (
	"errors"
	"path"
	"strings"
)

// ErrUnread says that it would cost more to tell what is at a path than may be spent.
var ErrUnread = errors.New("not read")

// Sparing does something with the file system for which no more is read than a tenth of what was
// read of the image before. What would take more ends with ErrUnread.
func (f *FS) Sparing(do func() error) error {
	may := max(0, (f.read()-f.spent)/10-f.spent)
	left := may
	f.spend = &left
	defer func() {
		f.spend = nil
		f.spent += may - left
	}()
	return do()
}

// read is how much was read of the image's layers.
func (f *FS) read() int64 {
	var read int64
	seen := map[*stacked]bool{}
	for _, l := range f.layers {
		if seen[l] {
			continue
		}
		seen[l] = true
		l.mu.Lock()
		read += l.read
		l.mu.Unlock()
	}
	return read
}

// affordable reports whether to go on to the next entry. A layer that would have to be opened for
// it isn't, nor one that was given up. The lock is held.
func (l *stacked) affordable(left int64) bool {
	return l.err == nil && l.reader != nil && l.reader.Pending() <= left
}

// maxKept is the size up to which a file is kept. Debian's cache of libraries has 20 KB, that of a
// machine with all of GNOME 200.
const maxKept = 1 << 20

// kept says which files are kept whole: those that say who is who, and where libraries are
// searched.
func kept(name string) int64 {
	switch name {
	case "etc/passwd", "etc/group", "etc/ld.so.cache":
		return maxKept
	}
	if folder, base := path.Split(name); folder == "etc/" && strings.HasPrefix(base, "ld-musl-") &&
		strings.HasSuffix(base, ".path") {
		return 4 << 10
	}
	return -1
}
