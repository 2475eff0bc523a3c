// Command scangate judges what was found when the images of an index were scanned. It is the
// ScanGate action of a pipeline and runs as a Lambda function.
package main

import (
	"errors"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"archway/internal/settings"
	"archway/lambda/internal/aws/login"
	"archway/lambda/internal/function"
	"archway/lambda/internal/pipeline/execution"
	"archway/lambda/internal/pipeline/job"
	"archway/lambda/internal/scan"
)

func main() {
	start := func(cfg aws.Config, loaded *settings.Loaded, log *slog.Logger) (any, error) {
		registry := os.Getenv(settings.RegistryEnvironment)
		if registry == "" {
			return nil, errors.New(settings.RegistryEnvironment + " must be set: the host of the account's registry")
		}
		gate := &scan.Gate{
			Registry: registry, Runs: execution.NewCodePipeline(cfg, loaded.Name), Open: login.Reader(cfg),
			Scanner: scan.ECR(cfg), Now: time.Now,
		}
		return job.Handler(job.NewCodePipeline(cfg), log, job.ImageAction(loaded, gate.Work)), nil
	}
	function.Main("scangate is the ScanGate action of a pipeline", function.Configured(start))
}
