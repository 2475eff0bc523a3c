// Command notify tells people of a failed run of a pipeline. It runs as a Lambda function, for the events of the pipeline.
package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"archway/lambda/internal/awsenv"
	"archway/lambda/internal/failure"
	"archway/lambda/internal/topic"
)

func main() {
	if os.Getenv("AWS_LAMBDA_RUNTIME_API") == "" {
		fmt.Fprintln(os.Stderr, "notify tells people of a pipeline's failed runs and runs as a Lambda function only (AWS_LAMBDA_RUNTIME_API is not set)")
		os.Exit(2)
	}
	log := slog.New(slog.NewJSONHandler(os.Stdout, nil))
	cfg, err := awsenv.Load()
	told, url := os.Getenv("TOPIC_ARN"), os.Getenv("PIPELINE_URL")
	if err == nil && (told == "" || url == "") {
		err = errors.New("TOPIC_ARN and PIPELINE_URL must be set: the topic to tell, and the address of the pipeline in the console")
	}
	if err != nil {
		log.Error("start", "error", err.Error())
		os.Exit(1)
	}
	notifier := &failure.Notifier{
		Runs: failure.NewCodePipeline(cfg), Notify: topic.SNS(cfg), Topic: told, PipelineURL: url, Log: log, Pause: 2 * time.Second,
	}
	lambda.Start(notifier.Handle)
}
