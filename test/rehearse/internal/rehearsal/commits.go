package rehearsal

import (
	"context"
	"errors"

	"archway/test/rehearse/internal/aws/codecommit"
	"archway/test/rehearse/internal/aws/endpoint"
)

// commitReader answers what functions ask about source repositories.
type commitReader struct{ r *Rehearsal }

// MergeBase implements endpoint.Commits.
func (c commitReader) MergeBase(ctx context.Context, repository, source, destination string) (endpoint.MergeOptions,
	error) {
	git, err := c.source(repository)
	if err != nil {
		return endpoint.MergeOptions{}, err
	}
	var options endpoint.MergeOptions
	for specifier, id := range map[string]*string{source: &options.Source, destination: &options.Destination} {
		if *id, err = git.Specified(ctx, specifier); err != nil {
			return endpoint.MergeOptions{}, sourceError(err)
		}
	}
	options.Base, err = git.MergeBase(ctx, options.Source, options.Destination)
	return options, err
}

// Branch implements endpoint.Commits.
func (c commitReader) Branch(ctx context.Context, repository, branch string) (string, error) {
	git, err := c.source(repository)
	if err != nil {
		return "", err
	}
	commit, err := git.Branch(ctx, branch)
	return commit, sourceError(err)
}

// Folder implements endpoint.Commits.
func (c commitReader) Folder(ctx context.Context, repository, specifier, path string) (endpoint.Folder, error) {
	git, err := c.source(repository)
	if err != nil {
		return endpoint.Folder{}, err
	}
	commit, tree, err := git.Folder(ctx, specifier, path)
	return endpoint.Folder{Commit: commit, Path: path, Tree: tree}, sourceError(err)
}

func (c commitReader) source(repository string) (*codecommit.Repository, error) {
	d, ok := c.r.repositories[repository]
	if !ok {
		return nil, &endpoint.Error{Code: "RepositoryDoesNotExistException", Message: repository + " does not exist"}
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
			return &endpoint.Error{Code: code, Message: err.Error()}
		}
	}
	return err
}
