package facts

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codecommit"
	cctypes "github.com/aws/aws-sdk-go-v2/service/codecommit/types"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"archway/test/confirm/internal/account"
)

// sources are what a source action of CodeCommit takes and gives.
var sources = []Fact{
	{
		Name:     "other-branch-commit",
		Question: "Does a source action take a commit (COMMIT_ID) that is not in its configured branch?",
		Readings: []Reading{
			{Name: "taken", Says: "it takes a commit of any branch"},
			{Name: "refused", Says: "it takes commits of its branch only",
				Wrong: "rules build what is on the configured " +
					"branch, and nothing else: those runs fail in Source"},
		},
		Proof: "StartPipelineExecution with a commit of another branch; what became of Source, and which commit it gave.",
		Try: func(ctx context.Context, s *account.Session) (Seen, error) {
			repository, first, err := committed(ctx, s, cctypes.PutFileEntry{FilePath: aws.String("a.txt"),
				FileContent: []byte("a\n")})
			if err != nil {
				return Seen{}, err
			}
			if _, err := s.CodeCommit.CreateBranch(ctx, &codecommit.CreateBranchInput{
				RepositoryName: &repository, BranchName: aws.String("other"), CommitId: &first,
			}); err != nil {
				return Seen{}, err
			}
			other, err := s.CodeCommit.CreateCommit(ctx, &codecommit.CreateCommitInput{
				RepositoryName: &repository, BranchName: aws.String("other"), ParentCommitId: &first,
				PutFiles: []cctypes.PutFileEntry{{FilePath: aws.String("b.txt"), FileContent: []byte("b\n")}},
			})
			if err != nil {
				return Seen{}, err
			}
			p, err := newGitPipeline(ctx, s, repository, "main")
			if err != nil {
				return Seen{}, err
			}
			id, err := p.start(ctx, func(in *codepipeline.StartPipelineExecutionInput) {
				in.SourceRevisions = []types.SourceRevisionOverride{{
					ActionName: aws.String("Source"), RevisionType: types.SourceRevisionTypeCommitId,
					RevisionValue: other.CommitId,
				}}
			})
			if err != nil {
				return Seen{"refused", err.Error()}, refusedOnly(err)
			}
			a, err := p.action(ctx, id, "Source", endedAction)
			if err != nil {
				return Seen{}, err
			}
			got, why := told(a)
			text := fmt.Sprintf("Source is %s with the commit %q %s; the other branch's is "+
				"%s", a.Status, got, why, aws.ToString(other.CommitId))
			if strings.Contains(why, "Permission") {
				return Seen{}, errors.New(text)
			}
			if a.Status == types.ActionExecutionStatusSucceeded && got == aws.ToString(other.CommitId) {
				return Seen{"taken", text}, nil
			}
			return Seen{"refused", text}, nil
		},
	},
	{
		Name: "zip-links",
		Question: "Does a CODE_ZIP artifact keep symbolic links and modes, hold no `.git`, and leave " +
			"`.gitattributes` without effect?",
		Readings: []Reading{
			{Name: "kept", Says: "it keeps links and modes, and all files of the commit"},
			{Name: "changed",
				Says: "it does not: a build gets less than a clone has, and its paths are checked all the same"},
		},
		Proof: "A commit with a link, a program and a file that `.gitattributes` would leave out; the artifact from " +
			"the pipeline's bucket.",
		Try: archived,
	},
}

// told are the commit that a source action gives, and its error.
func told(a types.ActionExecutionDetail) (commit, why string) {
	if a.Output == nil {
		return "", ""
	}
	commit = a.Output.OutputVariables["CommitId"]
	if r := a.Output.ExecutionResult; r != nil && r.ErrorDetails != nil {
		why = "(" + aws.ToString(r.ErrorDetails.Code) + " " + aws.ToString(r.ErrorDetails.Message) + ")"
	}
	return commit, why
}

// committed is a repository with one commit on main.
func committed(ctx context.Context, s *account.Session, files ...cctypes.PutFileEntry) (repository, commit string,
	err error) {
	if repository, err = s.Git(ctx, "git"); err != nil {
		return "", "", err
	}
	out, err := s.CodeCommit.CreateCommit(ctx, &codecommit.CreateCommitInput{
		RepositoryName: &repository, BranchName: aws.String("main"), PutFiles: files,
	})
	if err != nil {
		return "", "", err
	}
	return repository, aws.ToString(out.CommitId), nil
}

func archived(ctx context.Context, s *account.Session) (Seen, error) {
	file := func(name, content string, mode cctypes.FileModeTypeEnum) cctypes.PutFileEntry {
		return cctypes.PutFileEntry{FilePath: &name, FileContent: []byte(content), FileMode: mode}
	}
	repository, _, err := committed(ctx, s,
		file("program.sh", "#!/bin/sh\n", cctypes.FileModeTypeEnumExecutable),
		file("link", "program.sh", cctypes.FileModeTypeEnumSymlink),
		file("hidden.txt", "hidden\n", cctypes.FileModeTypeEnumNormal),
		file(".gitattributes", "hidden.txt export-ignore\n", cctypes.FileModeTypeEnumNormal))
	if err != nil {
		return Seen{}, err
	}
	p, err := newGitPipeline(ctx, s, repository, "main")
	if err != nil {
		return Seen{}, err
	}
	first, err := p.first(ctx)
	if err != nil {
		return Seen{}, err
	}
	source, err := p.action(ctx, first, "Source", endedAction)
	if err != nil {
		return Seen{}, err
	}
	if source.Output == nil || len(source.Output.OutputArtifacts) != 1 {
		return Seen{}, fmt.Errorf("source is %s and has no artifact", source.Status)
	}
	location := source.Output.OutputArtifacts[0].S3location
	object, err := s.S3.GetObject(ctx, &s3.GetObjectInput{Bucket: location.Bucket, Key: location.Key})
	if err != nil {
		return Seen{}, err
	}
	defer object.Body.Close()
	content, err := io.ReadAll(io.LimitReader(object.Body, 1<<20))
	if err != nil {
		return Seen{}, err
	}
	return judgeArchive(content)
}

// judgeArchive compares an artifact with the commit that archived made.
func judgeArchive(content []byte) (Seen, error) {
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return Seen{}, err
	}
	var has []string
	kept := map[string]bool{}
	for _, f := range archive.File {
		has = append(has, fmt.Sprintf("%s (%s)", f.Name, f.Mode()))
		switch name := strings.TrimPrefix(f.Name, "./"); {
		case name == "link":
			kept[name] = f.Mode()&fs.ModeSymlink != 0
		case name == "program.sh":
			kept[name] = f.Mode()&0o100 != 0
		case name == "hidden.txt":
			kept[name] = true
		case strings.HasPrefix(name, ".git/"):
			kept["more"] = true
		}
	}
	slices.Sort(has)
	text := strings.Join(has, ", ")
	if kept["link"] && kept["program.sh"] && kept["hidden.txt"] && !kept["more"] {
		return Seen{"kept", text}, nil
	}
	return Seen{"changed", text}, nil
}
