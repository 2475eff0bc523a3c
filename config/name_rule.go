package config

import (
	"regexp"
	"unicode/utf8"
)

// nameRule is what a name must look like.
type nameRule struct {
	// pattern stands in the schema too: only what Go's and JavaScript's regular expressions have in common.
	pattern *regexp.Regexp
	// least and most are the allowed lengths; 0 means that the pattern says enough.
	least, most int
	// says is the rule in words, and whose it is; cure is what to do.
	says, cure string
}

// check gives what to tell about a name that breaks the rule.
func (r nameRule) check(name string) string {
	length := utf8.RuneCountInString(name)
	if !r.pattern.MatchString(name) || length < r.least || r.most > 0 && length > r.most {
		return r.says + ": " + r.cure
	}
	return ""
}

var (
	// https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html (names) and
	// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html (StackName)
	pipelineName = nameRule{
		pattern: regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]*$`), least: 1, most: 100,
		says: `CodePipeline takes names of at most 100 characters, and CloudFormation, for the stack of the same name, only letters, digits and hyphens, beginning with a letter`,
		cure: `use one such as "hello-go"`,
	}

	// The name becomes part of the names of actions and variable namespaces, such as Build-NAME-arm64, which have at most
	// 100 characters: https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html.
	imageName = nameRule{
		pattern: regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*$`), least: 1, most: 64,
		says: `an image's name has 1 to 64 lower-case letters, digits, hyphens and underscores, beginning with a letter or digit, because CodePipeline's actions and variables are named after it`,
		cure: `use one such as "hello-go"`,
	}

	// The name is the value of a pipeline variable.
	ruleName = nameRule{
		pattern: regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]*$`), least: 1, most: 40,
		says: `a rule's name has 1 to 40 letters, digits, hyphens and underscores, beginning with a letter or digit, because pipeline variables hold it`,
		cure: `use one such as "release"`,
	}

	// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html (repositoryName)
	registryName = nameRule{
		pattern: regexp.MustCompile(`^(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*$`), least: 2, most: maxRepository,
		says: `ECR takes names of 2 to 256 characters, of which "staging/" takes 8, lower-case letters and digits joined by single ".", "_" and "-", in parts separated by "/"`,
		cure: `use one such as "team/hello-go"`,
	}

	// https://docs.aws.amazon.com/codecommit/latest/userguide/limits.html (repository names); .git is checked in source.
	sourceName = nameRule{
		pattern: regexp.MustCompile(`^[A-Za-z0-9._-]*$`), least: 1, most: 100,
		says: `CodeCommit takes names of 1 to 100 letters, digits, periods, underscores and hyphens`,
		cure: `use one such as "hello-go"`,
	}

	// https://docs.docker.com/reference/dockerfile/#from: a stage is named by AS, or counted from 0.
	targetName = nameRule{
		pattern: regexp.MustCompile(`^(?:[A-Za-z0-9][A-Za-z0-9_.-]*)?$`), most: 128,
		says: `a stage of a Dockerfile is named with letters, digits, "_", "." and "-"`,
		cure: `use the name that stands after AS`,
	}

	buildArgName = nameRule{
		pattern: regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`), most: 128,
		says: `a build argument is named like a variable, with letters, digits and "_", not beginning with a digit`,
		cure: `use the name that stands after ARG`,
	}

	// https://docs.docker.com/engine/manage-resources/labels/#key-format-recommendations, with "_", "/" and capitals, which
	// are in use.
	labelName = nameRule{
		pattern: regexp.MustCompile(`^[A-Za-z0-9](?:[A-Za-z0-9._/-]*[A-Za-z0-9])?$`), most: 128,
		says: `a label is named with at most 128 letters, digits, ".", "_", "/" and "-", beginning and ending with a letter or digit`,
		cure: `use one such as "com.example.team"`,
	}

	// https://docs.aws.amazon.com/sns/latest/dg/sns-email-notifications.html; RFC 5321 bounds an address at 254 characters.
	mailAddress = nameRule{
		pattern: regexp.MustCompile(`^(?:[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)?$`), most: 254,
		says: `a mail address has a name, "@" and a domain`,
		cure: `use one such as "team@example.com"`,
	}

	// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-chatbot-slackchannelconfiguration.html
	slackWorkspace = nameRule{
		pattern: regexp.MustCompile(`^[0-9A-Z]*$`), most: 255,
		says: `a Slack workspace is known by its id, of capital letters and digits`,
		cure: `use the one that the AWS console shows for the authorized workspace, such as "T0123456789"`,
	}
	slackChannel = nameRule{
		pattern: regexp.MustCompile(`^[A-Za-z0-9]*$`), most: 255,
		says: `a Slack channel is known by its id, of letters and digits, and not by its name`,
		cure: `use the last part of the channel's link, such as "C0123456789"`,
	}

	// https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html#tag-conventions; aws: is checked in resourceTags.
	tagKey = nameRule{
		pattern: regexp.MustCompile(`^[A-Za-z0-9_.:/=+@-](?:[A-Za-z0-9 _.:/=+@-]*[A-Za-z0-9_.:/=+@-])?$`), most: 128,
		says: `AWS takes keys of tags of 1 to 128 letters, digits, spaces and the characters _ . : / = + - @`,
		cure: `use one such as "Team"`,
	}
	tagValue = nameRule{
		pattern: regexp.MustCompile(`^[A-Za-z0-9 _.:/=+@-]*$`), most: 256,
		says: `AWS takes values of tags of at most 256 letters, digits, spaces and the characters _ . : / = + - @`,
		cure: `use one such as "platform"`,
	}
)
