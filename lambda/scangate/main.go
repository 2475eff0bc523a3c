// Command scangate judges what was found when the images of an index were scanned. It is the ScanGate action of a pipeline and runs
// as a Lambda function.
package main

import (
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"archway/internal/parameters"
	"archway/lambda/internal/function"
	"archway/lambda/internal/job"
	"archway/lambda/internal/login"
	"archway/lambda/internal/scan"
)

func main() {
	function.Main("scangate is the ScanGate action of a pipeline", func(cfg aws.Config, log *slog.Logger) (any, error) {
		accepted, err := parameters.DecodeAccepted(os.Getenv(parameters.AcceptedEnvironment))
		if err != nil {
			return nil, err
		}
		return job.Handler(job.NewCodePipeline(cfg), log, scan.Action(login.Reader(cfg), scan.ECR(cfg), accepted, time.Now)), nil
	})
}
