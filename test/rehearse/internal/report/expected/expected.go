package expected

import (
	"maps"
	"slices"
	"strings"
	"time"

	"archway/test/rehearse/internal/aws/codepipeline"
)

// Timeline is an execution as it is expected on AWS.
type Timeline struct {
	Total  time.Duration
	Stages []Stage
}

// Stage is a stage of it. Times count from the execution's start.
type Stage struct {
	Name       string
	Start, End time.Duration
	Actions    []Action
}

// Action is an action of a stage.
type Action struct {
	Name, Machine string
	Start, End    time.Duration
	// Why says what the time is made of.
	Why string
}

// Took is how long the stage takes.
func (s Stage) Took() time.Duration { return s.End - s.Start }

// Took is how long the action takes.
func (a Action) Took() time.Duration { return a.End - a.Start }

// Of models an execution: what ran takes its time here, and what AWS adds. Machines say where
// actions run, by "stage/action", and native is the kind of machine that is not emulated here.
func Of(x codepipeline.Result, machines map[string]string, native string) Timeline {
	var t Timeline
	for i, s := range x.Stages {
		if s.Status == codepipeline.DidNotRun || len(s.Actions) == 0 {
			continue
		}
		if len(t.Stages) > 0 {
			t.Total += between.Time
		}
		stage := Stage{Name: s.Name, Start: t.Total}
		orders := map[int][]codepipeline.ActionResult{}
		for _, a := range s.Actions {
			if a.Status != codepipeline.DidNotRun {
				orders[a.RunOrder] = append(orders[a.RunOrder], a)
			}
		}
		at := stage.Start
		for n, order := range slices.Sorted(maps.Keys(orders)) {
			if n > 0 {
				at += between.Time
			}
			end := at
			for _, a := range orders[order] {
				took, why := action(s, a, machines, native, i == 0)
				stage.Actions = append(stage.Actions, Action{
					Name: a.Name, Machine: machines[s.Name+"/"+a.Name], Start: at, End: at + took, Why: why,
				})
				end = max(end, at+took)
			}
			at = end
		}
		stage.End, t.Total = at, at
		t.Stages = append(t.Stages, stage)
	}
	return t
}

// action is how long an action takes, and why.
func action(s codepipeline.StageResult, a codepipeline.ActionResult, machines map[string]string, native string,
	first bool) (time.Duration, string) {
	switch machine := machines[s.Name+"/"+a.Name]; {
	case machine == "Lambda":
		rounds := max(1, (a.Duration()+poll.Time-1)/poll.Time)
		return rounds * poll.Time, "CodePipeline looks for its report"
	case machine != "":
		took, whose := commands(s, a, machines, native)
		return container.Time + fetch.Time + took, "a machine, and " + whose
	case first:
		return source.Time, "the source is fetched"
	}
	return 0, "not counted: somebody approves, or it is not known how long it takes"
}

// commands are what a build's commands take: what they took here; where the machine was emulated,
// what the build of the same name took on a machine that was not.
func commands(s codepipeline.StageResult, a codepipeline.ActionResult, machines map[string]string,
	native string) (time.Duration, string) {
	if machines[s.Name+"/"+a.Name] == native {
		return a.Duration(), "its commands as long as here"
	}
	for _, other := range s.Actions {
		if machines[s.Name+"/"+other.Name] == native && base(other.Name) == base(a.Name) && other.Name != a.Name &&
			other.Status == codepipeline.Succeeded {
			return other.Duration(), "its commands as long as those of " + other.Name + ", which was not emulated here"
		}
	}
	if strings.HasSuffix(a.Name, "-arm64") || strings.HasSuffix(a.Name, "-amd64") {
		return a.Duration(), "its commands as long as here, where its machine is emulated"
	}
	return a.Duration(), "its commands as long as here"
}

// base is the name of an action without its platform.
func base(name string) string {
	if i := strings.LastIndex(name, "-"); i >= 0 {
		return name[:i]
	}
	return name
}
