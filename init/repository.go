package main

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"text/template"
)

// files are the templates of what is written. None of them has the name that it gets: a go.mod
// would make its folder a module of its own, which no version of this one holds.
//
//go:embed files
var files embed.FS

// targets are the files that are written, by their templates.
var targets = map[string]string{
	"Makefile":             "Makefile",
	"README.md":            "README.md",
	"gitignore":            ".gitignore",
	"go.mod.txt":           "go.mod",
	"template_test.txt":    "template_test.go",
	"github.yml":           ".github/workflows/pipelines.yml",
	"gitlab.yml":           ".gitlab-ci.yml",
	"hello/Dockerfile":     "hello/Dockerfile",
	"hello/go.mod.txt":     "hello/go.mod",
	"hello/main.go.txt":    "hello/main.go",
	"hello/rehearsal.json": "hello/rehearsal.json",
}

// values are what the templates hold.
type values struct {
	Name          string
	Go, Toolchain string
	Replace       string
	// Path is the folder of Archway, seen from the repository, and URL where it is cloned from.
	// Path is empty for a fork.
	Path, URL string
	// Seed is the folder of the application, and SeedURL where it is cloned from; empty if the
	// example is the application.
	Seed, SeedURL string
}

// write makes the repository beside its place, and moves it there when all of it is done.
func (p *program) write(ctx context.Context, o options) error {
	dir, err := target(o.dir)
	if err != nil {
		return errUsage{err}
	}
	archway, err := clone(ctx, filepath.Dir(dir))
	if err != nil {
		return err
	}
	if inside(archway.Dir, dir) {
		return errUsage{fmt.Errorf("%s lies in Archway's own folder, whose upgrade would meet it: "+
			"name a folder beside, such as DIR=../pipelines", dir)}
	}
	if archway, err = folder(ctx, archway.Dir, dir); err != nil {
		return err
	}
	if o.fork != "" {
		if archway, err = fork(ctx, o.fork); err != nil {
			return err
		}
	}
	if o, err = p.ask(o); err != nil {
		return err
	}
	v := values{Name: o.name, Go: archway.Go, Toolchain: archway.Toolchain, Replace: archway.Replace}
	if !archway.Fork {
		v.Path, _, _ = strings.Cut(archway.Replace, " ")
		v.URL = remote(ctx, archway.Dir)
	}
	app := example(o.name)
	if o.from != "" {
		if app, err = read(ctx, o.from, o.name); err != nil {
			return err
		}
		if inside(app.Dir, dir) {
			return errUsage{fmt.Errorf("%s lies in FROM, so that each synthesis would copy what it makes: "+
				"name a folder beside it", dir)}
		}
		if v.Seed, err = filepath.Rel(dir, app.Dir); err != nil {
			return err
		}
		v.Seed = filepath.ToSlash(v.Seed)
		v.SeedURL = remote(ctx, app.Dir)
	}
	half, err := os.MkdirTemp(filepath.Dir(dir), "."+filepath.Base(dir)+"-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(half)
	if err := fill(ctx, half, archway, app, v); err != nil {
		return err
	}
	reviewed := p.accept(ctx, half)
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := errors.Join(os.Chmod(half, 0o755), os.Rename(half, dir)); err != nil {
		return err
	}
	p.tell(dir, app, reviewed)
	if reviewed != nil {
		return errors.New("the repository is there, and no template yet: cure the above in its cdk.json, " +
			"then run make accept in it")
	}
	return nil
}

// target is the folder to make, which is not there or empty.
func target(name string) (string, error) {
	dir, err := filepath.Abs(name)
	if err != nil {
		return "", err
	}
	switch entries, err := os.ReadDir(dir); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return "", fmt.Errorf("%s is no folder that can be written: name another one (%w)", dir, err)
	case len(entries) > 0:
		return "", fmt.Errorf("%s is there already and not empty, and nothing is overwritten: name another folder", dir)
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return "", err
	}
	// Where it really is: paths to other folders are relative to it.
	parent, err := filepath.EvalSymlinks(filepath.Dir(dir))
	return filepath.Join(parent, filepath.Base(dir)), err
}

// inside reports whether a path is a folder, or lies in it.
func inside(folder, path string) bool {
	if real, err := filepath.EvalSymlinks(folder); err == nil {
		folder = real
	}
	relative, err := filepath.Rel(folder, path)
	return err == nil && relative != ".." && !strings.HasPrefix(relative, ".."+string(filepath.Separator))
}

// example is the application that comes along.
func example(name string) *application {
	return &application{Branch: "main", Seed: true, Images: []image{{Name: name, Context: ".", Dockerfile: "Dockerfile"}}}
}

