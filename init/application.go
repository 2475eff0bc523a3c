package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"archway/internal/dockerfile"
	"archway/internal/platform"
)

// application is what a folder of somebody's sources tells.
type application struct {
	// Dir is the folder.
	Dir string
	// Branch is the one that is checked out; main outside of git.
	Branch string
	// Seed reports whether it can be the first commit of a repository.
	Seed   bool
	Images []image
	// Notes are what a person should know.
	Notes []string
}

// image is one Dockerfile.
type image struct {
	Name string
	// Context and Dockerfile are as in cdk.json: relative to the application, and to the context.
	Context, Dockerfile string
	// Platform is set if it can be built for this one alone.
	Platform string
}

// read looks for the Dockerfiles of an application. name is what the image of the topmost folder is
// called.
func read(ctx context.Context, dir, name string) (*application, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	files, similar, err := dockerfiles(dir)
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf(
			"there is no Dockerfile in %s: name the folder of an application that has one, or leave FROM out", dir)
	}
	app := &application{Dir: dir, Branch: git(ctx, dir, "symbolic-ref", "--short", "HEAD"), Seed: true}
	if app.Branch == "" {
		app.Branch = "main"
	}
	taken := map[string]bool{}
	for _, file := range files {
		built, err := app.image(file)
		if err != nil {
			return nil, err
		}
		folder := path.Dir(file)
		built.Name = plain(path.Base(folder))
		if folder == "." {
			built.Name = name
		}
		if taken[built.Name] {
			built.Name = plain(strings.ReplaceAll(folder, "/", "-"))
		}
		taken[built.Name] = true
		app.Images = append(app.Images, built)
	}
	for _, file := range similar {
		app.note("%s is left out: only files that are called Dockerfile are taken", file)
	}
	empty, err := emptyFiles(ctx, dir)
	if err != nil {
		return nil, err
	}
	if len(empty) > 0 {
		app.Seed = false
		app.note("cdk.json has no seed, as the application has empty files, which CloudFormation takes none of (%s): "+
			"the repository starts empty, and is pushed to. With a line end in them, \"seed\" under \"source\" "+
			"lets make rehearse build it", some(empty))
	}
	return app, nil
}

func (a *application) note(format string, values ...any) {
	a.Notes = append(a.Notes, fmt.Sprintf(format, values...))
}

// image finds out where a Dockerfile is built: in its own folder, or, if what it copies is only
// there, in the application's.
func (a *application) image(file string) (image, error) {
	content, err := os.ReadFile(filepath.Join(a.Dir, file))
	if err != nil {
		return image{}, err
	}
	folder := path.Dir(file)
	built := image{Context: folder, Dockerfile: path.Base(file)}
	wants, err := dockerfile.Wanted(content)
	if err != nil {
		a.note("%s can't be read as a Dockerfile: %v", file, err)
		return built, nil
	}
	beside, above := a.missing(folder, wants.Files), a.missing(".", wants.Files)
	switch {
	case len(beside) > 0 && len(above) == 0:
		built.Context, built.Dockerfile = ".", file
	case len(beside) > 0:
		a.note("%s copies what is not there: %s; set \"context\" if it is built in another folder", file, some(beside))
	}
	if wants.Platform == "" {
		return built, nil
	}
	if p, err := platform.Parse(wants.Platform); err == nil && platform.Of(p).Buildable() {
		built.Platform = platform.Of(p).String()
		a.note("%s is fixed to %s by its FROM: without --platform it could be built for both", file, built.Platform)
	} else {
		a.note("%s is fixed to %s by its FROM, which is not built: take --platform out", file, wants.Platform)
	}
	return built, nil
}

// missing are the paths that a folder of the application doesn't have.
func (a *application) missing(folder string, paths []string) []string {
	var all []string
	for _, p := range paths {
		found, err := filepath.Glob(filepath.Join(a.Dir, folder, filepath.FromSlash(p)))
		if err == nil && len(found) == 0 {
			all = append(all, p)
		}
	}
	return all
}

// dockerfiles lists the files that are called Dockerfile, and those that only look like one.
func dockerfiles(dir string) (files, similar []string, err error) {
	others := []string{"node_modules", "vendor", "testdata", "cdk.out"}
	err = fs.WalkDir(os.DirFS(dir), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := entry.Name()
		if entry.IsDir() {
			if name != "." && (base[0] == '.' || slices.Contains(others, base)) {
				return fs.SkipDir
			}
			return nil
		}
		switch {
		case !entry.Type().IsRegular() || strings.HasSuffix(base, ".dockerignore"):
		case base == "Dockerfile":
			files = append(files, name)
		case strings.HasPrefix(base, "Dockerfile.") || strings.HasSuffix(base, ".Dockerfile"),
			base == "Containerfile":
			similar = append(similar, name)
		}
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fmt.Errorf("FROM: there is no folder %s: name that of an application, or leave FROM out", dir)
	}
	return files, similar, err
}

// emptyFiles are those that git would commit, or all of a folder that git doesn't know.
func emptyFiles(ctx context.Context, dir string) ([]string, error) {
	var names []string
	if known := git(ctx, dir, "ls-files", "-z", "-co", "--exclude-standard"); known != "" {
		names = strings.Split(strings.TrimRight(known, "\x00"), "\x00")
	} else {
		err := fs.WalkDir(os.DirFS(dir), ".", func(name string, entry fs.DirEntry, err error) error {
			if err == nil && entry.IsDir() && entry.Name() == ".git" {
				return fs.SkipDir
			}
			names = append(names, name)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	var empty []string
	for _, name := range names {
		if info, err := os.Lstat(filepath.Join(dir, name)); err == nil && info.Mode().IsRegular() && info.Size() == 0 {
			empty = append(empty, name)
		}
	}
	return empty, nil
}

// some is the beginning of a list.
func some(names []string) string {
	if len(names) > 3 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:3], ", "), len(names)-3)
	}
	return strings.Join(names, ", ")
}

// plain makes a name of pipelines, images and registries of any other: small letters, digits and
// single hyphens, and a letter first.
func plain(name string) string {
	name = strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' || '0' <= r && r <= '9' {
			return r
		}
		return '-'
	}, strings.ToLower(name))
	name = strings.Join(strings.FieldsFunc(name, func(r rune) bool { return r == '-' }), "-")
	if name == "" || name[0] < 'a' {
		return strings.TrimSuffix("app-"+name, "-")
	}
	return name
}
