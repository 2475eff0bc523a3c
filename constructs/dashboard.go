package constructs

import (
	"errors"

	"archway/internal/strict"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// DashboardProps describes a dashboard about one pipeline.
type DashboardProps struct {
	// Pipeline is the pipeline. Required.
	Pipeline *Pipeline

	// Delivery is what the pipeline delivers. Required.
	Delivery *Delivery

	// Validator and Promoter are the pipeline's functions, which measure what the dashboard shows.
	// Required; without a Promoter, if nothing is promoted.
	Validator, Promoter awslambda.IFunction

	// Alarms are shown with their states.
	// Default: none.
	Alarms []awscloudwatch.CfnAlarm
}

// Validate reports everything that is wrong with the props.
func (p *DashboardProps) Validate() error {
	if p == nil {
		return errNoProps
	}
	return errors.Join(
		missing(p.Pipeline == nil, "Pipeline", "the pipeline that the dashboard is about"),
		missing(p.Delivery == nil, "Delivery", "what the pipeline delivers"),
		missing(p.Validator == nil, "Validator", "the function that checks an index"),
		missing(p.Promoter == nil && p.Delivery != nil && p.Delivery.Promotes(), "Promoter",
			"the function that points tags at an index"),
	)
}

// Dashboard is a CloudWatch dashboard about one pipeline: its runs and their success, how long
// stages and architectures take, what the checks find, how large the images are, and what was
// promoted and rolled back. Beyond the three that an account has for nothing, CloudWatch charges
// for each by the month.
type Dashboard struct {
	constructs.Construct

	// Dashboard is the dashboard. It is an L1 construct: its body is JSON, which is most easily
	// read where it is written as such.
	Dashboard awscloudwatch.CfnDashboard

	// ConsoleURL is the address of the dashboard in the console.
	ConsoleURL *string
}

// NewDashboard adds the dashboard to scope.
func NewDashboard(scope constructs.Construct, id string, props *DashboardProps) *Dashboard {
	check("Dashboard", scope, id, props.Validate())

	this := &Dashboard{Construct: constructs.NewConstruct(scope, &id)}
	this.Dashboard = awscloudwatch.NewCfnDashboard(this.Construct, jsii.String("Dashboard"),
		&awscloudwatch.CfnDashboardProps{
			DashboardBody: jsii.String(strict.Encode(map[string]any{
				"start":   "-P28D", // four weeks: as much as shows a trend, and still by the day
				"widgets": layOut(widgetsOf(props)),
			})),
		})
	// CloudFormation takes tags of dashboards, and cfn-lint (1.51) doesn't know it yet.
	this.Dashboard.AddMetadata(jsii.String("cfn-lint"),
		map[string]any{"config": map[string]any{"ignore_checks": []string{"E3002"}}})
	this.ConsoleURL = jsii.String(newConsole(this.Construct).dashboard(*this.Dashboard.Ref()))
	return this
}
