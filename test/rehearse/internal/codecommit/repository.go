// Package codecommit is a CodeCommit repository: a bare git repository that
// reports each push as CodeCommit's events.
package codecommit

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Repository is one repository.
type Repository struct {
	Name string
	ARN  string
	// ID is CodeCommit's own identifier of the repository.
	ID string

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
func (r *Repository) Push(ctx context.Context, branch, message string, change func(dir string) error) ([]Change, error) {
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

// PushTag points a git tag at a commit.
func (r *Repository) PushTag(ctx context.Context, tag, commit string) ([]Change, error) {
	work, err := os.MkdirTemp(filepath.Dir(r.dir), "push-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(work)
	if _, err := git(ctx, work, "clone", "--quiet", r.dir, "."); err != nil {
		return nil, err
	}
	if _, err := git(ctx, work, "tag", tag, commit); err != nil {
		return nil, err
	}
	return r.push(ctx, work, "refs/tags/"+tag)
}

// push sends one reference and reports what changed in the repository.
func (r *Repository) push(ctx context.Context, work, ref string) ([]Change, error) {
	before, err := r.refs(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := git(ctx, work, "push", "--quiet", r.dir, ref+":"+ref); err != nil {
		return nil, err
	}
	after, err := r.refs(ctx)
	if err != nil {
		return nil, err
	}
	return changes(before, after), nil
}

// refs returns all references with the commits that they point at.
func (r *Repository) refs(ctx context.Context) (map[string]string, error) {
	// An annotated tag is an object of its own; *objectname is its commit.
	out, err := git(ctx, r.dir, "for-each-ref", "--format=%(refname) %(objectname) %(*objectname)")
	if err != nil {
		return nil, err
	}
	refs := map[string]string{}
	for line := range strings.Lines(out) {
		fields := strings.Fields(line)
		refs[fields[0]] = fields[len(fields)-1]
	}
	return refs, nil
}

// ErrNoCommit: there is no such branch or commit.
var ErrNoCommit = errors.New("no such commit")

// Resolve returns the full commit id of a reference or a commit.
func (r *Repository) Resolve(ctx context.Context, revision string) (string, error) {
	id, err := git(ctx, r.dir, "rev-parse", "--verify", "--quiet", "--end-of-options", revision+"^{commit}")
	if err != nil {
		return "", fmt.Errorf("repository %s: %w: %s", r.Name, ErrNoCommit, revision)
	}
	return id, nil
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
	return Commit{ID: fields[0], AuthorDate: fields[1], CommitterDate: fields[2], Message: strings.TrimSpace(fields[3])}, nil
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
