package constructs

import (
	"errors"
	"regexp"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awschatbot"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// TopicProps describes who is told.
type TopicProps struct {
	// Emails are mail addresses that get every notification, each once its owner has confirmed the
	// subscription. Default: none.
	Emails []string

	// Slack is a channel that gets every notification.
	// Default: none.
	Slack *SlackChannel

	// EncryptionKey encrypts the messages while they lie in the topic. Who publishes needs it too:
	// roles by their own policies, alarms by the key's, as that of an [EncryptionKey] with the
	// publisher "cloudwatch.amazonaws.com" has it. Default: what SNS does by itself, without KMS:
	// with SNS's own key in KMS, no alarm could publish.
	EncryptionKey awskms.IKey
}

// SlackChannel is a channel of a Slack workspace that was authorized for Amazon Q Developer in chat
// applications (AWS Chatbot) before, by hand and once for the account.
type SlackChannel struct {
	// Name is what AWS calls the channel's configuration. It must be unique in the account.
	// Required.
	Name string

	// Workspace is the workspace's id, such as "T0123456789". Required.
	Workspace string

	// Channel is the channel's id, such as "C0123456789". Required.
	Channel string
}

// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-chatbot-slackchannelconfiguration.html
var (
	chatName       = regexp.MustCompile(`^[A-Za-z0-9_-]{1,128}$`)
	slackWorkspace = regexp.MustCompile(`^[0-9A-Z]{1,255}$`)
	slackChannel   = regexp.MustCompile(`^[A-Za-z0-9]{1,255}$`)
)

// Validate reports everything that is wrong with the props.
func (p *TopicProps) Validate() error {
	if p == nil || p.Slack == nil {
		return nil
	}
	s := p.Slack
	var errs []error
	if !unresolved(s.Name) && !chatName.MatchString(s.Name) {
		errs = append(errs,
			wrong("Slack.Name", "is %q: AWS Chatbot allows 1 to 128 letters, digits, and the characters _ -", s.Name))
	}
	if !unresolved(s.Workspace) && !slackWorkspace.MatchString(s.Workspace) {
		errs = append(errs,
			wrong("Slack.Workspace", `is %q: give the workspace's id, such as "T0123456789"`, s.Workspace))
	}
	if !unresolved(s.Channel) && !slackChannel.MatchString(s.Channel) {
		errs = append(errs,
			wrong("Slack.Channel", `is %q: give the channel's id, such as "C0123456789", not its name`, s.Channel))
	}
	return errors.Join(errs...)
}

// Topic is an SNS topic for people. It takes messages over TLS only. They name images and digests,
// and hold no secrets.
type Topic struct {
	constructs.Construct

	// Topic is the topic.
	Topic awssns.Topic
}

// NewTopic adds the topic to scope. props may be nil.
func NewTopic(scope constructs.Construct, id string, props *TopicProps) *Topic {
	check("Topic", scope, id, props.Validate())
	var p TopicProps
	if props != nil {
		p = *props
	}
	this := &Topic{Construct: constructs.NewConstruct(scope, &id)}
	this.Topic = awssns.NewTopic(this.Construct, jsii.String("Topic"), &awssns.TopicProps{
		EnforceSSL: jsii.Bool(true),
		MasterKey:  p.EncryptionKey,
	})
	// The first one's id has no number: it is the subscription that there was before there could be
	// several.
	for i, address := range p.Emails {
		id := "Email"
		if i > 0 {
			id = *jsii.Sprintf("Email%d", i+1)
		}
		awssns.NewSubscription(this.Construct, &id, &awssns.SubscriptionProps{
			Topic:    this.Topic,
			Protocol: awssns.SubscriptionProtocol_EMAIL,
			Endpoint: &address,
		})
	}
	if p.Slack != nil {
		this.tellSlack(p.Slack)
	}
	return this
}

// tellSlack subscribes the channel. It is told, and can do nothing: neither the role nor the
// guardrail allows anybody in the channel a call of AWS. Without a guardrail of ours it would be
// AdministratorAccess. The trust has no condition, as none is documented to be met; there is
// nothing that a wrong account could do with the role.
func (t *Topic) tellSlack(s *SlackChannel) {
	role := awsiam.NewRole(t.Construct, jsii.String("SlackRole"), &awsiam.RoleProps{
		Description: jsii.String("Lets the channel be told, and nothing else"),
		AssumedBy:   awsiam.NewServicePrincipal(jsii.String("chatbot.amazonaws.com"), nil),
	})
	awschatbot.NewCfnSlackChannelConfiguration(t.Construct, jsii.String("Slack"),
		&awschatbot.CfnSlackChannelConfigurationProps{
			ConfigurationName: &s.Name,
			IamRoleArn:        role.RoleArn(),
			SlackWorkspaceId:  &s.Workspace,
			SlackChannelId:    &s.Channel,
			SnsTopicArns:      &[]any{t.Topic.TopicArn()},
			LoggingLevel:      jsii.String("ERROR"),
			GuardrailPolicies: &[]*string{jsii.Sprintf("arn:%s:iam::aws:policy/AWSDenyAll", *awscdk.Aws_PARTITION())},
			UserRoleRequired:  jsii.Bool(false),
		})
}
