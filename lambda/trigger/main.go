// Command trigger starts a pipeline for pushed branches and tags that match a regular expression. It runs as a Lambda function
// behind an EventBridge rule.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"archway/internal/rule"
	"archway/lambda/internal/awsenv"
	"archway/lambda/internal/trigger"
)

func main() {
	if os.Getenv("AWS_LAMBDA_RUNTIME_API") == "" {
		fmt.Fprintln(os.Stderr, "trigger starts a pipeline by its build rules and runs as a Lambda function only (AWS_LAMBDA_RUNTIME_API is not set)")
		os.Exit(2)
	}
	log := slog.New(slog.NewJSONHandler(os.Stdout, nil))
	handle, err := handler(log)
	if err != nil {
		log.Error("start", "error", err.Error())
		os.Exit(1)
	}
	lambda.Start(handle)
}

func handler(log *slog.Logger) (func(context.Context, trigger.Event) (trigger.Result, error), error) {
	pipeline, source := os.Getenv("PIPELINE"), os.Getenv("SOURCE_ACTION")
	if pipeline == "" || source == "" {
		return nil, errors.New("PIPELINE or SOURCE_ACTION is not set; they name the pipeline to start and its source action")
	}
	rules, err := rule.Decode[trigger.Rule](os.Getenv(rule.Environment))
	if err != nil {
		return nil, err
	}
	cfg, err := awsenv.Load()
	if err != nil {
		return nil, err
	}
	return trigger.Handler(rules, trigger.NewCodePipeline(cfg, pipeline, source), log)
}
