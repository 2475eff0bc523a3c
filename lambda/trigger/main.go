// Command trigger starts a pipeline by its build rules: for pushed branches and git tags, and for
// people who ask for a build. It runs as a Lambda function, behind an EventBridge rule.
package main

import (
	"log/slog"

	"github.com/aws/aws-sdk-go-v2/aws"

	"archway/internal/settings"
	"archway/lambda/internal/function"
	"archway/lambda/internal/pipeline/history"
	"archway/lambda/internal/trigger"
)

func main() {
	function.Main("trigger starts a pipeline by its build rules",
		function.Configured(func(cfg aws.Config, loaded *settings.Loaded, log *slog.Logger) (any, error) {
			starter, err := trigger.NewCodePipeline(cfg, loaded)
			if err != nil {
				return nil, err
			}
			source, err := history.Open(cfg, loaded.Source)
			if err != nil {
				return nil, err
			}
			return trigger.Handler(loaded, source, starter, trigger.Patience, log)
		}))
}
