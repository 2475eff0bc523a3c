// Package adopt goes the road of somebody who uses Archway: a repository of one's own, its
// templates, an upgrade, and Archway as a library.
package adopt

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const root = "../.."

// road is a folder with Archway, an application beside it, and the repository that uses both.
type road struct {
	*testing.T
	dir string
}

func newRoad(t *testing.T) *road {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	r := &road{T: t, dir: dir}
	tools, err := filepath.Abs(filepath.Join(root, "node_modules"))
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", filepath.Join(tools, ".bin")+":"+os.Getenv("PATH"))
	t.Setenv("JSII_NODE", filepath.Join(tools, ".bin/node"))
	for name, value := range map[string]string{
		"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.com", "GIT_COMMITTER_NAME": "a",
		"GIT_COMMITTER_EMAIL": "a@example.com", "GOPROXY": "off", // all that is needed is there already
	} {
		t.Setenv(name, value)
	}
	r.copy(root, "archway")
	for name, text := range map[string]string{
		"shop/api/Dockerfile": "FROM scratch\nCOPY api /\n", "shop/api/api": "1\n",
		"shop/web/Dockerfile": "FROM scratch\nCOPY web/web shared /\n", "shop/web/web": "1\n", "shop/shared": "1\n",
		"shop/jobs/Dockerfile": "FROM scratch\nCOPY jobs /\n", "shop/jobs/jobs": "1\n",
	} {
		r.write(name, text)
	}
	r.commit("archway")
	r.commit("shop")
	return r
}

// copy brings a folder of sources along.
func (r *road) copy(from, to string) {
	r.Helper()
	err := filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if slices.Contains([]string{".git", "node_modules", "cdk.out"}, entry.Name()) {
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil // .git is a file in a work tree: commits would go to its branch
		}
		name, err := filepath.Rel(from, path)
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		r.write(filepath.Join(to, name), string(text))
		info, err := entry.Info()
		if err != nil {
			return err
		}
		return os.Chmod(filepath.Join(r.dir, to, name), info.Mode().Perm())
	})
	if err != nil {
		r.Fatal(err)
	}
}

func (r *road) write(name, text string) {
	r.Helper()
	path := filepath.Join(r.dir, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
		r.Fatal(err)
	}
}

func (r *road) read(name string) string {
	r.Helper()
	text, err := os.ReadFile(filepath.Join(r.dir, name))
	if err != nil {
		r.Fatal(err)
	}
	return string(text)
}

// repository makes one of a folder, so that no commit can go elsewhere.
func (r *road) repository(dir string) {
	r.Helper()
	r.run(dir, "git", "init", "--quiet", "--initial-branch", "main")
	if top := strings.TrimSpace(r.run(dir, "git", "rev-parse", "--show-toplevel")); top != filepath.Join(r.dir, dir) {
		r.Fatalf("%s belongs to the repository in %s", dir, top)
	}
}

// run starts a program in one of the folders, and returns what it prints.
func (r *road) run(dir, name string, arguments ...string) string {
	r.Helper()
	cmd := exec.Command(name, arguments...)
	cmd.Dir = filepath.Join(r.dir, dir)
	out, err := cmd.CombinedOutput()
	if err != nil {
		r.Fatalf("%s %s in %s: %v\n%s", name, strings.Join(arguments, " "), dir, err, out)
	}
	return string(out)
}

func (r *road) commit(dir string) {
	r.Helper()
	r.repository(dir)
	r.run(dir, "git", "add", "--all")
	r.run(dir, "git", "-c", "gc.auto=0", "commit", "--quiet", "--message", "All")
}

// installed puts npm's packages into the repository, as npm ci does with a network.
func (r *road) installed() {
	r.Helper()
	from := filepath.Join(root, "node_modules")
	err := filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.Name() == ".locked" {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		to := filepath.Join(r.dir, "pipelines/node_modules", name)
		switch {
		case entry.IsDir():
			return os.MkdirAll(to, 0o755)
		case entry.Type() == fs.ModeSymlink:
			target, err := os.Readlink(path)
			return errors.Join(err, os.Symlink(target, to))
		}
		path, err = filepath.Abs(path)
		return errors.Join(err, os.Symlink(path, to))
	})
	if err != nil {
		r.Fatal(err)
	}
	r.write("pipelines/node_modules/.locked", "")
}

// From nothing to templates that are reviewed, and to an upgrade of which one sees what it does.
func TestRoad(t *testing.T) {
	r := newRoad(t)
	r.run("archway", "go", "run", "./init",
		"-name", "orders", "-from", "../shop", "../pipelines")
	r.installed()
	r.commit("pipelines")
	for _, image := range []string{"staging/orders/api", "staging/orders/web", "staging/orders/jobs"} {
		if !strings.Contains(r.read("pipelines/templates/orders.yaml"), "RepositoryName: "+image+"\n") {
			t.Errorf("the template lacks the registry %s", image)
		}
	}
	r.run("pipelines", "make", "synth", "ARGS=--quiet")
	made := r.read("pipelines/cdk.out/orders.template.json")
	if !strings.Contains(made, "AWS::CodePipeline::Pipeline") {
		t.Errorf("there is no pipeline:\n%s", made)
	}
	if changed := r.run("pipelines", "git", "status", "--porcelain"); changed != "" {
		t.Errorf("a synthesis changes files that are committed:\n%s", changed)
	}

	const days = "awslogs.RetentionDays_THREE_MONTHS)"
	logs := r.read("archway/constructs/logs.go")
	if !strings.Contains(logs, days) {
		t.Fatal("logs.go is another: let this test change something else")
	}
	r.write("archway/constructs/logs.go", strings.Replace(logs, days, "awslogs.RetentionDays_ONE_MONTH)", 1))
	r.commit("archway")
	r.run("pipelines", "make", "upgrade")
	// go.mod has the new commit, and each line of the template is one about the logs.
	line := regexp.MustCompile(
		`^[-+](replace archway => \.\./archway // commit [0-9a-f]{40}|      RetentionInDays: (90|30))$`)
	changes := 0
	for diff := range strings.Lines(r.run("pipelines", "git", "diff", "--unified=0")) {
		diff = strings.TrimRight(diff, "\n")
		if !regexp.MustCompile(`^[-+][^-+]`).MatchString(diff) {
			continue
		}
		if changes++; !line.MatchString(diff) {
			t.Errorf("the upgrade changes %q", diff)
		}
	}
	if changes < 4 {
		t.Errorf("the upgrade changes %d lines", changes)
	}
}
