package synth

import (
	"context"
	"os"
	"path/filepath"
	"sync"

	"archway/test/internal/assembly"
)

// Shared synthesizes each app once, for all who share it.
type Shared struct {
	// Dir takes the assemblies.
	Dir string

	apps sync.Map // by the absolute path of their cdk.json
}

// Assembly synthesizes the app of a cdk.json, unless that was done before.
func (s *Shared) Assembly(cdkJSON string) (*assembly.Assembly, error) {
	file, err := filepath.Abs(cdkJSON)
	if err != nil {
		return nil, err
	}
	once, _ := s.apps.LoadOrStore(file, sync.OnceValues(func() (*assembly.Assembly, error) {
		dir, err := os.MkdirTemp(s.Dir, "assembly-")
		if err != nil {
			return nil, err
		}
		// One who shares it must not end it for the others.
		if err := Run(context.Background(), file, dir); err != nil {
			return nil, err
		}
		return assembly.Load(dir)
	}))
	return once.(func() (*assembly.Assembly, error))()
}
