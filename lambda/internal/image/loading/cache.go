package loading

import (
	"encoding/binary"
	"strings"
)

// Cache is glibc's list of libraries, /etc/ld.so.cache, which ldconfig writes. The loader asks it
// before the default folders, and never reads /etc/ld.so.conf itself.
type Cache struct {
	// Paths are where a library is, by its name.
	Paths map[string][]string
	// Special are the names of which there is a file for newer processors.
	Special map[string]bool
}

const (
	oldMagic = "ld.so-1.7.0"
	newMagic = "glibc-ld.so.cache1.1"
	// The headers and entries of both forms (glibc, sysdeps/generic/dl-cache.h).
	oldHeader, oldEntry = 16, 12
	newHeader, newEntry = 48, 24
	// maxCached bounds the libraries of a cache. Those of a whole desktop are 3,000.
	maxCached = 100_000
)

// ParseCache reads a cache. ok is false if it isn't one in the form that glibc has written since
// 1998.
func ParseCache(content string, order binary.ByteOrder) (c Cache, ok bool) {
	b := []byte(content)
	if strings.HasPrefix(content, oldMagic) {
		if len(b) < oldHeader {
			return c, false
		}
		count := uint64(order.Uint32(b[len(oldMagic)+1:]))
		end := oldHeader + count*oldEntry
		for _, align := range []uint64{8, 4} {
			if at := (end + align - 1) &^ (align - 1); at <= uint64(len(b)) &&
				strings.HasPrefix(content[at:], newMagic) {
				return ParseCache(content[at:], order)
			}
		}
		return c, false
	}
	if !strings.HasPrefix(content, newMagic) || len(b) < newHeader {
		return c, false
	}
	const little, big = 2, 3
	switch b[28] & 3 {
	case little:
		order = binary.LittleEndian
	case big:
		order = binary.BigEndian
	}
	count := order.Uint32(b[20:])
	if count > maxCached || newHeader+int(count)*newEntry > len(b) {
		return c, false
	}
	c = Cache{Paths: map[string][]string{}, Special: map[string]bool{}}
	for n := range int(count) {
		entry := b[newHeader+n*newEntry:]
		name, named := cut(content, order.Uint32(entry[4:]))
		path, placed := cut(content, order.Uint32(entry[8:]))
		if !named || !placed {
			return Cache{}, false
		}
		if order.Uint64(entry[16:]) != 0 {
			c.Special[name] = true
		} else {
			c.Paths[name] = append(c.Paths[name], path)
		}
	}
	return c, true
}

// cut gives the string at a place.
func cut(content string, at uint32) (string, bool) {
	if uint64(at) >= uint64(len(content)) {
		return "", false
	}
	rest := content[at:]
	end := strings.IndexByte(rest[:min(len(rest), 4096)], 0)
	if end < 0 {
		return "", false
	}
	return rest[:end], true
}
