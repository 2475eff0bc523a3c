package standin

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

const (
	debianKeyring = "/usr/share/keyrings/debian-archive-keyring.gpg"
	debianMirror  = "http://deb.debian.org/debian"
)

func debianImage(m *maker, arch architecture) (contents, error) {
	root, err := debianLayer(m, arch)
	if err != nil {
		return contents{}, err
	}
	return contents{
		layers: []layer{root},
		config: v1.Config{Env: []string{"PATH=" + defaultPath}, Cmd: []string{"bash"}},
	}, nil
}

// debianLayer is the root file system that all images share.
func debianLayer(m *maker, arch architecture) (layer, error) {
	key := fmt.Sprintf("debian-%s-%s-%s", debianSuite, arch.debian, revision)
	what := fmt.Sprintf("Debian %s for %s with debootstrap", debianSuite, arch.debian)
	return m.layer(key, what, func(work string, w io.Writer) error {
		root := filepath.Join(work, "root")
		mirror, proxy := aptSettings(m)
		_, err := m.run(work, "debootstrap "+arch.debian, proxy,
			"debootstrap", "--arch="+arch.debian, "--variant=minbase", "--keyring="+debianKeyring, debianSuite, root,
			mirror)
		if err != nil {
			return err
		}
		if err := forgetInstallation(root); err != nil {
			return err
		}
		a := newArchive(w)
		a.tree(root, skipDebian)
		return a.close()
	})
}

// aptSettings are the mirror of Debian and the proxy that this machine's apt
// uses; on other distributions, Debian's own mirror.
func aptSettings(m *maker) (mirror string, env []string) {
	mirror = debianMirror
	targets, err := exec.CommandContext(m.ctx, "apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE)",
		"Created-By: Packages", "Origin: Debian").Output()
	if err == nil {
		for scanner := bufio.NewScanner(bytes.NewReader(targets)); scanner.Scan(); {
			if uri, release, ok := strings.Cut(scanner.Text(), " "); ok && release == debianSuite {
				mirror = strings.TrimSuffix(uri, "/")
				break
			}
		}
	}
	if os.Getenv("http_proxy") == "" {
		proxy, err := exec.CommandContext(m.ctx, "apt-config", "shell", "P", "Acquire::http::Proxy").Output()
		if value, ok := strings.CutPrefix(strings.TrimSpace(string(proxy)), "P="); err == nil && ok {
			env = []string{"http_proxy=" + strings.Trim(value, `'"`)}
		}
	}
	return mirror, env
}

var shadowDay = regexp.MustCompile(`(?m)^([^:]*:[^:]*:)\d+:`)

// forgetInstallation removes the day of installation, which would make each
// layer another one.
func forgetInstallation(root string) error {
	for _, name := range []string{"etc/shadow", "etc/shadow-"} {
		file := filepath.Join(root, name)
		data, err := os.ReadFile(file)
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			return err
		}
		day := fmt.Sprint(stamp.Unix() / (24 * 60 * 60))
		if err := os.WriteFile(file, shadowDay.ReplaceAll(data, []byte("${1}"+day+":")), 0o640); err != nil {
			return err
		}
	}
	return nil
}

// emptied are folders whose contents belong to this machine, to the installation,
// or to a container.
var emptied = []string{"dev", "proc", "sys", "run", "tmp", "var/cache/apt", "var/cache/debconf", "var/cache/ldconfig",
	"var/lib/apt/lists", "var/log",
	// Documentation and translations, as in the originals' slim variants.
	"usr/share/doc", "usr/share/info", "usr/share/locale", "usr/share/man"}

// skipDebian reports whether to leave out a file: what the installation wrote about itself and
// about this machine, and what slim images do not have; licenses stay.
func skipDebian(name string, dir bool) bool {
	switch name {
	case "etc/hostname", "etc/resolv.conf", "etc/machine-id", "etc/.pwd.lock":
		return true
	}
	for _, folder := range emptied {
		if strings.HasPrefix(name, folder+"/") {
			return !(folder == "usr/share/doc" && (dir || path.Base(name) == "copyright"))
		}
	}
	return strings.HasSuffix(name, "-old") && strings.HasPrefix(name, "var/lib/dpkg/")
}
