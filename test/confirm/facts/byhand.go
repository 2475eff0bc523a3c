package facts

// byHand are what no program tries within reason: they need somebody's account elsewhere, a setting
// of the whole registry, or hours.
var byHand = []Fact{
	{
		Name:        "connection",
		Unrehearsed: true,
		Question:    "What does a connection (GitHub, GitLab, Bitbucket) tell a pipeline of tags and pull requests?",
		Readings: []Reading{
			{Name: "branches", Says: "the output variables name a branch, and of a tag only the commit"},
			{Name: "more", Says: "they name tags and pull requests too"},
		},
		Proof: "The output variables of the source action, and the execution's trigger, of a push to a branch, a tag " +
			"and a pull request.",
		ByHand: []string{
			"Deploy a pipeline with `source.connection` to a repository of yours, with a trigger for branches, tags and pull " +
				"requests (`triggers` of the pipeline).",
			"Push to the branch, push a tag `v0.0.1`, an annotated tag `v0.0.2`, and open a pull request.",
			"`aws codepipeline list-pipeline-executions --pipeline-name NAME` shows `trigger` and `sourceRevisions`; `aws " +
				"codepipeline list-action-executions --pipeline-name NAME` shows `output.outputVariables` of Source: note them " +
				"for each of the four.",
		},
	},
	{
		Name:     "signing-deny",
		Question: "Does ECR's managed signing write signatures under the release's Deny?",
		Readings: []Reading{
			{Name: "signed", Says: "it writes as who pushed, the promoter, whom the Deny spares"},
			{Name: "denied", Says: "it writes as somebody else, and is denied",
				Wrong: "the release stays unsigned: spare " +
					"the signing role in the repository's policy"},
		},
		Proof: "An image that was promoted has, or lacks, a signature.",
		ByHand: []string{
			"Deploy the registry stack with `signing` and a pipeline, push, and let it promote.",
			"`aws ecr describe-image-signing-status --repository-name RELEASE --image-id imageDigest=DIGEST` must say COMPLETE.",
			"If it failed: CloudTrail's event PutImage with `errorCode` AccessDenied names the principal.",
		},
	},
	{
		Name:        "replication-untagged",
		Unrehearsed: true,
		Question: "Does replication copy images that are pushed without a tag: an index's children, attestations, " +
			"signatures?",
		Readings: []Reading{
			{Name: "copied", Says: "it copies each push, with a tag or not"},
			{Name: "tagged-only", Says: "it copies only what has a tag",
				Wrong: "the other Region's index lacks its images " +
					"until somebody pushes them there"},
		},
		Proof: "An image pushed by digest, looked for in the other Region. Replication is a setting of the whole " +
			"registry, which `make confirm` does not change.",
		ByHand: []string{
			"`aws ecr describe-registry` shows the replication that there is: keep its answer.",
			"`aws ecr put-replication-configuration` with one rule for the prefix `archway-confirm` and another Region.",
			"Create the repository `archway-confirm-replication`, push an image by its digest (`crane push IMAGE " +
				"REPOSITORY@DIGEST`), wait 30 minutes.",
			"`aws ecr describe-images --region OTHER --repository-name archway-confirm-replication` lists it, or not. Delete " +
				"both repositories, and put the first answer back.",
		},
	},
	{
		Name:     "queue-limit",
		Question: "How many executions may wait in a QUEUED pipeline, and what does a start beyond that get?",
		Readings: []Reading{
			{Name: "fifty", Says: "50 wait, and a start beyond that is refused"},
			{Name: "other", Says: "another number, or it is accepted: more or fewer runs wait"},
		},
		Proof: "The 52nd start of a pipeline whose second stage waits for an approval.",
		ByHand: []string{
			"Make a pipeline with an S3 source and an approval, mode QUEUED.",
			"Start it every three seconds until a start is refused, at most 60 times; note the number and the exception. " +
				"Delete the pipeline.",
		},
	},
	{
		Name: "on-failure",
		Question: "How do a stage's `onFailure` ROLLBACK and RETRY choose target and attempt, and does anything come " +
			"between?",
		Readings: []Reading{
			{Name: "as-rehearsed",
				Says: "the target is the latest execution that succeeded in the stage and is no rollback; " +
					"nothing comes between; without one nothing happens; RETRY is one more attempt"},
			{Name: "other", Says: "something else: promotion looks at the execution that it really is in"},
		},
		Proof: "A function action that fails on demand, twice, in a stage with `onFailure`, while another execution waits.",
		ByHand: []string{
			"Make a pipeline with an S3 source and a stage with a Lambda action that fails if the object holds the word " +
				"`fail`; the stage's `onFailure` is ROLLBACK.",
			"Run it well, then with `fail`, then with `fail` while another execution waits, then roll back by hand and run " +
				"it with `fail`.",
			"`aws codepipeline list-pipeline-executions` shows each `rollbackMetadata` and the order. Do the same with " +
				"RETRY, FAILED_ACTIONS.",
		},
	},
	{
		Name: "waiting-runs",
		Question: "What becomes of executions that wait: behind a rollback, a retry or an approval, in QUEUED and " +
			"SUPERSEDED?",
		Readings: []Reading{
			{Name: "as-rehearsed",
				Says: "they wait until the stage is free; SUPERSEDED keeps the newest of those in front " +
					"of it; a retry needs the stage to be free"},
			{Name: "other",
				Says: "something else: fewer runs, or another order; promotion decides by history, and not by " +
					"order"},
		},
		Proof: "Three executions of a pipeline with an approval, of which the first is rolled back, retried, rejected.",
		ByHand: []string{
			"Make a pipeline with an S3 source and an approval; start three executions.",
			"Reject the first and retry its stage (`aws codepipeline retry-stage-execution`); note an exception, and " +
				"`get-pipeline-state` after each step.",
			"Again with mode SUPERSEDED: which of the three is left? Again with a rollback of the stage while the third waits.",
		},
	},
	{
		Name:     "unresolved-variables",
		Question: "Which output variables can't be resolved: not exported ones, empty ones, those of the same run order?",
		Readings: []Reading{
			{Name: "as-rehearsed", Says: "none of them can: the consuming action fails before it begins"},
			{Name: "other",
				Says: "some resolve, to the text itself or to nothing; digests are read as typed values and " +
					"checked"},
		},
		Proof: "A build that exports one of two declared variables, and approvals that name both in CustomData.",
		ByHand: []string{
			"Make a pipeline with a build with a namespace and `exported-variables: [A, B]`, of which only A is set, and B " +
				"set but empty in a second run.",
			"Let an approval in the next stage name A, one name B, and one in the build's own run order name A.",
			"`aws codepipeline list-action-executions` shows `resolvedConfiguration`, or the error. Declare two pipeline " +
				"variables without default and start without values: `statusSummary` names both in which order?",
		},
	},
	{
		Name: "action-limits",
		Question: "Which limits hold for actions: 20 minutes without a report and 24 hours in all of a function, 7 " +
			"days of an approval, the sizes of parameters and outputs?",
		Readings: []Reading{
			{Name: "as-rehearsed",
				Says: "those; UserParameters has 1,000 characters before and after its variables are " +
					"resolved"},
			{Name: "wider", Says: "wider ones: nothing of Archway comes near them"},
			{Name: "narrower", Says: "narrower ones", Wrong: "a promotion that takes long fails, and can be retried"},
		},
		Proof: "A function that never reports; one that always continues; UserParameters with a variable of 999 characters.",
		ByHand: []string{
			"Make a pipeline with a Lambda action whose function returns and reports nothing: when does the action fail, and " +
				"how does a report afterwards end?",
			"Give it UserParameters of 20 characters with a pipeline variable whose value has 1,000: does the action begin?",
			"Report output variables of 122,881 bytes: `OutputVariablesSizeExceededException`?",
		},
	},
	{
		Name: "build-environment",
		Question: "What do a build's commands find beside what is documented: CODEBUILD_SOURCE_VERSION, standard " +
			"input, a terminal, variables after `exit`?",
		Readings: []Reading{
			{Name: "as-rehearsed",
				Says: "the artifact's location, an empty input, no terminal; exported variables survive a " +
					"shell that ended"},
			{Name: "other",
				Says: "something else: the commit comes from CODEBUILD_RESOLVED_SOURCE_VERSION, and commands " +
					"read no input"},
		},
		Proof: "A build from a pipeline whose commands print them.",
		ByHand: []string{
			"Add to a copy of a pipeline's build: `echo \"$CODEBUILD_SOURCE_VERSION\"; wc -c < /dev/stdin; tty; export A=1; " +
				"exit 0`, and in post_build `echo \"A=$A\"`.",
			"Read the log. Again with `on-failure: CONTINUE` and a failing command: how does the build end?",
		},
	},
	{
		Name:     "permissions",
		Question: "Which permission does each call need where AWS documents policies for whole tasks only?",
		Readings: []Reading{
			{Name: "as-granted",
				Says: "those that the template grants are enough, and where there was a choice more is " +
					"asked for in the rehearsal"},
			{Name: "more", Says: "a call needs one more", Wrong: "the action fails by AccessDenied, which names the " +
				"permission; nothing is promoted"},
		},
		Proof: "A deployed pipeline runs well; CloudTrail shows no AccessDenied of its roles.",
		ByHand: []string{
			"Deploy, push, let it promote, roll the stage back.",
			"`aws cloudtrail lookup-events --lookup-attributes AttributeKey=Username,AttributeValue=SESSION` for each role: " +
				"no event with `errorCode` AccessDenied.",
			"The trust of the pipeline's role asks for `aws:SourceArn` and `aws:SourceAccount`: a pipeline that starts " +
				"proves both.",
		},
	},
	{
		Name:     "scans",
		Question: "How does basic scanning end for an image with a distribution and no findings?",
		Readings: []Reading{
			{Name: "complete", Says: "COMPLETE, with empty counts"},
			{Name: "other", Says: "another status: the gate waits, and fails by its time limit"},
		},
		Proof: "A pipeline with a scan gate and an image of a current distribution.",
		ByHand: []string{
			"Deploy a pipeline with `scan`, push an image from a current Debian, and read what ScanGate says.",
			"`aws ecr describe-image-scan-findings --repository-name STAGING --image-id imageDigest=CHILD` shows status and " +
				"counts.",
		},
	},
}
