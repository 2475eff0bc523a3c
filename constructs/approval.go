package constructs

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"archway/internal/parameters"

	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/jsii-runtime-go"
)

// StageApproval is the stage in which an execution waits for a person, and ApprovalAction its only action: who may approve is
// whoever may call codepipeline:PutApprovalResult on arn:…:PIPELINE/Approval/Approve.
const (
	StageApproval  = "Approval"
	ApprovalAction = "Approve"
)

// Approval holds each execution before its images are promoted, until a person approves it in the console or with
// PutApprovalResult. Rejecting it, or letting the time run out, fails the execution, and leaves every tag as it was.
type Approval struct {
	// Topic is told that an execution waits, with the address where to approve it. If it is from elsewhere and encrypted with a
	// customer-managed key, say so when it is imported (awssns.TopicAttributes.KeyArn): the pipeline may then use that key.
	// Default: nobody is told.
	Topic awssns.ITopic

	// Message is what the person who approves reads first. It may hold variables of the pipeline.
	// Default: says what would be promoted.
	Message string

	// Timeout is how long an execution waits, from 5 minutes to 60 days. An image that no tag points at is deleted after
	// [RegistryProps].UntaggedDays: wait less than that.
	// Default: 7 days.
	Timeout time.Duration
}

// https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html
const (
	leastApprovalTime = 5 * time.Minute
	mostApprovalTime  = 60 * 24 * time.Hour
)

func (a *Approval) problems() []error {
	if a == nil {
		return nil
	}
	errs := []error{within("Approval.Timeout", a.Timeout, leastApprovalTime, mostApprovalTime, time.Minute)}
	if n := utf8.RuneCountInString(a.Message); n > maxApprovalMessage {
		errs = append(errs, wrong("Approval.Message", "has %d characters: give at most %d, as the digests of the images stand in the same text", n, maxApprovalMessage))
	}
	return errs
}

// maxApprovalMessage leaves room for the commit and the first images.
const maxApprovalMessage = 500

// approvalActions ask once for all images, because they are released together.
// https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-ManualApproval.html
func approvalActions(p *PipelineProps, console console) []action {
	if p.Approval == nil {
		return nil
	}
	a := *p.Approval
	fill(&a.Timeout, 7*24*time.Hour)
	configuration := map[string]any{"CustomData": approvalText(a.Message, p.Images, p.Rules)}
	if link := approvalLink(p, console); link != "" {
		configuration["ExternalEntityLink"] = link
	}
	if a.Topic != nil {
		configuration["NotificationArn"] = a.Topic.TopicArn()
	}
	approval := newAction(StageApproval, ApprovalAction, "Approval", "Manual", configuration)
	approval.TimeoutInMinutes = jsii.Number(a.Timeout.Minutes())
	return []action{approval}
}

// approvalText says what would be promoted, with as many images as fit.
func approvalText(message string, images []PipelineImage, rules []Rule) string {
	fill(&message, "Promote these images?")
	origin := "branch " + branchVariable
	if len(rules) > 0 {
		origin = refVariable + ", by the rule " + ruleVariable
	}
	text := fmt.Sprintf("%s\nCommit %s of %s", message, commitVariable, origin)
	// The variables' values, which the length counts too, are not longer than these.
	resolved := utf8.RuneCountInString(text) + 40 + maxBranchLength + maxRuleLength
	for n, image := range images {
		line := fmt.Sprintf("\n%s: %s (%s)", image.Name, validatedDigest(image), validatedPlatforms(image))
		var platforms []string
		for _, build := range image.Builds {
			platforms = append(platforms, build.Architecture.Platform())
		}
		platforms = append(platforms, image.Validation.AllowedPlatforms...)
		room := max(utf8.RuneCountInString(line), utf8.RuneCountInString(image.Name)+len("\n:  ()sha256:")+64+len(strings.Join(platforms, ",")))
		rest := fmt.Sprintf("\n... and %d more", len(images)-n)
		if resolved+room+len(rest) > parameters.Max {
			return text + rest
		}
		text, resolved = text+line, resolved+room
	}
	return text
}

const (
	// https://docs.aws.amazon.com/codecommit/latest/userguide/limits.html
	maxBranchLength = 256
	// See ruleName.
	maxRuleLength = 80
)

// approvalLink leads to the image, or where there are several, to the execution. A pipeline can't refer to its own generated name.
func approvalLink(p *PipelineProps, console console) string {
	switch {
	case len(p.Images) == 1:
		return console.image(p.Images[0].Repository, validatedDigest(p.Images[0]))
	case p.PipelineName != "":
		return console.execution(p.PipelineName, executionVariable)
	}
	return ""
}
