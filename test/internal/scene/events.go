package scene

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// events reads the rules: those that start a pipeline, and the others.
func (b *builder) events() {
	for _, id := range b.of("AWS::Events::Rule") {
		p := b.resources[id].Properties
		when := b.when(p)
		rule := Card{Kind: Rule, Title: b.label(id), Of: []string{id}}
		rule.Lines = nonEmpty("EventBridge rule", b.text(p["Description"]))
		if state := b.text(p["State"]); state != "" && state != "ENABLED" {
			rule.Lines = append(rule.Lines, strings.ToLower(state))
		}
		for _, item := range list(p["Targets"]) {
			target := object(item)
			if queue, ok := b.reference(object(target, "DeadLetterConfig")["Arn"]); ok {
				rule.Lines = append(rule.Lines, "what it can't deliver: "+b.label(queue))
			}
			b.uses(target["RoleArn"], "rule "+b.label(id), "EventBridge")
			id, ok := b.reference(target["Arn"])
			if !ok {
				id, ok = b.pipelineOf(target["Arn"])
			}
			event := Event{When: when, Rule: rule, Then: b.target(id, target)}
			if ok && (b.resources[id].Type == "AWS::CodePipeline::Pipeline" || b.starts(id) != "") {
				b.scene.Starts = append(b.scene.Starts, event)
			} else {
				b.scene.Others = append(b.scene.Others, event)
			}
		}
	}
}

// pipelineOf is the pipeline that an ARN names: a rule that is created before its pipeline can't
// refer to it.
func (b *builder) pipelineOf(arn any) (id string, ok bool) {
	name, _ := b.resource(arn)
	for _, id := range b.of("AWS::CodePipeline::Pipeline") {
		if "pipeline "+b.label(id) == name {
			return id, true
		}
	}
	return "", false
}

// when is what a rule waits for.
func (b *builder) when(rule map[string]any) Card {
	if schedule := b.text(rule["ScheduleExpression"]); schedule != "" {
		return Card{Kind: Rule, Title: schedule, Lines: []string{"a schedule, in UTC"}}
	}
	pattern := object(rule, "EventPattern")
	var kinds []string
	for _, kind := range list(pattern["detail-type"]) {
		kinds = append(kinds, b.text(kind))
	}
	card := Card{Kind: Source, Title: "an event", Lines: nonEmpty(strings.Join(kinds, ", "))}
	for _, item := range list(pattern["resources"]) {
		card.Title, _ = b.resource(item)
	}
	detail := object(pattern, "detail")
	noun := strings.Join(b.matches(detail["referenceType"]), " or ")
	names := b.matches(detail["referenceName"])
	if names == nil && noun != "" {
		card.Lines = append(card.Lines, "any "+noun)
	}
	for _, name := range names {
		card.Lines = append(card.Lines, strings.TrimSpace(cmp.Or(noun, "branch")+" "+name))
	}
	card.Lines = append(card.Lines, b.matches(detail["state"])...)
	return card
}

// matches are the values that a leaf of a pattern allows: words, or an operator with what it is
// given.
func (b *builder) matches(leaf any) []string {
	var all []string
	for _, value := range list(leaf) {
		operators := object(value)
		if operators == nil {
			all = append(all, b.text(value))
		}
		for _, operator := range slices.Sorted(maps.Keys(operators)) {
			var given []string
			for _, item := range list(operators[operator]) {
				given = append(given, cmp.Or(strings.Join(b.matches(item), " "), b.text(item)))
			}
			all = append(all, operator+" "+strings.Join(given, ", "))
		}
	}
	return all
}

func (b *builder) target(id string, target map[string]any) Card {
	r := b.resources[id]
	switch r.Type {
	case "AWS::CodePipeline::Pipeline":
		lines := []string{"starts"}
		if strings.Contains(b.text(object(target, "InputTransformer")["InputTemplate"]), "sourceRevisions") {
			lines = []string{"starts with the very commit that was pushed"}
		}
		return Card{Kind: Rule, Title: b.thing(id), Lines: lines, Of: []string{id}}
	case "AWS::Lambda::Function":
		lines := b.function(id)[:1]
		if pipeline := b.starts(id); pipeline != "" {
			lines = append(lines, "may start "+pipeline)
		}
		return Card{Kind: Function, Title: b.program(id), Lines: lines, Of: []string{id}}
	case "":
		return Card{Kind: Other, Title: b.text(target["Arn"])}
	}
	return Card{Kind: Other, Title: b.label(id),
		Lines: []string{strings.ReplaceAll(strings.TrimPrefix(r.Type, "AWS::"), "::", " ")}}
}

// starts is the pipeline that a function may start; empty if it may start none.
func (b *builder) starts(id string) string {
	r := b.resources[id]
	const start = "codepipeline:StartPipelineExecution"
	role, ok := b.reference(r.Properties["Role"])
	if r.Type != "AWS::Lambda::Function" || !ok {
		return ""
	}
	for _, document := range b.documents(role) {
		for _, item := range list(document["Statement"]) {
			statement := object(item)
			allowed := statement["Effect"] == "Allow" && slices.Contains(list(statement["Action"]), any(start))
			for _, resource := range list(statement["Resource"]) {
				if allowed {
					name, _ := b.resource(resource)
					return name
				}
			}
		}
	}
	return ""
}

// uses notes who has a role.
func (b *builder) uses(role any, name, as string) {
	if id, ok := b.reference(role); ok {
		b.users[id] = append(b.users[id], user{name, as})
	}
}

// holder is all who have a role, as one.
func (b *builder) holder(role string) user {
	var names, as []string
	for _, u := range b.users[role] {
		if !slices.Contains(names, u.name) {
			names = append(names, u.name)
		}
		if !slices.Contains(as, u.as) {
			as = append(as, u.as)
		}
	}
	if len(names) > 2 {
		names = []string{fmt.Sprintf("%s and %d more", names[0], len(names)-1)}
	}
	return user{strings.Join(names, ", "), strings.Join(as, ", ")}
}

func nonEmpty(texts ...string) []string {
	var kept []string
	for _, text := range texts {
		if text != "" {
			kept = append(kept, text)
		}
	}
	return kept
}
