package constructs

import (
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// The thresholds of [Alarms].
const (
	// NearTimeout is the part of its time limit that a build may take before an alarm: a build
	// grows slowly, and fails at once.
	NearTimeout = 0.8

	// LongWait is how long a build may wait for a machine before an alarm. Machines are there
	// within a minute or two, unless the account's quota of concurrent builds is used up.
	LongWait = 10 * time.Minute
)

// AlarmsProps describes what people are told about before a run fails.
type AlarmsProps struct {
	// Topic is told when an alarm goes off, and not when it is over. Its policy lets CloudWatch
	// publish from then on; that of a topic from elsewhere must do so already. Required.
	Topic awssns.ITopic

	// Images are the images whose builds are watched. At least one is required.
	Images []PipelineImage

	// Others are alarms that exist already, such as that of a [Trigger], and are to tell the topic
	// as well. Default: none.
	Others []awscloudwatch.Alarm

	// Functions are the functions that must not crash.
	// Default: none.
	Functions []WatchedFunction
}

// WatchedFunction is a function that tells by itself of what it finds wrong. Lambda counts only
// what it can't tell: that it crashed, ran out of memory or time, or had to give up.
type WatchedFunction struct {
	// Name is part of the alarm's id, such as "Notifier". Required.
	Name string

	// Function is the function. Required.
	Function awslambda.IFunction

	// Does completes "The function that …", and Then says what that means to whom is told.
	Does, Then string
}

// Validate reports everything that is wrong with the props.
func (p *AlarmsProps) Validate() error {
	if p == nil {
		return errNoProps
	}
	errs := []error{
		missing(p.Topic == nil, "Topic", "the SNS topic to tell"),
		missing(len(p.Images) == 0, "Images", "at least one image"),
	}
	for i, watched := range p.Functions {
		errs = append(errs,
			missing(watched.Name == "", at("Functions", i)+".Name", "a name that tells it from the others"),
			missing(watched.Function == nil, at("Functions", i)+".Function", "the function to watch"))
	}
	return errors.Join(errs...)
}

// Alarms are CloudWatch alarms about what makes runs fail soon: builds that come near their time
// limit, builds that wait for machines, and functions that don't work. Failed runs themselves are
// no alarm, as each of them is told of already.
type Alarms struct {
	constructs.Construct

	// Alarms are the alarms, the others too.
	Alarms []awscloudwatch.CfnAlarm
}

// NewAlarms adds the alarms to scope.
func NewAlarms(scope constructs.Construct, id string, props *AlarmsProps) *Alarms {
	check("Alarms", scope, id, props.Validate())

	this := &Alarms{Construct: constructs.NewConstruct(scope, &id)}
	letAlarmsTell(props.Topic)
	for _, image := range props.Images {
		scope := constructs.NewConstruct(this.Construct, &image.Name)
		for _, build := range image.Builds {
			scope := constructs.NewConstruct(scope, jsii.String(build.Platform.Name()))
			what := image.Name + " for " + build.Platform.String()
			limit := int(build.Timeout.Seconds() * NearTimeout)
			this.add(scope, "NearTimeout", props, &alarm{
				Namespace: "AWS/CodeBuild", Metric: "Duration", Dimension: "ProjectName",
				Value: build.Project.ProjectName(), Statistic: "Maximum", Threshold: limit,
				Description: fmt.Sprintf("A build of %s took %d seconds or more of the %d that it may take. Builds that take longer are stopped and fail: find out what grew, or give it more time (timeoutMinutes) or a larger machine (compute).",
					what, limit, int(build.Timeout.Seconds())),
			})
			this.add(scope, "LongWait", props, &alarm{
				Namespace: "AWS/CodeBuild", Metric: "QueuedDuration", Dimension: "ProjectName",
				Value: build.Project.ProjectName(), Statistic: "Maximum", Threshold: int(LongWait.Seconds()),
				Description: fmt.Sprintf("A build of %s waited %d seconds or more for a machine. Probably the account's quota of concurrent builds for this kind of machine is used up: ask for a higher one in Service Quotas, or start fewer builds at a time.",
					what, int(LongWait.Seconds())),
			})
		}
	}
	for _, watched := range props.Functions {
		this.add(this.Construct, watched.Name+"Errors", props, &alarm{
			Namespace: "AWS/Lambda", Metric: "Errors", Dimension: "FunctionName",
			Value: watched.Function.FunctionName(), Statistic: "Sum", Threshold: 1,
			Description: "The function that " + watched.Does + " failed itself: it crashed, or took too long. " +
				watched.Then + " Its log says why: /aws/lambda/" + *watched.Function.FunctionName(),
		})
	}
	for _, other := range props.Others {
		alarm := other.Node().DefaultChild().(awscloudwatch.CfnAlarm)
		alarm.SetAlarmActions(&[]*string{props.Topic.TopicArn()})
		this.Alarms = append(this.Alarms, alarm)
	}
	return this
}

// letAlarmsTell lets CloudWatch publish. A topic with a policy of its own has lost the default one,
// which lets everything in the account publish. Functions have roles; alarms don't.
func letAlarmsTell(topic awssns.ITopic) {
	topic.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:        jsii.String("AllowAlarms"),
		Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String("cloudwatch.amazonaws.com"), nil)},
		Actions:    jsii.Strings("sns:Publish"),
		Resources:  &[]*string{topic.TopicArn()},
		Conditions: &map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": awscdk.Aws_ACCOUNT_ID()}},
	}))
}

// alarm is an alarm that goes off when one value of a metric reaches the threshold.
type alarm struct {
	Namespace, Metric, Dimension string
	Value                        *string
	Statistic                    string
	Threshold                    int
	Description                  string
}

func (a *Alarms) add(scope constructs.Construct, id string, props *AlarmsProps, what *alarm) {
	a.Alarms = append(a.Alarms, awscloudwatch.NewCfnAlarm(scope, &id, &awscloudwatch.CfnAlarmProps{
		AlarmDescription:   &what.Description,
		Namespace:          &what.Namespace,
		MetricName:         &what.Metric,
		Dimensions:         []any{&awscloudwatch.CfnAlarm_DimensionProperty{Name: &what.Dimension, Value: what.Value}},
		Statistic:          &what.Statistic,
		Period:             jsii.Number(300),
		EvaluationPeriods:  jsii.Number(1),
		Threshold:          jsii.Number(what.Threshold),
		ComparisonOperator: jsii.String("GreaterThanOrEqualToThreshold"),
		TreatMissingData:   jsii.String("notBreaching"), // most of the time nothing runs
		AlarmActions:       &[]any{props.Topic.TopicArn()},
	}))
}
