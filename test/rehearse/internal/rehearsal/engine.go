package rehearsal

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// engineLimit is more than the five seconds for which a program that is written
// in Go, such as the Docker engine, remembers what /etc/hosts said.
const engineLimit = 8 * time.Second

// awaitEngine waits until the Docker engine reaches the registry. The engine
// resolves its name itself, and may have read /etc/hosts before the name was there.
func (r *Rehearsal) awaitEngine(ctx context.Context) error {
	dir, err := r.folder("engine")
	if err != nil {
		return err
	}
	user, password := r.Login()
	deadline := time.Now().Add(engineLimit)
	for {
		c := exec.CommandContext(ctx, "docker", "--host", r.machine.DockerHost, "login", "--username", user,
			"--password-stdin", r.reg.Host())
		c.Stdin = strings.NewReader(password)
		c.Env = []string{"PATH=" + r.machine.Bin + string(filepath.ListSeparator) + os.Getenv("PATH"),
			"DOCKER_CONFIG=" + dir, "SSL_CERT_FILE=" + r.reg.CAFile()}
		out, err := c.CombinedOutput()
		switch {
		case err == nil:
			return os.RemoveAll(dir)
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case !strings.Contains(string(out), "no such host") || time.Now().After(deadline):
			return fmt.Errorf("the Docker engine does not reach the registry %s: %w: %s", r.reg.Host(), err,
				strings.TrimSpace(string(out)))
		}
		select {
		case <-time.After(300 * time.Millisecond):
		case <-ctx.Done():
		}
	}
}
