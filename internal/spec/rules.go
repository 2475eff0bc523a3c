package spec

import "regexp"

// rules are what texts must look like, by the names that stand in tags.
var rules = map[string]*Rule{
	// https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html (names) and
	// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html
	// (StackName)
	"pipelineName": {
		Pattern: regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]*$`), Least: 1, Most: 100,
		Says: `CodePipeline takes names of at most 100 characters, and CloudFormation, for the stack of the same name, only letters, digits and hyphens, beginning with a letter`,
		Cure: `use one such as "hello-go"`,
	},
	// The name becomes part of the names of actions and variable namespaces, such as
	// Build-NAME-arm64, which have at most 100 characters:
	// https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html.
	"imageName": {
		Pattern: regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*$`), Least: 1, Most: 64,
		Says: `an image's name has 1 to 64 lower-case letters, digits, hyphens and underscores, beginning with a letter or digit, because CodePipeline's actions and variables are named after it`,
		Cure: `use one such as "hello-go"`,
	},
	// The name is the value of a pipeline variable.
	"ruleName": {
		Pattern: regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]*$`), Least: 1, Most: 40,
		Says: `a rule's name has 1 to 40 letters, digits, hyphens and underscores, beginning with a letter or digit, because pipeline variables hold it`,
		Cure: `use one such as "release"`,
	},
	// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html
	// (repositoryName)
	"repository": {
		Pattern: regexp.MustCompile(`^(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*$`), Least: 2,
		Most: 256 - len("staging/"),
		Says: `ECR takes names of 2 to 256 characters, of which "staging/" takes 8, lower-case letters and digits joined by single ".", "_" and "-", in parts separated by "/"`,
		Cure: `use one such as "team/hello-go"`,
	},
	// https://docs.aws.amazon.com/codecommit/latest/userguide/limits.html (repository names)
	"codeCommit": {
		Pattern: regexp.MustCompile(`^[A-Za-z0-9._-]*$`), Least: 1, Most: 100,
		Says: `CodeCommit takes names of 1 to 100 letters, digits, periods, underscores and hyphens`,
		Cure: `use one such as "hello-go"`,
		also: bareRepository,
	},
	// https://docs.docker.com/reference/dockerfile/#from: a stage is named by AS, or counted from
	// 0.
	"target": {
		Pattern: regexp.MustCompile(`^(?:[A-Za-z0-9][A-Za-z0-9_.-]*)?$`), Most: 128,
		Says: `a stage of a Dockerfile is named with letters, digits, "_", "." and "-"`,
		Cure: `use the name that stands after AS`,
	},
	"buildArg": {
		Pattern: regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`), Most: 128,
		Says: `a build argument is named like a variable, with letters, digits and "_", not beginning with a digit`,
		Cure: `use the name that stands after ARG`,
	},
	// https://docs.docker.com/engine/manage-resources/labels/#key-format-recommendations, with "_",
	// "/" and capitals, which are in use.
	"label": {
		Pattern: regexp.MustCompile(`^[A-Za-z0-9](?:[A-Za-z0-9._/-]*[A-Za-z0-9])?$`), Most: 128,
		Says: `a label is named with at most 128 letters, digits, ".", "_", "/" and "-", beginning and ending with a letter or digit`,
		Cure: `use one such as "com.example.team"`,
	},
	// https://docs.aws.amazon.com/sns/latest/dg/sns-email-notifications.html; RFC 5321 bounds an
	// address at 254 characters.
	"mail": {
		Pattern: regexp.MustCompile(`^(?:[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)?$`),
		Most:    254,
		Says:    `a mail address has a name, "@" and a domain`,
		Cure:    `use one such as "team@example.com"`,
	},
	// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-chatbot-slackchannelconfiguration.html
	"slackWorkspace": {
		Pattern: regexp.MustCompile(`^[0-9A-Z]*$`), Most: 255,
		Says: `a Slack workspace is known by its id, of capital letters and digits`,
		Cure: `use the one that the AWS console shows for the authorized workspace, such as "T0123456789"`,
	},
	"slackChannel": {
		Pattern: regexp.MustCompile(`^[A-Za-z0-9]*$`), Most: 255,
		Says: `a Slack channel is known by its id, of letters and digits, and not by its name`,
		Cure: `use the last part of the channel's link, such as "C0123456789"`,
	},
	// https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html#tag-conventions; aws: is
	// checked in resourceTags.
	"tagKey": {
		Pattern: regexp.MustCompile(`^[A-Za-z0-9_.:/=+@-](?:[A-Za-z0-9 _.:/=+@-]*[A-Za-z0-9_.:/=+@-])?$`), Most: 128,
		Says: `AWS takes keys of tags of 1 to 128 letters, digits, spaces and the characters _ . : / = + - @`,
		Cure: `use one such as "Team"`,
	},
	"tagValue": {
		Pattern: regexp.MustCompile(`^[A-Za-z0-9 _.:/=+@-]*$`), Most: 256,
		Says: `AWS takes values of tags of at most 256 letters, digits, spaces and the characters _ . : / = + - @`,
		Cure: `use one such as "platform"`,
	},
	// secretID is what a Dockerfile calls a secret. Docker takes more; this fits its command line
	// and a mount without quotes.
	"secretID": {
		Pattern: regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]*$`), Least: 1, Most: 64,
		Says: `a secret's name has 1 to 64 letters, digits, ".", "_" and "-"`,
		Cure: `use one such as "npmrc", as in RUN --mount=type=secret,id=npmrc`,
	},
	// secretName is a name or an ARN, and perhaps a key.
	// https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html (Name)
	// and
	// https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html#build-spec.env.secrets-manager
	"secret": {
		Pattern: regexp.MustCompile(`^(?:(?:arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:)?[A-Za-z0-9/_+=.@-]+(?::[A-Za-z0-9/_+=.@-]+)?)?$`),
		Most:    1024,
		Says:    `a secret of Secrets Manager is its name or its ARN, and after a colon, if it is a JSON object, the key whose value is wanted`,
		Cure:    `use one such as "build/npm" or "build/npm:token"`,
	},
	// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html (Name)
	"parameter": {
		Pattern: regexp.MustCompile(`^(?:/?[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)*)?$`), Most: 1011,
		Says: `the Parameter Store takes names of letters, digits, ".", "_" and "-", in parts separated by "/"`,
		Cure: `use one such as "/build/npmrc"`,
	},
	"key": {
		Pattern: regexp.MustCompile(`^(?:arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+)?$`), Most: 256,
		Says: `a key is named by its ARN, as IAM knows it by nothing else`,
		Cure: `use one such as "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"`,
	},
	"vulnerability": {
		Pattern: regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:-]*$`), Least: 1, Most: 64,
		Says: `a vulnerability is named by its id of letters, digits, ".", "_", ":" and "-"`,
		Cure: `use what the scanner shows, such as "CVE-2026-1234"`,
	},
	"day": {
		Pattern: regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`), Least: 1, Most: 10,
		Says: `a day is written as year, month and day`,
		Cure: `use one such as "2027-01-31"`,
		also: existingDay,
	},
	"variable": {
		Pattern: regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`), Most: 128,
		Says: `an environment variable is named with letters, digits and "_", not beginning with a digit`,
		Cure: `use one such as "LOG_LEVEL"`,
	},
	// https://www.rfc-editor.org/rfc/rfc9112#section-3.2: a request line has no white space.
	"path": {
		Pattern: regexp.MustCompile(`^/[!-~]*$`), Least: 1, Most: 1024,
		Says: `a path begins with "/" and has no white space`,
		Cure: `use one such as "/health"`,
	},
	// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreatePullThroughCacheRule.html
	// (ecrRepositoryPrefix)
	"prefix": {
		Pattern: regexp.MustCompile(`^[a-z0-9]+(?:[._-][a-z0-9]+)*(?:/[a-z0-9]+(?:[._-][a-z0-9]+)*)*$`), Least: 2,
		Most: 30,
		Says: `ECR takes prefixes of 2 to 30 lower-case letters and digits, in parts that are separated by one of . _ - /`,
		Cure: `use one such as "docker-hub"`,
	},
	// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreatePullThroughCacheRule.html
	// (credentialArn)
	"login": {
		Pattern: regexp.MustCompile(`^(?:arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:` +
			`ecr-pullthroughcache/[A-Za-z0-9/_+=.@-]+)?$`),
		Most: 612,
		Says: `ECR takes the ARN of a secret whose name begins with ecr-pullthroughcache/`,
		Cure: `use one such as "arn:aws:secretsmanager:eu-west-1:111122223333:secret:ecr-pullthroughcache/docker-hub-AbCdEf", as aws secretsmanager create-secret prints it`,
	},
	// https://docs.aws.amazon.com/signer/latest/api/API_PutSigningProfile.html (profileName)
	"profile": {
		Pattern: regexp.MustCompile(`^[A-Za-z0-9_]*$`), Least: 2, Most: 64,
		Says: `AWS Signer takes names of 2 to 64 letters, digits and underscores`,
		Cure: `use one such as "archway"`,
	},
	// https://docs.aws.amazon.com/sns/latest/dg/sns-create-topic.html; FIFO topics are not for
	// approvals.
	"topic": {
		Pattern: regexp.MustCompile(`^(?:arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256})?$`), Most: 512,
		Says: `a topic is named by its ARN, and must be none of FIFO`,
		Cure: `use one such as "arn:aws:sns:eu-west-1:111122223333:releases"`,
	},
	// principalARN has no wildcards. Of a role that somebody has assumed, the condition key
	// aws:PrincipalArn gives the role itself.
	// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalarn
	// At most 20 of them: a repository's policy has at most 10 KB.
	// https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-policies.html
	"principal": {
		Pattern: regexp.MustCompile(
			`^arn:aws[a-z-]*:iam::[0-9]{12}:(?:role|user)/[A-Za-z0-9_+=,.@/-]*[A-Za-z0-9_+=,.@-]$`),
		Least: 1, Most: 620,
		Says: `a release's writer is the ARN of an IAM role or user, without wildcards; who has assumed a role is known by the ARN of the role`,
		Cure: `use one such as "arn:aws:iam::111122223333:role/break-glass"`,
	},
	// className stands in the names of a pipeline and of ECR repositories, see registryName.
	"class": {
		Pattern: regexp.MustCompile(`^[a-z0-9]+(?:-[a-z0-9]+)*$`), Least: 1, Most: 20,
		Says: `a class has 1 to 20 lower-case letters and digits, joined by single hyphens, because a pipeline and ECR repositories are called after it`,
		Cure: `use one such as "previews"`,
	},
	"reason": {Least: 1, Most: maxReason, Sentence: true, also: sentence},
	"branch": {Least: 1, Most: maxBranch, also: branch},
	"ref":    {Most: maxBranch, also: branch},
	// https://docs.aws.amazon.com/codecommit/latest/userguide/limits.html (file paths); config
	// knows where it may lead.
	"file":     {Least: 1, Most: MaxPath},
	"message":  {Most: maxMessage, Sentence: true, also: message},
	"platform": {also: anyPlatform},
	"check":    {also: downgradable},
	"schedule": {Pattern: regexp.MustCompile("^$|" + ratePattern.String() + "|" + cronPattern.String()),
		also: schedule},
}
