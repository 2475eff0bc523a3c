package config

import (
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"

	"archway/internal/dockerfile"
	"archway/internal/rule"
)

// baseImages judges the base images of the Dockerfiles that the seed holds, as the builds of its
// commit would take them: at synthesis, before a build has to fail. The builds judge again, by what
// BuildKit has really taken.
func (r *reader) baseImages(pipeline object, p Planned) {
	if p.Source.Seed == "" {
		return
	}
	list, _ := pipeline.list("images")
	for i := range p.Images {
		fields, _ := list[i].(map[string]any)
		o := object{r: r, at: item(pipeline.path("images"), i), fields: fields}
		if _, configured := fields["baseImages"].(string); !configured || r.about(o.at) {
			continue // nothing is said by default, nor of what is wrong in other ways
		}
		image := &p.Images[i]
		if !pipeline.has("rules") {
			r.judge(o, p, image,
				Settings{Context: image.Context, Dockerfile: image.Dockerfile, BuildArgs: image.BuildArgs,
					Platforms: image.Platforms})
		}
		for _, of := range p.Rules {
			// Other branches may have other files than the first commit.
			if s, ok := p.Settings[of.Name][image.Name]; ok && of.Type == rule.Branch && of.builds(p.Source.Branch) {
				r.judge(o, p, image, s)
			}
		}
	}
}

// builds reports whether the rule, which is good, matches a name.
func (of Rule) builds(name string) bool {
	m, err := rule.Compile(rule.Rule{Name: of.Name, Type: of.Type, Exact: of.Exact, Pattern: of.Pattern})
	if err != nil {
		return false
	}
	_, ok := m.Match(name)
	return ok
}

// howToPin is the cure.
const howToPin = "docker buildx imagetools inspect %s shows the digest"

// judge reports the base images without a digest if they must have one, and adds warnings if not.
func (r *reader) judge(o object, p Planned, image *Image, s Settings) {
	seed := p.Source.Seed
	file := path.Join(s.Context, s.Dockerfile)
	content, err := readInside(seed, file)
	if err != nil {
		return // reported with the Dockerfile
	}
	file = filepath.Join(seed, file)
	warn := func(format string, args ...any) {
		p.ImageWarnings[image.Name] = append(p.ImageWarnings[image.Name], fmt.Sprintf(format, args...))
	}
	uses, err := dockerfile.Images(content,
		dockerfile.Build{Platforms: s.Platforms, Target: image.Target, Args: s.BuildArgs})
	for _, use := range uses {
		where := file
		if use.Line > 0 {
			where = fmt.Sprintf("%s:%d", file, use.Line)
		}
		pinned := use.Image + "@sha256:…"
		switch cure := fmt.Sprintf("write "+pinned+"; "+howToPin, use.Image); {
		case use.Image == "":
			warn("%s: %q names no image with the arguments that are known here, so that only its build can tell whether the base image has a digest",
				where, use.Text)
		case use.HasDigest():
		case image.BaseImages != PinnedBaseImages:
			warn("%s: %q takes the base image %s, which has no digest, so that the same commit can give another image tomorrow: %s",
				where, use.Text, use.Image, cure)
		case use.Computed:
			o.report("baseImages",
				"%s: %q takes the base image %s, expected one with a digest: where the arguments get their values, %s",
				where, use.Text, use.Image, cure)
		default:
			o.report("baseImages", "%s: %q takes a base image without a digest, expected one with: %s", where, use.Text,
				cure)
		}
	}
	if err != nil {
		warn("%s is not understood (%v), so that only its build can tell which base images have no digest", file, err)
	}
}

// readInside reads a file of a folder that no symbolic link may leave.
func readInside(folder, name string) ([]byte, error) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	file, err := root.Open(filepath.FromSlash(name))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(file)
}
