// Package decided holds, in one place, what the executor assumes where AWS's
// documentation is silent or was only inferred from. Each item says what was
// decided and why; the code that acts on it refers to it by name.
//
// Nothing here was tried against an account. Where there was a choice the
// stricter reading was taken, so that what passes here also passes there.
package decided

import "time"

// CodePipeline.
const (
	// QueueLimit: executions that may wait in a QUEUED pipeline. The figure is
	// unconfirmed; beyond it a start is refused.
	QueueLimit = 50

	// JobTimeout: a Lambda action fails if its function reports nothing for 20
	// minutes; a report with a continuation token starts the clock again.
	JobTimeout = 20 * time.Minute
	// JobTimeoutTotal caps a job that keeps reporting continuation tokens.
	JobTimeoutTotal = 24 * time.Hour

	// ContinuationDelay: a job with a continuation token was seen to be invoked again
	// after 28 seconds. Nothing here gets better by waiting.
	ContinuationDelay = 500 * time.Millisecond

	// LateAnswers are how many answers of CodePipeline's history everybody gets that know nothing of an end, or a retry, as long as it is
	// no longer ago than HistoryLag. How long it lags is not documented; an approval was seen in it 16 seconds late.
	LateAnswers = 2
	HistoryLag  = 20 * time.Second
	// NewExecution: a rollback was seen to be readable within two seconds, and its action to start within one.
	NewExecution = 2 * time.Second

	// ApprovalTimeout is how long a manual approval waits that names no time.
	ApprovalTimeout = 7 * 24 * time.Hour

	// UserParametersLimit: 1,000 characters is documented for the declared value
	// and, for Lambda's UserParameters, without saying before or after variables
	// are resolved. Both are held to it.
	UserParametersLimit = 1000
	// ResolvedConfigurationLimit: all resolved keys and values of one action.
	ResolvedConfigurationLimit = 100 << 10
	// OutputVariablesLimit: all output variables of one action.
	OutputVariablesLimit = 122880
)

// Statements about CodePipeline without a number:
//
//   - QUEUED executions wait for each stage on their own, in the order in which
//     they reached it: the second may be in Source while the first is in Build.
//   - A variable that a CodeBuild action declares but did not export is not
//     there: using it fails the consuming action like any unknown variable.
//   - A variable of an action with the same run order, or a later one, can't be
//     resolved, even if that action happens to be done.
//   - What waits for a stage comes after the rollback that is in it.
//   - A target that is a rollback itself is refused with UnableToRollbackStageException:
//     that it is refused was seen, not how.
//   - A rollback for OnFailure: ROLLBACK takes over the place of the execution
//     that failed, so that no other one comes between. Its target is the latest
//     execution that succeeded in the stage and is no rollback: also one from
//     which somebody rolled back by hand. Without one, nothing happens; a failed
//     rollback is not rolled back.
//   - OnFailure: RETRY is one more attempt.
//   - A retry needs the stage to be free (ConflictException), and no other execution to
//     have entered it since.
//   - The history knows an attempt of an action as soon as it begins.
//   - A stage's state shows of an action that has not begun yet what it did in an earlier
//     execution.
//   - Several required variables without a value are named in their order, with commas.
//   - What else a pipeline's target of a rule is given, such as a token, it is given with the
//     variables, or not.
//   - A retried or rolling-back execution that waits can be superseded like others.
//   - A rehearsal has nobody at a console: manual approvals are given at once, unless
//     who rehearses decides otherwise. Who may approve is not looked at.
//   - An execution that waits for a person is in its stage: no newer one replaces it.
//     Of those that wait in front of the stage, SUPERSEDED keeps the newest.
//   - A rejected approval fails its action, and the stage can be retried: the person is
//     asked again.
//   - GetMergeOptions names one merge base, and an empty one of commits without a
//     common ancestor.
//   - CODE_ZIP artifacts hold the commit's files with modes and symbolic links,
//     and no .git; .gitattributes does not change what is archived.
//   - A pipeline's first, automatic execution on creation is left out, as it would build
//     the seeded commit a second time, next to the push event; tests start it.

// Statements about CodeBuild:
//
//   - A command whose "set -e" or "exit" ends the shared shell has failed, or
//     succeeded, with the shell's status. Whether a later phase then finds the
//     variables is not documented. Here a new shell starts with the exported
//     variables and the folder that the last command to complete left behind;
//     functions and unexported variables are gone.
//   - "set -e", functions and unexported variables reach later items of the same
//     build while the shell lives: version 0.2 runs all commands "in the same
//     instance of the default shell".
//   - install or pre_build fails: post_build does not run. build fails: it runs.
//   - on-failure CONTINUE goes on to the next phase; the build stays FAILED.
//   - Exported variables are read at the end of post_build; of a failed build
//     none are handed on. One that was never set is not exported; one that is
//     set but empty can't be a CodePipeline variable (values have 1 character at
//     least) and is treated the same.
//   - CODEBUILD_SOURCE_VERSION is the artifact's location in the bucket.
//   - Commands have no terminal and an empty standard input.
//   - HOME is a folder of the build, not /root: a build must not meet, or leave
//     behind, settings of the person at the machine.
//   - Credentials come from AWS_CONTAINER_CREDENTIALS_FULL_URI on the loopback
//     interface; the _RELATIVE_URI of a real build stands for a fixed link-local
//     address that a machine can't be assumed to have.

// Statements about ECR:
//
//   - Nothing is scanned for vulnerabilities. Every image with a distribution has a
//     finished scan without findings, unless a test says what was found.
//   - Whoever mounts a blob needs ecr:GetDownloadUrlForLayer on the repository that
//     has it, and is refused without; a blob that can't be mounted is uploaded.
//   - An image's push time stays when its manifest comes again, also with another tag.

// Lambda.
var (
	// AsyncRetryDelays: after a function error an asynchronous invocation is
	// tried again after 1 and 2 minutes. Here seconds: the order of events stays.
	AsyncRetryDelays = []time.Duration{1 * time.Second, 2 * time.Second}
)

// Statements about Lambda without a number:
//
//   - A job whose action ended without its report, by its time limit, has terminated: a
//     late report is InvalidJobStateException.
//   - The memory size is told to the function, not enforced.
//   - An instance serves one invocation at a time and stays for the next one; a
//     timeout ends it.

// Statements about IAM: which permission a call needs where AWS documents policies
// for whole tasks only. Where there was a choice, more is asked for.
//
//   - A blob is looked up (HEAD) with BatchCheckLayerAvailability, and read with
//     GetDownloadUrlForLayer; the last request of an upload may hold bytes, and
//     needs UploadLayerPart as well as CompleteLayerUpload.
//   - A repository that the caller may not use is refused before anybody looks
//     whether it is there.
//   - A source action looks its branch up also where the commit is given, and looks
//     at the artifact bucket's versioning, access list and location each time.
//   - CodePipeline itself looks at the input artifact of a build, and CodeBuild
//     fetches it; both need s3:GetObjectVersion, also in a bucket without versions.
//   - CodePipeline, CodeBuild and EventBridge say for which resource and account
//     they take on a role (aws:SourceArn, aws:SourceAccount); Lambda does not.
//   - Lambda and CodeBuild write a log stream each time. On AWS a function without
//     that permission runs, and says nothing.
//   - A stopped execution stops the build that it waits for.

// CloudFormation.
const (
	// BootstrapVersion is the value of the bootstrap stack's version parameter,
	// which the template's own rule compares with what the CDK asks for.
	BootstrapVersion = "30"
)
