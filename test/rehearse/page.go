package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"

	"archway/test/rehearse/internal/aws/cloudformation"
	"archway/test/rehearse/internal/aws/codebuild"
	"archway/test/rehearse/internal/aws/codepipeline"
	"archway/test/rehearse/internal/rehearsal"
	"archway/test/rehearse/internal/report"
	"archway/test/rehearse/internal/report/page"
)

// defaultPage is beside what "cdk synth" leaves behind: nobody keeps either of them.
const defaultPage = "cdk.out/rehearsal.html"

// writePage writes the page about the rehearsal, if one is wanted. The logs must still be there.
func (c *command) writePage() error {
	if c.page == "" {
		return nil
	}
	path, err := filepath.Abs(c.page)
	if err != nil {
		return err
	}
	var text strings.Builder
	if err := page.Write(&text, page.New(&c.report, page.Options{Redact: c.redact})); err != nil {
		return err
	}
	if err := writeForOwner(path, text.String()); err != nil {
		return err
	}
	c.report.Page = path
	return nil
}

// writeForOwner writes a file, and its folder, that belong to whom the folder belongs in which they
// are made: a rehearsal runs as root, and a person's next "cdk synth" is to find nothing in cdk.out
// that it must not touch.
func writeForOwner(path, content string) error {
	var made []string
	dir := filepath.Dir(path)
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
			break
		}
		made = append(made, dir)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	// Under another name first: who looks at the page of the last rehearsal must not find half of
	// this one.
	f, err := os.CreateTemp(filepath.Dir(path), ".rehearsal-*.html")
	if err != nil {
		return err
	}
	_, err = f.WriteString(content)
	err = errors.Join(err, f.Chmod(0o644), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok || os.Geteuid() != 0 {
		return nil
	}
	for _, name := range append(made, path) {
		if err := os.Lchown(name, int(owner.Uid), int(owner.Gid)); err != nil {
			return err
		}
	}
	return nil
}

// registries reads a stack's registry repositories.
func registries(r *rehearsal.Rehearsal, stack *cloudformation.Stack, made ...string) ([]report.Registry, error) {
	var all []report.Registry
	for _, declared := range cloudformation.Of[cloudformation.Registry](stack) {
		registry, err := report.ReadRegistry(r, declared.Name, made...)
		if err != nil {
			return nil, err
		}
		all = append(all, registry)
	}
	return all, nil
}

// made are the indexes that an execution's merges made, also if nothing promoted them.
func made(result codepipeline.Result) []string {
	var digests []string
	for _, variables := range result.Variables {
		if digest := variables["INDEX_DIGEST"]; digest != "" {
			digests = append(digests, digest)
		}
	}
	slices.Sort(digests)
	return digests
}

// machines say where a pipeline's actions run.
func machines(stack *cloudformation.Stack, pipeline string) map[string]string {
	kinds := map[string]string{}
	for _, p := range cloudformation.Of[*codebuild.Project](stack) {
		kinds[p.Name] = map[string]string{"LINUX_CONTAINER": "x86_64", "ARM_CONTAINER": "arm64"}[p.Environment.Type]
	}
	found := map[string]string{}
	for _, p := range cloudformation.Of[*codepipeline.Pipeline](stack) {
		if p.Name != pipeline {
			continue
		}
		for _, s := range p.Stages {
			for _, a := range s.Actions {
				switch a.Type.Provider {
				case "CodeBuild":
					found[s.Name+"/"+a.Name] = kinds[a.Configuration["ProjectName"]]
				case "Lambda":
					found[s.Name+"/"+a.Name] = "Lambda"
				}
			}
		}
	}
	return found
}

// native is the kind of CodeBuild's machines that this machine need not emulate.
func native() string {
	if runtime.GOARCH == "arm64" {
		return "arm64"
	}
	return "x86_64"
}
