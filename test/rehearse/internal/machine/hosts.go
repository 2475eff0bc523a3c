package machine

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

const (
	hostsFile = "/etc/hosts"
	// hostsMarker ends each line that is ours.
	hostsMarker = "# added by a rehearsal of Archway"
)

// AddHosts makes names (without ports) resolve to 127.0.0.1 until Close.
func (m *Machine) AddHosts(names ...string) error {
	current, err := ourHosts(hostsFile)
	if err != nil {
		return err
	}
	all := current
	for _, name := range names {
		if !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	if len(current) == 0 {
		m.onClose(func() error { return editHosts(hostsFile, nil) })
	}
	if len(all) > len(current) {
		if err := editHosts(hostsFile, all); err != nil {
			return err
		}
	}
	for _, name := range names {
		if err := resolves(name); err != nil {
			return err
		}
	}
	return nil
}

// resolves asks the C library, and so nsswitch.conf: Go's own resolver would keep
// what it saw for five seconds, and so hide from this process any name that is
// added after the first look.
func resolves(name string) error {
	out, err := exec.Command("getent", "ahostsv4", name).Output()
	if err == nil && strings.HasPrefix(string(out), "127.0.0.1 ") {
		return nil
	}
	return fmt.Errorf("%s resolves to %q (%v), expected 127.0.0.1 as %s says; does the line \"hosts:\" of /etc/nsswitch.conf have \"files\" first?",
		name, out, err, hostsFile)
}

// ourHosts returns the names that have our marker.
func ourHosts(path string) ([]string, error) {
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var names []string
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		if fields := strings.Fields(line); strings.HasSuffix(line, hostsMarker) && len(fields) > 1 {
			names = append(names, fields[1])
		}
	}
	return names, nil
}

// editHosts makes names the only ones that have our marker.
func editHosts(path string, names []string) error {
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	var out bytes.Buffer
	for line := range strings.Lines(string(data)) {
		if !strings.HasSuffix(strings.TrimSpace(line), hostsMarker) {
			out.WriteString(line)
		}
	}
	if len(names) > 0 && out.Len() > 0 && !bytes.HasSuffix(out.Bytes(), []byte("\n")) {
		out.WriteByte('\n')
	}
	for _, name := range names {
		fmt.Fprintf(&out, "127.0.0.1 %s %s\n", name, hostsMarker)
	}
	if bytes.Equal(out.Bytes(), data) {
		return nil
	}
	return replace(path, out.Bytes())
}

// replace gives a file new contents in one step, so that no reader ever sees half
// of it. In a container /etc/hosts is often a mount of its own, which can't be
// replaced: there it is rewritten in place.
func replace(path string, data []byte) error {
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	temp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".archway-*")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name())
	_, err = temp.Write(data)
	err = errors.Join(err, temp.Chmod(info.Mode().Perm()))
	if owner, ok := info.Sys().(*syscall.Stat_t); ok {
		err = errors.Join(err, temp.Chown(int(owner.Uid), int(owner.Gid)))
	}
	if err = errors.Join(err, temp.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	err = os.Rename(temp.Name(), path)
	if errors.Is(err, syscall.EBUSY) {
		err = os.WriteFile(path, data, info.Mode().Perm())
	}
	return err
}
