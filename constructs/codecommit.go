package constructs

import (
	"errors"
	"os"
	"regexp"
	"slices"
	"strings"

	"archway/internal/rule"
	"archway/internal/settings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodecommit"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// CodeCommitProps describes the repository of CodeCommit that a pipeline builds from.
type CodeCommitProps struct {
	// RepositoryName is the CodeCommit repository's name. Required.
	RepositoryName string

	// Existing says that the repository is there already, in the same account and Region, and is
	// only referred to.
	// Default: false, the repository is created.
	Existing bool

	// Branch is the branch that the seed goes to.
	// Default: "main".
	Branch string

	// Seed is a folder whose files become the first commit of a new repository: all but .git, and
	// what its .gitignore excludes. CloudFormation uses it when it creates the repository, and
	// ignores every later change. No file may be empty, and all may have 20 MB, zipped.
	// Default: the repository starts empty.
	Seed string

	// RemovalPolicy decides what becomes of a created repository when it leaves the stack.
	// Default: RETAIN_ON_UPDATE_OR_DELETE: it stays, unless the stack's creation fails.
	RemovalPolicy awscdk.RemovalPolicy
}

// https://docs.aws.amazon.com/codecommit/latest/userguide/limits.html
var codeCommitName = regexp.MustCompile(`^[\w.-]{1,100}$`)

// Validate reports everything that is wrong with the props.
func (p *CodeCommitProps) Validate() error {
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
			"is %q: CodeCommit allows 1 to 100 letters, digits, and the characters . _ -, not ending in .git",
			p.RepositoryName))
	}
	if p.Seed != "" {
		if p.Existing {
			errs = append(errs, wrong("Seed",
				"is %q, but the repository exists already: a seed is only for a new one, leave it out", p.Seed))
		} else if info, err := os.Stat(p.Seed); err != nil || !info.IsDir() {
			errs = append(errs, wrong("Seed", "is %q: give a folder (relative to the working directory)", p.Seed))
		}
	}
	return errors.Join(errs...)
}

// CodeCommit is a source: a new repository of CodeCommit, or one that is there already.
type CodeCommit struct {
	constructs.Construct

	// Repository is the repository.
	Repository awscodecommit.IRepository

	// Name is its name.
	Name string
}

var _ Source = (*CodeCommit)(nil)

// NewCodeCommit adds the repository, or a reference to it, to scope.
func NewCodeCommit(scope constructs.Construct, id string, props *CodeCommitProps) *CodeCommit {
	check("Source", scope, id, props.Validate())
	p := *props
	fill(&p.Branch, DefaultBranch)
	fill(&p.RemovalPolicy, awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE)

	this := &CodeCommit{Construct: constructs.NewConstruct(scope, &id), Name: p.RepositoryName}
	if p.Existing {
		this.Repository = awscodecommit.Repository_FromRepositoryName(
			this.Construct, jsii.String("Repository"), &p.RepositoryName)
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

// URL is the address for git over HTTPS.
func (c *CodeCommit) URL() *string { return c.Repository.RepositoryCloneUrlHttp() }

// CloneURLGRC is the address for git-remote-codecommit, which signs in with AWS credentials instead
// of a password.
func (c *CodeCommit) CloneURLGRC() *string { return c.Repository.RepositoryCloneUrlGrc() }

// Outputs implements [Source].
func (c *CodeCommit) Outputs() []SourceOutput {
	return []SourceOutput{
		{"CloneUrl", "git clone over HTTPS", c.URL()},
		{"CloneUrlGrc", "git clone with AWS credentials (git-remote-codecommit)", c.CloneURLGRC()},
	}
}

func (c *CodeCommit) settings(branch string) settings.Source {
	return settings.Source{Kind: settings.CodeCommit, Repository: c.Name, Branch: branch}
}

// https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-CodeCommit.html
func (c *CodeCommit) action(branch string) (provider string, configuration map[string]any) {
	return "CodeCommit", map[string]any{
		"RepositoryName":       c.Repository.RepositoryName(),
		"BranchName":           branch,
		"PollForSourceChanges": false, // the trigger starts the pipeline, pinned to a commit
		"OutputArtifactFormat": "CODE_ZIP",
	}
}

// https://docs.aws.amazon.com/codepipeline/latest/userguide/how-to-custom-role.html
func (c *CodeCommit) fetches() []awsiam.PolicyStatement {
	return c.allow("codecommit:CancelUploadArchive", "codecommit:GetBranch", "codecommit:GetCommit",
		"codecommit:GetUploadArchiveStatus", "codecommit:UploadArchive")
}

func (c *CodeCommit) tells(rules []Rule) []awsiam.PolicyStatement {
	actions := []string{"codecommit:GetMergeOptions"}
	of := func(t RefType) func(Rule) bool { return func(r Rule) bool { return r.Type == t } }
	if len(rules) == 0 || slices.ContainsFunc(rules, of(BranchRef)) {
		actions = append(actions, "codecommit:GetBranch")
	}
	if slices.ContainsFunc(rules, of(TagRef)) {
		actions = append(actions, "codecommit:GetFolder")
	}
	return c.allow(actions...)
}

func (c *CodeCommit) allow(actions ...string) []awsiam.PolicyStatement {
	return []awsiam.PolicyStatement{allow([]*string{c.Repository.RepositoryArn()}, actions...)}
}

// https://docs.aws.amazon.com/codecommit/latest/userguide/monitoring-events.html
func (c *CodeCommit) pushes(types []rule.Type, names []string) *pushEvents {
	detail := map[string]any{
		// A deleted branch has no commit to build.
		"event": []string{"referenceCreated", "referenceUpdated"},
		// Without the type, a tag that is called like the branch would start a run as well.
		"referenceType": types,
	}
	if names != nil {
		detail["referenceName"] = names
	}
	return &pushEvents{
		pattern: map[string]any{
			"source":      []string{"aws.codecommit"},
			"detail-type": []string{"CodeCommit Repository State Change"},
			"resources":   []*string{c.Repository.RepositoryArn()},
			"detail":      detail,
		},
		revision: "$.detail.commitId",
	}
}
