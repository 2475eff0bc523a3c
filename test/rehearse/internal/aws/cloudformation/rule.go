package cloudformation

import (
	"strings"

	"archway/test/rehearse/internal/aws/eventbridge"
)

func init() {
	describe("AWS::Events::Rule", descriptor{
		read: (*loader).rule, name: "Name", arn: regional("events", "rule/%s"),
		withoutEffect: map[string]string{
			"Description":         describes,
			"Tags":                describes,
			"Targets.RetryPolicy": "a target is on this machine and answers at once",
		},
	})
}

// rule reads an EventBridge rule.
func (l *loader) rule(r *resource) {
	rule := &eventbridge.Rule{
		Name: r.name, ARN: r.arn, Enabled: r.oneOf("State", "", "ENABLED", "DISABLED") != "DISABLED",
	}
	r.oneOf("EventBusName", "", "default")
	rule.Schedule = r.text("ScheduleExpression")
	switch pattern, ok := r.get("EventPattern"); {
	case ok && rule.Schedule != "":
		r.fail("ScheduleExpression", "the rehearsal does not support a rule with both a schedule and a pattern")
	case ok:
		var err error
		if rule.Pattern, err = eventbridge.ParsePattern(pattern); err != nil {
			r.fail("EventPattern", "%v", err)
		}
	case rule.Schedule == "":
		r.fail("EventPattern", "it is missing, and so is ScheduleExpression")
	case !strings.HasPrefix(rule.Schedule, "rate(") && !strings.HasPrefix(rule.Schedule, "cron("):
		r.fail("ScheduleExpression", "got %q, expected rate(…) or cron(…)", rule.Schedule)
	}
	for _, t := range r.objects("Targets") {
		rule.Targets = append(rule.Targets, target(t))
	}
	l.stack.add(rule)
}

func target(p *properties) eventbridge.Target {
	t := eventbridge.Target{
		ID:        p.required("Id"),
		ARN:       p.required("Arn"),
		RoleARN:   p.text("RoleArn"),
		Input:     p.text("Input"),
		InputPath: p.text("InputPath"),

		DeadLetters: p.object("DeadLetterConfig").text("Arn"),
	}
	transformer := p.object("InputTransformer")
	if transformer.values == nil {
		return t
	}
	var err error
	t.Transformer, err = eventbridge.NewTransformer(transformer.at("InputTemplate"),
		transformer.textMap("InputPathsMap"), transformer.text("InputTemplate"))
	if err != nil {
		transformer.fail("InputTemplate", "%v", err)
	}
	return t
}
