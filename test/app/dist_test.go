package app_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"archway/version"
)

// The checker's binary is the same wherever its sources lie, is static, and its checksum is
// written beside it. One platform shows it: the flags are the same for all.
func TestDist(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := filepath.Join(t.TempDir(), "somewhere", "else")
	for _, name := range []string{"lambda", "internal", "version", "scripts"} {
		if err := os.CopyFS(filepath.Join(elsewhere, name), os.DirFS(filepath.Join(root, name))); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		content, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(elsewhere, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	platform := "linux/" + runtime.GOARCH
	name := "archway-validate-linux-" + runtime.GOARCH
	var built [][]byte
	for _, dir := range []string{root, elsewhere} {
		out := t.TempDir()
		command := exec.Command("bash", filepath.Join(dir, "scripts", "dist.sh"), out)
		command.Env = append(os.Environ(), "PLATFORMS="+platform)
		if said, err := command.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, said)
		}
		program, err := os.ReadFile(filepath.Join(out, name))
		if err != nil {
			t.Fatal(err)
		}
		sums, err := os.ReadFile(filepath.Join(out, "SHA256SUMS"))
		if want := fmt.Sprintf("%x  %s\n", sha256.Sum256(program), name); err != nil || string(sums) != want {
			t.Errorf("SHA256SUMS: %q, %v, want %q", sums, err, want)
		}
		if bytes.Contains(program, []byte(dir)) {
			t.Errorf("the binary holds the folder %s", dir)
		}
		built = append(built, program)
		if said, err := exec.Command(filepath.Join(out, name), "--version").Output(); err != nil ||
			string(said) != "validate "+version.Version+"\n" {
			t.Errorf("--version: %q, %v", said, err)
		}
	}
	if !bytes.Equal(built[0], built[1]) {
		t.Error("another folder gives another binary")
	}
	script, err := os.ReadFile(filepath.Join(root, "scripts", "dist.sh"))
	if err != nil || !strings.Contains(string(script), "linux/amd64 linux/arm64 darwin/amd64 darwin/arm64") {
		t.Errorf("not for all platforms: %v", err)
	}
}
