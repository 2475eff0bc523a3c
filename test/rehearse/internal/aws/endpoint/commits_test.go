package endpoint

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codecommit"
)

// sources knows one branch, and notes what it is asked.
type sources struct{ asked []string }

func (s *sources) MergeBase(context.Context, string, string, string) (MergeOptions, error) {
	return MergeOptions{}, nil
}

func (s *sources) Branch(_ context.Context, repository, branch string) (string, error) {
	s.asked = append(s.asked, repository+" "+branch)
	if branch != "main" {
		return "", &Error{"BranchDoesNotExistException", "there is no branch " + branch}
	}
	return "c0ffee", nil
}

func (s *sources) Folder(_ context.Context, repository, specifier, path string) (Folder, error) {
	s.asked = append(s.asked, strings.Join([]string{repository, specifier, path}, " "))
	if specifier != "v1" {
		return Folder{}, &Error{"CommitDoesNotExistException", "there is no commit " + specifier}
	}
	return Folder{Commit: "c0ffee", Path: path, Tree: "7ree"}, nil
}

func TestSourcesAreAsked(t *testing.T) {
	s, _, settings := start(t)
	known := &sources{}
	s.options.Commits = known
	client := codecommit.NewFromConfig(settings)
	branch, err := client.GetBranch(t.Context(),
		&codecommit.GetBranchInput{RepositoryName: aws.String("app"), BranchName: aws.String("main")})
	if err != nil || *branch.Branch.CommitId != "c0ffee" || *branch.Branch.BranchName != "main" {
		t.Errorf("got %+v, %v", branch, err)
	}
	folder, err := client.GetFolder(t.Context(),
		&codecommit.GetFolderInput{RepositoryName: aws.String("app"), CommitSpecifier: aws.String("v1"),
			FolderPath: aws.String("/")})
	if err != nil || *folder.CommitId != "c0ffee" || *folder.TreeId != "7ree" || *folder.FolderPath != "/" {
		t.Errorf("got %+v, %v", folder, err)
	}
	if got := strings.Join(known.asked, ", "); got != "app main, app v1 /" {
		t.Errorf("asked for %s", got)
	}
	known.asked = nil
	for code, call := range map[string]func() error{
		"BranchDoesNotExistException": func() error {
			_, err := client.GetBranch(t.Context(),
				&codecommit.GetBranchInput{RepositoryName: aws.String("app"), BranchName: aws.String("none")})
			return err
		},
		"BranchNameRequiredException": func() error {
			_, err := client.GetBranch(t.Context(), &codecommit.GetBranchInput{RepositoryName: aws.String("app")})
			return err
		},
		"CommitDoesNotExistException": func() error {
			_, err := client.GetFolder(t.Context(),
				&codecommit.GetFolderInput{RepositoryName: aws.String("app"), CommitSpecifier: aws.String("none"),
					FolderPath: aws.String("/")})
			return err
		},
		"PathRequiredException": func() error {
			_, err := client.GetFolder(t.Context(),
				&codecommit.GetFolderInput{RepositoryName: aws.String("app"), CommitSpecifier: aws.String("v1"),
					FolderPath: aws.String("")})
			return err
		},
		"InvalidCommitException": func() error {
			_, err := client.GetFolder(t.Context(),
				&codecommit.GetFolderInput{RepositoryName: aws.String("app"), FolderPath: aws.String("/")})
			return err
		},
		"RepositoryNameRequiredException": func() error {
			_, err := client.GetBranch(t.Context(),
				&codecommit.GetBranchInput{RepositoryName: aws.String(""), BranchName: aws.String("main")})
			return err
		},
	} {
		if err := call(); apiCode(err) != code {
			t.Errorf("got %v, expected %s", err, code)
		}
	}
	if got := len(known.asked); got != 2 {
		t.Errorf("got %d questions, expected those about what isn't there", got)
	}
}
