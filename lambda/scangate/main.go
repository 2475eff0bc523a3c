// Command scangate judges what was found when the images of an index were scanned. It is the ScanGate action of a pipeline and runs
// as a Lambda function.
package main

import (
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"archway/lambda/internal/awsenv"
	"archway/lambda/internal/job"
	"archway/lambda/internal/login"
	"archway/lambda/internal/scan"
)

func main() {
	if os.Getenv("AWS_LAMBDA_RUNTIME_API") == "" {
		fmt.Fprintln(os.Stderr, "scangate is the ScanGate action of a pipeline and runs as a Lambda function only (AWS_LAMBDA_RUNTIME_API is not set)")
		os.Exit(2)
	}
	log := slog.New(slog.NewJSONHandler(os.Stdout, nil))
	cfg, err := awsenv.Load()
	if err != nil {
		log.Error("start", "error", err.Error())
		os.Exit(1)
	}
	lambda.Start(job.Handler(job.NewCodePipeline(cfg), log, scan.Action(login.Reader(cfg), scan.ECR(cfg), time.Now)))
}
