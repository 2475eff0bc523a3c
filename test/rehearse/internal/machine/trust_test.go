package machine

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// Trust is taken back, and that of others stays.
func TestTrustIsTakenBack(t *testing.T) {
	dir := t.TempDir()
	ca := filepath.Join(dir, "ca.pem")
	root := filepath.Join(dir, "docker", "certs.d")
	other := filepath.Join(root, "registry.example:5000", "ca.crt")
	if err := errors.Join(os.WriteFile(ca, []byte("certificate"), 0o644), os.MkdirAll(filepath.Dir(other), 0o755),
		os.WriteFile(other, nil, 0o644)); err != nil {
		t.Fatal(err)
	}
	if err := trust(root, "registry.archway.test:1234", ca); err != nil {
		t.Fatal(err)
	}
	ours := filepath.Join(root, "registry.archway.test:1234")
	if got, err := os.ReadFile(filepath.Join(ours, "ca.crt")); err != nil || string(got) != "certificate" {
		t.Errorf("got %q (%v), expected the certificate", got, err)
	}
	if err := distrust(root); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(ours); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s is still there (%v)", ours, err)
	}
	if _, err := os.Stat(other); err != nil {
		t.Error(err)
	}
}

func TestFoldersThatTrustMadeGoWithIt(t *testing.T) {
	dir := t.TempDir()
	ca := filepath.Join(dir, "ca.pem")
	if err := os.WriteFile(ca, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	root := filepath.Join(dir, "docker", "certs.d")
	for range 2 { // the second time there is nothing to take back
		if err := trust(root, "registry.archway.test:1234", ca); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(distrust(root), distrust(root)); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(filepath.Dir(root)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is still there (%v)", filepath.Dir(root), err)
		}
	}
}
