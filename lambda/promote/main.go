// Command promote copies validated images to their releases and points tags at them. It is the
// Promote action of a pipeline and runs as a Lambda function.
package main

import (
	"errors"
	"log/slog"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"

	"archway/internal/settings"
	"archway/lambda/internal/aws/login"
	"archway/lambda/internal/aws/pushed"
	"archway/lambda/internal/function"
	"archway/lambda/internal/image/transfer"
	"archway/lambda/internal/pipeline/execution"
	"archway/lambda/internal/pipeline/history"
	"archway/lambda/internal/pipeline/job"
	"archway/lambda/internal/promotion"
	"archway/lambda/internal/retry"
)

func main() {
	function.Main("promote is the Promote action of a pipeline",
		function.Configured(func(cfg aws.Config, loaded *settings.Loaded, log *slog.Logger) (any, error) {
			registry := os.Getenv(settings.RegistryEnvironment)
			if registry == "" {
				return nil,
					errors.New(settings.RegistryEnvironment +
						" must be set: the host of the registry that staging and release are in")
			}
			source, err := history.Open(cfg, loaded.Source)
			if err != nil {
				return nil, err
			}
			promoter := &promotion.Promoter{
				Settings: loaded, Registry: registry, Staging: login.Reader(cfg), Release: login.Writer(cfg),
				Runs: execution.NewCodePipeline(cfg, loaded.Name), Source: source,
				Pushed: pushed.ECR(cfg, retry.Policy{}), Tags: pushed.ECRTags(cfg, pushed.InPipeline),
				Transfer: transfer.Run,
			}
			return job.Handler(job.NewCodePipeline(cfg), log, job.Action(loaded, promoter.Do)), nil
		}))
}
