package config_test

import (
	"strings"
	"testing"

	"archway/config"

	"github.com/google/go-cmp/cmp"
)

func TestApprovalsAreRead(t *testing.T) {
	tests := []struct {
		name, config string
		want         *config.Approval
	}{
		{"none", pipelineWith(`"rollbackOnFailure": false`), nil},
		{"nobody is told", pipelineWith(`"approval": {}`), &config.Approval{TimeoutMinutes: 10080}},
		{"somebody is told",
			pipelineWith(
				`"approval": {"message": " Is it tested? ", "email": "team@example.com", "timeoutMinutes": 60}`),
			&config.Approval{Message: "Is it tested?", Email: "team@example.com", TimeoutMinutes: 60}},
		{"a topic is told", pipelineWith(`"approval": {"topic": "arn:aws-cn:sns:cn-north-1:111122223333:releases"}`),
			&config.Approval{Topic: "arn:aws-cn:sns:cn-north-1:111122223333:releases", TimeoutMinutes: 10080}},
		{"an encrypted topic is told",
			pipelineWith(`"approval": {"topic": "arn:aws:sns:eu-west-1:111122223333:releases", "topicKey": "arn:aws:kms:eu-west-1:444455556666:key/1234abcd"}`),
			&config.Approval{Topic: "arn:aws:sns:eu-west-1:111122223333:releases",
				TopicKey: "arn:aws:kms:eu-west-1:444455556666:key/1234abcd", TimeoutMinutes: 10080}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, load(t, test.config).Pipelines[0].Approval); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Approvals that can't work are reported.
func TestWrongApprovals(t *testing.T) {
	const at = "archway.pipelines[0].approval"
	with := func(keys string) string { return pipelineWith(`"approval": {` + keys + `}`) }
	check(t, []problemTest{
		{"a flag", pipelineWith(`"approval": true`),
			[]string{at + `: true: is a boolean where an object belongs: write it in braces, { … }`}},
		{"unknown keys", with(`"approvers": ["a"]`),
			[]string{at + `.approvers: unknown key: use "message", "email", "topic", "topicKey" or "timeoutMinutes"`}},
		{"too much time", with(`"timeoutMinutes": 86401`), []string{at + `.timeoutMinutes: 86401: use 5 to 86400`}},
		{"no time", with(`"timeoutMinutes": 1`), []string{at + `.timeoutMinutes: 1: use 5 to 86400`}},
		{"two to tell", with(`"email": "a@example.com", "topic": "arn:aws:sns:eu-west-1:111122223333:releases"`),
			[]string{
				at + `.email: "a@example.com": "topic" names who is told: subscribe the address to that topic, or remove one of the two`}},
		{"names that name no topic", with(`"email": "team", "topic": "releases"`), []string{
			at + `.email: "team": a mail address has a name, "@" and a domain: use one such as "team@example.com"`,
			at + `.topic: "releases": a topic is named by its ARN, and must be none of FIFO: use one such as "arn:aws:sns:eu-west-1:111122223333:releases"`}},
		{"a FIFO topic", with(`"topic": "arn:aws:sns:eu-west-1:111122223333:releases.fifo"`), []string{
			at + `.topic: "arn:aws:sns:eu-west-1:111122223333:releases.fifo": a topic is named by its ARN, and must be none of FIFO: use one such as "arn:aws:sns:eu-west-1:111122223333:releases"`}},
		{"a key of no topic", with(`"email": "a@example.com", "topicKey": "arn:aws:kms:eu-west-1:111122223333:key/1"`),
			[]string{
				at + `.topicKey: "arn:aws:kms:eu-west-1:111122223333:key/1": says what encrypts "topic", which is not there: name your topic, or remove the key; the stack's own topics have the stack's key`}},
		{"a key of another Region",
			with(`"topic": "arn:aws:sns:eu-west-1:111122223333:releases", "topicKey": "arn:aws:kms:us-east-1:111122223333:key/1"`),
			[]string{
				at + `.topicKey: "arn:aws:kms:us-east-1:111122223333:key/1": the topic is in aws:eu-west-1, and SNS encrypts with a key of the topic's own Region: use the one that encrypts the topic`}},
		{"an alias", with(`"topic": "arn:aws:sns:eu-west-1:111122223333:releases", "topicKey": "alias/topics"`),
			[]string{
				at + `.topicKey: "alias/topics": a key is named by its ARN, as IAM knows it by nothing else: use one such as "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"`}},
		{"a message that can't travel", with(`"message": "#{Build.X}"`),
			[]string{at +
				`.message: "#{Build.X}": CodePipeline would read "#{" as the beginning of a variable: leave it out`}},
		{"a long message", with(`"message": "` + strings.Repeat("x", 501) + `"`), []string{
			at + `.message: "` + strings.Repeat("x", 99) +
				`…: has more than 500 characters, and CodePipeline takes 1000 with the digests of the images: shorten it`}},
	})
}
