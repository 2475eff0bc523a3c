package rootfs

import "errors"

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
