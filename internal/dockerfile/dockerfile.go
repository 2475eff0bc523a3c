// Package dockerfile tells which images a build takes that a Dockerfile describes. BuildKit's own
// parser reads it, in the release that a rehearsal builds with, so that nothing is understood in
// another way than in the build.
package dockerfile

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"archway/internal/platform"

	"github.com/distribution/reference"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerfile/shell"
)

// Build is what a build is told beside its Dockerfile.
type Build struct {
	// Platforms are the platforms that it is built for, each natively.
	Platforms []platform.Platform
	// Target is the stage that is built; if it is empty, the last one.
	Target string
	// Args are the build arguments.
	Args map[string]string
	// AllStages reports whether images of stages count that the target does without.
	AllStages bool
}

// Use is a place in a Dockerfile that names an image.
type Use struct {
	// Line is where, counted from 1; 0 if a build argument names it.
	Line int
	// Text is what stands there, such as FROM debian:${RELEASE}, without what is not about the
	// image.
	Text string
	// Image is the image, with all arguments filled in. It is empty if that gives no name of an
	// image.
	Image string
	// Computed reports whether arguments were filled in.
	Computed bool
}

// HasDigest reports whether the image is named by a digest, so that it is always the same one.
func (u Use) HasDigest() bool {
	named, err := reference.ParseNormalizedNamed(u.Image)
	if err != nil {
		return false
	}
	_, ok := named.(reference.Digested)
	return ok
}

// syntaxArgument is the build argument that names a frontend, before the Dockerfile does.
// https://docs.docker.com/reference/dockerfile/#buildkit-built-in-build-args
const syntaxArgument = "BUILDKIT_SYNTAX"

// scratch is no image but the empty one.
const scratch = "scratch"

// Images returns where a Dockerfile names images that the build takes: frontends, base images, and
// images that files are copied or mounted from. Each place comes once for each image that it names,
// in the order of the file. What it can't see is what images bring along in ONBUILD.
//
// If the parser doesn't understand the file, the frontend comes along with the error: it may be one
// that does.
func Images(content []byte, build Build) ([]Use, error) {
	uses := frontend(content, build.Args)
	for _, p := range build.Platforms {
		more, err := images(content, p, build)
		if err != nil {
			return uses, err
		}
		for _, use := range more {
			if !slices.Contains(uses, use) {
				uses = append(uses, use)
			}
		}
	}
	slices.SortStableFunc(uses, func(a, b Use) int { return a.Line - b.Line })
	return uses, nil
}

// frontend is the image that reads the file in BuildKit's stead.
func frontend(content []byte, args map[string]string) []Use {
	if line, ok := args[syntaxArgument]; ok {
		name, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		return []Use{{Text: syntaxArgument + "=" + name, Image: image(name)}}
	}
	if name, _, at, ok := parser.DetectSyntax(content); ok {
		return []Use{{Line: line(at), Text: "# syntax=" + name, Image: image(name)}}
	}
	return nil
}

func images(content []byte, p platform.Platform, build Build) ([]Use, error) {
	file, err := parser.Parse(bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	parsed, global, err := instructions.Parse(file.AST, nil)
	if err != nil {
		return nil, err
	}
	lex := shell.NewLex(file.EscapeToken)
	args, err := arguments(lex, global, p, build.Args, targetName(parsed, build.Target))
	if err != nil {
		return nil, err
	}
	all, err := stages(lex, parsed, args)
	if err != nil {
		return nil, err
	}
	if build.AllStages {
		return all.uses(nil), nil
	}
	reached, err := all.reach(build.Target)
	if err != nil {
		return nil, err
	}
	return all.uses(reached), nil
}

// arguments are those that FROM sees: what BuildKit sets for the platform, and what stands before
// the first FROM, with a default or a value from outside. BuildKit fills in defaults in this order
// too (dockerfile2llb: defaultArgs, buildMetaArgs).
func arguments(lex *shell.Lex, global []instructions.ArgCommand, p platform.Platform, given map[string]string,
	target string) (map[string]string, error) {
	args := map[string]string{"BUILDOSVERSION": "", "TARGETOSVERSION": "", "TARGETSTAGE": target}
	for _, prefix := range []string{"BUILD", "TARGET"} {
		args[prefix+"PLATFORM"], args[prefix+"OS"] = p.String(), p.OS()
		args[prefix+"ARCH"], args[prefix+"VARIANT"] = p.Arch(), p.Variant()
	}
	for name := range args {
		if value, ok := given[name]; ok {
			args[name] = value
		}
	}
	for _, command := range global {
		for _, arg := range command.Args {
			if value, ok := given[arg.Key]; ok {
				args[arg.Key] = value
			} else if arg.Value != nil {
				value, _, err := lex.ProcessWord(*arg.Value, environment(args))
				if err != nil {
					return nil, fmt.Errorf("line %d: %w", line(command.Location()), err)
				}
				args[arg.Key] = value
			}
		}
	}
	return args, nil
}

// targetName is the value of TARGETSTAGE.
func targetName(parsed []instructions.Stage, target string) string {
	if target == "" && len(parsed) > 0 {
		target = parsed[len(parsed)-1].Name
	}
	if target == "" {
		return "default"
	}
	return target
}

func environment(args map[string]string) shell.EnvGetter {
	list := make([]string, 0, len(args))
	for name, value := range args {
		list = append(list, name+"="+value)
	}
	return shell.EnvsFromSlice(list)
}

// image is the name if it is one of an image.
func image(name string) string {
	if _, err := reference.ParseNormalizedNamed(name); err != nil {
		return ""
	}
	return name
}

func line(at []parser.Range) int {
	if len(at) == 0 {
		return 0
	}
	return at[0].Start.Line
}
