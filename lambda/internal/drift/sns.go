package drift

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
)

// SNS notifies through Amazon SNS.
func SNS(cfg aws.Config) Notify {
	client := sns.NewFromConfig(cfg, func(o *sns.Options) { o.RetryMaxAttempts = 5 })
	return func(ctx context.Context, topic, subject, text string) error {
		_, err := client.Publish(ctx, &sns.PublishInput{TopicArn: &topic, Subject: &subject, Message: &text})
		return err
	}
}
