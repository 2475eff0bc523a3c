package constructs

import (
	"errors"
	"os"
	"regexp"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodecommit"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// SourceProps describes the git repository that a pipeline builds from.
type SourceProps struct {
	// RepositoryName is the CodeCommit repository's name. Required.
	RepositoryName string

	// Existing says that the repository is there already, in the same account and Region, and is only referred to.
	// Default: false, the repository is created.
	Existing bool

	// Branch is the branch that the seed goes to.
	// Default: "main".
	Branch string

	// Seed is a folder whose files become the first commit of a new repository: all but .git, and what its .gitignore
	// excludes. CloudFormation uses it when it creates the repository, and ignores every later change. No file may be empty, and
	// all may have 20 MB, zipped.
	// Default: the repository starts empty.
	Seed string

	// RemovalPolicy decides what becomes of a created repository when it leaves the stack.
	// Default: RETAIN_ON_UPDATE_OR_DELETE: it stays, unless the stack's creation fails.
	RemovalPolicy awscdk.RemovalPolicy
}

// https://docs.aws.amazon.com/codecommit/latest/userguide/limits.html
var codeCommitName = regexp.MustCompile(`^[\w.-]{1,100}$`)

// Validate reports everything that is wrong with the props.
func (p *SourceProps) Validate() error {
	if p == nil {
		return errNoProps
	}
	var errs []error
	switch {
	case p.RepositoryName == "":
		errs = append(errs, missing(true, "RepositoryName", "the name of a CodeCommit repository"))
	case unresolved(p.RepositoryName):
	case !codeCommitName.MatchString(p.RepositoryName) || strings.HasSuffix(p.RepositoryName, ".git"):
		errs = append(errs, wrong("RepositoryName",
			"is %q: CodeCommit allows 1 to 100 letters, digits, and the characters . _ -, not ending in .git", p.RepositoryName))
	}
	if p.Seed != "" {
		if p.Existing {
			errs = append(errs, wrong("Seed", "is %q, but the repository exists already: a seed is only for a new one, leave it out", p.Seed))
		} else if info, err := os.Stat(p.Seed); err != nil || !info.IsDir() {
			errs = append(errs, wrong("Seed", "is %q: give a folder (relative to the working directory)", p.Seed))
		}
	}
	return errors.Join(errs...)
}

// Source is a CodeCommit repository: a new one, or one that is there already.
type Source struct {
	constructs.Construct

	// Repository is the repository.
	Repository awscodecommit.IRepository

	// Name is its name.
	Name string
}

// NewSource adds the repository, or a reference to it, to scope.
func NewSource(scope constructs.Construct, id string, props *SourceProps) *Source {
	check("Source", scope, id, props.Validate())
	p := *props
	fill(&p.Branch, DefaultBranch)
	fill(&p.RemovalPolicy, awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE)

	this := &Source{Construct: constructs.NewConstruct(scope, &id), Name: p.RepositoryName}
	if p.Existing {
		this.Repository = awscodecommit.Repository_FromRepositoryName(this.Construct, jsii.String("Repository"), &p.RepositoryName)
		return this
	}
	repository := awscodecommit.NewRepository(this.Construct, jsii.String("Repository"), &awscodecommit.RepositoryProps{
		RepositoryName: &p.RepositoryName,
		Code:           seed(this.Construct, p.Seed, p.Branch),
	})
	repository.ApplyRemovalPolicy(p.RemovalPolicy)
	this.Repository = repository
	return this
}

// DefaultBranch is the branch of constructs that are not told another one.
const DefaultBranch = "main"

// CloneURL is the address for git over HTTPS.
func (s *Source) CloneURL() *string { return s.Repository.RepositoryCloneUrlHttp() }

// CloneURLGRC is the address for git-remote-codecommit, which signs in with AWS credentials instead of a password.
func (s *Source) CloneURLGRC() *string { return s.Repository.RepositoryCloneUrlGrc() }
