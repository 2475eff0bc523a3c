package rehearsal

import (
	"io/fs"
	"path/filepath"
	"strings"

	"archway/test/internal/assembly"
	"archway/test/rehearse/internal/aws/cloudformation"
	"archway/test/rehearse/internal/aws/codebuild"
)

// dockerfiles finds the Dockerfiles of the seeds, by name: the base images that
// they need are made before they are built. So are the generators of bills of
// materials, which the builds' projects name.
func (r *Rehearsal) dockerfiles(stacks []*assembly.Stack) (files, generators []string, err error) {
	for _, s := range stacks {
		stack, err := cloudformation.Load(s, unserved)
		if err != nil {
			return nil, nil, err
		}
		for _, project := range cloudformation.Of[*codebuild.Project](stack) {
			for _, v := range project.Environment.Variables {
				if v.Name == "SBOM_GENERATOR" {
					generators = append(generators, v.Value)
				}
			}
		}
		for _, repository := range cloudformation.Of[cloudformation.Repository](stack) {
			if repository.Seed == nil {
				continue
			}
			dir, err := r.folder(filepath.Join("seeds", repository.Name))
			if err != nil {
				return nil, nil, err
			}
			if err := repository.Seed.Unpack(dir); err != nil {
				return nil, nil, err
			}
			err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
				name := strings.ToLower(entry.Name())
				if err == nil && entry.Type().IsRegular() && strings.Contains(name, "dockerfile") &&
					!strings.HasSuffix(name, ".dockerignore") {
					files = append(files, path)
				}
				return err
			})
			if err != nil {
				return nil, nil, err
			}
		}
	}
	return files, generators, nil
}

// Seed is the folder with the files of a repository's seed; empty if it has none.
func (r *Rehearsal) Seed(repository string) string {
	if d, ok := r.repositories[repository]; ok && d.declared.Seed != nil {
		return filepath.Join(r.options.Dir, "seeds", repository)
	}
	return ""
}
