package rehearsal

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"time"

	"archway/test/rehearse/internal/assumptions"
	"archway/test/rehearse/internal/aws/codepipeline"
	"archway/test/rehearse/internal/aws/endpoint"
)

// history is what CodePipeline tells about pipelines and executions.
type history struct {
	r *Rehearsal

	mu sync.Mutex
	// answers are how often somebody was told of something, by who and what.
	answers map[[2]string]int
}

// late reports whether who asks is not told yet of something that happened at a time:
// CodePipeline's history lags behind its state, by no more than lag.
func (h *history) late(caller endpoint.Caller, what string, at time.Time, lag time.Duration) bool {
	if h.r.options.Readings.PromptHistory || at.IsZero() || time.Since(at) > lag {
		return false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	key := [2]string{caller.String(), what}
	h.answers[key]++
	return h.answers[key] <= assumptions.LateAnswers
}

func (h *history) find(pipeline, id string) (*codepipeline.Engine, *codepipeline.Execution, error) {
	engine, err := h.r.engine(pipeline)
	if err != nil {
		return nil, nil, &endpoint.Error{Code: "PipelineNotFoundException", Message: err.Error()}
	}
	x, ok := engine.Find(id)
	if !ok {
		return nil, nil, notFound(id)
	}
	return engine, x, nil
}

func notFound(id string) error {
	return &endpoint.Error{Code: "PipelineExecutionNotFoundException", Message: "there is no execution " + id}
}

// Execution implements endpoint.Pipelines.
func (h *history) Execution(caller endpoint.Caller, pipeline, id string) (endpoint.PipelineExecution, error) {
	engine, x, err := h.find(pipeline, id)
	if err != nil {
		return endpoint.PipelineExecution{}, err
	}
	result := x.Result()
	if result.Type == codepipeline.RollbackType &&
		h.late(caller, "the start of "+id, result.Start, assumptions.NewExecution) {
		return endpoint.PipelineExecution{}, notFound(id)
	}
	status, summary := result.Status, result.Message
	run := fmt.Sprintf("run %d of %s", result.Attempt, id)
	switch {
	case status == codepipeline.InProgress && result.Attempt > 1 &&
		h.late(caller, "the start of "+run, result.Start, assumptions.HistoryLag):
		status = result.Earlier
	case h.late(caller, "the end of "+run, result.End, assumptions.HistoryLag):
		status, summary = codepipeline.InProgress, ""
	}
	answer := endpoint.PipelineExecution{
		Pipeline: pipeline, Version: 1, ID: id, Status: string(status), Summary: summary, Mode: engine.Pipeline().Mode,
		Type:    result.Type,
		Trigger: map[string]string{"triggerType": result.Cause.Type, "triggerDetail": result.Cause.Detail},
	}
	if result.Type == codepipeline.RollbackType {
		answer.Rollback = map[string]string{"rollbackTargetPipelineExecutionId": result.Target}
	}
	for _, v := range engine.Pipeline().Variables {
		if value := result.Variables[codepipeline.VariablesNamespace][v.Name]; value != "" {
			answer.Variables = append(answer.Variables, endpoint.ResolvedVariable{Name: v.Name, Value: value})
		}
	}
	for _, a := range x.Sources() {
		answer.Revisions = append(answer.Revisions,
			endpoint.ArtifactRevision{Name: a.Name, ID: a.Revision, Summary: a.Summary})
	}
	return answer, nil
}

// Actions implements endpoint.Pipelines.
func (h *history) Actions(caller endpoint.Caller, pipeline, id string) ([]endpoint.ActionExecution, error) {
	_, x, err := h.find(pipeline, id)
	if err != nil {
		return nil, err
	}
	var all []endpoint.ActionExecution
	for _, a := range x.Attempts() {
		if h.late(caller, "the end of "+a.ID, a.End, assumptions.HistoryLag) {
			a.Status, a.Outcome, a.End = codepipeline.InProgress, codepipeline.Outcome{}, time.Time{}
		}
		all = append(all, actionExecution(a))
	}
	slices.Reverse(all)
	return all, nil
}

func actionExecution(a codepipeline.Attempt) endpoint.ActionExecution {
	t := a.Action.Type
	one := endpoint.ActionExecution{
		Execution: a.Execution, ID: a.ID, Version: 1, Stage: a.Stage, Action: a.Action.Name,
		Status: actionStatus(a.Status),
		Start:  seconds(a.Start), Update: seconds(changed(a)),
		Input: endpoint.ActionInput{
			Type: map[string]string{"category": t.Category, "owner": t.Owner, "provider": t.Provider,
				"version": t.Version},
			Configuration: a.Action.Configuration, Resolved: a.Resolved, Role: a.Action.RoleARN, Region: region,
			Namespace: a.Action.Namespace, Artifacts: artifacts(a.Inputs),
		},
		Output: endpoint.ActionOutput{Artifacts: []endpoint.ActionArtifact{}, Variables: map[string]string{}},
	}
	one.Output.Result.ID, one.Output.Result.URL = a.Outcome.ExternalID, a.Outcome.ExternalURL
	switch a.Status {
	case codepipeline.Failed:
		one.Output.Failed(cmp.Or(a.Outcome.Code, "JobFailed"), a.Outcome.Err.Error())
	case codepipeline.Succeeded:
		one.Output.Result.Summary = a.Outcome.Summary
		one.Output.Artifacts = artifacts(a.Outcome.Outputs)
		if a.Outcome.Variables != nil {
			one.Output.Variables = a.Outcome.Variables
		}
	}
	return one
}

func artifacts(all []codepipeline.Artifact) []endpoint.ActionArtifact {
	list := []endpoint.ActionArtifact{}
	for _, a := range all {
		one := endpoint.ActionArtifact{Name: a.Name}
		one.Location.Bucket, one.Location.Key = a.Bucket, a.Key
		list = append(list, one)
	}
	return list
}

// actionStatus is CodePipeline's word: what is stopped here is abandoned.
func actionStatus(s codepipeline.Status) string {
	if s == codepipeline.Stopped {
		return "Abandoned"
	}
	return string(s)
}

func changed(a codepipeline.Attempt) time.Time {
	if a.End.IsZero() {
		return a.Start
	}
	return a.End
}

func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

// State implements endpoint.Pipelines. It never lags.
func (h *history) State(pipeline string) (endpoint.PipelineState, error) {
	engine, err := h.r.engine(pipeline)
	if err != nil {
		return endpoint.PipelineState{}, &endpoint.Error{Code: "PipelineNotFoundException", Message: err.Error()}
	}
	state := endpoint.PipelineState{Name: pipeline, Version: 1, Created: seconds(h.r.created),
		Updated: seconds(h.r.created)}
	for _, s := range engine.State() {
		stage := endpoint.StageState{Name: s.Name}
		if s.Entered != nil {
			status := s.Status
			if status == codepipeline.Waiting {
				status = codepipeline.InProgress // it is about to begin
			}
			stage.Latest = &endpoint.StageExecution{ID: s.Entered.ID(), Status: string(status),
				Type: s.Entered.Result().Type}
		}
		for _, a := range s.Actions {
			stage.Actions = append(stage.Actions, endpoint.ActionState{Name: a.Name, Latest: latest(a.Latest)})
		}
		state.Stages = append(state.Stages, stage)
	}
	return state, nil
}

func latest(a *codepipeline.Attempt) *endpoint.LatestAction {
	if a == nil {
		return nil
	}
	l := &endpoint.LatestAction{
		ID: a.ID, Status: actionStatus(a.Status), Changed: seconds(changed(*a)), ExternalID: a.Outcome.ExternalID,
		ExternalURL: a.Outcome.ExternalURL,
	}
	switch {
	case a.Status == codepipeline.Failed:
		l.Error = map[string]string{"code": cmp.Or(a.Outcome.Code, "JobFailed"), "message": a.Outcome.Err.Error()}
	case a.Status == codepipeline.Succeeded:
		l.Summary = a.Outcome.Summary
	case a.Status == codepipeline.InProgress && a.Action.Type.Category == "Approval":
		l.Token = a.ID
	}
	return l
}
