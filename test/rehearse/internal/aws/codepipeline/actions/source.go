package actions

import (
	"context"
	"os"

	"archway/test/internal/archive"
	"archway/test/rehearse/internal/aws/codecommit"
	"archway/test/rehearse/internal/aws/codepipeline"
)

// Source is a provider of source actions. Each kind of source has a file of its own.
type Source interface {
	codepipeline.Provider
	// Calls are what CodePipeline does in the name of the action's role to get at the source,
	// before it puts the artifact into its bucket.
	Calls(run codepipeline.Run) []Call
}

// Call is what somebody is to be allowed: an action of IAM on a resource.
type Call struct{ Action, Resource string }

// Account is what sources need of the account.
type Account struct {
	// Repository finds a source repository by name.
	Repository func(name string) (*codecommit.Repository, bool)
	// ARN is that of a resource of the account.
	ARN func(service, resource string) string
}

// Sources are the source actions that can be rehearsed.
func Sources(a Account) map[codepipeline.ActionType]Source {
	return map[codepipeline.ActionType]Source{
		CodeCommit: &CodeCommitSource{a},
	}
}

// maxMessage: the value of a variable that holds a commit's message is cut, as
// no variable may be longer than the limit of all of them. CodePipeline's own
// limit for it is not documented.
const maxMessage = 1000

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
