package assembly

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"
)

// Resource is one resource of a template as it stands there, intrinsic functions included.
type Resource struct {
	Type           string
	DeletionPolicy string
	Properties     map[string]any
	Metadata       map[string]any
	// Path is the path of its construct within the stack, such as "Artifacts/Bucket"; the logical
	// id if the assembly doesn't tell.
	Path string `json:"-"`
}

// Resources reads the resources of the stack, by logical id, and what people called them.
func (s *Stack) Resources() (map[string]Resource, error) {
	var template struct{ Resources map[string]Resource }
	if err := json.Unmarshal(s.Template, &template); err != nil {
		return nil, fmt.Errorf("%s: %w", s.TemplateFile, err)
	}
	paths, err := s.constructs.paths()
	if err != nil {
		return nil, err
	}
	for id, r := range template.Resources {
		// /stack/construct/…/Resource: the first word is the stack, the last one the CDK's name for
		// what a construct is around.
		_, path, _ := strings.Cut(strings.TrimPrefix(paths[id], "/"), "/")
		r.Path = cmp.Or(strings.TrimSuffix(path, "/Resource"), id)
		template.Resources[id] = r
	}
	return template.Resources, nil
}

// metadata tells about each construct, by its path.
type metadata map[string][]struct {
	Type string `json:"type"`
	Data any    `json:"data"`
}

// constructs are those of a stack.
type constructs struct {
	// file has the metadata; if it is empty, the manifest told.
	file string
	told metadata
}

// paths are the constructs' paths, by the logical ids of their resources.
func (c constructs) paths() (map[string]string, error) {
	all := c.told
	if c.file != "" {
		if err := readJSON(c.file, &all); err != nil {
			return nil, err
		}
	}
	paths := map[string]string{}
	for path, entries := range all {
		for _, e := range entries {
			if id, ok := e.Data.(string); ok && e.Type == "aws:cdk:logicalId" {
				paths[id] = path
			}
		}
	}
	return paths, nil
}
