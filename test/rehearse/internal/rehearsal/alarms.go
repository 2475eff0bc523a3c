package rehearsal

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"archway/test/rehearse/internal/aws/cloudformation"
	"archway/test/rehearse/internal/aws/endpoint"
)

// soundAlarms lets the alarms go off that watch a metric of a resource, at once: of which there is
// something to count that there should be nothing of. It has no clock, and so no periods and
// thresholds.
func (r *Rehearsal) soundAlarms(namespace, dimension, value string) error {
	var problems []error
	for _, stack := range r.stacks {
		for _, watched := range cloudformation.Of[cloudformation.Watched](stack) {
			if watched.Alarm == nil {
				continue
			}
			for _, m := range watched.Metrics {
				if m.Namespace == namespace && m.Dimensions[dimension] == value {
					problems = append(problems, r.notifyTopics(watched.Alarm))
				}
			}
		}
	}
	return errors.Join(problems...)
}

// notifyTopics is what CloudWatch does when an alarm goes off.
func (r *Rehearsal) notifyTopics(alarm *cloudformation.Alarm) error {
	var problems []error
	for _, topic := range alarm.Topics {
		if err := r.authorize(alarmCalls(alarm, topic)...); err != nil {
			problems = append(problems, fmt.Errorf("alarm %s: %w", alarm.Name, err))
			continue
		}
		subject := fmt.Sprintf("ALARM: %.60q in %s", alarm.Name, region)
		problems = append(problems, r.api.Notify(endpoint.Notice{
			Caller: endpoint.Caller{Kind: "alarm", Name: alarm.Name}, Topic: topic, Subject: subject,
			Text: cmp.Or(alarm.Description, subject),
		}))
	}
	return errors.Join(problems...)
}

// resourceName is the last part of the ARN of a queue or a function.
func resourceName(arn string) string { return arn[strings.LastIndex(arn, ":")+1:] }
