package scene

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// pipelines reads the stack's pipeline; of several, all stages in a row, each with its pipeline's
// name.
func (b *builder) pipelines() {
	ids := b.of("AWS::CodePipeline::Pipeline")
	var notes []string
	for _, id := range ids {
		p := b.resources[id].Properties
		note := fmt.Sprintf("CodePipeline %s %s", cmp.Or(b.text(p["PipelineType"]), "V1"), b.label(id))
		if mode := b.text(p["ExecutionMode"]); mode != "" {
			note += ", " + strings.ToLower(mode)
		}
		if names := variables(p["Stages"]); len(names) > 0 {
			note += "; of what differs from run to run, actions are given " + strings.Join(names, ", ")
		}
		notes = append(notes, note)
		for _, s := range list(p["Stages"]) {
			stage := b.stage(object(s))
			if len(ids) > 1 {
				stage.Name = b.label(id) + ": " + stage.Name
			}
			b.scene.Stages = append(b.scene.Stages, stage)
		}
		b.uses(p["RoleArn"], "the pipeline", "CodePipeline")
	}
	b.scene.Note = strings.Join(notes, " · ")
}

func (b *builder) stage(s map[string]any) Stage {
	stage := Stage{Name: b.text(s["Name"])}
	orders := map[int][]Card{}
	for _, item := range list(s["Actions"]) {
		a := object(item)
		order := 1
		if n, ok := a["RunOrder"].(float64); ok {
			order = int(n)
		}
		card := b.action(a, stage.Name)
		orders[order] = append(orders[order], card)
		b.uses(a["RoleArn"], stage.Name+" / "+card.Title, "CodePipeline")
	}
	for _, order := range slices.Sorted(maps.Keys(orders)) {
		stage.Groups = append(stage.Groups, orders[order])
	}
	if result := b.text(object(s, "OnFailure")["Result"]); result != "" {
		note := "on failure: " + strings.ToLower(result)
		if mode := b.text(object(s, "OnFailure", "RetryConfiguration")["RetryMode"]); mode != "" {
			note += " of " + strings.ToLower(strings.ReplaceAll(mode, "_", " "))
		}
		stage.Notes = append(stage.Notes, note)
	}
	for _, rule := range []struct{ property, text string }{{"BeforeEntry", "entry"}, {"OnSuccess", "exit"}} {
		if n := len(list(object(s, rule.property)["Conditions"])); n > 0 {
			stage.Notes = append(stage.Notes, plural(n, "condition", "conditions")+" at its "+rule.text)
		}
	}
	return stage
}

// action reads an action with what it runs.
func (b *builder) action(a map[string]any, stage string) Card {
	kind := object(a, "ActionTypeId")
	provider := b.text(kind["Provider"])
	configuration := object(a, "Configuration")
	card := Card{Kind: Other, Title: b.text(a["Name"]), Lines: []string{provider}}
	switch {
	case b.text(kind["Category"]) == "Source":
		card.Kind = Source
		if branch := b.text(configuration["BranchName"]); branch != "" {
			card.Lines = append(card.Lines, "branch "+branch)
		}
	case provider == "CodeBuild":
		card.Kind = Build
		card.Lines = nonEmpty("CodeBuild", b.text(configuration["ProjectName"]))
		if id, ok := b.reference(configuration["ProjectName"]); ok {
			card.Lines, card.Of = b.project(id), []string{id}
			b.runs[id] = append(b.runs[id], run{stage, card.Title})
		}
	case provider == "Lambda":
		card.Kind = Function
		card.Lines = nonEmpty("Lambda", b.text(configuration["FunctionName"]))
		if id, ok := b.reference(configuration["FunctionName"]); ok {
			card.Lines, card.Of = b.function(id), []string{id}
			b.runs[id] = append(b.runs[id], run{stage, card.Title})
		}
	case b.text(kind["Category"]) == "Approval":
		card.Kind = Person
		card.Lines = []string{"a person approves"}
	default:
		for _, key := range slices.Sorted(maps.Keys(configuration)) {
			if threshold, ok := strings.CutSuffix(key, "Threshold"); ok {
				card.Lines = append(card.Lines,
					fmt.Sprintf("%s: at most %s", strings.ToLower(threshold), b.text(configuration[key])))
			}
		}
	}
	if minutes := b.text(a["TimeoutInMinutes"]); minutes != "" {
		card.Lines = append(card.Lines, atMost(minutes))
	}
	return card
}

// atMost is a time limit as people say it: approvals wait for days.
func atMost(minutes string) string {
	if n, err := strconv.Atoi(minutes); err == nil && n > 24*60 && n%(24*60) == 0 {
		return fmt.Sprintf("≤ %d days", n/(24*60))
	}
	return "≤ " + minutes + " min"
}

// machines are CodeBuild's types of environments in the words for their processors.
var machines = map[string]string{"LINUX_CONTAINER": "x86_64", "ARM_CONTAINER": "Graviton"}

func (b *builder) project(id string) []string {
	p := b.resources[id].Properties
	environment := object(p, "Environment")
	machine := b.text(environment["Type"])
	lines := []string{"CodeBuild " + cmp.Or(machines[machine], machine)}
	size := strings.TrimPrefix(b.text(environment["ComputeType"]), "BUILD_GENERAL1_")
	if minutes := b.text(p["TimeoutInMinutes"]); minutes != "" {
		size += ", " + atMost(minutes)
	}
	lines = append(lines, strings.ToLower(size))
	if environment["PrivilegedMode"] == true {
		lines = append(lines, "privileged")
	}
	return lines
}

func (b *builder) function(id string) []string {
	p := b.resources[id].Properties
	lines := []string{"Lambda " + b.program(id)}
	size := b.text(p["MemorySize"]) + " MB"
	if seconds := b.text(p["Timeout"]); seconds != "" {
		size += ", ≤ " + seconds + " s"
	}
	return append(lines, size)
}

// program is what a function is called: the package that it was built from, or its label.
func (b *builder) program(id string) string {
	if path, ok := b.resources[id].Metadata["archway:package"].(string); ok {
		return path[strings.LastIndex(path, "/")+1:]
	}
	return strings.TrimSuffix(b.label(id), "/Function")
}
