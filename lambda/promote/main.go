// Command promote points tags at a validated image index. It is the Promote action of a pipeline and runs as a Lambda function.
package main

import (
	"errors"
	"log/slog"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"

	"archway/lambda/internal/execution"
	"archway/lambda/internal/function"
	"archway/lambda/internal/history"
	"archway/lambda/internal/job"
	"archway/lambda/internal/login"
	"archway/lambda/internal/promotion"
	"archway/lambda/internal/ruled"
)

func main() {
	function.Main("promote is the Promote action of a pipeline", func(cfg aws.Config, log *slog.Logger) (any, error) {
		rules, err := ruled.Rules(os.Getenv)
		if err != nil {
			return nil, err
		}
		pipeline, repository := os.Getenv("PIPELINE_NAME"), os.Getenv("SOURCE_REPOSITORY")
		if pipeline == "" || repository == "" {
			return nil, errors.New("PIPELINE_NAME and SOURCE_REPOSITORY must be set: the pipeline that calls this function, and the repository whose commits it builds")
		}
		promote := promotion.Action(login.Writer(cfg), execution.NewCodePipeline(cfg, pipeline), history.NewCodeCommit(cfg, repository))
		return job.Handler(job.NewCodePipeline(cfg), log, ruled.Work(rules, ruled.Promotion, promote)), nil
	})
}
