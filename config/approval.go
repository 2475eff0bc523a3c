package config

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
)

// Approval holds each run before its images are promoted, until a person approves it in the console. Rejecting it, or letting the
// time run out, ends the run and leaves every tag as it was. An empty object, {}, is enough.
type Approval struct {
	// What the person who approves reads first: at most 500 characters. The commit, the branch and the digests of the images
	// follow.
	// Default: a question.
	Message string `json:"message"`

	// A mail address that is told when a run waits, after its owner has confirmed the subscription.
	// Default: none.
	Email string `json:"email"`

	// ARN of an SNS topic of this account and Region that is told when a run waits, for what reads topics already, such as a
	// chat.
	// Default: the topic of the notifications, if somebody is named there; with an email, the stack makes a topic of its own.
	Topic string `json:"topic"`

	// ARN of the customer-managed key that encrypts that topic, which the pipeline then may use through SNS. A key of the topic's
	// Region.
	// Default: the topic has none.
	TopicKey string `json:"topicKey"`

	// Minutes that a run waits: 5 to 86400 (60 days). Images that wait are kept for at least a week longer.
	TimeoutMinutes int `json:"timeoutMinutes"`
}

func defaultApproval() Approval { return Approval{TimeoutMinutes: 7 * 24 * 60} }

const (
	// https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html
	minApprovalMinutes = 5
	maxApprovalMinutes = 60 * 24 * 60
	maxMessage         = 500
)

// https://docs.aws.amazon.com/sns/latest/dg/sns-create-topic.html; FIFO topics are not for approvals.
var topicARN = nameRule{
	pattern: regexp.MustCompile(`^(?:arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256})?$`), most: 512,
	says: `a topic is named by its ARN, and must be none of FIFO`,
	cure: `use one such as "arn:aws:sns:eu-west-1:111122223333:releases"`,
}

func (r *reader) approval(pipeline object) *Approval {
	value, ok := pipeline.fields["approval"]
	if !ok {
		return nil
	}
	a := defaultApproval()
	o, ok := r.object(pipeline.path("approval"), value, keysOf[Approval]())
	if !ok {
		return nil
	}
	a.Message = o.message("message")
	a.Email = o.name("email", mailAddress)
	a.Topic = o.name("topic", topicARN)
	if a.Email != "" && a.Topic != "" {
		o.report("email", `"topic" names who is told: subscribe the address to that topic, or remove one of the two`)
	}
	a.TopicKey = o.name("topicKey", keyARN)
	switch {
	case a.TopicKey == "":
	case a.Topic == "":
		o.report("topicKey", `says what encrypts "topic", which is not there: name your topic, or remove the key; the stack's own topics have the stack's key`)
	case placeOf(a.TopicKey) != placeOf(a.Topic):
		o.report("topicKey", "the topic is in %s, and SNS encrypts with a key of the topic's own Region: use the one that encrypts the topic", placeOf(a.Topic))
	}
	a.TimeoutMinutes = o.between("timeoutMinutes", a.TimeoutMinutes, minApprovalMinutes, maxApprovalMinutes)
	return &a
}

// placeOf is the partition and the Region of an ARN.
func placeOf(text string) string {
	a, _ := arn.Parse(text) // it has the form that topicARN or keyARN asks for
	return a.Partition + ":" + a.Region
}

func (o object) message(key string) string {
	text, ok := o.text(key, "")
	switch {
	case !ok:
	case utf8.RuneCountInString(text) > maxMessage:
		o.report(key, "has more than %d characters, and CodePipeline takes 1000 with the digests of the images: shorten it", maxMessage)
	case strings.Contains(text, "#{"):
		o.report(key, `CodePipeline would read "#{" as the beginning of a variable: leave it out`)
	default:
		return strings.TrimSpace(text)
	}
	return ""
}
