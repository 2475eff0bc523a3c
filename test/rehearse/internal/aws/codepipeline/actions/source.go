package actions

import (
	"context"
	"fmt"
	"os"

	"archway/test/rehearse/internal/aws/archive"
	"archway/test/rehearse/internal/aws/codecommit"
	"archway/test/rehearse/internal/aws/codepipeline"
)

// Source is the CodeCommit source action.
type Source struct {
	// Repository finds a repository by name.
	Repository func(name string) (*codecommit.Repository, bool)
}

// maxMessage: the value of a variable that holds a commit's message is cut, as
// no variable may be longer than the limit of all of them. CodePipeline's own
// limit for it is not documented.
const maxMessage = 1000

// Check implements codepipeline.Provider.
func (s *Source) Check(a codepipeline.Action) error {
	if err := configuration(a, []string{"RepositoryName", "BranchName"}, map[string][]string{
		// Polling, which is the default, would start a second execution for each push.
		"PollForSourceChanges": {"false"},
		"OutputArtifactFormat": {"CODE_ZIP"},
	}); err != nil {
		return err
	}
	if a.Configuration["PollForSourceChanges"] == "" {
		return fmt.Errorf("configuration PollForSourceChanges: without it CodePipeline polls; the rehearsal supports false only")
	}
	return counts(a, 0, 0, 1, 1)
}

// Run implements codepipeline.Provider.
func (s *Source) Run(ctx context.Context, run codepipeline.Run) codepipeline.Outcome {
	name, branch := run.Configuration["RepositoryName"], run.Configuration["BranchName"]
	repository, ok := s.Repository(name)
	if !ok {
		return codepipeline.Outcome{Err: fmt.Errorf("the repository %s does not exist", name)}
	}
	revision := run.Revision
	if revision == "" {
		revision = "refs/heads/" + branch
	}
	id, err := repository.Resolve(ctx, revision)
	if err != nil {
		return codepipeline.Outcome{Err: err}
	}
	commit, err := repository.Commit(ctx, id)
	if err != nil {
		return codepipeline.Outcome{Err: err}
	}
	artifact, err := run.Output(run.Action.Outputs[0])
	if err != nil {
		return codepipeline.Outcome{Err: err}
	}
	artifact.Revision, artifact.Summary = commit.ID, cut(commit.Message, maxMessage)
	if err := pack(ctx, repository, commit.ID, artifact.File); err != nil {
		return codepipeline.Outcome{Err: err}
	}
	fmt.Fprintf(run.Log, "%s of %s, branch %s: %s\n", commit.ID, name, branch, commit.Message)
	return codepipeline.Outcome{
		Summary:    firstLine(commit.Message),
		ExternalID: commit.ID,
		Outputs:    []codepipeline.Artifact{artifact},
		Variables: map[string]string{
			"RepositoryName": name,
			"BranchName":     branch,
			"CommitId":       commit.ID,
			"CommitMessage":  cut(commit.Message, maxMessage),
			"AuthorDate":     commit.AuthorDate,
			"CommitterDate":  commit.CommitterDate,
		},
	}
}

func pack(ctx context.Context, repository *codecommit.Repository, commit, file string) error {
	dir, err := os.MkdirTemp("", "source-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := repository.Export(ctx, commit, dir); err != nil {
		return err
	}
	return archive.Pack(dir, file)
}
