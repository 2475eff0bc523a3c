package rehearsal

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"archway/test/internal/assembly"
	"archway/test/rehearse/internal/aws/cloudformation"
	"archway/test/rehearse/internal/aws/codebuild"
)

// dockerfiles finds the Dockerfiles of the seeds, by name: the base images that
// they need are made before they are built. So are the generators of bills of
// materials, which the builds' projects name.
func (r *Rehearsal) dockerfiles(ctx context.Context, stacks []*assembly.Stack) (files, generators []string, err error) {
	var loaded []*cloudformation.Stack
	for _, s := range stacks {
		stack, err := cloudformation.Load(s, unserved)
		if err != nil {
			return nil, nil, err
		}
		loaded = append(loaded, stack)
		for _, project := range cloudformation.Of[*codebuild.Project](stack) {
			for _, v := range project.Environment.Variables {
				if v.Name == "SBOM_GENERATOR" {
					generators = append(generators, v.Value)
				}
			}
		}
	}
	folders, err := r.unpackSeeds(ctx, loaded)
	if err != nil {
		return nil, nil, err
	}
	for _, dir := range folders {
		err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			name := strings.ToLower(entry.Name())
			if entry.Type().IsRegular() && strings.Contains(name, "dockerfile") &&
				!strings.HasSuffix(name, ".dockerignore") {
				files = append(files, path)
			}
			return nil
		})
		if err != nil {
			return nil, nil, err
		}
	}
	return files, generators, nil
}

// unpackSeeds makes the folders with what is pushed first.
func (r *Rehearsal) unpackSeeds(ctx context.Context, stacks []*cloudformation.Stack) ([]string, error) {
	if r.options.WorkingCopy != "" {
		name, err := onlySource(stacks)
		if err != nil {
			return nil, err
		}
		dir, err := r.folder(filepath.Join("seeds", name))
		if err != nil {
			return nil, err
		}
		return []string{dir}, copyWorkingCopy(ctx, r.options.WorkingCopy, dir)
	}
	var folders []string
	for _, stack := range stacks {
		for _, repository := range cloudformation.Of[cloudformation.Repository](stack) {
			if repository.Seed == nil {
				continue
			}
			dir, err := r.folder(filepath.Join("seeds", repository.Name))
			if err != nil {
				return nil, err
			}
			if err := repository.Seed.Unpack(dir); err != nil {
				return nil, err
			}
			folders = append(folders, dir)
		}
	}
	return folders, nil
}

// onlySource is the one repository that a working copy is pushed to.
func onlySource(stacks []*cloudformation.Stack) (string, error) {
	var all []string
	for _, stack := range stacks {
		names, _ := followed(stack)
		for _, name := range names {
			if !slices.Contains(all, name) {
				all = append(all, name)
			}
		}
	}
	if len(all) != 1 {
		return "", fmt.Errorf("the pipelines have %d sources (%s), and a working copy goes to one: say which, "+
			"with --only-pipeline", len(all), strings.Join(all, ", "))
	}
	return all[0], nil
}

// Seed is the folder with the files that are pushed to a repository first; empty if there are none.
func (r *Rehearsal) Seed(repository string) string {
	dir := filepath.Join(r.options.Dir, "seeds", repository)
	if _, err := os.Stat(dir); err != nil {
		return ""
	}
	return dir
}
