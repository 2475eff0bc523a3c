package assembly

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
)

// Asset is a file or folder that deployment uploads before the stack.
type Asset struct {
	// Key is the object key that the template refers to.
	Key string
	// Path is the file or folder in the assembly.
	Path string
	// Packaging is "zip" for a folder that is archived, "file" for a file as it is.
	Packaging string
}

// Asset returns the asset that is uploaded under an object key.
func (s *Stack) Asset(key string) (Asset, error) {
	asset, ok := s.assets[key]
	if !ok {
		return Asset{}, fmt.Errorf("stack %s: the assembly has no asset with the object key %q", s.Name, key)
	}
	return asset, nil
}

type assetManifest struct {
	Files map[string]struct {
		Source struct {
			Path      string `json:"path"`
			Packaging string `json:"packaging"`
		} `json:"source"`
		Destinations map[string]struct {
			ObjectKey string `json:"objectKey"`
		} `json:"destinations"`
	} `json:"files"`
	DockerImages map[string]json.RawMessage `json:"dockerImages"`
}

// withoutEffect are artifacts that describe an assembly and deploy nothing.
var withoutEffect = map[string]bool{
	"cdk:tree":                true,
	"cdk:feature-flag-report": true,
	"cdk:policy-report":       true,
}

// Load reads an assembly for a rehearsal, with the files that its stacks need. What a rehearsal
// could not deploy is refused by name.
func Load(dir string) (*Assembly, error) {
	file := filepath.Join(dir, manifestFile)
	var m manifest
	if err := readJSON(file, &m); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%s is not a cloud assembly: it has no manifest.json; "+
				"run the app, or name its cdk.json instead", dir)
		}
		return nil, err
	}
	assembly := &Assembly{Dir: dir}
	for id, a := range m.Artifacts {
		switch {
		case a.Type == stackType:
			stack, err := readStack(dir, id, a)
			if err == nil {
				err = stack.addAssets(dir, m, a.Dependencies, refuse)
			}
			if err != nil {
				return nil, fmt.Errorf("%s: artifact %s: %w", file, id, err)
			}
			assembly.add(stack)
		case a.Type == filesType, withoutEffect[a.Type]:
		default:
			return nil, fmt.Errorf("%s: artifact %s: the rehearsal does not support the type %q", file, id, a.Type)
		}
	}
	if len(assembly.Stacks) == 0 {
		return nil, fmt.Errorf("%s: the assembly has no stack", file)
	}
	return assembly, nil
}

// addAssets reads what the artifacts on which the stack depends upload for it. What is neither a
// file nor a folder goes to unsupported, which may refuse it.
func (s *Stack) addAssets(dir string, m manifest, dependencies []string, unsupported func(error) error) error {
	for _, dependency := range dependencies {
		if d := m.Artifacts[dependency]; d.Type == filesType {
			if err := s.addFiles(dir, d.Properties.File, unsupported); err != nil {
				return err
			}
		}
	}
	return nil
}

func refuse(err error) error { return err }

func (s *Stack) addFiles(dir, file string, unsupported func(error) error) error {
	var m assetManifest
	path := filepath.Join(dir, file)
	if err := readJSON(path, &m); err != nil {
		return err
	}
	for id := range m.DockerImages {
		err := unsupported(fmt.Errorf("%s: dockerImages.%s: the rehearsal does not support image assets", path, id))
		if err != nil {
			return err
		}
	}
	for id, f := range m.Files {
		if f.Source.Packaging != "zip" && f.Source.Packaging != "file" {
			err := unsupported(fmt.Errorf("%s: files.%s.source.packaging: got %q, expected \"zip\" or \"file\"",
				path, id, f.Source.Packaging))
			if err != nil {
				return err
			}
			continue
		}
		for _, destination := range f.Destinations {
			s.assets[destination.ObjectKey] = Asset{
				Key:       destination.ObjectKey,
				Path:      filepath.Join(dir, f.Source.Path),
				Packaging: f.Source.Packaging,
			}
		}
	}
	return nil
}
