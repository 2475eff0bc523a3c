package standin

import (
	"crypto/sha256"
	_ "embed"
	"fmt"
	"io"
	"os"
	"path/filepath"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// scanner is a program that BuildKit runs to get a bill of materials. It lists the files of an
// image, where the original also knows packages.
//
//go:embed scanner/main.go
var scanner []byte

func generatorImage(m *maker, arch architecture) (contents, error) {
	key := fmt.Sprintf("scanner-linux-%s-%x-%s", arch.goarch, sha256.Sum256(append([]byte(goVersion), scanner...)),
		revision)
	program, err := m.layer(key, "the generator of bills of materials for "+arch.goarch,
		func(work string, w io.Writer) error {
			if err := os.WriteFile(filepath.Join(work, "main.go"), scanner, 0o644); err != nil {
				return err
			}
			env := []string{"GOFLAGS=", "GOWORK=off", "CGO_ENABLED=0", "GOOS=linux", "GOARCH=" + arch.goarch}
			if _, err := m.run(work, "go build of the generator", env, "go", "build", "-trimpath", "-ldflags=-s -w",
				"-o", "scanner", "main.go"); err != nil {
				return err
			}
			b, err := os.ReadFile(filepath.Join(work, "scanner"))
			if err != nil {
				return err
			}
			a := newArchive(w)
			a.file("scanner", 0o755, string(b))
			return a.close()
		})
	if err != nil {
		return contents{}, err
	}
	return contents{layers: []layer{program}, config: v1.Config{Entrypoint: []string{"/scanner"}, WorkingDir: "/"}}, nil
}
