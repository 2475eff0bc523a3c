package scene

import (
	"slices"
	"strings"
)

// phrase says in words what a set of actions of one service is good for.
type phrase struct {
	words   string
	class   Class
	actions []string
}

// phrases by service; the first whose actions are all allowed is taken, and then the next. What no
// phrase says is named as IAM has it.
var phrases = map[string][]phrase{
	"codebuild": {
		{"start and stop builds", Runs, []string{"BatchGetBuilds", "StartBuild", "StopBuild"}},
		{"start builds", Runs, []string{"BatchGetBuilds", "StartBuild"}},
	},
	"all": {},
	"codecommit": {
		{"fetch commits", Reads,
			[]string{"CancelUploadArchive", "GetBranch", "GetCommit", "GetUploadArchiveStatus", "UploadArchive"}},
		{"look up branches and tags", Reads, []string{"GetBranch", "GetFolder"}},
		{"look up branches", Reads, []string{"GetBranch"}},
		{"look up tags", Reads, []string{"GetFolder"}},
		{"compare commits", Reads, []string{"GetMergeOptions"}},
		{"pull", Reads, []string{"GitPull"}},
	},
	"codepipeline": {
		{"report results", Writes, []string{"PutJobFailureResult", "PutJobSuccessResult"}},
		{"look up executions and actions", Reads, []string{"GetPipelineExecution", "ListActionExecutions"}},
		{"look up executions", Reads, []string{"GetPipelineExecution"}},
		{"look up actions", Reads, []string{"ListActionExecutions"}},
		{"see whose turn it is", Reads, []string{"GetPipelineState"}},
		{"start", Runs, []string{"StartPipelineExecution"}},
	},
	"ecr": {
		{"sign in", Reads, []string{"GetAuthorizationToken"}},
		{"pull through a cache", Writes,
			[]string{"BatchGetImage", "BatchImportUpstreamImage", "CreateRepository", "GetDownloadUrlForLayer"}},
		{"pull", Reads, []string{"BatchCheckLayerAvailability", "BatchGetImage", "GetDownloadUrlForLayer"}},
		{"pull", Reads, []string{"BatchGetImage", "GetDownloadUrlForLayer"}},
		{"read manifests", Reads, []string{"BatchGetImage"}},
		{"write images and tags", Writes, []string{
			"BatchCheckLayerAvailability", "CompleteLayerUpload", "InitiateLayerUpload", "PutImage", "UploadLayerPart",
		}},
		{"write images and tags", Writes,
			[]string{"CompleteLayerUpload", "InitiateLayerUpload", "PutImage", "UploadLayerPart"}},
		{"write manifests and tags", Writes, []string{"PutImage"}},
		{"look for layers", Reads, []string{"BatchCheckLayerAvailability"}},
		{"see when images were pushed", Reads, []string{"DescribeImages"}},
		{"read scan findings", Reads, []string{"DescribeImageScanFindings"}},
	},
	"kms": {
		{"encrypt and decrypt", Writes, []string{
			"Decrypt", "DescribeKey", "Encrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "ReEncryptFrom",
			"ReEncryptTo",
		}},
		{"encrypt and decrypt", Writes,
			[]string{"Decrypt", "DescribeKey", "Encrypt", "GenerateDataKey*", "ReEncrypt*"}},
		{"encrypt and decrypt", Writes, []string{"Decrypt", "GenerateDataKey"}},
		{"decrypt", Reads, []string{"Decrypt"}},
	},
	"lambda": {{"invoke", Runs, []string{"InvokeFunction"}}},
	"logs":   {{"write", Writes, []string{"CreateLogStream", "PutLogEvents"}}},
	"s3": {
		{"read", Reads, []string{"GetObject", "GetObjectVersion", "GetBucketAcl", "GetBucketLocation"}},
		{"write", Writes, []string{"PutObject"}},
		{"see its settings", Reads, []string{"GetBucketVersioning"}},
	},
	"secretsmanager": {{"read", Reads, []string{"GetSecretValue"}}},
	"signer":         {{"sign", Writes, []string{"SignPayload"}}},
	"sns":            {{"publish", Writes, []string{"Publish"}}},
	"sqs":            {{"send", Writes, []string{"SendMessage"}}},
	"ssm":            {{"read", Reads, []string{"GetParameters"}}, {"read", Reads, []string{"GetParameter"}}},
	"sts":            {{"take on", Runs, []string{"AssumeRole"}}},
}

// verbs say what actions of one service, without its name, allow.
func verbs(service string, actions []string) (words []string, most Class) {
	left := slices.Clone(actions)
	most = Reads
	add := func(text string, class Class) {
		if !slices.Contains(words, text) {
			words = append(words, text)
		}
		if rank[class] > rank[most] {
			most = class
		}
	}
	for _, p := range phrases[service] {
		if !slices.ContainsFunc(p.actions, func(a string) bool { return !slices.Contains(left, a) }) {
			add(p.words, p.class)
			left = slices.DeleteFunc(left, func(a string) bool { return slices.Contains(p.actions, a) })
		}
	}
	for _, action := range left {
		add(action, classOf(action))
	}
	return words, most
}

var rank = map[Class]int{Reads: 0, Runs: 1, Writes: 2}

// classOf guesses from an action's name, and from nothing else: an unknown one writes.
func classOf(action string) Class {
	for _, start := range []string{"Get", "List", "Describe", "BatchGet", "BatchCheck", "Head", "View"} {
		if strings.HasPrefix(action, start) {
			return Reads
		}
	}
	for _, start := range []string{"Start", "Stop", "Invoke", "Assume"} {
		if strings.HasPrefix(action, start) {
			return Runs
		}
	}
	return Writes
}
