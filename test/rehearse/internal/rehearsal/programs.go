package rehearsal

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"archway/test/rehearse/internal/aws/lambdaruntime"
)

// Programs are functions that were built for this machine, each once, for all rehearsals that share
// them.
type Programs struct {
	// Dir takes the programs. Rehearsals link them, so it must be on the same file system as their
	// folders.
	Dir string

	mu    sync.Mutex
	built map[string]string // by package and tags
}

// program builds a function's package, unless that was done before.
func (p *Programs) program(ctx context.Context, f *lambdaruntime.Function, moduleDir string) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	key := f.Package + " " + f.Tags
	if p.built[key] != "" {
		return p.built[key], nil
	}
	dir := filepath.Join(p.Dir, fmt.Sprint(len(p.built)))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	if err := f.Build(ctx, moduleDir, dir); err != nil {
		return "", err
	}
	if p.built == nil {
		p.built = map[string]string{}
	}
	p.built[key] = f.Program
	return f.Program, nil
}
