package stacks

import (
	"time"

	"archway/config"
	archway "archway/constructs"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/jsii-runtime-go"
)

// newApproval adds whom a waiting execution tells: whom the approval names, else the pipeline's
// topic, if there is one.
func newApproval(stack awscdk.Stack, cfg *config.Approval, topic awssns.ITopic, key awskms.IKey) *archway.Approval {
	if cfg == nil {
		return nil
	}
	approval := &archway.Approval{Topic: topic, Message: cfg.Message,
		Timeout: time.Duration(cfg.TimeoutMinutes) * time.Minute}
	switch {
	case cfg.Topic != "":
		attributes := &awssns.TopicAttributes{TopicArn: &cfg.Topic}
		if cfg.TopicKey != "" {
			attributes.KeyArn = &cfg.TopicKey
		}
		approval.Topic = awssns.Topic_FromTopicAttributes(stack, jsii.String("ApprovalTopic"), attributes)
	case cfg.Email != "":
		approval.Topic = archway.NewTopic(stack, "Approval",
			&archway.TopicProps{Emails: []string{cfg.Email}, EncryptionKey: key}).Topic
	}
	return approval
}
