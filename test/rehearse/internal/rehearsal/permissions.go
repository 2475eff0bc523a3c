package rehearsal

import "archway/test/rehearse/internal/iam"

const oneBuilder = "all builds share one BuildKit here, which asks a cache once for all of them, and only for what Dockerfiles name"

// unexercised are the allowances that a rehearsal of one good commit does not
// need, and why they are there all the same. Those of the first group are needed by
// what happens on other days, and tests rehearse that. Those of the second no
// rehearsal on one machine can exercise; docs/security.md lists them.
var unexercised = []iam.Exception{
	{Action: "codepipeline:PutJobFailureResult", Elsewhere: true,
		Reason: "only a failed validation or promotion reports a failure"},
	{Action: "codecommit:GetMergeOptions", Elsewhere: true,
		Reason: "asked only where a moving tag serves another commit: which one is newer?"},
	{Service: "codebuild.amazonaws.com", Action: "ecr:GetDownloadUrlForLayer", Elsewhere: true,
		Reason: "the layer cache is empty before the first build"},
	{Service: "codebuild.amazonaws.com", Action: "ecr:BatchGetImage", Under: "/*", Elsewhere: true, Reason: oneBuilder},
	{Service: "codebuild.amazonaws.com", Action: "ecr:BatchImportUpstreamImage", Elsewhere: true, Reason: oneBuilder},
	{Service: "codebuild.amazonaws.com", Action: "ecr:CreateRepository", Elsewhere: true, Reason: oneBuilder},
	{Action: "codebuild:StopBuild", Elsewhere: true,
		Reason: "only a stopped execution stops its builds"},
	{Action: "sqs:SendMessage", Elsewhere: true,
		Reason: "only a push that could not start a run leaves a dead letter"},
	{Action: "sns:Publish", Elsewhere: true,
		Reason: "people are told only when something is wrong"},
	{Service: "lambda.amazonaws.com", Action: "kms:Decrypt", Elsewhere: true,
		Reason: "a topic's key is needed only where people are told something"},
	{Service: "lambda.amazonaws.com", Action: "kms:GenerateDataKey", Elsewhere: true,
		Reason: "a topic's key is needed only where people are told something"},
	{Action: "codepipeline:ListActionExecutions", Elsewhere: true,
		Reason: "asked only about a failed run, by the function that tells of it"},

	{Action: "codecommit:CancelUploadArchive",
		Reason: "CodePipeline cancels an upload if the execution is stopped during it; here it takes no time"},
	{Action: "inspector2:ListCoverage",
		Reason: "ECR asks Inspector in the caller's name, if the account has enhanced scanning; here nothing is scanned"},
	{Action: "inspector2:ListFindings",
		Reason: "as inspector2:ListCoverage"},
}

// Permissions tells who called what, and which allowances nothing needed.
func (r *Rehearsal) Permissions() iam.Report { return r.permissions.Report(unexercised) }

// Account holds the deployed policies: tests judge other calls, or the same ones by
// other policies.
func (r *Rehearsal) Account() *iam.Account { return r.permissions }
