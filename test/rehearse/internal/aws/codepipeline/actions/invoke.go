package actions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"time"

	"archway/test/rehearse/internal/assumptions"
	"archway/test/rehearse/internal/aws/codepipeline"
	"archway/test/rehearse/internal/aws/endpoint"
	"archway/test/rehearse/internal/aws/lambdaruntime"
)

// Invoke is the Lambda invoke action, and the job API that decides its outcome.
type Invoke struct {
	Account, Region string
	Runtime         Runtime
	// Function finds a function by name or ARN.
	Function func(name string) (*lambdaruntime.Function, bool)
	// ArtifactCredentials returns the environment-like credentials that the event
	// carries; they are good for nothing here, and secret.
	ArtifactCredentials func() (id, secret, token string)

	jobs jobs
}

// Runtime invokes functions.
type Runtime interface {
	InvokeAsync(ctx context.Context, f *lambdaruntime.Function, payload []byte, log io.Writer) error
}

// Check implements codepipeline.Provider.
func (i *Invoke) Check(a codepipeline.Action) error {
	if err := configuration(a, []string{"FunctionName"}, map[string][]string{"UserParameters": nil}); err != nil {
		return err
	}
	if err := counts(a, 0, maxInputs, 0, maxInputs); err != nil {
		return err
	}
	if len(a.Outputs) > 0 {
		return fmt.Errorf("output artifact %s: the rehearsal does not support output artifacts of functions",
			a.Outputs[0])
	}
	if _, ok := i.Function(a.Configuration["FunctionName"]); !ok {
		return fmt.Errorf("configuration FunctionName: the function %s does not exist, or can't be rehearsed",
			a.Configuration["FunctionName"])
	}
	return nil
}

// Run implements codepipeline.Provider. The function's report decides, not what
// it returns.
func (i *Invoke) Run(ctx context.Context, run codepipeline.Run) codepipeline.Outcome {
	name := run.Configuration["FunctionName"]
	f, ok := i.Function(name)
	if !ok {
		return codepipeline.Outcome{Code: "ConfigurationError",
			Err: sentence("The AWS Lambda function " + name + " does not exist.")}
	}
	// This is what was recorded, also where the function's log is elsewhere.
	outcome := codepipeline.Outcome{ExternalID: f.Name, ExternalURL: fmt.Sprintf(
		"https://console.aws.amazon.com/cloudwatch/home?region=%s#logStream:group=%%252Faws%%252Flambda%%252F%s",
		i.Region, f.Name)}
	total := time.Now().Add(assumptions.JobTimeoutTotal)
	continuation := ""
	for {
		got, err := i.job(ctx, f, run, continuation, total)
		switch {
		case err != nil:
			outcome.Err = err
			return outcome
		case got.failure != nil:
			outcome.Code, outcome.Err = got.failure.Type, sentence(got.failure.Message)
			return outcome
		case got.success.Continuation == "":
			outcome.Variables = got.success.Variables
			return outcome
		}
		continuation = got.success.Continuation
		select {
		case <-time.After(assumptions.ContinuationDelay):
		case <-ctx.Done():
			outcome.Err = context.Cause(ctx)
			return outcome
		}
	}
}

// sentence is an error in the words of CodePipeline, or of a function.
type sentence string

func (s sentence) Error() string { return string(s) }

// job invokes the function for a job of its own: one that goes on is another one.
func (i *Invoke) job(
	ctx context.Context, f *lambdaruntime.Function, run codepipeline.Run, continuation string, total time.Time,
) (report, error) {
	id, j := i.jobs.open()
	payload, err := i.event(id, run, continuation)
	if err != nil {
		return report{}, err
	}
	got, err := i.invokeAndWait(ctx, f, j, payload, run, total)
	i.jobs.close(id, ctx.Err() != nil)
	return got, err
}

// invokeAndWait invokes the function once, as an asynchronous event, and waits
// for its report.
func (i *Invoke) invokeAndWait(ctx context.Context, f *lambdaruntime.Function, j *job, payload []byte,
	run codepipeline.Run, total time.Time) (report, error) {
	// The report ends the action, not the invocation: it may print more.
	invoked := make(chan error, 1)
	invocation, stop := context.WithCancel(ctx)
	defer stop()
	go func() { invoked <- i.Runtime.InvokeAsync(invocation, f, payload, run.Log) }()
	limit := assumptions.JobTimeout
	if rest := time.Until(total); rest < limit {
		limit = rest
	}
	timeout := time.NewTimer(limit)
	defer timeout.Stop()
	select {
	case got := <-j.reports:
		if err := <-invoked; err != nil {
			fmt.Fprintf(run.Log, "The function reported the job's result, and then failed: %v\n", err)
		}
		return got, nil
	case err := <-invoked:
		select {
		case got := <-j.reports:
			return got, nil
		default:
		}
		// On AWS the action would hang until its time limit. Nothing else is
		// going to report: the same failure, without the wait.
		return report{}, i.silent(f, err)
	case <-timeout.C:
		return report{}, fmt.Errorf("the function %s reported no result for the job within %v", f.Name, limit)
	case <-ctx.Done():
		return report{}, context.Cause(ctx)
	}
}

func (i *Invoke) silent(f *lambdaruntime.Function, err error) error {
	var failure *lambdaruntime.FunctionError
	if errors.As(err, &failure) {
		return fmt.Errorf("the function %s failed in all its attempts and reported no result for the job (on AWS the action fails after %v): %w",
			f.Name, assumptions.JobTimeout, err)
	}
	if err != nil {
		return err
	}
	return fmt.Errorf("the function %s returned and reported no result for the job (on AWS the action fails after %v)",
		f.Name, assumptions.JobTimeout)
}

// Success implements endpoint.Jobs.
func (i *Invoke) Success(id string, s endpoint.Success) error {
	return i.jobs.report(id, report{success: &s})
}

// Failure implements endpoint.Jobs.
func (i *Invoke) Failure(id string, f endpoint.Failure) error {
	return i.jobs.report(id, report{failure: &f})
}

// credentialsValidity is about how long the credentials in an event were seen to be valid.
const credentialsValidity = 15 * time.Minute

// event is what CodePipeline sends to a function.
func (i *Invoke) event(id string, run codepipeline.Run, continuation string) ([]byte, error) {
	artifacts := func(list []codepipeline.Artifact) []any {
		out := []any{}
		for _, a := range list {
			out = append(out, map[string]any{
				"name":     a.Name,
				"revision": a.Revision,
				"location": map[string]any{"type": "S3",
					"s3Location": map[string]string{"bucketName": a.Bucket, "objectKey": a.Key}},
			})
		}
		return out
	}
	accessKey, secret, token := i.ArtifactCredentials()
	data := map[string]any{
		"actionConfiguration": map[string]any{"configuration": maps.Clone(run.Configuration)},
		"inputArtifacts":      artifacts(run.Inputs),
		"outputArtifacts":     artifacts(nil),
		"artifactCredentials": map[string]any{
			"accessKeyId": accessKey, "secretAccessKey": secret, "sessionToken": token,
			"expirationTime": time.Now().Add(credentialsValidity).UnixMilli(),
		},
	}
	if continuation != "" {
		data["continuationToken"] = continuation
	}
	return json.Marshal(
		map[string]any{"CodePipeline.job": map[string]any{"id": id, "accountId": i.Account, "data": data}})
}
