// Package codecommit is a CodeCommit repository: a bare git repository that
// reports each push as CodeCommit's events.
package codecommit

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"archway/test/rehearse/internal/assumptions"
)

// Repository is one repository.
type Repository struct {
	Name string
	ARN  string
	// ID is CodeCommit's own identifier of the repository.
	ID string

	// Readings say what is told of annotated tags.
	Readings assumptions.Readings

	dir string // the bare repository
}

// Create makes an empty repository in a folder.
func Create(ctx context.Context, dir, name, arn, id string) (*Repository, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	if _, err := git(ctx, dir, "init", "--quiet", "--bare", "."); err != nil {
		return nil, err
	}
	return &Repository{Name: name, ARN: arn, ID: id, dir: dir}, nil
}

// Push clones the branch (or starts it, from nothing or from the repository's
// first branch), lets change edit the files, commits them and pushes. The result
// is what the push changed; nothing if there was nothing to commit.
func (r *Repository) Push(ctx context.Context, branch, message string, change func(dir string) error) ([]Change,
	error) {
	work, err := os.MkdirTemp(filepath.Dir(r.dir), "push-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(work)
	if _, err := git(ctx, work, "init", "--quiet", "."); err != nil {
		return nil, err
	}
	if err := r.checkOut(ctx, work, branch); err != nil {
		return nil, err
	}
	if change != nil {
		if err := change(work); err != nil {
			return nil, fmt.Errorf("changing the files of %s: %w", r.Name, err)
		}
	}
	if _, err := git(ctx, work, "add", "--all", "--force"); err != nil {
		return nil, err
	}
	status, err := git(ctx, work, "status", "--porcelain")
	if err != nil {
		return nil, err
	}
	if status != "" {
		if _, err := git(ctx, work, "commit", "--quiet", "--message", message); err != nil {
			return nil, err
		}
	}
	return r.push(ctx, work, "refs/heads/"+branch)
}

func (r *Repository) checkOut(ctx context.Context, work, branch string) error {
	start := "refs/heads/" + branch
	if _, err := r.Resolve(ctx, start); err != nil {
		refs, err := r.refs(ctx)
		if err != nil {
			return err
		}
		start = ""
		for name := range refs {
			if strings.HasPrefix(name, "refs/heads/") && (start == "" || name < start) {
				start = name
			}
		}
	}
	if start == "" {
		_, err := git(ctx, work, "checkout", "--quiet", "--orphan", branch)
		return err
	}
	if _, err := git(ctx, work, "fetch", "--quiet", r.dir, start); err != nil {
		return err
	}
	_, err := git(ctx, work, "checkout", "--quiet", "-B", branch, "FETCH_HEAD")
	return err
}

// push sends one reference and reports what changed in the repository.
func (r *Repository) push(ctx context.Context, work, ref string) ([]Change, error) {
	return r.changing(ctx, func() error {
		_, err := git(ctx, work, "push", "--quiet", r.dir, ref+":"+ref)
		return err
	})
}

// MergeBase returns the best common ancestor of two commits; empty if they have none.
func (r *Repository) MergeBase(ctx context.Context, a, b string) (string, error) {
	bases, err := git(ctx, r.dir, "merge-base", "--all", a, b)
	if err != nil {
		// git ends with 1 and says nothing if there is none; the commits are known.
		return "", nil
	}
	base, _, _ := strings.Cut(bases, "\n")
	return base, nil
}

// Commit is what a source action tells about a commit.
type Commit struct {
	ID, Message, AuthorDate, CommitterDate string
}

// Commit reads a commit.
func (r *Repository) Commit(ctx context.Context, id string) (Commit, error) {
	out, err := git(ctx, r.dir, "show", "--no-patch", "--format=%H%x00%aI%x00%cI%x00%B", "--end-of-options", id)
	if err != nil {
		return Commit{}, err
	}
	fields := strings.SplitN(out, "\x00", 4)
	if len(fields) != 4 {
		return Commit{}, fmt.Errorf("git show %s: got %q", id, out)
	}
	return Commit{ID: fields[0], AuthorDate: fields[1], CommitterDate: fields[2],
		Message: strings.TrimSpace(fields[3])}, nil
}

// Export writes a commit's files, without .git, into an existing folder. It is
// not "git archive": that would let .gitattributes leave files out.
func (r *Repository) Export(ctx context.Context, commit, dir string) error {
	index, err := os.CreateTemp(filepath.Dir(r.dir), "index-")
	if err != nil {
		return err
	}
	index.Close()
	os.Remove(index.Name()) // git wants to create it
	defer os.Remove(index.Name())
	env := []string{"GIT_INDEX_FILE=" + index.Name(), "GIT_DIR=" + r.dir, "GIT_WORK_TREE=" + dir}
	if _, err := gitEnv(ctx, dir, env, "read-tree", commit); err != nil {
		return err
	}
	_, err = gitEnv(ctx, dir, env, "checkout-index", "--all", "--force")
	return err
}
