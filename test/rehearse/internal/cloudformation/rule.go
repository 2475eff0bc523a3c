package cloudformation

import "archway/test/rehearse/internal/events"

// rule reads an EventBridge rule.
func (l *loader) rule(id string, p *properties) {
	name, err := l.name(id)
	if err != nil {
		p.fail("Name", "%v", err)
	}
	p.text("Name")
	arn, _ := l.arnOf(p.kind, name)
	r := &events.Rule{Name: name, ARN: arn, Enabled: p.oneOf("State", "", "ENABLED", "DISABLED") != "DISABLED"}
	p.oneOf("EventBusName", "", "default")
	pattern, ok := p.get("EventPattern")
	if !ok {
		p.fail("EventPattern", "it is missing; the rehearsal has no clock for scheduled rules")
	} else if r.Pattern, err = events.ParsePattern(pattern); err != nil {
		p.fail("EventPattern", "%v", err)
	}
	for _, t := range p.objects("Targets") {
		r.Targets = append(r.Targets, target(t))
	}
	l.stack.Rules = append(l.stack.Rules, r)
}

func target(p *properties) events.Target {
	t := events.Target{
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
	if t.Transformer, err = events.NewTransformer(transformer.at("InputTemplate"), transformer.textMap("InputPathsMap"), transformer.text("InputTemplate")); err != nil {
		transformer.fail("InputTemplate", "%v", err)
	}
	return t
}
