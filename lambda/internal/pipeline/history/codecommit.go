package history

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codecommit"
	"github.com/aws/aws-sdk-go-v2/service/codecommit/types"
	strictly "github.com/go-json-experiment/json"

	"archway/internal/rule"
	"archway/internal/settings"
)

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
		return Unknown, fmt.Errorf("ask for the merge base of %.12s and %.12s in %s: %w",
			commit, other, c.repository, err)
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

// cannotTell reports whether an answer is one that another attempt would not change: a commit isn't
// there (any more), or CodeCommit finds the two too different to compare.
func cannotTell(err error) bool {
	var missing *types.CommitDoesNotExistException
	var invalid *types.InvalidCommitException
	var divergence *types.TipsDivergenceExceededException
	var content *types.MaximumFileContentToLoadExceededException
	var items *types.MaximumItemsToCompareExceededException
	return errors.As(err, &missing) || errors.As(err, &invalid) || errors.As(err, &divergence) ||
		errors.As(err, &content) || errors.As(err, &items)
}

// Head implements Source.
func (c CodeCommit) Head(ctx context.Context, t rule.Type, name string) (string, error) {
	if t == rule.Tag {
		return c.Tag(ctx, name)
	}
	return c.Branch(ctx, name)
}

// Stray implements Source.
func (c CodeCommit) Stray(ctx context.Context, t rule.Type, name, commit string) (why string, err error) {
	return stray(ctx, c, t, name, commit)
}

// Branch gives the commit at the head of a branch, or "".
func (c CodeCommit) Branch(ctx context.Context, name string) (string, error) {
	out, err := c.client.GetBranch(ctx, &codecommit.GetBranchInput{RepositoryName: &c.repository, BranchName: &name})
	var none *types.BranchDoesNotExistException
	var invalid *types.InvalidBranchNameException
	switch {
	case errors.As(err, &none), errors.As(err, &invalid):
		return "", nil
	case err != nil:
		return "", fmt.Errorf("ask for the branch %q of %s: %w", name, c.repository, err)
	case out.Branch == nil || !settings.IsCommit(aws.ToString(out.Branch.CommitId)):
		return "", fmt.Errorf("CodeCommit's answer about the branch %q of %s names no commit", name, c.repository)
	}
	return aws.ToString(out.Branch.CommitId), nil
}

// Tag gives the commit that a git tag leads to, annotated or not, or "". No call of CodeCommit is
// about tags, but the specifier of a folder's version may be one. Whether it may be written as
// refs/tags/… is documented for other calls only, so the bare name is asked for where that leads
// nowhere. What is the name of a branch, too, could stand for it instead, and is refused.
// https://docs.aws.amazon.com/codecommit/latest/APIReference/API_GetFolder.html
func (c CodeCommit) Tag(ctx context.Context, name string) (string, error) {
	specifiers := []string{"refs/tags/" + name}
	if !settings.IsCommit(name) && name != "HEAD" {
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
			return "",
				fmt.Errorf("%s has a branch %q, and CodeCommit can't tell it from the tag %q: delete one of them",
					c.repository, specifier, name)
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
	case !settings.IsCommit(aws.ToString(out.CommitId)):
		return "", fmt.Errorf("CodeCommit's answer about %q in %s names no commit", specifier, c.repository)
	}
	return aws.ToString(out.CommitId), nil
}

// codeCommitEvent is what EventBridge sends when a reference of a repository changes.
// https://docs.aws.amazon.com/codecommit/latest/userguide/monitoring-events.html#referenceCreated
type codeCommitEvent struct {
	ID     string `json:"id"`
	Detail struct {
		Event         string    `json:"event"`
		Repository    string    `json:"repositoryName"`
		ReferenceType rule.Type `json:"referenceType"`
		ReferenceName string    `json:"referenceName"`
		// CommitID is the commit, or perhaps the own object of an annotated tag: AWS documents
		// events of branches only.
		CommitID string `json:"commitId"`
	} `json:"detail"`
}

// Push implements Source.
func (c CodeCommit) Push(event json.RawMessage) (*Push, error) {
	const isNone = "this is no event of a reference of a CodeCommit repository: "
	var e codeCommitEvent
	if err := strictly.Unmarshal(event, &e); err != nil { // AWS adds keys to its events
		return nil, fmt.Errorf(isNone+"%w", err)
	}
	d := e.Detail
	p := &Push{
		Event: e.ID, Repository: d.Repository, Type: d.ReferenceType, Name: d.ReferenceName,
		Commit: d.CommitID, Deleted: d.Event == "referenceDeleted",
	}
	switch {
	case p.Repository != c.repository:
		return p, fmt.Errorf("the event is about the repository %q, and this pipeline builds %q",
			p.Repository, c.repository)
	case p.Deleted:
	case p.Event == "" || p.Name == "" || !settings.IsCommit(p.Commit):
		return p, errors.New(isNone + "id, detail.referenceName or detail.commitId is missing or wrong")
	}
	return p, nil
}

// Pushed implements Source. The event of a git tag has named an object: the commit, or the
// annotated tag's own.
func (c CodeCommit) Pushed(ctx context.Context, p *Push) (string, error) {
	if p.Type != rule.Tag {
		return p.Commit, nil
	}
	commit, err := c.Tag(ctx, p.Name)
	if err != nil || commit == p.Commit || commit == "" {
		return commit, err
	}
	peeled, err := c.Commit(ctx, p.Commit)
	if err != nil {
		return "", err
	}
	// If CodeCommit doesn't know the object as a commit, it is the tag's own, which no call can
	// look into.
	if peeled != "" && peeled != commit {
		return "", nil
	}
	return commit, nil
}
