package config

import (
	"archway/internal/spec"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
)

// Approval holds each run before its images are promoted, until a person approves it in the
// console. Rejecting it, or letting the time run out, ends the run and leaves every tag as it was.
// An empty object, {}, is enough.
type Approval struct {
	// What the person who approves reads first: at most 500 characters. The commit, the branch and
	// the digests of the images follow.
	// Default: a question.
	Message string `key:"message" rule:"message"`

	// A mail address that is told when a run waits, after its owner has confirmed the subscription.
	// Default: none.
	Email string `key:"email" rule:"mail"`

	// ARN of an SNS topic of this account and Region that is told when a run waits, for what reads
	// topics already, such as a chat.
	// Default: the topic of the notifications, if somebody is named there; with an email, the stack
	// makes a topic of its own.
	Topic string `key:"topic" rule:"topic"`

	// ARN of the customer-managed key that encrypts that topic, which the pipeline then may use
	// through SNS. A key of the topic's Region.
	// Default: the topic has none.
	TopicKey string `key:"topicKey" rule:"key"`

	// Minutes that a run waits: 5 to 86400 (60 days). Images that wait are kept for at least a week
	// longer.
	TimeoutMinutes int `key:"timeoutMinutes" default:"10080" range:"5..86400"`
}

// Problems reports a topic beside an address, and a key that can't be the topic's.
func (a Approval) Problems() []spec.Problem {
	var all []spec.Problem
	if a.Email != "" && a.Topic != "" {
		all = append(all, spec.Problem{Key: "email",
			Message: `"topic" names who is told: subscribe the address to that topic, or remove one of the two`})
	}
	switch {
	case a.TopicKey == "":
	case a.Topic == "":
		all = append(all, spec.Problem{Key: "topicKey", Message: `says what encrypts "topic", which is not there: ` +
			`name your topic, or remove the key; the stack's own topics have the stack's key`})
	case placeOf(a.TopicKey) != placeOf(a.Topic):
		all = append(all, spec.Problem{Key: "topicKey", Message: "the topic is in " + placeOf(a.Topic) +
			", and SNS encrypts with a key of the topic's own Region: use the one that encrypts the topic"})
	}
	return all
}

// placeOf is the partition and the Region of an ARN.
func placeOf(text string) string {
	a, _ := arn.Parse(text) // it has the form that topicARN or keyARN asks for
	return a.Partition + ":" + a.Region
}
