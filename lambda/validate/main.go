// Command validate checks multi-architecture images in a registry, by reading them and never by running them. As a Lambda function
// it is the Validate action of a pipeline, and the scheduled check of what the public tags serve; elsewhere it is a command-line
// tool (validate --help).
package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/aws/aws-lambda-go/lambda"

	"archway/lambda/internal/awsenv"
	"archway/lambda/internal/cli"
	"archway/lambda/internal/drift"
	"archway/lambda/internal/job"
	"archway/lambda/internal/login"
	"archway/lambda/internal/ruled"
	"archway/lambda/internal/topic"
	"archway/lambda/internal/validation"
)

func main() {
	// What is read passes by in streams, and what is kept holds hardly a pointer: collecting garbage often costs next to nothing, and
	// keeps the whole program below 64 MiB.
	debug.SetGCPercent(25)
	debug.SetMemoryLimit(44 << 20)
	if os.Getenv("AWS_LAMBDA_RUNTIME_API") == "" {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		code := cli.Run(ctx, os.Args[1:], os.Stdout, os.Stderr)
		stop()
		os.Exit(code)
	}
	log := slog.New(slog.NewJSONHandler(os.Stdout, nil))
	rules, err := ruled.Rules(os.Getenv)
	if err != nil {
		log.Error("start", "error", err.Error())
		os.Exit(1)
	}
	cfg, err := awsenv.Load()
	if err != nil {
		log.Error("start", "error", err.Error())
		os.Exit(1)
	}
	open := login.Reader(cfg)
	lambda.Start(drift.Dispatch(
		drift.Handler(open, topic.SNS(cfg), log),
		job.Handler(job.NewCodePipeline(cfg), log, ruled.Work(rules, ruled.Validation, validation.Action(open, os.Getenv("PIPELINE_NAME")))),
	))
}
