package actions

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"sync"
	"time"

	"archway/test/rehearse/internal/awsapi"
	"archway/test/rehearse/internal/codepipeline"
	"archway/test/rehearse/internal/decided"
	"archway/test/rehearse/internal/lambdaruntime"
)

// Invoke is the Lambda invoke action, and the job API that decides its outcome.
type Invoke struct {
	Account string
	Runtime Runtime
	// Function finds a function by name or ARN.
	Function func(name string) (*lambdaruntime.Function, bool)
	// ArtifactCredentials returns the environment-like credentials that the event
	// carries; they are good for nothing here, and secret.
	ArtifactCredentials func() (id, secret, token string)

	mu   sync.Mutex
	jobs map[string]*job
}

// Runtime invokes functions.
type Runtime interface {
	InvokeAsync(ctx context.Context, f *lambdaruntime.Function, payload []byte, log io.Writer) error
}

type job struct {
	open    bool
	reports chan report // one per invocation
}

type report struct {
	success *awsapi.Success
	failure *awsapi.Failure
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
		return fmt.Errorf("output artifact %s: the rehearsal does not support output artifacts of functions", a.Outputs[0])
	}
	if _, ok := i.Function(a.Configuration["FunctionName"]); !ok {
		return fmt.Errorf("configuration FunctionName: the function %s does not exist, or can't be rehearsed", a.Configuration["FunctionName"])
	}
	return nil
}

// Run implements codepipeline.Provider. The function's report decides, not what
// it returns.
func (i *Invoke) Run(ctx context.Context, run codepipeline.Run) codepipeline.Outcome {
	f, ok := i.Function(run.Configuration["FunctionName"])
	if !ok {
		return codepipeline.Outcome{Err: fmt.Errorf("the function %s does not exist", run.Configuration["FunctionName"])}
	}
	id := jobID()
	j := i.open(id)
	defer i.close(id)
	total := time.Now().Add(decided.JobTimeoutTotal)
	continuation := ""
	for {
		payload, err := i.event(id, run, continuation)
		if err != nil {
			return codepipeline.Outcome{Err: err}
		}
		got, err := i.invokeAndWait(ctx, f, j, payload, run, total)
		switch {
		case err != nil:
			return codepipeline.Outcome{Err: err}
		case got.failure != nil:
			return codepipeline.Outcome{Err: &JobError{Type: got.failure.Type, Message: got.failure.Message}}
		case got.success.Continuation == "":
			return codepipeline.Outcome{Variables: got.success.Variables, Summary: got.success.Summary}
		}
		continuation = got.success.Continuation
		select {
		case <-time.After(decided.ContinuationDelay):
		case <-ctx.Done():
			return codepipeline.Outcome{Err: context.Cause(ctx)}
		}
	}
}

// JobError is a failure that a function reported.
type JobError struct {
	Type    string
	Message string
}

func (e *JobError) Error() string { return e.Message }

// invokeAndWait invokes the function once, as an asynchronous event, and waits
// for its report.
func (i *Invoke) invokeAndWait(ctx context.Context, f *lambdaruntime.Function, j *job, payload []byte, run codepipeline.Run, total time.Time) (report, error) {
	// The report ends the action, not the invocation: it may print more.
	invoked := make(chan error, 1)
	invocation, stop := context.WithCancel(ctx)
	defer stop()
	go func() { invoked <- i.Runtime.InvokeAsync(invocation, f, payload, run.Log) }()
	limit := decided.JobTimeout
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
		return fmt.Errorf("the function %s failed in all its attempts and reported no result for the job (on AWS the action fails after %v): %w", f.Name, decided.JobTimeout, err)
	}
	if err != nil {
		return err
	}
	return fmt.Errorf("the function %s returned and reported no result for the job (on AWS the action fails after %v)", f.Name, decided.JobTimeout)
}

func (i *Invoke) open(id string) *job {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.jobs == nil {
		i.jobs = map[string]*job{}
	}
	j := &job{open: true, reports: make(chan report, 1)}
	i.jobs[id] = j
	return j
}

func (i *Invoke) close(id string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.jobs[id].open = false
}

// Success implements awsapi.Jobs.
func (i *Invoke) Success(id string, s awsapi.Success) error {
	return i.report(id, report{success: &s}, s.Continuation == "")
}

// Failure implements awsapi.Jobs.
func (i *Invoke) Failure(id string, f awsapi.Failure) error {
	return i.report(id, report{failure: &f}, true)
}

func (i *Invoke) report(id string, r report, final bool) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	j, ok := i.jobs[id]
	if !ok {
		return &awsapi.Error{Code: "JobNotFoundException", Message: "The job was not found: " + id}
	}
	if !j.open {
		return &awsapi.Error{Code: "InvalidJobStateException", Message: "The job " + id + " is not in progress: its result was reported, or its action is over"}
	}
	select {
	case j.reports <- r:
	default:
		return &awsapi.Error{Code: "InvalidJobStateException", Message: "The job " + id + " was reported already"}
	}
	if final {
		j.open = false
	}
	return nil
}

// event is what CodePipeline sends to a function.
func (i *Invoke) event(id string, run codepipeline.Run, continuation string) ([]byte, error) {
	artifacts := func(list []codepipeline.Artifact) []any {
		out := []any{}
		for _, a := range list {
			out = append(out, map[string]any{
				"name":     a.Name,
				"revision": a.Revision,
				"location": map[string]any{"type": "S3", "s3Location": map[string]string{"bucketName": a.Bucket, "objectKey": a.Key}},
			})
		}
		return out
	}
	accessKey, secret, token := i.ArtifactCredentials()
	data := map[string]any{
		"actionConfiguration": map[string]any{"configuration": maps.Clone(run.Configuration)},
		"inputArtifacts":      artifacts(run.Inputs),
		"outputArtifacts":     artifacts(nil),
		"artifactCredentials": map[string]string{"accessKeyId": accessKey, "secretAccessKey": secret, "sessionToken": token},
	}
	if continuation != "" {
		data["continuationToken"] = continuation
	}
	return json.Marshal(map[string]any{"CodePipeline.job": map[string]any{"id": id, "accountId": i.Account, "data": data}})
}

func jobID() string {
	var b [16]byte
	rand.Read(b[:])
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:16])
}
