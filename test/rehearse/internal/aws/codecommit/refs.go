package codecommit

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// ref is what a reference points at.
type ref struct {
	// object is the commit, or the object of an annotated tag.
	object string
	commit string
}

// refs returns all references by their full names.
func (r *Repository) refs(ctx context.Context) (map[string]ref, error) {
	// An annotated tag is an object of its own; *objectname is its commit.
	out, err := git(ctx, r.dir, "for-each-ref", "--format=%(refname) %(objectname) %(*objectname)")
	if err != nil {
		return nil, err
	}
	refs := map[string]ref{}
	for line := range strings.Lines(out) {
		fields := strings.Fields(line)
		refs[fields[0]] = ref{object: fields[1], commit: fields[len(fields)-1]}
	}
	return refs, nil
}

// changing returns what changes in the repository by what is done.
func (r *Repository) changing(ctx context.Context, do func() error) ([]Change, error) {
	before, err := r.refs(ctx)
	if err != nil {
		return nil, err
	}
	if err := do(); err != nil {
		return nil, err
	}
	after, err := r.refs(ctx)
	if err != nil {
		return nil, err
	}
	return changes(before, after), nil
}

// Point lets a reference, by its full name, point at a commit, whatever it pointed at before, as a
// push by force does. Without a commit it is deleted.
func (r *Repository) Point(ctx context.Context, ref, commit string) ([]Change, error) {
	return r.changing(ctx, func() error {
		arguments := []string{"update-ref", ref, commit}
		if commit == "" {
			arguments = []string{"update-ref", "-d", ref}
		}
		_, err := git(ctx, r.dir, arguments...)
		return err
	})
}

// Annotate points an annotated git tag at a commit, whatever it pointed at before.
func (r *Repository) Annotate(ctx context.Context, tag, commit, message string) ([]Change, error) {
	return r.changing(ctx, func() error {
		_, err := git(ctx, r.dir, "tag", "--force", "--annotate", "--message", message, tag, commit)
		return err
	})
}

// What a repository does not have.
var (
	ErrNoCommit = errors.New("no such commit")
	ErrNoBranch = errors.New("no such branch")
	ErrNoFolder = errors.New("no such folder")
)

// Resolve returns the full commit id of a reference or a commit.
func (r *Repository) Resolve(ctx context.Context, revision string) (string, error) {
	id, err := git(ctx, r.dir, "rev-parse", "--verify", "--quiet", "--end-of-options", revision+"^{commit}")
	if err != nil {
		return "", fmt.Errorf("repository %s: %w: %s", r.Name, ErrNoCommit, revision)
	}
	return id, nil
}

// Branch returns the commit that a branch points at.
func (r *Repository) Branch(ctx context.Context, branch string) (string, error) {
	refs, err := r.refs(ctx)
	if err != nil {
		return "", err
	}
	if head, ok := refs["refs/heads/"+branch]; ok {
		return head.commit, nil
	}
	return "", fmt.Errorf("repository %s: %w: %s", r.Name, ErrNoBranch, branch)
}

var fullID = regexp.MustCompile(`^[0-9a-f]{40}$`)

// Specified returns the commit that one of CodeCommit's specifiers names: a commit's full id, a
// reference by its full name, a git tag or a branch. Of a tag and a branch with one name it is
// taken to be the tag, as git does. The id of an annotated tag's object is resolved only in one
// reading.
func (r *Repository) Specified(ctx context.Context, specifier string) (string, error) {
	unknown := fmt.Errorf("repository %s: %w: %s", r.Name, ErrNoCommit, specifier)
	if fullID.MatchString(specifier) {
		kind, err := git(ctx, r.dir, "cat-file", "-t", specifier)
		if err != nil || kind != "commit" && !r.Readings.PeelsIDs {
			return "", unknown
		}
		return r.Resolve(ctx, specifier)
	}
	refs, err := r.refs(ctx)
	if err != nil {
		return "", err
	}
	for _, name := range []string{specifier, "refs/tags/" + specifier, "refs/heads/" + specifier} {
		if found, ok := refs[name]; ok {
			return found.commit, nil
		}
	}
	return "", unknown
}

// Folder returns the commit that a specifier names, and the tree of a folder in it; "/" is all of
// it.
func (r *Repository) Folder(ctx context.Context, specifier, path string) (commit, tree string, err error) {
	if commit, err = r.Specified(ctx, specifier); err != nil {
		return "", "", err
	}
	tree, err = git(ctx, r.dir, "rev-parse", "--verify", "--quiet", "--end-of-options",
		commit+":"+strings.Trim(path, "/"))
	if err == nil {
		var kind string
		if kind, err = git(ctx, r.dir, "cat-file", "-t", tree); err == nil && kind == "tree" {
			return commit, tree, nil
		}
	}
	return "", "", fmt.Errorf("repository %s: %w: %s in %s", r.Name, ErrNoFolder, path, commit)
}
