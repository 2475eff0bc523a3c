package cloudformation

import (
	"fmt"
	"strings"

	"archway/test/rehearse/internal/aws/cloudwatch"
)

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
func (l *loader) dashboard(id string, p *properties) {
	p.text("DashboardName")
	shown, err := cloudwatch.ParseDashboard(p.required("DashboardBody"))
	if err != nil {
		p.fail("DashboardBody", "%v", err)
	}
	l.stack.Watched = append(l.stack.Watched, Watched{ID: id, Shown: shown})
}

// alarm reads an alarm on one metric. When it goes off is not judged by its numbers: the rehearsal is over before a period is.
func (l *loader) alarm(id string, p *properties) {
	m := cloudwatch.Metric{Namespace: p.required("Namespace"), Name: p.required("MetricName"), Dimensions: map[string]string{}}
	for _, d := range p.objects("Dimensions") {
		m.Dimensions[d.required("Name")] = d.required("Value")
	}
	p.oneOf("Statistic", "Sum", "Maximum", "Minimum", "Average", "SampleCount")
	p.oneOf("ComparisonOperator", "GreaterThanOrEqualToThreshold", "GreaterThanThreshold", "LessThanThreshold", "LessThanOrEqualToThreshold")
	p.oneOf("TreatMissingData", "notBreaching", "breaching", "ignore", "missing")
	for _, name := range []string{"Period", "EvaluationPeriods", "Threshold"} {
		if _, ok := p.get(name); !ok {
			p.fail(name, "it is missing")
		}
	}
	name, err := l.name(id)
	if err != nil {
		p.fail("AlarmName", "%v", err)
	}
	p.text("AlarmName")
	alarm := &Alarm{Name: name, Description: p.text("AlarmDescription")}
	alarm.ARN, _ = l.arnOf(p.kind, name)
	for i, action := range p.texts("AlarmActions") {
		alarm.Topics = append(alarm.Topics, action)
		if !strings.HasPrefix(action, l.arn("sns", "")) {
			p.fail(fmt.Sprintf("AlarmActions[%d]", i), "got %q, expected a topic of the account", action)
		}
	}
	l.stack.Watched = append(l.stack.Watched, Watched{ID: id, Shown: cloudwatch.Shown{Metrics: []cloudwatch.Metric{m}}, Alarm: alarm})
}
