package page

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"archway/test/rehearse/internal/aws/codepipeline"
	"archway/test/rehearse/internal/report"
	"archway/test/rehearse/internal/report/expected"
)

// View is the rehearsal as the page shows it.
type View struct {
	Success   bool
	Error     string
	Times     report.Times
	Steps     []report.Step
	Bases     []report.Base
	Failures  []Failure
	Pipelines []Pipeline
	Access    *Access
}

// Failure is something that failed, with what is known about it.
type Failure struct {
	Where string
	// Lead is the first sentence, Points are further ones.
	Lead   string
	Points []string
	Log    *Log
}

// Pipeline is what became of one push.
type Pipeline struct {
	ID     string
	Name   string
	Status Status
	Took   string
	Facts  []Fact
	Stages []Stage
	// Expected is what it would take on AWS.
	Expected Expected
	Images   []Registry
	Tags     []Tag
	Proofs   []Proof
	// Unproved says why there is no proof.
	Unproved string
}

// Expected is a timeline that is only expected.
type Expected struct {
	Took   string
	Stages []Stage
	// Model are the numbers that it is made of.
	Model []Fact
}

// Fact is something that is known of a pipeline's execution.
type Fact struct{ Name, Value string }

// Stage is a stage of the timeline.
type Stage struct {
	Name    string
	Status  Status
	Took    string
	Bar     Bar
	Actions []Action
}

// Action is an action of the timeline.
type Action struct {
	Name    string
	Machine string // "x86_64", "arm64" or "Lambda"
	Status  Status
	Took    string
	Bar     Bar
	Message string
	// Why says what an expected time is made of.
	Why       string
	Variables []Fact
	Log       Log
}

// Bar is where something stands in its execution, in percent of it. Its class gives it the color of
// a machine.
type Bar struct{ X, Width, Class string }

// Status is a status in words, with the class that gives it a color.
type Status struct{ Sign, Text, Class string }

// Proof is the run of a platform's image.
type Proof struct {
	Image, Platform, Expected, Got, Error string
}

// Options say what the page is made of.
type Options struct {
	// Redact masks what must not be shown. Nil masks nothing.
	Redact func(text string) string
}

// New makes the view of a report. It reads the logs, whose files must be there.
func New(r *report.Report, o Options) *View {
	v := &View{Success: r.Success, Error: r.Error, Times: r.Times, Steps: slices.Clone(r.Steps),
		Bases:  slices.Clone(r.Bases),
		Access: newAccess(r.Permissions, !r.Success)}
	for i, p := range r.Pipelines {
		view := newPipeline(p, fmt.Sprintf("pipeline-%d", i+1))
		v.Pipelines = append(v.Pipelines, view)
		v.Failures = append(v.Failures, failures(view)...)
	}
	v.Failures = append(v.Failures, v.failures()...)
	if o.Redact != nil {
		redact(v, o.Redact)
	}
	return v
}

func newPipeline(p report.Pipeline, id string) Pipeline {
	x := p.Execution
	view := Pipeline{
		ID: id, Name: cmp.Or(p.Stack, x.Pipeline), Status: statusOf(x.Status), Took: report.Duration(x.Duration()),
		Unproved: p.Unproved,
		Facts: []Fact{{"Commit", p.Commit}, {"Repository", p.Repository}, {"Branch", p.Branch},
			{"Execution", x.Execution}, {"Started by", x.Trigger}, {"Started", started(x.Start)}},
	}
	view.Facts = slices.DeleteFunc(view.Facts, func(f Fact) bool { return f.Value == "" })
	var verdicts []verdict
	for i, s := range x.Stages {
		stage := Stage{Name: s.Name, Status: statusOf(s.Status), Took: took(s.Span, s.Status),
			Bar: bar(s.Span, x.Span, "")}
		for j, a := range s.Actions {
			log, found := readLog(a.Log)
			log.ID = fmt.Sprintf("%s-log-%d-%d", id, i+1, j+1)
			verdicts = append(verdicts, found...)
			machine := p.Machines[s.Name+"/"+a.Name]
			stage.Actions = append(stage.Actions, Action{
				Name: a.Name, Machine: machine, Status: statusOf(a.Status), Took: took(a.Span, a.Status),
				Bar:     bar(a.Span, x.Span, machine),
				Message: a.Message, Variables: facts(a.Variables), Log: log,
			})
		}
		view.Stages = append(view.Stages, stage)
	}
	view.Expected = newExpected(p.Expected)
	for _, r := range p.Registries {
		view.Images = append(view.Images, newRegistry(r, verdicts))
	}
	view.Images = slices.DeleteFunc(view.Images, func(r Registry) bool { return len(r.Indexes) == 0 })
	view.Tags = tags(p.Before, p.Registries)
	for _, proof := range p.Proofs {
		view.Proofs = append(view.Proofs, Proof(proof))
	}
	return view
}

