package standin

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// hostCertificates is Debian's bundle, here and in the image.
const hostCertificates = "/etc/ssl/certs/ca-certificates.crt"

func golangImage(m *maker, arch architecture) (contents, error) {
	debian, err := debianLayer(m, arch)
	if err != nil {
		return contents{}, err
	}
	certificates, err := os.ReadFile(hostCertificates)
	if err != nil {
		return contents{}, err
	}
	key := fmt.Sprintf("go%s-linux-%s-%x-%s", goVersion, arch.goarch, sha256.Sum256(certificates), revision)
	toolchain, err := m.layer(key, fmt.Sprintf("Go %s for %s from its module", goVersion, arch.goarch),
		func(work string, w io.Writer) error {
			dir, err := toolchainDir(m, work, arch)
			if err != nil {
				return err
			}
			a := newArchive(w)
			a.dir("etc", 0o755, 0)
			a.dir("etc/ssl", 0o755, 0)
			a.dir("etc/ssl/certs", 0o755, 0)
			a.file(strings.TrimPrefix(hostCertificates, "/"), 0o644, string(certificates))
			a.dir("go", 0o1777, 0)
			a.dir("go/bin", 0o1777, 0)
			a.dir("go/src", 0o1777, 0)
			a.dir("usr", 0o755, 0)
			a.dir("usr/local", 0o755, 0)
			a.dir("usr/local/go", 0o755, 0)
			addToolchain(a, dir)
			return a.close()
		})
	if err != nil {
		return contents{}, err
	}
	return contents{
		layers: []layer{debian, toolchain},
		config: v1.Config{
			Env: []string{
				"PATH=/go/bin:/usr/local/go/bin:" + defaultPath,
				"GOLANG_VERSION=" + goVersion,
				"GOTOOLCHAIN=local",
				"GOPATH=/go",
				// The one that is not of this machine is emulated: there, the signals that
				// interrupt goroutines let a build hang now and then.
				// https://github.com/golang/go/issues/36981
				"GODEBUG=asyncpreemptoff=1",
			},
			WorkingDir: "/go",
			Cmd:        []string{"bash"},
		},
	}, nil
}

// toolchainDir fetches the module that the go command itself would switch to; the
// checksum database vouches for it.
func toolchainDir(m *maker, work string, arch architecture) (string, error) {
	module := fmt.Sprintf("golang.org/toolchain@v0.0.1-go%s.linux-%s", goVersion, arch.goarch)
	out, err := m.run(work, "go mod download "+module, []string{"GOFLAGS=", "GOWORK=off"}, "go", "mod", "download",
		"-json", module)
	if err != nil {
		return "", err
	}
	var answer struct{ Dir string }
	if err := json.Unmarshal(out, &answer); err != nil || answer.Dir == "" {
		return "", fmt.Errorf("go mod download of %s: no folder in its answer %s (%v)", module, out, err)
	}
	return answer.Dir, nil
}

// addToolchain adds the module's files as the distribution would have them: a
// module's archive keeps no permissions, and no go.mod of nested modules.
func addToolchain(a *archive, dir string) {
	a.walk(dir, func(file, name string, info fs.FileInfo) error {
		if skipGo(name) {
			if info.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if base := path.Base(name); base == "_go.mod" {
			name = path.Join(path.Dir(name), "go.mod")
		}
		header := &tar.Header{Name: "usr/local/go/" + name}
		if info.IsDir() {
			header.Typeflag, header.Mode = tar.TypeDir, 0o755
			header.Name += "/"
			a.add(header, nil)
			return a.err
		}
		header.Typeflag, header.Mode, header.Size = tar.TypeReg, 0o644, info.Size()
		if strings.HasPrefix(name, "bin/") || strings.HasPrefix(name, "pkg/tool/") {
			header.Mode = 0o755
		}
		return a.copy(header, file)
	})
}

// skipGo reports whether to leave out a file: the tests of the standard library and of the tools.
func skipGo(name string) bool {
	return strings.HasPrefix(name, "src/") && (path.Base(name) == "testdata" || strings.HasSuffix(name, "_test.go"))
}
