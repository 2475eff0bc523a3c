package cloudformation

import (
	"strings"

	"archway/test/rehearse/internal/aws/eventbridge"
)

// rule reads an EventBridge rule.
func (l *loader) rule(id string, p *properties) {
	name, err := l.name(id)
	if err != nil {
		p.fail("Name", "%v", err)
	}
	p.text("Name")
	arn, _ := l.arnOf(p.kind, name)
	r := &eventbridge.Rule{Name: name, ARN: arn, Enabled: p.oneOf("State", "", "ENABLED", "DISABLED") != "DISABLED"}
	p.oneOf("EventBusName", "", "default")
	r.Schedule = p.text("ScheduleExpression")
	switch pattern, ok := p.get("EventPattern"); {
	case ok && r.Schedule != "":
		p.fail("ScheduleExpression", "the rehearsal does not support a rule with both a schedule and a pattern")
	case ok:
		if r.Pattern, err = eventbridge.ParsePattern(pattern); err != nil {
			p.fail("EventPattern", "%v", err)
		}
	case r.Schedule == "":
		p.fail("EventPattern", "it is missing, and so is ScheduleExpression")
	case !strings.HasPrefix(r.Schedule, "rate(") && !strings.HasPrefix(r.Schedule, "cron("):
		p.fail("ScheduleExpression", "got %q, expected rate(…) or cron(…)", r.Schedule)
	}
	for _, t := range p.objects("Targets") {
		r.Targets = append(r.Targets, target(t))
	}
	l.stack.Rules = append(l.stack.Rules, r)
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
	if t.Transformer, err = eventbridge.NewTransformer(transformer.at("InputTemplate"), transformer.textMap("InputPathsMap"), transformer.text("InputTemplate")); err != nil {
		transformer.fail("InputTemplate", "%v", err)
	}
	return t
}
