// Package assembly reads a cloud assembly: what "cdk synth" leaves behind and
// "cdk deploy" deploys.
package assembly

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// Assembly is one folder with a manifest.json.
type Assembly struct {
	Dir    string
	Stacks []*Stack
}

// Stack is one CloudFormation stack of an assembly.
type Stack struct {
	// Name is the stack's name in CloudFormation.
	Name string
	// TemplateFile is the template's path.
	TemplateFile string
	// Template is its content.
	Template []byte

	assets map[string]Asset
}

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

type manifest struct {
	Artifacts map[string]artifact `json:"artifacts"`
}

type artifact struct {
	Type         string   `json:"type"`
	Dependencies []string `json:"dependencies"`
	Properties   struct {
		TemplateFile string `json:"templateFile"`
		StackName    string `json:"stackName"`
		File         string `json:"file"`
	} `json:"properties"`
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

// Load reads the assembly in a folder. All stacks are in the order of their names.
func Load(dir string) (*Assembly, error) {
	file := filepath.Join(dir, "manifest.json")
	var m manifest
	if err := readJSON(file, &m); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%s is not a cloud assembly: it has no manifest.json; run the app, or name its cdk.json instead", dir)
		}
		return nil, err
	}
	assembly := &Assembly{Dir: dir}
	for id, a := range m.Artifacts {
		switch {
		case a.Type == "aws:cloudformation:stack":
			stack, err := m.stack(dir, id)
			if err != nil {
				return nil, fmt.Errorf("%s: artifact %s: %w", file, id, err)
			}
			assembly.Stacks = append(assembly.Stacks, stack)
		case a.Type == "cdk:asset-manifest", withoutEffect[a.Type]:
		default:
			return nil, fmt.Errorf("%s: artifact %s: the rehearsal does not support the type %q", file, id, a.Type)
		}
	}
	if len(assembly.Stacks) == 0 {
		return nil, fmt.Errorf("%s: the assembly has no stack", file)
	}
	slices.SortFunc(assembly.Stacks, func(a, b *Stack) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return assembly, nil
}

func (m manifest) stack(dir, id string) (*Stack, error) {
	a := m.Artifacts[id]
	stack := &Stack{
		Name:         a.Properties.StackName,
		TemplateFile: filepath.Join(dir, a.Properties.TemplateFile),
		assets:       map[string]Asset{},
	}
	if stack.Name == "" {
		stack.Name = id
	}
	var err error
	if stack.Template, err = os.ReadFile(stack.TemplateFile); err != nil {
		return nil, err
	}
	for _, dependency := range a.Dependencies {
		d := m.Artifacts[dependency]
		if d.Type != "cdk:asset-manifest" {
			continue
		}
		if err := stack.addAssets(dir, d.Properties.File); err != nil {
			return nil, err
		}
	}
	return stack, nil
}

func (s *Stack) addAssets(dir, file string) error {
	var m assetManifest
	path := filepath.Join(dir, file)
	if err := readJSON(path, &m); err != nil {
		return err
	}
	for id := range m.DockerImages {
		return fmt.Errorf("%s: dockerImages.%s: the rehearsal does not support image assets", path, id)
	}
	for id, f := range m.Files {
		if f.Source.Packaging != "zip" && f.Source.Packaging != "file" {
			return fmt.Errorf("%s: files.%s.source.packaging: got %q, expected \"zip\" or \"file\"", path, id, f.Source.Packaging)
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

func readJSON(path string, v any) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(content, v); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
