// Command trigger starts a pipeline for pushed branches and tags that match a regular expression. It runs as a Lambda function
// behind an EventBridge rule.
package main

import (
	"errors"
	"log/slog"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"

	"archway/internal/rule"
	"archway/lambda/internal/function"
	"archway/lambda/internal/trigger"
)

func main() {
	function.Main("trigger starts a pipeline by its build rules", func(cfg aws.Config, log *slog.Logger) (any, error) {
		pipeline, source := os.Getenv("PIPELINE"), os.Getenv("SOURCE_ACTION")
		if pipeline == "" || source == "" {
			return nil, errors.New("PIPELINE or SOURCE_ACTION is not set; they name the pipeline to start and its source action")
		}
		rules, err := rule.Decode[trigger.Rule](os.Getenv(rule.Environment))
		if err != nil {
			return nil, err
		}
		return trigger.Handler(rules, trigger.NewCodePipeline(cfg, pipeline, source), log)
	})
}
