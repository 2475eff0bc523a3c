package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"

	"github.com/distribution/distribution/v3/configuration"
	"github.com/distribution/distribution/v3/registry/handlers"
	_ "github.com/distribution/distribution/v3/registry/storage/driver/filesystem" // the only storage used
	"github.com/opencontainers/go-digest"
	"github.com/sirupsen/logrus"

	"archway/test/internal/tools"
)

// What a promotion's transfer promises.
const (
	requestsEach = 2 // for each blob, and for the tag, by mount
	copyMemory   = 64
	// noise is how much slower than crane a median may be on a machine that others use too.
	noise = 1.05
)

// promote compares the copying of a promotion with crane and skopeo: by mount, and where the
// registry mounts nothing.
func promote(ctx context.Context, runs int) error {
	work, err := os.MkdirTemp("", "archway-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	ours := filepath.Join(work, "copy")
	build := exec.CommandContext(ctx, "go", "build", "-o", ours, "./lambda/internal/image/transfer/copy")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build the copier: %w\n%s", err, out)
	}
	crane, err := tools.Crane(ctx)
	if err != nil {
		return err
	}
	skopeo, err := exec.LookPath("skopeo")
	if err != nil {
		fmt.Println(
			"NOT COMPARED WITH SKOPEO: there is no skopeo on this machine; install it with: apt-get install skopeo")
	}
	f := newFolder(filepath.Join(work, "image"))
	size := f.realistic()
	if f.err != nil {
		return f.err
	}
	r, err := startRegistry(filepath.Join(work, "registry"))
	if err != nil {
		return err
	}
	defer r.close()
	image, err := r.fill(f, "static")
	if err != nil {
		return err
	}
	fmt.Printf("an image of %.0f MB for two platforms in %d blobs and %d manifests, from one repository of a\n"+
		"registry (Distribution) on loopback to another, with a tag; every run has a new target; medians of %d runs,\n"+
		"and the highest memory\n", float64(size)/1e6, image.blobs, image.manifests, runs)
	c := comparison{registry: r, image: image, size: size, runs: runs, tools: []tool{
		{"archway", func(to string) []string { return []string{ours, r.repository, image.digest.String(), to, "v1"} }},
		{"crane copy", func(to string) []string {
			return []string{crane, "copy", r.repository + "@" + image.digest.String(), to + ":v1"}
		}},
	}}
	if skopeo != "" {
		c.tools = append(c.tools, tool{"skopeo copy", func(to string) []string {
			return []string{
				skopeo, "--insecure-policy", "copy", "--quiet", "--all", "--preserve-digests",
				"--src-tls-verify=false", "--dest-tls-verify=false",
				"docker://" + r.repository + "@" + image.digest.String(), "docker://" + to + ":v1",
			}
		}})
	}
	return errors.Join(c.byMount(ctx), c.byCopy(ctx))
}

// tool is a program that copies the image to a repository, under the tag v1.
type tool struct {
	name    string
	command func(to string) []string
}

type comparison struct {
	registry *copyRegistry
	image    stored
	size     int64
	runs     int
	tools    []tool
	targets  int
}

// outcome is what one tool took.
type outcome struct {
	measured
	asked tally
}

// run lets all tools copy, alternately.
func (c *comparison) run(ctx context.Context) ([]outcome, error) {
	all := make([][]measured, len(c.tools))
	outcomes := make([]outcome, len(c.tools))
	for range c.runs {
		for n, t := range c.tools {
			c.targets++
			to := fmt.Sprintf("%s/release/%d", strings.TrimSuffix(c.registry.repository, "/staging/app"), c.targets)
			c.registry.reset()
			command := t.command(to)
			m, err := succeed(measure(ctx, c.registry.served, command[0], command[1:]...))
			if err == nil {
				outcomes[n].asked = c.registry.reset()
				err = c.registry.same(c.image, fmt.Sprintf("release/%d", c.targets))
			}
			if err != nil {
				return nil, fmt.Errorf("%s: %w", t.name, err)
			}
			all[n] = append(all[n], m)
		}
	}
	for n := range outcomes {
		outcomes[n].measured = middle(all[n])
	}
	return outcomes, nil
}

