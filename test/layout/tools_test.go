package layout_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const root = "../.."

// What is installed is what is locked: no package runs a program that fetches more, and each is
// known by its hash, wherever it is fetched from.
func TestNpmPackagesAreLocked(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "package-lock.json"))
	if err != nil {
		t.Fatal(err)
	}
	var lock struct {
		Packages map[string]struct {
			Version, Resolved, Integrity string
			HasInstallScript             bool
		}
	}
	if err := json.Unmarshal(text, &lock); err != nil {
		t.Fatal(err)
	}
	for name, p := range lock.Packages {
		if name == "" {
			continue
		}
		if p.HasInstallScript || p.Resolved != "" || !strings.HasPrefix(p.Integrity, "sha512-") {
			t.Errorf("%s: %+v", name, p)
		}
	}
	for _, platform := range []string{"linux-x64", "linux-arm64", "darwin-x64"} {
		if lock.Packages["node_modules/node-"+platform].Version == "" {
			t.Errorf("no Node.js is locked for %s", platform)
		}
	}
	if settings, err := os.ReadFile(filepath.Join(root, ".npmrc")); err != nil ||
		!strings.Contains(string(settings), "\nignore-scripts=true\n") {
		t.Errorf(".npmrc lets packages run programs: %v", err)
	}
}

// An audit fails for what it finds, and says loudly where it could not look.
func TestAudit(t *testing.T) {
	const out = "NOT CHECKED for known vulnerabilities: "
	for name, test := range map[string]struct {
		scanner, npm string // shell commands
		want         []string
		fails        bool
	}{
		"nothing found": {"exit 0", `echo '{"auditReportVersion": 2}'`,
			[]string{"no known vulnerability in what the Go code calls", "no known vulnerability in the npm packages"},
			false},
		"the lists are not there": {"echo no such host >&2; exit 1",
			`echo npm warn x >&2; echo 405 >&2; echo '{"error": {}}'; exit 1`,
			[]string{out + "the Go modules: no such host", out + "the npm packages: 405"}, false},
		"a module is vulnerable": {"echo GO-2026-1; exit 3", `echo '{"auditReportVersion": 2}'`,
			[]string{"GO-2026-1"}, true},
		"a package is vulnerable": {"exit 0", `echo '{"auditReportVersion": 2, "x": "GHSA-1"}'; exit 1`,
			[]string{"GHSA-1"}, true},
		"one list, and a finding": {"exit 3", `exit 1`, []string{out + "the npm packages"}, true},
		"the scanner can't be had": {"none", `echo '{"auditReportVersion": 2}'`,
			[]string{out + "the Go modules: 403 Forbidden"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			bin := t.TempDir()
			install := "printf '#!/bin/sh\\n%s\\n' '" + test.scanner +
				"' >\"$GOBIN/govulncheck\"; chmod +x \"$GOBIN/govulncheck\""
			if test.scanner == "none" {
				install = "echo 403 Forbidden >&2; exit 1"
			}
			for tool, script := range map[string]string{"go": install, "npm": test.npm} {
				if err := os.WriteFile(filepath.Join(bin, tool), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			command := exec.Command(filepath.Join(root, "scripts/audit.sh"))
			command.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"))
			said, err := command.CombinedOutput()
			if (err != nil) != test.fails {
				t.Errorf("error %v, want one: %v", err, test.fails)
			}
			for _, want := range test.want {
				if !strings.Contains(string(said), want) {
					t.Errorf("got %s, want %q", said, want)
				}
			}
		})
	}
}
