// Package assembly reads what a picture needs of a cloud assembly: the resources of each stack, and what people called them.
package assembly

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Stack is a stack with its resources as the template has them, intrinsic functions included.
type Stack struct {
	Name      string
	Resources map[string]Resource // by logical id
}

// Resource is one resource of a template.
type Resource struct {
	Type           string
	DeletionPolicy string
	Properties     map[string]any
	Metadata       map[string]any
	// Path is the path of its construct within the stack, such as "Artifacts/Bucket"; the logical id if the assembly doesn't tell.
	Path string `json:"-"`
}

type manifest struct {
	Artifacts map[string]struct {
		Type       string
		Properties struct{ TemplateFile, StackName string }
		// Newer assemblies keep the metadata in a file of its own.
		AdditionalMetadataFile string
		Metadata               metadata
	}
}

// metadata tells about each construct, by its path.
type metadata map[string][]struct {
	Type string
	Data any
}

// Load reads the stacks of the assembly in a folder, in the order of their names.
func Load(dir string) ([]Stack, error) {
	var m manifest
	if err := read(filepath.Join(dir, "manifest.json"), &m); err != nil {
		return nil, fmt.Errorf("%s is no cloud assembly: %w; name the folder that cdk synth --output wrote", dir, err)
	}
	var stacks []Stack
	for id, a := range m.Artifacts {
		if a.Type != "aws:cloudformation:stack" {
			continue
		}
		s := Stack{Name: cmp.Or(a.Properties.StackName, id)}
		if err := read(filepath.Join(dir, a.Properties.TemplateFile), &s); err != nil {
			return nil, err
		}
		paths := a.Metadata
		if a.AdditionalMetadataFile != "" {
			if err := read(filepath.Join(dir, a.AdditionalMetadataFile), &paths); err != nil {
				return nil, err
			}
		}
		s.name(paths)
		stacks = append(stacks, s)
	}
	if len(stacks) == 0 {
		return nil, fmt.Errorf("the cloud assembly in %s has no stack", dir)
	}
	slices.SortFunc(stacks, func(a, b Stack) int { return cmp.Compare(a.Name, b.Name) })
	return stacks, nil
}

// name gives each resource its path.
func (s *Stack) name(paths metadata) {
	byID := map[string]string{}
	for path, entries := range paths {
		for _, e := range entries {
			if id, ok := e.Data.(string); ok && e.Type == "aws:cdk:logicalId" {
				byID[id] = path
			}
		}
	}
	for id, r := range s.Resources {
		// /stack/construct/…/Resource: the first word is the stack, the last one the CDK's name for what a construct is around.
		path := byID[id]
		_, path, _ = strings.Cut(strings.TrimPrefix(path, "/"), "/")
		path = strings.TrimSuffix(path, "/Resource")
		r.Path = cmp.Or(path, id)
		s.Resources[id] = r
	}
}

func read(path string, into any) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(content, into); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
