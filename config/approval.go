package config

import (
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

func approval(pipeline object) *Approval {
	a, o := optional[Approval](pipeline, "approval", nil)
	if a == nil {
		return nil
	}
	if a.Email != "" && a.Topic != "" {
		o.report("email", `"topic" names who is told: subscribe the address to that topic, or remove one of the two`)
	}
	switch {
	case a.TopicKey == "":
	case a.Topic == "":
		o.report("topicKey",
			`says what encrypts "topic", which is not there: name your topic, or remove the key; the stack's own topics have the stack's key`)
	case placeOf(a.TopicKey) != placeOf(a.Topic):
		o.report("topicKey",
			"the topic is in %s, and SNS encrypts with a key of the topic's own Region: use the one that encrypts the topic",
			placeOf(a.Topic))
	}
	return a
}

// placeOf is the partition and the Region of an ARN.
func placeOf(text string) string {
	a, _ := arn.Parse(text) // it has the form that topicARN or keyARN asks for
	return a.Partition + ":" + a.Region
}
