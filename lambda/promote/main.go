// Command promote points tags at a validated image index. It is the Promote action of a pipeline and runs as a Lambda function.
package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"archway/lambda/internal/awsenv"
	"archway/lambda/internal/execution"
	"archway/lambda/internal/history"
	"archway/lambda/internal/job"
	"archway/lambda/internal/login"
	"archway/lambda/internal/promotion"
	"archway/lambda/internal/ruled"
)

func main() {
	if os.Getenv("AWS_LAMBDA_RUNTIME_API") == "" {
		fmt.Fprintln(os.Stderr, "promote is the Promote action of a pipeline and runs as a Lambda function only (AWS_LAMBDA_RUNTIME_API is not set)")
		os.Exit(2)
	}
	log := slog.New(slog.NewJSONHandler(os.Stdout, nil))
	rules, err := ruled.Rules(os.Getenv)
	if err != nil {
		log.Error("start", "error", err.Error())
		os.Exit(1)
	}
	cfg, err := awsenv.Load()
	pipeline, repository := os.Getenv("PIPELINE_NAME"), os.Getenv("SOURCE_REPOSITORY")
	if err == nil && (pipeline == "" || repository == "") {
		err = errors.New("PIPELINE_NAME and SOURCE_REPOSITORY must be set: the pipeline that calls this function, and the repository whose commits it builds")
	}
	if err != nil {
		log.Error("start", "error", err.Error())
		os.Exit(1)
	}
	promote := promotion.Action(login.Writer(cfg), execution.NewCodePipeline(cfg, pipeline), history.NewCodeCommit(cfg, repository))
	lambda.Start(job.Handler(job.NewCodePipeline(cfg), log, ruled.Work(rules, ruled.Promotion, promote)))
}
