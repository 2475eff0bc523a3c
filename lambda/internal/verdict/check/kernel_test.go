package check_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/lambda/internal/fixture"
	lt "archway/lambda/internal/fixture/layertest"
	"archway/lambda/internal/verdict/check"
)

// What a message says that the kernel reports, this machine's kernel reports of the same files.
func TestKernelReports(t *testing.T) {
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" && runtime.GOARCH != "arm64" {
		t.Skip("NOT CHECKED: the programs are made for Linux on amd64 and arm64")
	}
	const other = "bpf" // for which no emulator is registered
	folder := t.TempDir()
	app, loader := filepath.Join(folder, "app"), filepath.Join(folder, "ld")
	dynamic := lt.Exe(app, lt.Dynamic(runtime.GOARCH, loader))
	text := func(first string) []byte { return []byte(first + strings.Repeat("# a comment\n", 20)) }
	for name, test := range map[string]struct {
		files []lt.Entry
		want  string
	}{
		"another machine":       {[]lt.Entry{lt.Exe(app, lt.Static(other))}, "exec format error"},
		"empty":                 {[]lt.Entry{lt.Exe(app, nil)}, "exec format error"},
		"a text":                {[]lt.Entry{lt.Exe(app, text("echo\n"))}, "exec format error"},
		"an archive":            {[]lt.Entry{lt.Exe(app, []byte("\x1f\x8b\x08\x00"))}, "exec format error"},
		"a portable executable": {[]lt.Entry{lt.Exe(app, portable)}, "exec format error"},
		"not executable":        {[]lt.Entry{lt.Plain(app, lt.Static(runtime.GOARCH))}, "permission denied"},
		"no interpreter":        {[]lt.Entry{lt.Exe(app, text("#!"+loader+"\n"))}, "no such file or directory"},
		"interpreter, other machine": {[]lt.Entry{lt.Exe(app, text("#!"+loader+"\n")),
			lt.Exe(loader, lt.Static(other))}, "exec format error"},
		"no loader": {[]lt.Entry{dynamic}, "no such file or directory"},
		"loader of another machine": {[]lt.Entry{dynamic, lt.Exe(loader, lt.Static(other))},
			"accessing a corrupted shared library"},
		"loader that is a script": {[]lt.Entry{dynamic, lt.Exe(loader, text("#!/bin/sh\n"))},
			"accessing a corrupted shared library"},
		"loader that is a short one": {[]lt.Entry{dynamic, lt.Exe(loader, []byte("#!/bin/sh\n"))},
			"input/output error"},
		"empty loader": {[]lt.Entry{dynamic, lt.Exe(loader, nil)}, "input/output error"},
		"loader that isn't executable": {[]lt.Entry{dynamic, lt.Plain(loader, lt.Static(runtime.GOARCH))},
			"permission denied"},
		"script of itself": {[]lt.Entry{lt.Exe(app, text("#!"+app+"\n"))}, "too many levels of symbolic links"},
		"nothing after #!": {[]lt.Entry{lt.Exe(app, text("#! \n"))}, "exec format error"},
		"a line that is too long": {[]lt.Entry{lt.Exe(app, text("#!/"+strings.Repeat("x", 300)+"\n"))},
			"exec format error"},
		"loader that is a folder": {[]lt.Entry{dynamic, lt.Dir(loader)}, "permission denied"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, e := range test.files {
				file(t, e)
			}
			defer os.Remove(loader)
			if err := exec.Command(app).Run(); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("the kernel reports %v", err)
			}
			s := fixture.New()
			image := s.Image(fixture.ImageSpec{
				Platform: specs.Platform{OS: "linux", Architecture: runtime.GOARCH}, Layers: [][]lt.Entry{test.files},
				Run: func(run map[string]any) { run["Entrypoint"] = []any{app} },
			})
			found := findings(t, s, s.Index(image).Digest, check.Want{AllowExtra: true}, nil)
			if len(found) != 1 || !strings.Contains(found[0].Message(), test.want) {
				t.Errorf("the message says %v", found)
			}
		})
	}
}

// file writes an archive's entry to the disk, where it has its whole path.
func file(t *testing.T, e lt.Entry) {
	t.Helper()
	if strings.HasSuffix(e.Name, "/") {
		if err := os.Mkdir(e.Name, 0o755); err != nil {
			t.Fatal(err)
		}
		return
	}
	_ = os.Remove(e.Name)
	if err := os.WriteFile(e.Name, e.Body, os.FileMode(e.Mode)); err != nil {
		t.Fatal(err)
	}
}
