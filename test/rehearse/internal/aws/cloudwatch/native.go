package cloudwatch

import (
	"fmt"
	"reflect"
	"slices"
)

// native are the metrics that AWS's services emit on their own, by namespace, as far as they are of
// use here.
var native = map[string]struct {
	// dimension is the one by which a single resource is asked about.
	dimension string
	names     []string
}{
	// https://docs.aws.amazon.com/codepipeline/latest/userguide/metrics-dimensions.html
	"AWS/CodePipeline": {"PipelineName", []string{"PipelineDuration", "FailedPipelineExecutions"}},
	// https://docs.aws.amazon.com/codebuild/latest/userguide/cloudwatch_metrics-codebuild.html
	"AWS/CodeBuild": {"ProjectName", []string{
		"Builds", "SucceededBuilds", "FailedBuilds", "Duration", "SubmittedDuration", "QueuedDuration",
		"ProvisioningDuration",
		"DownloadSourceDuration", "InstallDuration", "PreBuildDuration", "BuildDuration", "PostBuildDuration",
		"UploadArtifactsDuration", "FinalizingDuration",
	}},
	// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
	"AWS/Lambda": {"FunctionName", []string{
		"Invocations", "Errors", "DeadLetterErrors", "DestinationDeliveryFailures", "Throttles", "Duration",
		"ConcurrentExecutions", "AsyncEventsReceived", "AsyncEventAge", "AsyncEventsDropped",
	}},
	// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
	"AWS/SQS": {"QueueName", []string{
		"ApproximateAgeOfOldestMessage", "ApproximateNumberOfMessagesDelayed", "ApproximateNumberOfMessagesNotVisible",
		"ApproximateNumberOfMessagesVisible", "NumberOfEmptyReceives", "NumberOfMessagesDeleted",
		"NumberOfMessagesReceived",
		"NumberOfMessagesSent", "SentMessageSize",
	}},
}

// Unemitted tells, of all that is shown, what nothing emits: neither a function, whose metrics are
// measured, nor one of AWS's services about a resource that exists. resources are names by the
// dimension that stands for them.
func Unemitted(shown Shown, measured []Datum, resources map[string][]string) []string {
	var missing []string
	for _, m := range shown.Metrics {
		if service, ok := native[m.Namespace]; ok {
			resource, only := m.Dimensions[service.dimension], len(m.Dimensions) == 1
			switch {
			case !slices.Contains(service.names, m.Name) || !only || resource == "":
				missing = append(missing, fmt.Sprintf("%s: the service has no such metric", m))
			case !slices.Contains(resources[service.dimension], resource):
				missing = append(missing, fmt.Sprintf("%s: there is no such resource", m))
			}
			continue
		}
		if !slices.ContainsFunc(measured, func(d Datum) bool { return reflect.DeepEqual(d.Metric, m) }) {
			missing = append(missing, fmt.Sprintf("%s: no function has emitted it", m))
		}
	}
	for _, s := range shown.Searches {
		if !slices.ContainsFunc(measured, func(d Datum) bool { return s.Finds(d.Metric) }) {
			missing = append(missing,
				fmt.Sprintf("search for %s %s by %v: no function has emitted such a metric", s.Namespace, s.Name,
					s.Dimensions))
		}
	}
	return missing
}