func (c *comparison) byMount(ctx context.Context) error {
	c.registry.setMounts(true)
	outcomes, err := c.run(ctx)
	if err != nil {
		return err
	}
	fmt.Printf("by mount %27s %9s %9s %9s %9s %9s\n", "blobs", "manifests", "tag", "others", "s", "peak MiB")
	for n, o := range outcomes {
		fmt.Printf("  %-25s %8d %9d %9d %9d %9.3f %9.1f\n", c.tools[n].name+", requests",
			o.asked.blobs, o.asked.manifests, o.asked.tags, o.asked.others, o.took.Seconds(), o.mebibytes)
	}
	mine := outcomes[0].asked
	each := float64(mine.blobs) / float64(c.image.blobs)
	fmt.Printf("  %.1f requests for each blob, %d for the tag (goal: at most %d)\n", each, mine.tags, requestsEach)
	if each > requestsEach || mine.tags > requestsEach {
		return fmt.Errorf("by mount: %.1f requests for each blob and %d for the tag, expected at most %d",
			each, mine.tags, requestsEach)
	}
	return nil
}

func (c *comparison) byCopy(ctx context.Context) error {
	c.registry.setMounts(false)
	outcomes, err := c.run(ctx)
	if err != nil {
		return err
	}
	fmt.Printf("by copy: the registry mounts nothing, so that all send each byte %8s %9s %9s\n", "MB/s", "s",
		"peak MiB")
	for n, o := range outcomes {
		fmt.Printf("  %-60s %9.0f %9.3f %9.1f\n",
			c.tools[n].name, float64(c.size)/1e6/o.took.Seconds(), o.took.Seconds(), o.mebibytes)
	}
	mine := outcomes[0]
	var problems []error
	for n, o := range outcomes[1:] {
		fmt.Printf("  %.2f times as fast as %s", o.took.Seconds()/mine.took.Seconds(), c.tools[n+1].name)
		if n == 0 {
			fmt.Printf("       (goal: at least 1, and at most %d MiB)", copyMemory)
			if mine.took.Seconds() > noise*o.took.Seconds() {
				problems = append(problems, fmt.Errorf("by copy: %.3f s, slower than crane with %.3f s",
					mine.took.Seconds(), o.took.Seconds()))
			}
		}
		fmt.Println()
	}
	fmt.Println()
	if mine.mebibytes > copyMemory {
		problems = append(problems,
			fmt.Errorf("by copy: %.1f MiB at the peak, expected at most %d", mine.mebibytes, copyMemory))
	}
	return errors.Join(problems...)
}

// tally counts requests by what they are about.
type tally struct{ blobs, manifests, tags, others int }

// copyRegistry is a whole registry on this machine. The repository "staging/app" holds the image.
type copyRegistry struct {
	*served
	app *handlers.App

	mu     sync.Mutex
	mounts bool
	asked  tally
}

func startRegistry(folder string) (*copyRegistry, error) {
	logrus.SetLevel(logrus.PanicLevel) // it logs every request
	config, err := configuration.Parse(strings.NewReader(fmt.Sprintf(`
version: 0.1
http: {secret: bench}
storage:
  filesystem: {rootdirectory: %q}
  maintenance: {uploadpurging: {enabled: false}}
`, folder)))
	if err != nil {
		return nil, err
	}
	r := &copyRegistry{app: handlers.NewApp(context.Background(), config)}
	if r.served, err = serveHandler(http.HandlerFunc(r.serve)); err != nil {
		return nil, err
	}
	r.repository = strings.TrimSuffix(r.repository, "/app") + "/staging/app"
	return r, nil
}

func (r *copyRegistry) serve(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	switch path := req.URL.Path; {
	case strings.Contains(path, "/blobs/"):
		r.asked.blobs++
	case strings.Contains(path, "/manifests/sha256:"):
		r.asked.manifests++
	case strings.Contains(path, "/manifests/"):
		r.asked.tags++
	default:
		r.asked.others++
	}
	if req.Method == http.MethodPost && !r.mounts {
		req.URL.RawQuery = ""
	}
	r.mu.Unlock()
	r.app.ServeHTTP(w, req)
}

func (r *copyRegistry) setMounts(can bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mounts = can
}

// reset begins a new tally and gives the old one.
func (r *copyRegistry) reset() tally {
	r.mu.Lock()
	defer r.mu.Unlock()
	old := r.asked
	r.asked = tally{}
	return old
}

// ask makes a request of the registry. Only the status and header of an error are needed.
func (r *copyRegistry) ask(method, address, contentType string, body io.Reader) (http.Header, error) {
	req, err := http.NewRequest(method, address, body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("Accept", contentType)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 300 {
		said, _ := io.ReadAll(io.LimitReader(resp.Body, 1000)) // for the error alone
		return nil, fmt.Errorf("%s %s: HTTP %d: %s", method, address, resp.StatusCode, bytes.TrimSpace(said))
	}
	return resp.Header, nil
}

func (r *copyRegistry) url(repository, kind string, id digest.Digest) string {
	return fmt.Sprintf("http://%s/v2/%s/%s/%s", strings.TrimSuffix(r.repository, "/staging/app"), repository, kind, id)
}
