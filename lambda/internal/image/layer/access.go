package layer

import (
	"archive/tar"
	"math"
)

// Access is who owns a file or folder, and what they may do with it.
type Access struct {
	// Known is false where the archive doesn't say all of it: of a folder without an entry of its
	// own, or with an access list.
	Known bool
	// Mode are the twelve bits of permissions, those that set the user and group included.
	Mode     uint16
	UID, GID uint32
	// Privileged says that the file has capabilities of its own.
	Privileged bool
}

func access(h *tar.Header) Access {
	if h.Uid < 0 || h.Gid < 0 || h.Uid > math.MaxInt32 || h.Gid > math.MaxInt32 {
		return Access{}
	}
	if _, listed := h.PAXRecords["SCHILY.xattr.system.posix_acl_access"]; listed {
		return Access{}
	}
	_, privileged := h.PAXRecords["SCHILY.xattr.security.capability"]
	return Access{Known: true, Mode: uint16(h.Mode & 0o7777), UID: uint32(h.Uid), GID: uint32(h.Gid),
		Privileged: privileged}
}

// Allows reports whether somebody with a user's and groups' ids may do what the bits say (4: read,
// 2: write, 1: execute), by the rule of the kernel: the first of owner, group and others that fits
// alone counts. It is true if that isn't known.
func (a Access) Allows(uid uint32, gids []uint32, bits uint16) bool {
	if !a.Known || uid == 0 {
		return true
	}
	mode := a.Mode
	switch {
	case uid == a.UID:
		mode >>= 6
	case containsID(gids, a.GID):
		mode >>= 3
	}
	return mode&bits == bits
}

func containsID(ids []uint32, id uint32) bool {
	for _, other := range ids {
		if other == id {
			return true
		}
	}
	return false
}
