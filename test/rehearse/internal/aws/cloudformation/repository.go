package cloudformation

import (
	"crypto/sha256"
	"fmt"

	"github.com/google/uuid"

	"archway/test/internal/assembly"
)

func init() {
	describe("AWS::CodeCommit::Repository", descriptor{
		read: (*loader).repository,
		name: "RepositoryName", named: true, arn: regional("codecommit", "%s"), ref: repositoryID,
		attributes: map[string]func(identity) string{
			"Name": nameOf,
			"CloneUrlHttp": func(i identity) string {
				return fmt.Sprintf("https://git-codecommit.%s.%s/v1/repos/%s", i.account.Region, i.account.URLSuffix,
					i.name)
			},
			"CloneUrlSsh": func(i identity) string {
				return fmt.Sprintf("ssh://git-codecommit.%s.%s/v1/repos/%s", i.account.Region, i.account.URLSuffix,
					i.name)
			},
		},
		withoutEffect: map[string]string{
			"KmsKeyId":              encryption,
			"RepositoryDescription": describes,
			"Tags":                  describes,
		},
	})
}

// Repository is a CodeCommit repository.
type Repository struct {
	Name, ARN, ID string
	// Seed is the asset with the first commit's files, on the branch SeedBranch; nil if there is
	// none.
	Seed       *assembly.Asset
	SeedBranch string
}

// repository reads a CodeCommit repository.
func (l *loader) repository(r *resource) {
	repository := Repository{Name: r.name, ARN: r.arn, ID: repositoryID(r.identity)}
	if len(r.objects("Triggers")) > 0 {
		r.fail("Triggers", "the rehearsal does not support a repository's triggers; pushes are events")
	}
	code := r.object("Code")
	if code.values != nil {
		repository.SeedBranch = code.text("BranchName")
		if repository.SeedBranch == "" {
			repository.SeedBranch = "main" // CloudFormation's default
		}
		s3 := code.object("S3")
		s3.required("Bucket")
		if asset, err := l.source.Asset(s3.required("Key")); err != nil {
			s3.fail("Key", "%v", err)
		} else {
			repository.Seed = &asset
		}
	}
	l.stack.add(repository)
}

// repositoryID is always the same for the same stack and logical id, as names are.
func repositoryID(i identity) string {
	sum := sha256.Sum256([]byte("repository " + i.stack + "/" + i.id))
	return uuid.UUID(sum[:16]).String()
}
