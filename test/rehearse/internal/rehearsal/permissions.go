package rehearsal

import (
	"archway/test/rehearse/internal/aws/cloudformation"
	"archway/test/rehearse/internal/aws/iam"
	"archway/test/rehearse/internal/aws/lambdaruntime"
)

// exception says of allowances why a rehearsal of one good commit does not need them.
type exception struct {
	// of is whose role and policies are meant: of the functions that are built from a Go package,
	// or that stand behind a type of custom resource. Empty for everybody.
	of string
	// service is the service whose roles are meant, or that a resource's policy names; empty for
	// all.
	service string
	// under is what resources end in that are meant; empty for all.
	under   string
	actions []string
	// elsewhere tells that what happens on other days needs them, and tests rehearse it. Without
	// it, no rehearsal on one machine can.
	elsewhere bool
	reason    string
}

// The functions that exceptions are about.
const (
	notifier  = "archway/lambda/notify"
	promoter  = "archway/lambda/promote"
	trigger   = "archway/lambda/trigger"
	validator = "archway/lambda/validate"

	autoDelete = cloudformation.AutoDelete
)

// unexercised are the allowances that a rehearsal of one good commit does not need, and why they
// are there all the same. docs/security.md lists them.
var unexercised = []exception{
	{actions: []string{"codepipeline:PutJobFailureResult"}, elsewhere: true,
		reason: "only a failed validation or promotion reports a failure"},
	{actions: []string{"codecommit:GetMergeOptions"}, elsewhere: true,
		reason: "asked only where a moving tag serves another commit: which one is newer?"},
	{service: "codebuild.amazonaws.com", actions: []string{"ecr:GetDownloadUrlForLayer"}, elsewhere: true,
		reason: "the layer cache is empty before the first build"},
	{service: "codebuild.amazonaws.com", under: "/*",
		actions: []string{"ecr:BatchGetImage", "ecr:BatchImportUpstreamImage", "ecr:CreateRepository"}, elsewhere: true,
		reason: "all builds share one BuildKit here, which asks a pull-through cache once for all of them, and only for what Dockerfiles name"},
	{actions: []string{"codebuild:StopBuild"}, elsewhere: true,
		reason: "only a stopped execution stops its builds"},
	{actions: []string{"sqs:SendMessage"}, elsewhere: true,
		reason: "only a push that could not start a run leaves a dead letter"},
	{of: notifier, elsewhere: true, actions: []string{
		"sts:AssumeRole", "lambda:InvokeFunction", "logs:CreateLogStream", "logs:PutLogEvents",
		"codepipeline:GetPipelineExecution", "codepipeline:ListActionExecutions",
	}, reason: "only a failed run needs the function that tells of it"},
	{of: notifier, actions: []string{"sns:Publish", "kms:Decrypt", "kms:GenerateDataKey"}, elsewhere: true,
		reason: "only a failed run is told of"},
	{of: promoter, actions: []string{"ecr:DescribeImages"}, elsewhere: true,
		reason: "asked only where history leaves open which of two images is newer: which one came later?"},
	{of: promoter,
		actions:   []string{"ecr:BatchCheckLayerAvailability", "ecr:CompleteLayerUpload", "ecr:UploadLayerPart"},
		elsewhere: true,
		reason:    "where the account has ECR mount blobs, none is uploaded"},
	{of: promoter, actions: []string{"codecommit:GetFolder"}, elsewhere: true,
		reason: "asked only about git tags: to which commit does it lead?"},
	{of: trigger, actions: []string{"codecommit:GetFolder"}, elsewhere: true,
		reason: "the same, when a git tag is pushed"},
	{of: trigger, actions: []string{"codecommit:GetBranch"}, elsewhere: true,
		reason: "asked only where somebody wants a branch built now: where is it?"},
	{of: validator, actions: []string{"sns:Publish", "kms:Decrypt", "kms:GenerateDataKey"}, elsewhere: true,
		reason: "the scheduled check tells only of drift"},
	{service: "cloudwatch.amazonaws.com", actions: []string{"sns:Publish", "kms:Decrypt", "kms:GenerateDataKey"},
		elsewhere: true,
		reason:    "only an alarm that goes off is told of"},

	{actions: []string{"codecommit:CancelUploadArchive"},
		reason: "CodePipeline cancels an upload if the execution is stopped during it; here it takes no time"},
	{actions: []string{"inspector2:ListCoverage", "inspector2:ListFindings"},
		reason: "ECR asks Inspector in the caller's name, if the account has enhanced scanning; here nothing is scanned"},
	{service: "chatbot.amazonaws.com", actions: []string{"sts:AssumeRole"},
		reason: "what a topic is told is kept here, and nothing is sent on to a chat"},
	{of: autoDelete, actions: []string{"s3:DeleteObject*", "s3:GetBucket*", "s3:List*", "s3:PutBucketPolicy"},
		reason: "the CDK's function empties the artifact bucket when the stack is deleted; here none is"},
	{of: autoDelete, actions: []string{"logs:CreateLogGroup"},
		reason: "it is in AWS's policy AWSLambdaBasicExecutionRole, which the CDK attaches; the stack has made the log group"},
}

// Permissions tells who called what, and which allowances nothing needed.
func (r *Rehearsal) Permissions() iam.Report {
	var exceptions []iam.Exception
	for _, e := range unexercised {
		for _, of := range r.ownersOf(e.of) {
			for _, action := range e.actions {
				exceptions = append(exceptions,
					iam.Exception{Service: e.service, Of: of, Under: e.under, Action: action, Elsewhere: e.elsewhere,
						Reason: e.reason})
			}
		}
	}
	return r.permissions.Report(exceptions)
}

// ownersOf are the ARNs of functions and of their roles.
func (r *Rehearsal) ownersOf(kind string) []string {
	if kind == "" {
		return []string{""}
	}
	var owners []string
	for _, stack := range r.stacks {
		for _, f := range cloudformation.Of[*lambdaruntime.Function](stack) {
			if f.Package == kind {
				owners = append(owners, f.ARN, f.RoleARN)
			}
		}
		for _, p := range cloudformation.Of[cloudformation.Provider](stack) {
			if p.Type == kind {
				owners = append(owners, p.ARN, p.RoleARN)
			}
		}
	}
	return owners
}

// Account holds the deployed policies: tests judge other calls, or the same ones by
// other policies.
func (r *Rehearsal) Account() *iam.Account { return r.permissions }
