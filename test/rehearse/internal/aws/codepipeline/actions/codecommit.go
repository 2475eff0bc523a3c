package actions

import (
	"context"
	"fmt"

	"archway/test/rehearse/internal/aws/codepipeline"
)

// CodeCommit is the type of its source action.
var CodeCommit = codepipeline.ActionType{Category: "Source", Owner: "AWS", Provider: "CodeCommit", Version: "1"}

// CodeCommitSource is the CodeCommit source action.
type CodeCommitSource struct{ Account }

// Check implements codepipeline.Provider.
func (s *CodeCommitSource) Check(a codepipeline.Action) error {
	if err := configuration(a, []string{"RepositoryName", "BranchName"}, map[string][]string{
		// Polling, which is the default, would start a second execution for each push.
		"PollForSourceChanges": {"false"},
		"OutputArtifactFormat": {"CODE_ZIP"},
	}); err != nil {
		return err
	}
	if a.Configuration["PollForSourceChanges"] == "" {
		return fmt.Errorf(
			"configuration PollForSourceChanges: without it CodePipeline polls; the rehearsal supports false only")
	}
	return counts(a, 0, 0, 1, 1)
}

// Run implements codepipeline.Provider.
func (s *CodeCommitSource) Run(ctx context.Context, run codepipeline.Run) codepipeline.Outcome {
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

// Calls implements Source: the branch and the commit are looked up, and the archive is made.
// https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-CodeCommit.html
// https://docs.aws.amazon.com/codecommit/latest/userguide/auth-and-access-control-permissions-reference.html#aa-acp
func (s *CodeCommitSource) Calls(run codepipeline.Run) []Call {
	repository := s.ARN("codecommit", run.Configuration["RepositoryName"])
	var calls []Call
	for _, action := range []string{"GetBranch", "GetCommit", "UploadArchive", "GetUploadArchiveStatus"} {
		calls = append(calls, Call{"codecommit:" + action, repository})
	}
	return calls
}
