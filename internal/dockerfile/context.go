package dockerfile

import (
	"bytes"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// Wants is what a Dockerfile wants of where it is built.
type Wants struct {
	// Files are the paths of the build context that COPY and ADD name, as they stand there. Those
	// with arguments in them are left out.
	Files []string
	// Platform is what the last stage is fixed to, such as linux/amd64; "" if it is built for
	// whatever platform is asked for.
	Platform string
}

// Wanted reads a Dockerfile.
func Wanted(content []byte) (Wants, error) {
	file, err := parser.Parse(bytes.NewReader(content))
	if err != nil {
		return Wants{}, err
	}
	stages, _, err := instructions.Parse(file.AST, nil)
	if err != nil {
		return Wants{}, err
	}
	wants := Wants{Platform: fixed(stages)}
	for _, stage := range stages {
		for _, command := range stage.Commands {
			switch command := command.(type) {
			case *instructions.CopyCommand:
				if command.From == "" {
					wants.add(command.SourcePaths)
				}
			case *instructions.AddCommand:
				wants.add(command.SourcePaths)
			}
		}
	}
	return wants, nil
}

func (w *Wants) add(paths []string) {
	for _, path := range paths {
		if !strings.ContainsAny(path, "$") && !strings.Contains(path, "://") && !strings.HasPrefix(path, "git@") {
			w.Files = append(w.Files, path)
		}
	}
}

// fixed is the platform that stands in the FROM of the last stage, or of the stage that it is based
// on.
func fixed(stages []instructions.Stage) string {
	if len(stages) == 0 {
		return ""
	}
	for at := len(stages) - 1; at >= 0; {
		stage := stages[at]
		if stage.Platform != "" && !strings.Contains(stage.Platform, "$") {
			return stage.Platform
		}
		base := -1
		for i := range at {
			if strings.EqualFold(stages[i].Name, stage.BaseName) {
				base = i
			}
		}
		at = base
	}
	return ""
}
