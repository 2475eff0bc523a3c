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

	"github.com/aws/aws-sdk-go-v2/aws"

	"archway/lambda/internal/cli"
	"archway/lambda/internal/drift"
	"archway/lambda/internal/function"
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
	if function.Outside() {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		code := cli.Run(ctx, os.Args[1:], os.Stdout, os.Stderr)
		stop()
		os.Exit(code)
	}
	function.Serve(func(cfg aws.Config, log *slog.Logger) (any, error) {
		rules, err := ruled.Rules(os.Getenv)
		if err != nil {
			return nil, err
		}
		open := login.Reader(cfg)
		return drift.Dispatch(
			drift.Handler(open, topic.SNS(cfg), log),
			job.Handler(job.NewCodePipeline(cfg), log, ruled.Work(rules, ruled.Validation, validation.Action(open, os.Getenv("PIPELINE_NAME")))),
		), nil
	})
}
