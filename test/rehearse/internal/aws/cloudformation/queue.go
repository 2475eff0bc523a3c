package cloudformation

import (
	"fmt"
	"strings"
)

const queueType = "AWS::SQS::Queue"

func init() {
	describe(queueType, descriptor{
		read: (*loader).queue, access: true, name: "QueueName", arn: regional("sqs", "%s"), ref: queueURL,
		attributes: map[string]func(identity) string{"QueueName": nameOf},
		withoutEffect: map[string]string{
			"MessageRetentionPeriod": "no message grows that old",
			"SqsManagedSseEnabled":   encryption,
			"Tags":                   describes,
			"VisibilityTimeout":      "nobody receives messages",
		},
	})
	describe("AWS::SQS::QueuePolicy", descriptor{read: (*loader).queuePolicy, access: true})
}

// Queue is an SQS queue: here dead letters go there, and nothing reads it.
type Queue struct{ Name, ARN string }

func (l *loader) queue(r *resource) {
	r.oneOf("FifoQueue", "", "false")
	l.encrypted(r.arn, r.text("KmsMasterKeyId"))
	l.stack.add(Queue{Name: r.name, ARN: r.arn})
}

func (l *loader) queuePolicy(r *resource) {
	for _, url := range r.texts("Queues") {
		l.resourcePolicy(r, l.arnOf(queueType, url[strings.LastIndex(url, "/")+1:]), "PolicyDocument")
	}
}

func queueURL(i identity) string {
	return fmt.Sprintf("https://sqs.%s.%s/%s/%s", i.account.Region, i.account.URLSuffix, i.account.ID, i.name)
}
