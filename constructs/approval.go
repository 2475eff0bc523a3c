package constructs

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"archway/internal/settings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/jsii-runtime-go"
)

// StageApproval is the stage in which an execution waits for a person, and ApprovalAction its only
// action: who may approve is whoever may call codepipeline:PutApprovalResult on
// arn:…:PIPELINE/Approval/Approve.
const (
	StageApproval  = settings.StageApproval
	ApprovalAction = "Approve"
)

// Approval holds each execution before its images are promoted, until a person approves it in the
// console or with PutApprovalResult. Rejecting it, or letting the time run out, fails the
// execution, and leaves every tag as it was.
type Approval struct {
	// Topic is told that an execution waits, with the address where to approve it. If it is from
	// elsewhere and encrypted with a customer-managed key, say so when it is imported
	// (awssns.TopicAttributes.KeyArn): the pipeline may then use that key. Default: nobody is told.
	Topic awssns.ITopic

	// Message is what the person who approves reads first. It is fixed text: "#{", which begins a
	// variable, is refused. Default: says what would be promoted.
	Message string

	// Timeout is how long an execution waits, from 5 minutes to 60 days. What was built is deleted
	// after [RepositoriesProps].StagingDays: wait less than that.
	// Default: 7 days.
	Timeout time.Duration
}

// https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html
const (
	leastApprovalTime = 5 * time.Minute
	mostApprovalTime  = 60 * 24 * time.Hour

	defaultApprovalTime = 7 * 24 * time.Hour
)

func (a *Approval) problems() []error {
	if a == nil {
		return nil
	}
	errs := []error{within("Approval.Timeout", a.Timeout, leastApprovalTime, mostApprovalTime, time.Minute)}
	if n := utf8.RuneCountInString(a.Message); n > maxApprovalMessage {
		errs = append(errs,
			wrong("Approval.Message", "has %d characters: give at most %d, as the images stand in the same text", n,
				maxApprovalMessage))
	}
	if strings.Contains(a.Message, "#{") {
		errs = append(errs,
			wrong("Approval.Message",
				`is %q: leave out "#{", as CodePipeline would put a variable there, with whatever text it holds`,
				a.Message))
	}
	return errs
}

// maxApprovalMessage leaves room for the execution and the first images.
const maxApprovalMessage = 500

// approval is the stage.
var approval = gate{
	stage: StageApproval,
	names: func(d *DeliveryProps) []string {
		if d.Approval == nil {
			return nil
		}
		return []string{ApprovalAction}
	},
	actions: approvalActions,
	uses: func(p *PipelineProps) uses {
		if p.Delivery.Approval == nil || p.Delivery.Approval.Topic == nil {
			return uses{}
		}
		return uses{topics: []awssns.ITopic{p.Delivery.Approval.Topic}}
	},
	minutes: func(d *DeliveryProps) int {
		if d.Approval == nil {
			return 0
		}
		return d.Approval.minutes()
	},
}

// minutes is how long an approval may take.
func (a *Approval) minutes() int {
	timeout := a.Timeout
	fill(&timeout, defaultApprovalTime)
	return int(timeout / time.Minute)
}

// approvalActions ask once for all images, because they are released together.
// https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-ManualApproval.html
func approvalActions(p *PipelineProps, console console) []action {
	if p.Delivery.Approval == nil {
		return nil
	}
	a := *p.Delivery.Approval
	fill(&a.Timeout, defaultApprovalTime)
	configuration := map[string]any{
		"CustomData":         approvalText(a.Message, p.Delivery),
		"ExternalEntityLink": console.execution(p.Delivery.PipelineName, executionVariable),
	}
	if a.Topic != nil {
		configuration["NotificationArn"] = a.Topic.TopicArn()
	}
	approval := newAction(StageApproval, ApprovalAction, "Approval", "Manual", configuration)
	approval.TimeoutInMinutes = jsii.Number(a.Timeout.Minutes())
	return []action{approval}
}

// approvalText says what would be promoted: by the execution's id, as whatever the source or a
// build has named may say anything. The console shows the commit beside it, and the execution's
// page the digests.
func approvalText(message string, d *Delivery) string {
	fill(&message, "Promote these images?")
	text := message + "\nExecution " + executionVariable + " of " + d.PipelineName + " has validated:"
	resolved := utf8.RuneCountInString(text) + 36 // a UUID is not longer than the variable's name and this
	for n, image := range d.Images {
		var platforms []string
		for _, build := range image.Builds {
			platforms = append(platforms, build.Platform.String())
		}
		line := fmt.Sprintf("\n%s (%s)", image.Name, strings.Join(platforms, ", "))
		rest := fmt.Sprintf("\n... and %d more", len(d.Images)-n)
		if resolved+utf8.RuneCountInString(line)+len(rest) > maxActionValue {
			return text + rest
		}
		text, resolved = text+line, resolved+utf8.RuneCountInString(line)
	}
	return text
}

// maxActionValue is how many characters a value in the configuration of an action may have, before
// and after its variables are resolved:
// https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_ActionDeclaration.html
const maxActionValue = 1000
