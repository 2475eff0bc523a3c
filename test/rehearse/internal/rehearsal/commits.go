package rehearsal

import (
	"context"
	"errors"

	"archway/test/rehearse/internal/awsapi"
	"archway/test/rehearse/internal/codecommit"
)

// asked answers what functions ask about source repositories.
type asked struct{ r *Rehearsal }

// MergeBase implements awsapi.Commits.
func (a asked) MergeBase(ctx context.Context, repository, source, destination string) (awsapi.MergeOptions, error) {
	git, err := a.source(repository)
	if err != nil {
		return awsapi.MergeOptions{}, err
	}
	var options awsapi.MergeOptions
	for specifier, id := range map[string]*string{source: &options.Source, destination: &options.Destination} {
		if *id, err = git.Specified(ctx, specifier); err != nil {
			return awsapi.MergeOptions{}, sourceError(err)
		}
	}
	options.Base, err = git.MergeBase(ctx, options.Source, options.Destination)
	return options, err
}

// Branch implements awsapi.Commits.
func (a asked) Branch(ctx context.Context, repository, branch string) (string, error) {
	git, err := a.source(repository)
	if err != nil {
		return "", err
	}
	commit, err := git.Branch(ctx, branch)
	return commit, sourceError(err)
}

// Folder implements awsapi.Commits.
func (a asked) Folder(ctx context.Context, repository, specifier, path string) (awsapi.Folder, error) {
	git, err := a.source(repository)
	if err != nil {
		return awsapi.Folder{}, err
	}
	commit, tree, err := git.Folder(ctx, specifier, path)
	return awsapi.Folder{Commit: commit, Path: path, Tree: tree}, sourceError(err)
}

func (a asked) source(repository string) (*codecommit.Repository, error) {
	d, ok := a.r.repositories[repository]
	if !ok {
		return nil, &awsapi.Error{Code: "RepositoryDoesNotExistException", Message: repository + " does not exist"}
	}
	return d.git, nil
}

// sourceError is an error of a repository as the API has it.
func sourceError(err error) error {
	for known, code := range map[error]string{
		codecommit.ErrNoBranch: "BranchDoesNotExistException", codecommit.ErrNoCommit: "CommitDoesNotExistException",
		codecommit.ErrNoFolder: "FolderDoesNotExistException",
	} {
		if errors.Is(err, known) {
			return &awsapi.Error{Code: code, Message: err.Error()}
		}
	}
	return err
}
