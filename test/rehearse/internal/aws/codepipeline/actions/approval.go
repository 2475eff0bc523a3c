package actions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"archway/test/rehearse/internal/assumptions"
	"archway/test/rehearse/internal/aws/codepipeline"
)

// Approval is the manual approval action.
type Approval struct {
	Region string
	// Decide answers for the person, and may take its time; nil approves at once.
	Decide func(context.Context, Request) (Decision, error)
	// Notify publishes to a topic.
	Notify func(pipeline *codepipeline.Pipeline, topic, subject, text string) error
}

// Request is what a person is asked.
type Request struct {
	Pipeline, Execution, Stage, Action string
	// Token is what an answer must name: the id of the action's execution.
	Token string
	// Text and Link are the comments and the address for the review.
	Text, Link string
}

// Decision is what a person answers.
type Decision struct {
	Approved bool
	// Summary is the reason.
	Summary string
}

// https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html
const (
	minApproval = 5 * time.Minute
	maxApproval = 86400 * time.Minute
)

// Check implements codepipeline.Provider.
func (p *Approval) Check(a codepipeline.Action) error {
	if err := configuration(a, nil,
		map[string][]string{"CustomData": nil, "ExternalEntityLink": nil, "NotificationArn": nil}); err != nil {
		return err
	}
	if a.Timeout != 0 && (a.Timeout < minApproval || a.Timeout > maxApproval) {
		return fmt.Errorf("timeout: got %v, expected %v to %v", a.Timeout, minApproval, maxApproval)
	}
	return counts(a, 0, 0, 0, 0)
}

// Run implements codepipeline.Provider.
func (p *Approval) Run(ctx context.Context, run codepipeline.Run) codepipeline.Outcome {
	request := Request{
		Pipeline: run.Pipeline.Name, Execution: run.Execution, Stage: run.Stage, Action: run.Action.Name,
		Token: run.Attempt,
		Text:  run.Configuration["CustomData"], Link: run.Configuration["ExternalEntityLink"],
	}
	fmt.Fprintf(run.Log, "%s\n%s\n", request.Text, request.Link)
	if topic := run.Configuration["NotificationArn"]; topic != "" {
		if err := p.Notify(run.Pipeline, topic, p.subject(request), p.notice(request, run.Action.Timeout)); err != nil {
			return codepipeline.Outcome{Err: err}
		}
	}
	decision := Decision{Approved: true, Summary: "the rehearsal approves by itself"}
	if p.Decide != nil {
		var err error
		if decision, err = p.Decide(ctx, request); err != nil {
			return codepipeline.Outcome{Err: err}
		}
	}
	if ctx.Err() != nil {
		return codepipeline.Outcome{Err: context.Cause(ctx)}
	}
	if !decision.Approved {
		return codepipeline.Outcome{Err: errors.New("Rejected: " + decision.Summary)}
	}
	return codepipeline.Outcome{Summary: "Approved: " + decision.Summary}
}

func (p *Approval) subject(r Request) string {
	subject := fmt.Sprintf("APPROVAL NEEDED: AWS CodePipeline %s for action %s", r.Pipeline, r.Action)
	return subject[:min(len(subject), 99)]
}

// notice is what CodePipeline publishes, without the addresses that only an account has.
// https://docs.aws.amazon.com/codepipeline/latest/userguide/approvals-json-format.html
func (p *Approval) notice(r Request, timeout time.Duration) string {
	if timeout == 0 {
		timeout = assumptions.ApprovalTimeout
	}
	text, err := json.Marshal(map[string]any{
		"region": p.Region,
		"approval": map[string]string{
			"pipelineName": r.Pipeline, "stageName": r.Stage, "actionName": r.Action, "token": r.Token,
			"expires":            time.Now().Add(timeout).UTC().Format("2006-01-02T15:04Z"),
			"externalEntityLink": r.Link, "customData": r.Text,
		},
	})
	if err != nil {
		panic(err) // strings can always be written
	}
	return string(text)
}
