// Package assembly reads a cloud assembly: what "cdk synth" leaves behind and
// "cdk deploy" deploys.
package assembly

import (
	"cmp"
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
	Dir string
	// Stacks are in the order of their names.
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
	// Tags are those that the stack is deployed with.
	Tags map[string]string

	constructs constructs
	assets     map[string]Asset // by object key; empty if the assembly was read without them
}

// manifest is a manifest.json, as far as it is read.
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

		Tags map[string]string `json:"tags"`
	} `json:"properties"`
	// Newer assemblies keep the metadata in a file of its own.
	AdditionalMetadataFile string   `json:"additionalMetadataFile"`
	Metadata               metadata `json:"metadata"`
}

// The types of artifacts that matter here.
const (
	stackType = "aws:cloudformation:stack"
	filesType = "cdk:asset-manifest"
)

// Read reads the stacks of any assembly, with the files that they need as far as they are there.
func Read(dir string) (*Assembly, error) {
	var m manifest
	if err := readJSON(filepath.Join(dir, manifestFile), &m); err != nil {
		return nil, fmt.Errorf("%s is no cloud assembly: %w; name the folder that cdk synth --output wrote", dir, err)
	}
	assembly := &Assembly{Dir: dir}
	for id, a := range m.Artifacts {
		if a.Type != stackType {
			continue
		}
		stack, err := readStack(dir, id, a)
		if err != nil {
			return nil, err
		}
		err = stack.addAssets(dir, m, a.Dependencies, func(error) error { return nil })
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		assembly.add(stack)
	}
	if len(assembly.Stacks) == 0 {
		return nil, fmt.Errorf("the cloud assembly in %s has no stack", dir)
	}
	return assembly, nil
}

const manifestFile = "manifest.json"

// add keeps the order of the names.
func (a *Assembly) add(s *Stack) {
	at, _ := slices.BinarySearchFunc(a.Stacks, s, func(x, y *Stack) int { return cmp.Compare(x.Name, y.Name) })
	a.Stacks = slices.Insert(a.Stacks, at, s)
}

// readStack reads the template of a stack.
func readStack(dir, id string, a artifact) (*Stack, error) {
	stack := &Stack{
		Name:         cmp.Or(a.Properties.StackName, id),
		TemplateFile: filepath.Join(dir, a.Properties.TemplateFile),
		Tags:         a.Properties.Tags,
		constructs:   constructs{told: a.Metadata},
		assets:       map[string]Asset{},
	}
	if a.AdditionalMetadataFile != "" {
		stack.constructs.file = filepath.Join(dir, a.AdditionalMetadataFile)
	}
	var err error
	stack.Template, err = os.ReadFile(stack.TemplateFile)
	return stack, err
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