// fill writes all files into a folder.
func fill(ctx context.Context, dir string, archway source, app *application, v values) error {
	for name, to := range targets {
		if strings.HasPrefix(name, "hello/") && app.Dir != "" {
			continue
		}
		text, err := files.ReadFile("files/" + name)
		if err != nil {
			return err
		}
		if !strings.HasPrefix(name, "hello/") {
			if text, err = render(name, text, v); err != nil {
				return err
			}
		}
		if err := write(dir, to, text); err != nil {
			return err
		}
	}
	configuration, err := configuration(app, v)
	if err != nil {
		return err
	}
	if err := write(dir, "cdk.json", configuration); err != nil {
		return err
	}
	if err := archway.give(ctx, dir, true); err != nil {
		return err
	}
	if git(ctx, dir, "rev-parse", "--show-toplevel") == "" {
		git(ctx, dir, "init", "--quiet", "--initial-branch", "main")
	}
	return nil
}

// accept synthesizes, and writes the templates.
func accept(ctx context.Context, dir string) error {
	_, err := run(ctx, dir, "go", "test", ".", "-update")
	return err
}

func render(name string, text []byte, v values) ([]byte, error) {
	// GitHub's own expressions have the usual braces.
	parsed, err := template.New(name).Delims("[[", "]]").Parse(string(text))
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = parsed.Execute(&out, v)
	return out.Bytes(), err
}

func write(dir, name string, text []byte) error {
	file := filepath.Join(dir, filepath.FromSlash(name))
	return errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, text, 0o644))
}

// configuration is cdk.json, with the keys in the order in which people think of them.
func configuration(app *application, v values) ([]byte, error) {
	type tags struct {
		Immutable []string `json:"immutable"`
		Moving    []string `json:"moving"`
	}
	type picture struct {
		Name       string            `json:"name"`
		Context    string            `json:"context,omitempty"`
		Dockerfile string            `json:"dockerfile,omitempty"`
		Platforms  []string          `json:"platforms"`
		Tags       tags              `json:"tags"`
		SmokeTest  map[string]string `json:"smokeTest,omitempty"`
	}
	type origin struct {
		Repository string `json:"repository"`
		Branch     string `json:"branch"`
		Seed       string `json:"seed,omitempty"`
	}
	type pipeline struct {
		Name   string    `json:"name"`
		Source origin    `json:"source"`
		Images []picture `json:"images"`
	}
	one := pipeline{Name: v.Name, Source: origin{Repository: v.Name, Branch: app.Branch, Seed: v.Seed}}
	if app.Dir == "" {
		one.Source.Seed = "hello"
	}
	if !app.Seed {
		one.Source.Seed = ""
	}
	for _, i := range app.Images {
		made := picture{
			Name: i.Name, Platforms: []string{"linux/amd64", "linux/arm64"},
			Tags: tags{Immutable: []string{"{commit:12}"}, Moving: []string{"latest", "{branch}"}},
		}
		if i.Platform != "" {
			made.Platforms = []string{i.Platform}
		}
		if i.Context != "." {
			made.Context = i.Context
		}
		if i.Dockerfile != "Dockerfile" {
			made.Dockerfile = i.Dockerfile
		}
		if app.Dir == "" {
			made.SmokeTest = map[string]string{"output": "Hello, {arch}!"}
		}
		one.Images = append(one.Images, made)
	}
	type object = map[string]any
	type cdk struct {
		Schema           string `json:"$schema"`
		App              string `json:"app"`
		VersionReporting bool   `json:"versionReporting"`
		PathMetadata     bool   `json:"pathMetadata"`
		Context          object `json:"context"`
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err := encoder.Encode(cdk{
		Schema: "./cdk.schema.json", App: "go tool archway",
		Context: object{"archway": object{"pipelines": []pipeline{one}}},
	})
	return list.ReplaceAllFunc(out.Bytes(), func(text []byte) []byte {
		text = bytes.Join(bytes.Fields(text), []byte(" "))
		return bytes.Replace(bytes.Replace(text, []byte(" ]"), []byte("]"), 1), []byte("[ "), []byte("["), 1)
	}), err
}

// list is a list of strings, of which each has a line of its own.
var list = regexp.MustCompile(`\[\s+"[^"]*"(,\s+"[^"]*")*\s+\]`)

// tell says what is there now, and what comes next.
func (p *program) tell(dir string, app *application, reviewed error) {
	fmt.Fprintf(p.out, "%s is a repository that uses Archway. Its pipeline builds:\n", dir)
	for _, i := range app.Images {
		platform := "linux/amd64, linux/arm64"
		if i.Platform != "" {
			platform = i.Platform
		}
		fmt.Fprintf(p.out, "  %-20s %s in %s, for %s\n", i.Name, i.Dockerfile, i.Context, platform)
	}
	for _, note := range app.Notes {
		fmt.Fprintf(p.out, "note: %s\n", note)
	}
	if reviewed != nil {
		fmt.Fprintf(p.problems, "%s\n", reason(reviewed))
		return
	}
	fmt.Fprintf(p.out, "next: cd %s && git add . && git commit -m 'Pipelines' && make synth\n", dir)
}

// reason leaves off what a test prints around what the app has said.
func reason(err error) string {
	var said []string
	for line := range strings.Lines(err.Error()) {
		if at := strings.Index(line, "archway: "); at >= 0 {
			said = append(said, strings.TrimRight(line[at:], "\n"))
		}
	}
	if len(said) == 0 {
		return err.Error()
	}
	return strings.Join(said, "\n")
}
