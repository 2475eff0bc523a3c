package config

import (
	"archway/internal/spec"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// seed reads a folder that must be there, and makes it relative to the working directory.
func (o object) seed(key string) string {
	name, ok := o.text(key, "")
	if !ok || name == "" {
		return ""
	}
	folder := filepath.Clean(name)
	if !filepath.IsAbs(folder) {
		folder = filepath.Join(o.r.dir, folder)
	}
	switch entries, err := os.ReadDir(folder); {
	case errors.Is(err, fs.ErrNotExist):
		o.report(key, "there is no folder %q: create it, or name another one, relative to the folder of cdk.json",
			folder)
	case err != nil:
		o.report(key, "the folder %q can't be read (%v): name another one, relative to the folder of cdk.json", folder,
			cause(err))
	case len(entries) == 0:
		o.report(key,
			"the folder %q is empty: put the first commit's files there, or remove the key to start with an empty repository",
			folder)
	default:
		return folder
	}
	return ""
}

// pathInside reads a path that may not leave the folder that it is relative to, and gives it in its
// shortest form. It reports whether the path is good.
func (o object) pathInside(key, fallback, folder string) (string, bool) {
	name, ok := o.text(key, fallback)
	if !o.has(key) {
		return fallback, true
	}
	if !ok {
		return fallback, false
	}
	clean := path.Clean(name)
	switch {
	case name == "":
		o.report(key, "is empty: name a path relative to %s, or remove the key for %q", folder, fallback)
	case len(name) > spec.MaxPath:
		o.report(key, "CodeCommit takes paths of at most 4,096 characters: name a shorter one")
	case strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f }):
		o.report(key, "holds a control character: name a path without")
	case strings.Contains(name, `\`):
		o.report(key, `CodeBuild builds on Linux: write "/" instead of "\"`)
	case path.IsAbs(name):
		o.report(key, "is absolute: name a path relative to %s", folder)
	case clean == ".." || strings.HasPrefix(clean, "../"):
		o.report(key, "leaves %s: name a path inside of it", folder)
	case strings.HasPrefix(clean, "-"):
		o.report(key, `docker would read it as an option: name a path that doesn't begin with "-"`)
	default:
		return clean, true
	}
	return fallback, false
}

// checkDockerfile looks into the seed folder for the context and the Dockerfile. Files of an
// existing repository can't be seen from here.
func (o object) checkDockerfile(seed, context, dockerfile string) {
	root, err := os.OpenRoot(seed)
	if err != nil {
		return // reported with the seed
	}
	defer root.Close()
	// The paths stay inside of the seed, but a symbolic link could still leave it: the root refuses
	// to follow that, as the repository will not have what it points at.
	switch info, err := root.Stat(filepath.FromSlash(context)); {
	case errors.Is(err, fs.ErrNotExist):
		o.reportPath("context", context,
			"there is no folder %q: create it, or name another one, relative to the seed folder",
			filepath.Join(seed, context))
		return
	case err != nil:
		o.reportPath("context", context,
			"the folder %q can't be read (%v): name another one, relative to the seed folder",
			filepath.Join(seed, context), cause(err))
		return
	case !info.IsDir():
		o.reportPath("context", context,
			"%q is no folder: name the folder that is sent to the build, relative to the seed folder",
			filepath.Join(seed, context))
		return
	}
	file := path.Join(context, dockerfile)
	switch info, err := root.Stat(filepath.FromSlash(file)); {
	case errors.Is(err, fs.ErrNotExist) && context != "." && o.has("dockerfile") && isFile(root, dockerfile):
		inside, ok := strings.CutPrefix(dockerfile, context+"/")
		if !ok {
			o.reportPath("dockerfile", dockerfile,
				"is relative to the context %q, and must be inside of it: move the file there, or write "+
					`"context": "."`, context)
			return
		}
		o.reportPath("dockerfile", dockerfile, "is relative to the context %q, and not to the repository: write %q",
			context, inside)
	case errors.Is(err, fs.ErrNotExist):
		o.reportPath("dockerfile", dockerfile,
			"there is no file %q: create it, or name another one, relative to the context", filepath.Join(seed, file))
	case err != nil:
		o.reportPath("dockerfile", dockerfile,
			"the file %q can't be read (%v): name another one, relative to the context", filepath.Join(seed, file),
			cause(err))
	case !info.Mode().IsRegular():
		o.reportPath("dockerfile", dockerfile, "%q is no file: name the Dockerfile, relative to the context",
			filepath.Join(seed, file))
	}
}

func isFile(root *os.Root, name string) bool {
	info, err := root.Stat(filepath.FromSlash(name))
	return err == nil && info.Mode().IsRegular()
}

// reportPath reports a problem with a path, which may be a default.
func (o object) reportPath(key, value string, format string, args ...any) {
	o.r.report(o.path(key), value, format, args...)
}

// cause leaves off the operation and the path, which the message has already.
func cause(err error) error {
	if e := (*fs.PathError)(nil); errors.As(err, &e) {
		return e.Err
	}
	return err
}
