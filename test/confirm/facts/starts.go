package facts

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	ebtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"archway/test/confirm/internal/account"
)

func reader(content []byte) io.Reader { return bytes.NewReader(content) }

// starts are how pipelines begin to run.
var starts = []Fact{
	{
		Name:     "target-variables",
		Question: "Does an EventBridge rule's target start a pipeline with the `variables` that its input names?",
		Readings: []Reading{
			{Name: "passed", Says: "rules start pipelines with variables"},
			{Name: "dropped", Says: "rules start pipelines without variables", Option: "drop-variables"},
			{Name: "refused", Says: "a rule whose input names variables starts nothing"},
		},
		Proof: "A rule with an input transformer that names a variable starts a pipeline, and GetPipelineExecution " +
			"shows the variable's value.",
		Try: func(ctx context.Context, s *account.Session) (Seen, error) {
			t, err := newTarget(ctx, s, `{"variables":[{"name":"rule","value":<value>}]}`)
			if err != nil {
				return Seen{}, err
			}
			if err := t.send(ctx, "releases"); err != nil {
				return Seen{}, err
			}
			started, refused, err := t.outcome(ctx)
			if err != nil || refused != "" {
				return Seen{"refused", refused}, err
			}
			out, err := s.CodePipeline.GetPipelineExecution(ctx, &codepipeline.GetPipelineExecutionInput{
				PipelineName: &t.name, PipelineExecutionId: &started[0],
			})
			if err != nil {
				return Seen{}, err
			}
			for _, v := range out.PipelineExecution.Variables {
				if aws.ToString(v.Name) == "rule" && aws.ToString(v.ResolvedValue) == "releases" {
					return Seen{"passed", "the variable has the event's value"}, nil
				}
			}
			return Seen{"dropped", fmt.Sprintf("the execution has %d variables, none with the event's "+
				"value", len(out.PipelineExecution.Variables))}, nil
		},
	},
	{
		Name: "target-token",
		Question: "Does an EventBridge rule's target pass a `clientRequestToken` on, so that an event that comes " +
			"twice starts once?",
		Readings: []Reading{
			{Name: "passed", Says: "two events with the same token start one execution"},
			{Name: "dropped", Says: "rules start a pipeline for each event, whatever token the input " +
				"names", Option: "drop-variables"},
			{Name: "refused", Says: "a rule whose input names a token starts nothing"},
		},
		Proof: "Two events with the same token arrive at a rule; one execution, or two.",
		Try: func(ctx context.Context, s *account.Session) (Seen, error) {
			t, err := newTarget(ctx, s, `{"clientRequestToken":<value>}`)
			if err != nil {
				return Seen{}, err
			}
			if err := t.send(ctx, s.Prefix); err != nil {
				return Seen{}, err
			}
			if _, refused, err := t.outcome(ctx); err != nil || refused != "" {
				return Seen{"refused", refused}, err
			}
			if err := t.send(ctx, s.Prefix); err != nil {
				return Seen{}, err
			}
			// Nothing says that an event started nothing; a rule was seen to start a pipeline
			// within seconds.
			for range 12 {
				if err := s.Sleep(ctx, s.Pace); err != nil {
					return Seen{}, err
				}
				if started, err := t.started(ctx); err != nil || len(started) > 1 {
					return Seen{"dropped", "two events with one token started two executions"}, err
				}
			}
			return Seen{"passed",
				fmt.Sprintf("two events with one token started one execution, watched for %v", 12*s.Pace)}, nil
		},
	},
	{
		Name:     "start-tokens",
		Question: "How long does StartPipelineExecution know a `clientRequestToken`?",
		Readings: []Reading{
			{Name: "lasting", Says: "a token is known as long as it was tried"},
			{Name: "expired",
				Says: "a token is forgotten earlier: an event that comes again later starts the same commit " +
					"again, which is built twice and promoted once"},
		},
		Proof: "The same start with the same token, after 1, 2, 4, … minutes, gives the same execution. `--patience` says " +
			"how long.",
		Try: tokens,
	},
}

