package rootfs

import (
	"cmp"
	"context"
	"strings"

	"archway/lambda/internal/image/layer"
)

// Folder follows a working directory, from the root, and gives what a container has there. The
// runtime makes what is missing of it, each part by itself (os.MkdirAll in runc's
// libcontainer/rootfs_linux.go, v1.1.5 to v1.4), which fails where a file is in the way, or a link
// that leads to nothing: File.Usable tells.
func (f *FS) Folder(ctx context.Context, name string) (File, error) {
	if len(name) > maxPath {
		return f.Resolve(ctx, "/", name)
	}
	var at []string
	var via string
	made := false
	for _, part := range parts(name) {
		switch part {
		case ".":
			continue
		case "..":
			at = at[:max(0, len(at)-1)]
			continue
		}
		here, err := f.Resolve(ctx, "/", "/"+strings.Join(append(at[:len(at):len(at)], part), "/"))
		switch {
		case err != nil, here.State == Outside:
			return here, err
		case here.State == Found && here.Node.Kind != layer.Dir:
			here.State, here.Missing = NotFolder, here.Path
			return here, nil
		case here.State == Found:
			at, via = parts(here.Path), cmp.Or(via, here.Via)
			continue
		case here.State == Absent && !here.Dangling:
			made, at = true, append(at[:len(at):len(at)], part)
			continue
		}
		return here, nil
	}
	found := File{State: Found, Path: "/" + strings.Join(at, "/"), Node: Node{Kind: layer.Dir}, Via: via}
	if made {
		found.State, found.Missing = Absent, found.Path
	}
	return found, nil
}

// Usable reports whether a container can be in this folder, which is there or gets made.
func (f File) Usable() bool {
	switch f.State {
	case Found:
		return f.Node.Kind == layer.Dir
	case Absent:
		return !f.Dangling
	}
	return false
}
