// Package account tells as whom a container of an image runs, by the image's /etc/passwd and
// /etc/group, as Docker, containerd, CRI-O and Podman do before they start it. It judges nothing.
package account

import (
	"context"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"

	"archway/lambda/internal/image/layer"
	"archway/lambda/internal/image/rootfs"
)

// Files is an image's root file system. *rootfs.FS is one.
type Files interface {
	Resolve(ctx context.Context, folder, name string) (rootfs.File, error)
}

// Account is what an image's USER leads to.
type Account struct {
	// User and Group are the two halves as they are written. Both are empty where the image names
	// nobody.
	User, Group string
	// NoUser and NoGroup say that the half is no number, and that no line of the file has the name.
	NoUser, NoGroup bool
	// NoPasswd and NoGroups say that the image has no /etc/passwd, or no /etc/group.
	NoPasswd, NoGroups bool
	// Range says that a number is larger than runtimes take.
	Range bool
	// Known says that the ids below are all that the container can have by itself.
	Known bool
	UID   uint32
	// GIDs are those of all runtimes together: of a USER with a group, Kubernetes passes only the
	// user on.
	GIDs []uint32
}

// Named reports whether the user is written as a name, which Kubernetes can't compare with root's
// number.
func (a Account) Named() bool {
	_, err := strconv.Atoi(a.User)
	return a.User != "" && err != nil
}

// Look reads the image's files. The error is that of reading them.
func Look(ctx context.Context, files Files, user string) (Account, error) {
	var a Account
	halves := strings.Split(user, ":")
	a.User = halves[0]
	if len(halves) > 1 {
		a.Group = halves[1]
	}
	if a.User == "" && a.Group == "" {
		a.Known = true
		return a, nil
	}
	passwd, err := read(ctx, files, "/etc/passwd")
	if err != nil {
		return a, err
	}
	group, err := read(ctx, files, "/etc/group")
	if err != nil {
		return a, err
	}
	a.NoPasswd, a.NoGroups = passwd.absent, group.absent
	a.Known = !passwd.open && !group.open
	name, primary := a.user(passwd)
	a.group(group, name, primary)
	a.Known = a.Known && !a.NoUser && !a.NoGroup && !a.Range
	return a, nil
}

// user finds the user's number, name and first group.
func (a *Account) user(passwd file) (name string, primary uint32) {
	want := a.User
	if want == "" {
		want = "0"
	}
	number, err := strconv.Atoi(want)
	if err == nil {
		a.Range = a.Range || number < 0 || number > math.MaxInt32
		a.UID = uint32(number)
	}
	for _, line := range passwd.lines {
		uid, gid := id(field(line, 2)), id(field(line, 3))
		if err == nil && uid == number || err != nil && field(line, 0) == want {
			a.UID = uint32(uid)
			return field(line, 0), uint32(gid)
		}
	}
	a.NoUser = err != nil && !passwd.open
	return "", 0
}

// group finds the group's number, and the groups that have the user as a member.
func (a *Account) group(group file, user string, primary uint32) {
	a.GIDs = []uint32{primary}
	for _, line := range group.lines {
		if user != "" && slices.Contains(strings.Split(field(line, 3), ","), user) {
			a.GIDs = append(a.GIDs, uint32(id(field(line, 2))))
		}
	}
	if a.Group == "" {
		return
	}
	number, err := strconv.Atoi(a.Group)
	if err == nil {
		a.Range = a.Range || number < 0 || number > math.MaxInt32
		a.GIDs = append(a.GIDs, uint32(number))
		return
	}
	for _, line := range group.lines {
		if field(line, 0) == a.Group {
			a.GIDs = append(a.GIDs, uint32(id(field(line, 2))))
			return
		}
	}
	a.NoGroup = !group.open
}

// file is /etc/passwd or /etc/group.
type file struct {
	lines []string
	// open says that it can't be told what the file holds.
	open, absent bool
}

func read(ctx context.Context, files Files, name string) (file, error) {
	f, err := files.Resolve(ctx, "/", name)
	switch {
	case errors.Is(err, rootfs.ErrUnread):
		return file{open: true}, nil
	case err != nil:
		return file{}, err
	case f.State == rootfs.Absent:
		return file{absent: true}, nil
	case f.State != rootfs.Found || f.Node.Kind != layer.File || !f.Node.Kept:
		return file{open: true}, nil
	}
	var lines []string
	for line := range strings.Lines(f.Node.Content) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return file{lines: lines}, nil
}

// field gives a part of a line, or "" where the line is shorter.
func field(line string, n int) string {
	for range n {
		_, after, found := strings.Cut(line, ":")
		if !found {
			return ""
		}
		line = after
	}
	part, _, _ := strings.Cut(line, ":")
	return part
}

// id reads a number as runtimes do: what is none counts as 0.
func id(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > math.MaxUint32 {
		return 0
	}
	return n
}
