package stacks

import (
	"fmt"

	"archway/config"
	archway "archway/constructs"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/jsii-runtime-go"
)

// newTopic adds the topic that everything worth telling goes to. It is nil if nobody is to be told.
func newTopic(stack awscdk.Stack, cfg *config.Planned, key awskms.IKey) awssns.ITopic {
	if !cfg.Topic() {
		return nil
	}
	props := &archway.TopicProps{Emails: cfg.Notifications.Email, EncryptionKey: key}
	if slack := cfg.Notifications.Slack; slack != (config.Slack{}) {
		props.Slack = &archway.SlackChannel{
			Name:      fmt.Sprintf("%s-%s", cfg.Name, *awscdk.Aws_REGION()), // an account has it once for all Regions
			Workspace: slack.Workspace,
			Channel:   slack.Channel,
		}
	}
	topic := archway.NewTopic(stack, "Notifications", props).Topic
	awscdk.NewCfnOutput(stack, jsii.String("Topic"), &awscdk.CfnOutputProps{
		Description: jsii.String("Tells of failed runs, of drift, and of what makes runs fail soon; subscribe to it"),
		Value:       topic.TopicArn(),
	})
	return topic
}

// operated is what people look after.
type operated struct {
	Delivery  *archway.Delivery
	Pipeline  *archway.Pipeline
	Validator *archway.GoFunction
	// Promoter is nil if nothing is promoted.
	Promoter *archway.Promoter
	Gates    gates
	Trigger  *archway.Trigger
	Topic    awssns.ITopic
	Logs     archway.Logs
}

// repeats is what happens when the function of an action crashes.
const repeats = "Lambda repeats it; if the action has failed, retry its stage."

// functions are those whose crash nobody might notice, or not for 20 minutes: so long CodePipeline
// waits for an action's function.
func (o *operated) functions(notice *archway.FailureNotice) []archway.WatchedFunction {
	all := []archway.WatchedFunction{{
		Name: "Validator", Function: o.Validator.Function, Does: "checks images", Then: repeats,
	}, {
		Name: "Notifier", Function: notice.Notifier.Function, Does: "tells of failed runs",
		Then: "A message may be missing: look at the pipeline.",
	}}
	if o.Promoter != nil {
		all = append(all,
			archway.WatchedFunction{Name: "Promoter", Function: o.Promoter.Function, Does: "promotes images",
				Then: repeats})
	}
	all = append(all, o.Gates.watched...)
	if o.Trigger.Function != nil {
		all = append(all, archway.WatchedFunction{
			Name: "Trigger", Function: o.Trigger.Function.Function, Does: "starts runs",
			Then: "Lambda repeats it; a push that started nothing in the end lies in the dead-letter queue.",
		})
	}
	return all
}

// addOperations adds what tells people about the pipeline: messages, alarms, and a dashboard, as
// far as they are configured.
func addOperations(stack awscdk.Stack, cfg *config.Planned, o operated) {
	var alarms []awscloudwatch.CfnAlarm
	if o.Topic != nil {
		notice := archway.NewFailureNotice(stack, "FailureNotice", &archway.FailureNoticeProps{
			Pipeline: o.Pipeline,
			Topic:    o.Topic,
			Logs:     o.Logs,
		})
		alarms = archway.NewAlarms(stack, "Alarms", &archway.AlarmsProps{
			Topic:     o.Topic,
			Images:    o.Delivery.Images,
			Functions: o.functions(notice),
			Others:    o.Trigger.Alarms,
		}).Alarms
	}
	if cfg.Dashboard {
		props := &archway.DashboardProps{Pipeline: o.Pipeline, Delivery: o.Delivery, Validator: o.Validator.Function,
			Alarms: alarms}
		if o.Promoter != nil {
			props.Promoter = o.Promoter.Function
		}
		dashboard := archway.NewDashboard(stack, "Dashboard", props)
		awscdk.NewCfnOutput(stack, jsii.String("DashboardUrl"), &awscdk.CfnOutputProps{
			Description: jsii.String("The dashboard in the console"),
			Value:       dashboard.ConsoleURL,
		})
	}
}
