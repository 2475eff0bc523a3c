package oracle

import (
	debugelf "debug/elf"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// accounts are in every base.
func accounts() []entry {
	return []entry{
		file("etc/passwd", 0o644, []byte("root:x:0:0:root:/:/bin/sh\nworker:x:1000:1000::/:/bin/sh\n")),
		file("etc/group", 0o644, []byte("root:x:0:\nstaff:x:50:worker\n")),
	}
}

// staticBusyBox is BusyBox's program, which needs no library.
func staticBusyBox() ([]byte, error) {
	path, err := exec.LookPath("busybox")
	if err != nil {
		return nil, err
	}
	f, err := debugelf.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type == debugelf.PT_INTERP {
			return nil, fmt.Errorf("%s is linked dynamically, expected Debian's busybox-static", path)
		}
	}
	return os.ReadFile(path)
}

// bases are the lowest layers, by name.
func bases() (map[string][]entry, error) {
	busybox, err := staticBusyBox()
	if err != nil {
		return nil, err
	}
	debian, err := debianBase("dash", "bash", "env", "nohup")
	if err != nil {
		return nil, err
	}
	return map[string][]entry{
		"bare": accounts(),
		// As Alpine has it.
		"busybox": append(accounts(), exe("bin/busybox", busybox), link("bin/sh", "/bin/busybox"),
			link("usr/bin/env", "/bin/busybox")),
		// As Docker's image of BusyBox has it.
		"hard-linked busybox": append(accounts(), exe("bin/[", busybox), hard("bin/busybox", "bin/["),
			hard("bin/env", "bin/["), hard("bin/sh", "bin/["),
			link("usr/bin/env", "../../bin/env")),
		"debian": append(accounts(), debian...),
	}, nil
}

// needed are the libraries and the loader in what ldd says.
var needed = regexp.MustCompile(`(/\S+) \(0x`)

// debianBase copies programs of this machine with their libraries, under a merged /usr.
func debianBase(programs ...string) ([]entry, error) {
	entries := []entry{
		folder("usr/bin"), folder("usr/lib"), folder("usr/lib64"),
		link("bin", "usr/bin"), link("lib", "usr/lib"), link("lib64", "usr/lib64"), link("usr/bin/sh", "dash"),
	}
	var files []string
	for _, program := range programs {
		path, err := exec.LookPath(program)
		if err != nil {
			return nil, err
		}
		out, err := exec.Command("ldd", path).Output()
		if err != nil {
			return nil, fmt.Errorf("ldd %s: %w", path, err)
		}
		files = append(files, "/usr/bin/"+program)
		for _, match := range needed.FindAllStringSubmatch(string(out), -1) {
			files = append(files, match[1])
		}
	}
	seen := map[string]bool{}
	for _, path := range files {
		name := strings.TrimPrefix(filepath.Clean(path), "/")
		if !strings.HasPrefix(name, "usr/") {
			name = "usr/" + name
		}
		if seen[name] {
			continue
		}
		seen[name] = true
		body, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		entries = append(entries, exe(name, body))
	}
	return entries, nil
}
