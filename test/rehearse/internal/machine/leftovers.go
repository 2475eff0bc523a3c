package machine

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
)

// leftovers are what an engine makes on a machine and never removes.
var leftovers = []struct {
	name   string
	exists func() bool
	remove func() error
}{
	{"bridge", bridgeExists, removeBridge},
	{"key", func() bool { _, err := os.Stat(engineKey); return err == nil }, removeKey},
}

const (
	bridge    = "docker0"
	engineKey = "/etc/docker/key.json"
)

// noteLeftovers writes down which of them are not there yet, and so will be ours.
func noteLeftovers() error {
	var errs []error
	for _, l := range leftovers {
		if !l.exists() {
			errs = append(errs, os.WriteFile(leftoverNote(l.name), nil, 0o600))
		}
	}
	return errors.Join(errs...)
}

// removeLeftovers removes those that are ours.
func removeLeftovers() error {
	var errs []error
	for _, l := range leftovers {
		note := leftoverNote(l.name)
		if _, err := os.Stat(note); err != nil {
			continue
		}
		err := l.remove()
		if err == nil {
			err = remove(note)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func leftoverNote(name string) string { return filepath.Join(state, "made-"+name) }

func bridgeExists() bool {
	_, err := net.InterfaceByName(bridge)
	return err == nil
}

func removeBridge() error {
	ip, err := exec.LookPath("ip")
	if err != nil || !bridgeExists() {
		return nil // without ip: it is harmless, and gone with the machine's next start
	}
	if out, err := exec.Command(ip, "link", "delete", bridge, "type", "bridge").CombinedOutput(); err != nil {
		return fmt.Errorf("remove the network device %s: %w: %s", bridge, err, out)
	}
	return nil
}

func removeKey() error {
	if err := remove(engineKey); err != nil {
		return err
	}
	// Its folder, if nothing else is there: an engine makes that too.
	err := os.Remove(filepath.Dir(engineKey))
	if entries, readErr := os.ReadDir(filepath.Dir(engineKey)); readErr == nil && len(entries) > 0 ||
		errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
