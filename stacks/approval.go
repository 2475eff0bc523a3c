package stacks

import (
	"time"

	"archway/config"
	archway "archway/constructs"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/jsii-runtime-go"
)

// newApproval adds whom a waiting execution tells, if somebody is to be told.
func newApproval(stack awscdk.Stack, cfg *config.Approval) *archway.Approval {
	if cfg == nil {
		return nil
	}
	approval := &archway.Approval{Message: cfg.Message, Timeout: time.Duration(cfg.TimeoutMinutes) * time.Minute}
	switch {
	case cfg.Topic != "":
		approval.Topic = awssns.Topic_FromTopicArn(stack, jsii.String("ApprovalTopic"), &cfg.Topic)
	case cfg.Email != "":
		approval.Topic = archway.NewTopic(stack, "Approval", &archway.TopicProps{Email: cfg.Email}).Topic
	}
	return approval
}
