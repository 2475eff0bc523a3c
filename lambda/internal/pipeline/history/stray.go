package history

import (
	"context"
	"fmt"

	"archway/internal/rule"
)

// repository is a source that knows its branches and tags, and the history of its commits.
type repository interface {
	Compare(ctx context.Context, commit, other string) (Relation, error)
	Head(ctx context.Context, t rule.Type, name string) (string, error)
}

// stray says why a commit is not what a branch or git tag has led to: a tag's commit is the one
// that it leads to, a branch's are its head and all that this descends from. "" says that it
// belongs there.
func stray(ctx context.Context, s repository, t rule.Type, name, commit string) (why string, err error) {
	head, err := s.Head(ctx, t, name)
	switch {
	case err != nil:
		return "", err
	case head == "":
		return fmt.Sprintf("the source repository has no %s %q (any more)", t, name), nil
	case head == commit:
		return "", nil
	case t == rule.Tag:
		return fmt.Sprintf("the tag %q leads to the commit %.12s, and not to %.12s", name, head, commit), nil
	}
	relation, err := s.Compare(ctx, commit, head)
	switch {
	case err != nil:
		return "", err
	case relation == Unknown:
		return fmt.Sprintf("the source repository can't compare %.12s with the head of the branch %q, %.12s",
			commit, name, head), nil
	case relation != Precedes:
		return fmt.Sprintf("%.12s is not in the history of the branch %q, whose head is %.12s", commit, name, head), nil
	}
	return "", nil
}