func tokens(ctx context.Context, s *account.Session) (Seen, error) {
	p, err := newPipeline(ctx, s, nil, approval("-"))
	if err != nil {
		return Seen{}, err
	}
	again := func() (string, error) {
		return p.start(ctx,
			func(in *codepipeline.StartPipelineExecutionInput) { in.ClientRequestToken = aws.String(s.Prefix) })
	}
	id, err := again()
	if err != nil {
		return Seen{}, err
	}
	begin := time.Now()
	for wait := s.Patience / 8; ; wait *= 2 {
		if err := s.Sleep(ctx, min(wait, max(s.Patience-time.Since(begin), 0))); err != nil {
			return Seen{}, err
		}
		got, err := again()
		age := time.Since(begin).Round(time.Second)
		switch {
		case err != nil:
			return Seen{}, err
		case got != id:
			return Seen{"expired", fmt.Sprintf("after %v the token started another execution", age)}, nil
		case age >= s.Patience:
			return Seen{"lasting", fmt.Sprintf("after %v the token still gave the first execution", age)}, nil
		}
	}
}

// target is a pipeline that a rule starts.
type target struct {
	pipeline
	source, letters string
}

// newTarget makes a pipeline and a rule that starts it with this input, in which <value> is the
// event's.
func newTarget(ctx context.Context, s *account.Session, input string) (target, error) {
	p, err := newPipeline(ctx, s, []string{"rule"}, approval("#{variables.rule}"))
	t := target{pipeline: p, source: "archway.confirm." + s.Prefix}
	if err != nil {
		return t, err
	}
	role, err := s.Role(ctx, "rule", "events", account.Statement{
		Effect: "Allow", Action: "codepipeline:StartPipelineExecution", Resource: s.ARN("codepipeline", p.name),
	})
	if err != nil {
		return t, err
	}
	var letters string
	if t.letters, letters, err = s.Queue(ctx, "letters"); err != nil {
		return t, err
	}
	err = s.Rule(ctx, "rule", fmt.Sprintf(`{"source":[%q]}`, t.source), ebtypes.Target{
		Arn: aws.String(s.ARN("codepipeline", p.name)), RoleArn: &role,
		DeadLetterConfig: &ebtypes.DeadLetterConfig{Arn: &letters},
		InputTransformer: &ebtypes.InputTransformer{InputPathsMap: map[string]string{"value": "$.detail.value"},
			InputTemplate: &input},
	})
	if err != nil {
		return t, err
	}
	return t, s.Sleep(ctx, 3*s.Pace) // an event that meets a role too young is lost
}

func (t target) send(ctx context.Context, value string) error {
	detail, err := json.Marshal(map[string]string{"value": value})
	if err != nil {
		return err
	}
	out, err := t.Events.PutEvents(ctx, &eventbridge.PutEventsInput{Entries: []ebtypes.PutEventsRequestEntry{{
		Source: &t.source, DetailType: aws.String("trial"), Detail: aws.String(string(detail)),
	}}})
	if err == nil && out.FailedEntryCount > 0 {
		return fmt.Errorf("EventBridge refused the event: %s", aws.ToString(out.Entries[0].ErrorMessage))
	}
	return err
}

// outcome is either executions, or what the dead letter says. A letter about a role that is too
// fresh is no answer: the event is lost, and the trial has failed.
func (t target) outcome(ctx context.Context) (ids []string, refused string, err error) {
	err = t.Wait(ctx, "an execution that the rule started, or a dead letter", func() (bool, error) {
		started, err := t.started(ctx)
		if err != nil {
			return false, err
		}
		for _, e := range started {
			ids = append(ids, aws.ToString(e.PipelineExecutionId))
		}
		if len(ids) > 0 {
			return true, nil
		}
		out, err := t.SQS.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: &t.letters,
			MessageAttributeNames: []string{"All"}})
		if err != nil || len(out.Messages) == 0 {
			return false, err
		}
		attribute := func(
			name string) string {
			return aws.ToString(out.Messages[0].MessageAttributes[name].StringValue)
		}
		code := attribute("ERROR_CODE")
		refused = fmt.Sprintf("dead letter with %s: %s", code, attribute("ERROR_MESSAGE"))
		if code == "NO_PERMISSIONS" || code == "FAILED_TO_ASSUME_ROLE" {
			return false, fmt.Errorf("%s; the role may have been too young: try again", refused)
		}
		return true, nil
	})
	return ids, refused, err
}
