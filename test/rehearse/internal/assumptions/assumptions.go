// Package assumptions holds, in one place, what the executor assumes where AWS's
// documentation is silent or was only inferred from, and where no recorded call of
// an account shows it. The code that acts on it refers to it by name.
//
// Nothing unproven here was tried against an account. Where there was a choice the
// stricter reading was taken, so that what passes here also passes there. Behind
// each, in brackets, stands the fact that proves it: make confirm tries it, and
// docs/aws.md lists it.
package assumptions

import "time"

// Unproven numbers of CodePipeline.
const (
	// QueueLimit: executions that may wait in a QUEUED pipeline; beyond it a start is
	// refused [queue-limit].
	QueueLimit = 50

	// JobTimeout: a Lambda action fails if its function reports nothing for 20
	// minutes; a report with a continuation token starts the clock again [action-limits].
	JobTimeout = 20 * time.Minute
	// JobTimeoutTotal caps a job that keeps reporting continuation tokens [action-limits].
	JobTimeoutTotal = 24 * time.Hour

	// LateAnswers are how many answers of CodePipeline's history everybody gets that
	// know nothing of an end, or a retry, as long as it is no longer ago than
	// HistoryLag [history-lag].
	LateAnswers = 2
	// HistoryLag is not documented; an approval was seen in the history 16 seconds
	// late [history-lag].
	HistoryLag = 20 * time.Second

	// ApprovalTimeout is how long a manual approval waits that names no time [action-limits].
	ApprovalTimeout = 7 * 24 * time.Hour

	// UserParametersLimit: 1,000 characters is documented for the declared value
	// and, for Lambda's UserParameters, without saying before or after variables
	// are resolved. Both are held to it [action-limits].
	UserParametersLimit = 1000
	// ResolvedConfigurationLimit: all resolved keys and values of one action [action-limits].
	ResolvedConfigurationLimit = 100 << 10
	// OutputVariablesLimit: all output variables of one action [action-limits].
	OutputVariablesLimit = 122880
)

// Unproven about CodePipeline, without a number:
//
//   - QUEUED executions wait for each stage on their own, in the order in which
//     they reached it: the second may be in Source while the first is in Build [queued-stages].
//   - A variable that a CodeBuild action declares but did not export is not
//     there: using it fails the consuming action like any unknown variable [unresolved-variables].
//   - A variable of an action with the same run order, or a later one, can't be
//     resolved, even if that action happens to be done [unresolved-variables].
//   - Several required variables without a value are named in their order, with
//     commas [unresolved-variables].
//   - What waits for a stage comes after the rollback that is in it [waiting-runs].
//   - A target that is a rollback itself is refused with UnableToRollbackStageException:
//     that it is refused was seen, not how [rollback-again].
//   - A rollback for OnFailure: ROLLBACK takes over the place of the execution
//     that failed, so that no other one comes between. Its target is the latest
//     execution that succeeded in the stage and is no rollback: also one from
//     which somebody rolled back by hand. Without one, nothing happens; a failed
//     rollback is not rolled back [on-failure].
//   - OnFailure: RETRY is one more attempt [on-failure].
//   - A retry needs the stage to be free (ConflictException) [waiting-runs].
//   - The history knows an attempt of an action as soon as it begins [history-lag].
//   - A stage's state shows of an action that has not begun yet what it did in an
//     earlier execution [waiting-runs].
//   - What else a pipeline's target of a rule is given, such as a token, it is given
//     with the variables, or not [target-variables, target-token].
//   - A start's token is known as long as a rehearsal takes [start-tokens].
//   - A retried or rolling-back execution that waits can be superseded like others [waiting-runs].
//   - An execution that waits for a person is in its stage: no newer one replaces it.
//     Of those that wait in front of the stage, SUPERSEDED keeps the newest [waiting-runs].
//   - After a rejected approval the stage can be retried: the person is asked again [waiting-runs].
//   - A source action takes a commit of any branch [other-branch-commit].
//   - CODE_ZIP artifacts hold the commit's files with modes and symbolic links,
//     and no .git; .gitattributes does not change what is archived [zip-links].
//   - A job whose action ended without its report, by its time limit, has terminated: a
//     late report is InvalidJobStateException [action-limits].

// Unproven about CodeCommit:
//
//   - The event of a tag without an annotation names the commit [light-tag-event].
//   - GetFolder resolves a tag to its commit, by refs/tags/ and its name or by the name
//     alone; of a name that is a branch, too, the tag [getfolder-tag, getfolder-both].
//   - GetMergeOptions names one merge base, and an empty one of commits without a
//     common ancestor [merge-base].

// Unproven about CodeBuild:
//
//   - A command whose "set -e" or "exit" ends the shared shell has failed, or
//     succeeded, with the shell's status. Whether a later phase then finds the
//     variables is not documented. Here a new shell starts with the exported
//     variables and the folder that the last command to complete left behind;
//     functions and unexported variables are gone [build-environment].
//   - install or pre_build fails: post_build does not run [failed-phases].
//   - on-failure CONTINUE goes on to the next phase; the build stays FAILED [build-environment].
//   - Exported variables are read at the end of post_build; of a failed build
//     none are handed on [failed-exports].
//   - One that was never set is not exported; one that is set but empty can't be a
//     CodePipeline variable (values have 1 character at least) and is treated the
//     same [unresolved-variables].
//   - CODEBUILD_SOURCE_VERSION is the artifact's location in the bucket [build-environment].
//   - Commands have no terminal and an empty standard input [build-environment].

// Unproven about ECR:
//
//   - OCI artifacts, manifests with a subject, are refused by 405 [oci-artifacts].
//   - A manifest is taken without a tag, by its digest [put-untagged].
//   - DescribeImages knows each manifest alike, also those that refer to an image [referrers-described].
//   - An image with a distribution and without findings has a finished scan [scans].
//   - Whoever mounts a blob needs ecr:GetDownloadUrlForLayer on the repository that
//     has it, and is refused without [permissions]; a blob that can't be mounted is
//     uploaded [mount].
//   - An image's push time stays when its manifest comes again, also with another tag [push-time].
//   - Signatures are written as who pushes the image [signing-deny].

// Unproven about IAM: which permission a call needs where AWS documents policies
// for whole tasks only. Where there was a choice, more is asked for.
//
//   - aws:PrincipalArn of a function's session is its role's ARN [principal-arn].
//   - A blob is looked up (HEAD) with BatchCheckLayerAvailability, and read with
//     GetDownloadUrlForLayer; the last request of an upload may hold bytes, and
//     needs UploadLayerPart as well as CompleteLayerUpload [permissions].
//   - A repository that the caller may not use is refused before anybody looks
//     whether it is there [permissions].
//   - A source action looks its branch up also where the commit is given, and looks
//     at the artifact bucket's versioning, access list and location each time [permissions].
//   - CodePipeline itself looks at the input artifact of a build, and CodeBuild
//     fetches it; both need s3:GetObjectVersion, also in a bucket without versions [permissions].
//   - CodePipeline, CodeBuild and EventBridge say for which resource and account
//     they take on a role (aws:SourceArn, aws:SourceAccount); Lambda does not [permissions].
//   - A stopped execution stops the build that it waits for [permissions].
