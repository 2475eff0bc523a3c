package rehearsal

import (
	"io/fs"
	"path/filepath"
	"strings"

	"archway/test/rehearse/internal/assembly"
	"archway/test/rehearse/internal/cloudformation"
)

// dockerfiles finds the Dockerfiles of the seeds, by name: the base images that
// they need are made before they are built.
func (r *Rehearsal) dockerfiles(stacks []*assembly.Stack) ([]string, error) {
	account := cloudformation.Account{ID: accountID, Region: region, Partition: partition, URLSuffix: domain}
	var files []string
	for _, s := range stacks {
		stack, err := cloudformation.Load(s, account)
		if err != nil {
			return nil, err
		}
		for _, repository := range stack.Repositories {
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
			err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
				name := strings.ToLower(entry.Name())
				if err == nil && entry.Type().IsRegular() && strings.Contains(name, "dockerfile") && !strings.HasSuffix(name, ".dockerignore") {
					files = append(files, path)
				}
				return err
			})
			if err != nil {
				return nil, err
			}
		}
	}
	return files, nil
}

// Seed is the folder with the files of a repository's seed; empty if it has none.
func (r *Rehearsal) Seed(repository string) string {
	if d, ok := r.repositories[repository]; ok && d.declared.Seed != nil {
		return filepath.Join(r.options.Dir, "seeds", repository)
	}
	return ""
}
