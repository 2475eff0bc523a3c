package history

import (
	"context"
	"errors"
	"fmt"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codecommit"
	"github.com/aws/aws-sdk-go-v2/service/codecommit/types"

	"archway/internal/rule"
)

var commitID = regexp.MustCompile(`^[0-9a-f]{40}$`)

// IsCommit tells whether a text is the whole ID of a commit, or of another object of git.
func IsCommit(text string) bool { return commitID.MatchString(text) }

// Head gives the commit that a branch or git tag leads to, or "".
func Head(ctx context.Context, s Source, t rule.Type, name string) (string, error) {
	if t == rule.Tag {
		return s.Tag(ctx, name)
	}
	return s.Branch(ctx, name)
}

// Stray says why a commit is not what a branch or git tag has led to: a tag's commit is the one
// that it leads to, a branch's are its head and all that this descends from. "" says that it
// belongs there.
func Stray(ctx context.Context, s Source, t rule.Type, name, commit string) (why string, err error) {
	head, err := Head(ctx, s, t, name)
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
		return fmt.Sprintf("the source repository can't compare %.12s with the head of the branch %q, %.12s", commit, name, head), nil
	case relation != Precedes:
		return fmt.Sprintf("%.12s is not in the history of the branch %q, whose head is %.12s", commit, name, head), nil
	}
	return "", nil
}

// Branch implements Source.
func (c CodeCommit) Branch(ctx context.Context, name string) (string, error) {
	out, err := c.client.GetBranch(ctx, &codecommit.GetBranchInput{RepositoryName: &c.repository, BranchName: &name})
	var none *types.BranchDoesNotExistException
	var invalid *types.InvalidBranchNameException
	switch {
	case errors.As(err, &none), errors.As(err, &invalid):
		return "", nil
	case err != nil:
		return "", fmt.Errorf("ask for the branch %q of %s: %w", name, c.repository, err)
	case out.Branch == nil || !IsCommit(aws.ToString(out.Branch.CommitId)):
		return "", fmt.Errorf("CodeCommit's answer about the branch %q of %s names no commit", name, c.repository)
	}
	return aws.ToString(out.Branch.CommitId), nil
}

// Tag implements Source. No call of CodeCommit is about tags, but the specifier of a folder's
// version may be one. Whether it may be written as refs/tags/… is documented for other calls only,
// so the bare name is asked for where that leads nowhere. What is the name of a branch, too, could
// stand for it instead, and is refused.
// https://docs.aws.amazon.com/codecommit/latest/APIReference/API_GetFolder.html
func (c CodeCommit) Tag(ctx context.Context, name string) (string, error) {
	specifiers := []string{"refs/tags/" + name}
	if !IsCommit(name) && name != "HEAD" {
		specifiers = append(specifiers, name)
	}
	for _, specifier := range specifiers {
		commit, err := c.Commit(ctx, specifier)
		if err != nil {
			return "", err
		}
		if commit == "" {
			continue
		}
		switch branch, err := c.Branch(ctx, specifier); {
		case err != nil:
			return "", err
		case branch != "":
			return "", fmt.Errorf("%s has a branch %q, and CodeCommit can't tell it from the tag %q: delete one of them", c.repository, specifier, name)
		}
		return commit, nil
	}
	return "", nil
}

// Commit gives the commit that a specifier leads to, or "": of a commit the same, of an annotated
// tag's own object perhaps nothing.
func (c CodeCommit) Commit(ctx context.Context, specifier string) (string, error) {
	out, err := c.client.GetFolder(ctx, &codecommit.GetFolderInput{
		RepositoryName: &c.repository, CommitSpecifier: &specifier, FolderPath: aws.String("/"),
	})
	var missing *types.CommitDoesNotExistException
	var invalid *types.InvalidCommitException
	switch {
	case errors.As(err, &missing), errors.As(err, &invalid):
		return "", nil
	case err != nil:
		return "", fmt.Errorf("ask for the commit of %q in %s: %w", specifier, c.repository, err)
	case !IsCommit(aws.ToString(out.CommitId)):
		return "", fmt.Errorf("CodeCommit's answer about %q in %s names no commit", specifier, c.repository)
	}
	return aws.ToString(out.CommitId), nil
}
