package constructs

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// TopicProps describes who is told.
type TopicProps struct {
	// Email is a mail address that gets every notification, once its owner has confirmed the subscription.
	// Default: nobody; subscribe whom you like.
	Email string

	// EncryptionKey encrypts the messages while they lie in the topic. Who publishes needs it too.
	// Default: what SNS does by itself, without KMS: with SNS's own key in KMS, no alarm and no rule could publish.
	EncryptionKey awskms.IKey
}

// Topic is an SNS topic for people. It takes messages over TLS only. They name images and digests, and hold no secrets.
type Topic struct {
	constructs.Construct

	// Topic is the topic.
	Topic awssns.Topic
}

// NewTopic adds the topic to scope. props may be nil.
func NewTopic(scope constructs.Construct, id string, props *TopicProps) *Topic {
	var p TopicProps
	if props != nil {
		p = *props
	}
	this := &Topic{Construct: constructs.NewConstruct(scope, &id)}
	this.Topic = awssns.NewTopic(this.Construct, jsii.String("Topic"), &awssns.TopicProps{
		EnforceSSL: jsii.Bool(true),
		MasterKey:  p.EncryptionKey,
	})
	if p.Email != "" {
		awssns.NewSubscription(this.Construct, jsii.String("Email"), &awssns.SubscriptionProps{
			Topic:    this.Topic,
			Protocol: awssns.SubscriptionProtocol_EMAIL,
			Endpoint: &p.Email,
		})
	}
	return this
}
