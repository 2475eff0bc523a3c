package machine

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

const (
	// engineCertificates is where a Docker engine looks, at each request, for the
	// authorities of one registry.
	engineCertificates = "/etc/docker/certs.d"
	// trustMarker is a file in each folder there that is ours.
	trustMarker = ".archway-rehearsal"
)

// trust lets the Docker engine believe the registry (host:port) by caFile.
func trust(root, registryHost, caFile string) error {
	ca, err := os.ReadFile(caFile)
	if err != nil {
		return err
	}
	dir := filepath.Join(root, registryHost)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	// The marker first: what has it is removed, even if the rest was never written.
	if err := os.WriteFile(filepath.Join(dir, trustMarker), nil, 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "ca.crt"), ca, 0o644)
}

// distrust takes back all trusts, and the folders above that are then empty.
func distrust(root string) error {
	markers, err := filepath.Glob(filepath.Join(root, "*", trustMarker))
	if err != nil || len(markers) == 0 {
		return err
	}
	for _, marker := range markers {
		if err := os.RemoveAll(filepath.Dir(marker)); err != nil {
			return err
		}
	}
	for _, dir := range []string{root, filepath.Dir(root)} {
		entries, err := os.ReadDir(dir)
		if err != nil || len(entries) > 0 {
			return err
		}
		if err := os.Remove(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
