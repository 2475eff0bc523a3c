// Command validate checks multi-architecture images in a registry, by reading them and never by
// running them. As a Lambda function it is the Validate action of a pipeline, and the scheduled
// check of what the public tags serve; elsewhere it is a command-line tool (validate --help).
package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"archway/internal/settings"
	"archway/lambda/internal/aws/login"
	"archway/lambda/internal/aws/pushed"
	"archway/lambda/internal/aws/topic"
	"archway/lambda/internal/drift"
	"archway/lambda/internal/function"
	"archway/lambda/internal/pipeline/execution"
	"archway/lambda/internal/pipeline/job"
	"archway/lambda/internal/validation"
	"archway/lambda/internal/validation/cli"
)

func main() {
	// What is read passes by in streams, and what is kept holds hardly a pointer: collecting
	// garbage often costs next to nothing, and keeps the whole program below 64 MiB.
	debug.SetGCPercent(25)
	debug.SetMemoryLimit(44 << 20)
	if function.Outside() {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		code := cli.Run(ctx, os.Args[1:], os.Stdout, os.Stderr)
		stop()
		os.Exit(code)
	}
	function.Serve(function.Configured(func(cfg aws.Config, loaded *settings.Loaded, log *slog.Logger) (any, error) {
		registry, open := os.Getenv(settings.RegistryEnvironment), login.Reader(cfg)
		if registry == "" {
			return nil, errors.New(settings.RegistryEnvironment + " must be set: the host of the account's registry")
		}
		validator := &validation.Validator{
			Settings: &loaded.Pipeline, Registry: registry, Runs: execution.NewCodePipeline(cfg, loaded.Name),
			Open:   open,
			Pushed: pushed.ECR(cfg, pushed.InPipeline), Now: time.Now,
		}
		checker := &drift.Checker{
			Settings: loaded, Registry: registry, Open: open,
			Notify: topic.SNS(cfg), Topic: os.Getenv(settings.TopicEnvironment), Log: log,
		}
		action := job.Handler(job.NewCodePipeline(cfg), log, job.ImageAction(loaded, validator.Work))
		return drift.Dispatch(checker.Handle, action), nil
	}))
}
