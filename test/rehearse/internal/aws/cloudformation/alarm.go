package cloudformation

import (
	"fmt"
	"strings"

	"archway/test/rehearse/internal/aws/cloudwatch"
)

func init() {
	describe("AWS::CloudWatch::Alarm", descriptor{
		read: (*loader).alarm, name: "AlarmName", arn: regional("cloudwatch", "alarm:%s"),
		withoutEffect: map[string]string{"Tags": describes},
	})
	describe("AWS::CloudWatch::Dashboard", descriptor{
		read: (*loader).dashboard, name: "DashboardName",
		withoutEffect: map[string]string{"Tags": describes},
	})
}

// Watched is a dashboard or an alarm of the stack, with what it shows.
type Watched struct {
	ID string
	cloudwatch.Shown
	// Alarm is set for an alarm.
	Alarm *Alarm
}

// Alarm is what an alarm does when it goes off.
type Alarm struct {
	Name, ARN, Description string
	// Topics are told, by ARN.
	Topics []string
}

// dashboard reads a dashboard, whose body CloudWatch would refuse if it were wrong.
func (l *loader) dashboard(r *resource) {
	shown, err := cloudwatch.ParseDashboard(r.required("DashboardBody"))
	if err != nil {
		r.fail("DashboardBody", "%v", err)
	}
	l.stack.add(Watched{ID: r.id, Shown: shown})
}

// alarm reads an alarm on one metric. When it goes off is not judged by its numbers: the rehearsal
// is over before a period is.
func (l *loader) alarm(r *resource) {
	m := cloudwatch.Metric{
		Namespace: r.required("Namespace"), Name: r.required("MetricName"), Dimensions: map[string]string{},
	}
	for _, d := range r.objects("Dimensions") {
		m.Dimensions[d.required("Name")] = d.required("Value")
	}
	r.oneOf("Statistic", "Sum", "Maximum", "Minimum", "Average", "SampleCount")
	r.oneOf("ComparisonOperator",
		"GreaterThanOrEqualToThreshold", "GreaterThanThreshold", "LessThanThreshold", "LessThanOrEqualToThreshold")
	r.oneOf("TreatMissingData", "notBreaching", "breaching", "ignore", "missing")
	for _, name := range []string{"Period", "EvaluationPeriods", "Threshold"} {
		if _, ok := r.get(name); !ok {
			r.fail(name, "it is missing")
		}
	}
	alarm := &Alarm{Name: r.name, ARN: r.arn, Description: r.text("AlarmDescription")}
	for i, action := range r.texts("AlarmActions") {
		alarm.Topics = append(alarm.Topics, action)
		if !strings.HasPrefix(action, l.account.ARN("sns", "")) {
			r.fail(fmt.Sprintf("AlarmActions[%d]", i), "got %q, expected a topic of the account", action)
		}
	}
	l.stack.add(Watched{ID: r.id, Shown: cloudwatch.Shown{Metrics: []cloudwatch.Metric{m}}, Alarm: alarm})
}