// newExpected is the timeline of the model.
func newExpected(t *expected.Timeline) Expected {
	if t == nil || len(t.Stages) == 0 {
		return Expected{}
	}
	view := Expected{Took: report.Whole(t.Total)}
	at := func(d time.Duration) time.Time { return time.Unix(0, 0).Add(d) }
	span := func(start, end time.Duration) codepipeline.Span {
		return codepipeline.Span{Start: at(start), End: at(end)}
	}
	whole := span(0, t.Total)
	for _, s := range t.Stages {
		stage := Stage{Name: s.Name, Took: report.Whole(s.Took()), Bar: bar(span(s.Start, s.End), whole, "")}
		for _, a := range s.Actions {
			stage.Actions = append(stage.Actions, Action{
				Name: a.Name, Machine: a.Machine, Took: report.Whole(a.Took()), Why: a.Why,
				Bar: bar(span(a.Start, a.End), whole, a.Machine),
			})
		}
		view.Stages = append(view.Stages, stage)
	}
	for _, n := range expected.Numbers() {
		view.Model = append(view.Model, Fact{n.Name + ": " + report.Whole(n.Time), n.Source})
	}
	return view
}

// failures are those of a pipeline: its actions first, then what was run.
func failures(p Pipeline) []Failure {
	var all []Failure
	for _, s := range p.Stages {
		for _, a := range s.Actions {
			if a.Status.Class != "bad" {
				continue
			}
			lead, points := sentences(a.Message)
			log := a.Log
			log.ID += "-again"
			all = append(all,
				Failure{Where: p.Name + ": " + s.Name + " / " + a.Name, Lead: lead, Points: points, Log: &log})
		}
	}
	for _, proof := range p.Proofs {
		if proof.Error != "" {
			all = append(all,
				Failure{Where: strings.TrimSpace(p.Name + ": run of " + proof.Platform), Lead: proof.Error})
		}
	}
	return all
}

// failures are those of the rehearsal as a whole.
func (v *View) failures() []Failure {
	var all []Failure
	for _, s := range v.Steps {
		if s.Error != "" {
			all = append(all, Failure{Where: s.Name, Lead: s.Error})
		}
	}
	if v.Error != "" && !slices.ContainsFunc(all, func(f Failure) bool { return f.Lead == v.Error }) {
		lead, points := sentences(v.Error)
		all = append(all, Failure{Where: "The rehearsal", Lead: lead, Points: points})
	}
	return all
}

// sentences takes a message apart: the validator numbers what it found, a line each.
func sentences(message string) (lead string, points []string) {
	lines := strings.Split(strings.TrimSpace(message), "\n")
	for _, line := range lines[1:] {
		number, rest, ok := strings.Cut(line, ". ")
		if ok && number != "" && strings.Trim(number, "0123456789") == "" {
			line = rest
		}
		if line = strings.TrimSpace(line); line != "" {
			points = append(points, line)
		}
	}
	return lines[0], points
}

func statusOf(s codepipeline.Status) Status {
	switch s {
	case codepipeline.Succeeded:
		return Status{"✓", "succeeded", "good"}
	case codepipeline.Failed:
		return Status{"✗", "failed", "bad"}
	case codepipeline.Stopped:
		return Status{"■", "stopped", "bad"}
	case codepipeline.Overtaken:
		return Status{"»", "superseded", "none"}
	case codepipeline.DidNotRun:
		return Status{"–", "did not run", "none"}
	default:
		return Status{"…", strings.ToLower(string(s)), "none"}
	}
}

func started(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}

func took(s codepipeline.Span, status codepipeline.Status) string {
	if s.Start.IsZero() || s.End.IsZero() || status == codepipeline.DidNotRun {
		return ""
	}
	return report.Duration(s.Duration())
}

// bar places a span within another one.
func bar(s, whole codepipeline.Span, class string) Bar {
	total := whole.Duration()
	if s.Start.IsZero() || s.End.IsZero() || total <= 0 {
		return Bar{}
	}
	percent := func(d time.Duration) float64 { return min(100, max(0, 100*d.Seconds()/total.Seconds())) }
	x := percent(s.Start.Sub(whole.Start))
	// Whatever is short is still to be seen.
	width := max(percent(s.Duration()), 0.6)
	return Bar{fmt.Sprintf("%.2f%%", min(x, 100-width)), fmt.Sprintf("%.2f%%", width), class}
}

func facts(variables map[string]string) []Fact {
	var all []Fact
	for name, value := range variables {
		all = append(all, Fact{name, value})
	}
	slices.SortFunc(all, func(a, b Fact) int { return cmp.Compare(a.Name, b.Name) })
	return all
}
