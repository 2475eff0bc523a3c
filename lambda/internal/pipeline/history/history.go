// Package history asks the source repository about commits: which of two is older, and to which one
// a branch or a tag leads.
package history

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codecommit"
	"github.com/aws/aws-sdk-go-v2/service/codecommit/types"
)

// Relation is what one commit is to another.
type Relation int

const (
	// Unknown says that the repository can't tell, e.g. because it has one of the commits no more.
	Unknown Relation = iota
	// Descends says that the commit has the other one among its ancestors: it is newer.
	Descends
	// Precedes says that the commit is an ancestor of the other one: it is older.
	Precedes
	// Diverged says that neither descends from the other: they are on two branches, or history was
	// rewritten.
	Diverged
)

// Source is a source repository.
type Source interface {
	// Compare tells what commit is to other, which is another commit.
	Compare(ctx context.Context, commit, other string) (Relation, error)
	// Branch gives the commit at the head of a branch, and Tag the one that a git tag leads to,
	// annotated or not. "" says that there is none of this name.
	Branch(ctx context.Context, name string) (string, error)
	Tag(ctx context.Context, name string) (string, error)
}

// CodeCommit asks the AWS API about one repository.
type CodeCommit struct {
	client     *codecommit.Client
	repository string
}

// NewCodeCommit makes a source of an SDK configuration.
func NewCodeCommit(cfg aws.Config, repository string) CodeCommit {
	return CodeCommit{codecommit.NewFromConfig(cfg, func(o *codecommit.Options) { o.RetryMaxAttempts = 5 }), repository}
}

// Compare implements Source. Of all of CodeCommit's calls, GetMergeOptions names the merge base of
// two commits without listing anything; which merges are possible is of no interest here.
// https://docs.aws.amazon.com/codecommit/latest/APIReference/API_GetMergeOptions.html
func (c CodeCommit) Compare(ctx context.Context, commit, other string) (Relation, error) {
	out, err := c.client.GetMergeOptions(ctx, &codecommit.GetMergeOptionsInput{
		RepositoryName: &c.repository, SourceCommitSpecifier: &commit, DestinationCommitSpecifier: &other,
	})
	switch {
	case cannotTell(err):
		return Unknown, nil
	case err != nil:
		return Unknown, fmt.Errorf("ask for the merge base of %.12s and %.12s in %s: %w", commit, other, c.repository, err)
	}
	switch aws.ToString(out.BaseCommitId) {
	case other:
		return Descends, nil
	case commit:
		return Precedes, nil
	default:
		return Diverged, nil
	}
}

// cannotTell recognizes the answers that another attempt would not change: a commit isn't there
// (any more), or CodeCommit finds the two too different to compare.
func cannotTell(err error) bool {
	var missing *types.CommitDoesNotExistException
	var invalid *types.InvalidCommitException
	var divergence *types.TipsDivergenceExceededException
	var content *types.MaximumFileContentToLoadExceededException
	var items *types.MaximumItemsToCompareExceededException
	return errors.As(err, &missing) || errors.As(err, &invalid) || errors.As(err, &divergence) || errors.As(err, &content) || errors.As(err, &items)
}
