// Command notify tells people of a failed run of a pipeline. It runs as a Lambda function, for the
// events of the pipeline.
package main

import (
	"errors"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"archway/lambda/internal/aws/topic"
	"archway/lambda/internal/function"
	"archway/lambda/internal/notification"
)

func main() {
	function.Main("notify tells people of a pipeline's failed runs",
		func(cfg aws.Config, log *slog.Logger) (any, error) {
			told, url := os.Getenv("TOPIC_ARN"), os.Getenv("PIPELINE_URL")
			if told == "" || url == "" {
				return nil,
					errors.New("TOPIC_ARN and PIPELINE_URL must be set: the topic to tell, and the address of the pipeline in the console")
			}
			return (&notification.Notifier{
				Runs: notification.NewCodePipeline(cfg), Notify: topic.SNS(cfg), Topic: told, PipelineURL: url,
				Log:   log,
				Pause: 2 * time.Second,
			}).Handle, nil
		})
}
