package base

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"golang.org/x/mod/modfile"
)

// replacements makes those of modules by folders outside of the repository lead where they led:
// "../archway" is another place seen from the temporary tree. Where the line names a commit of that
// folder ("// commit …"), it leads to the folder as it was then. The function that comes back, also
// with an error, removes what that took.
func replacements(ctx context.Context, app, was, tree, parent string) (done func() error, err error) {
	var trees []func() error
	done = func() (err error) {
		for _, remove := range trees {
			err = errors.Join(err, remove())
		}
		return err
	}
	out, err := run(ctx, app, "go", "env", "GOMOD")
	file := strings.TrimSpace(out)
	if err != nil || file == "" || file == os.DevNull {
		return done, err
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return done, err
	}
	mod, err := modfile.Parse(file, text, nil)
	if err != nil {
		return done, err
	}
	module := filepath.Dir(file)
	above, err := filepath.Rel(app, module)
	if err != nil {
		return done, err
	}
	for i, r := range mod.Replace {
		if r.New.Version != "" || filepath.IsAbs(r.New.Path) || !strings.HasPrefix(r.New.Path, ".") ||
			within(tree, filepath.Join(module, r.New.Path)) {
			continue
		}
		there := filepath.Join(was, above, r.New.Path)
		if commit := named(r.Syntax.Suffix); commit != "" {
			then := filepath.Join(parent, fmt.Sprintf("replaced-%d", i))
			if remove, err := checkOut(ctx, there, commit, then); err == nil {
				there, trees = then, append(trees, remove)
			}
		}
		old := r.Old.Path
		if r.Old.Version != "" {
			old += "@" + r.Old.Version
		}
		if _, err := run(ctx, module, "go", "mod", "edit", "-replace="+old+"="+there); err != nil {
			return done, err
		}
	}
	return done, nil
}

var commit = regexp.MustCompile(`^// commit ([0-9a-f]{40,64})\b`)

// named is the commit that comments name.
func named(comments []modfile.Comment) string {
	for _, c := range comments {
		if found := commit.FindStringSubmatch(c.Token); found != nil {
			return found[1]
		}
	}
	return ""
}

// checkOut makes a work tree of a commit of a folder's repository, if the folder is the top of one.
func checkOut(ctx context.Context, folder, commit, tree string) (remove func() error, err error) {
	if prefix, err := git(ctx, folder, "rev-parse", "--show-prefix"); err != nil || prefix != "" {
		return nil, errors.Join(err, fmt.Errorf("%s is not the top of a repository", folder))
	}
	// No hook of the repository is for this.
	_, err = git(ctx, folder, "-c", "core.hooksPath=/dev/null", "worktree", "add", "--detach", "--force", tree, commit)
	return func() error {
		// Also after an interrupt.
		_, err := git(context.WithoutCancel(ctx), folder, "worktree", "remove", "--force", tree)
		return err
	}, err
}

var seed = regexp.MustCompile(`("seed"\s*:\s*")(\.\.?/[^"\\]*)(")`)

// seeds makes the paths of seeds outside of the repository lead where they led.
func seeds(app, was, tree string) error {
	file := filepath.Join(app, appFile)
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	changed := seed.ReplaceAllStringFunc(string(text), func(found string) string {
		parts := seed.FindStringSubmatch(found)
		if within(tree, filepath.Join(app, parts[2])) {
			return found
		}
		return parts[1] + filepath.ToSlash(filepath.Join(was, parts[2])) + parts[3]
	})
	if changed == string(text) {
		return nil
	}
	return os.WriteFile(file, []byte(changed), 0o644)
}

// within reports whether a path is a folder, or lies in it.
func within(folder, path string) bool {
	relative, err := filepath.Rel(folder, path)
	return err == nil && relative != ".." && !strings.HasPrefix(relative, ".."+string(filepath.Separator))
}
