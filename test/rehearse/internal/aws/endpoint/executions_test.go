package endpoint

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline/types"
)

const anExecution = "11111111-2222-4333-8444-555555555555"

// history is a pipeline that was asked.
type history struct {
	callers []string
	actions []ActionExecution
}

func (h *history) Execution(caller Caller, pipeline, id string) (PipelineExecution, error) {
	h.callers = append(h.callers, caller.Name)
	return PipelineExecution{
		Pipeline: pipeline, Version: 1, ID: id, Status: "Failed", Summary: "why",
		Variables: []ResolvedVariable{{"rule", "main"}},
	}, nil
}

func (h *history) Actions(caller Caller, _, _ string) ([]ActionExecution, error) {
	h.callers = append(h.callers, caller.Name)
	return h.actions, nil
}

func (h *history) State(string) (PipelineState, error) {
	failed := LatestAction{ID: "a", Status: "Failed",
		Error: map[string]string{"code": "JobFailed", "message": "broken"}}
	return PipelineState{Name: "app", Stages: []StageState{
		{Name: "Promote", Actions: []ActionState{{Name: "Promote", Latest: &failed}},
			Latest: &StageExecution{anExecution, "Failed", "ROLLBACK"}},
	}}, nil
}

func asking(t *testing.T, h *history) *codepipeline.Client {
	t.Helper()
	s, _, settings := start(t)
	s.options.Pipelines = h
	return codepipeline.NewFromConfig(settings)
}

func listing(execution string) *codepipeline.ListActionExecutionsInput {
	return &codepipeline.ListActionExecutionsInput{
		PipelineName: aws.String("app"), Filter: &types.ActionExecutionFilter{PipelineExecutionId: &execution},
	}
}

// All have to be read, however few a page has.
func TestPages(t *testing.T) {
	h := &history{}
	for n := range 8 {
		h.actions = append(h.actions, ActionExecution{ID: fmt.Sprint(n), Action: "build"})
	}
	client := asking(t, h)
	for _, limit := range []int32{0, 2, 100} {
		in := listing(anExecution)
		if limit > 0 {
			in.MaxResults = &limit
		}
		h.callers = nil
		var got []string
		pages := codepipeline.NewListActionExecutionsPaginator(client, in)
		for pages.HasMorePages() {
			page, err := pages.NextPage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if n := len(page.ActionExecutionDetails); n > pageSize || limit == 2 && n > 2 {
				t.Errorf("limit %d: a page of %d", limit, n)
			}
			for _, a := range page.ActionExecutionDetails {
				got = append(got, *a.ActionExecutionId)
			}
		}
		if strings.Join(got, " ") != "0 1 2 3 4 5 6 7" || len(h.callers) != 1 {
			t.Errorf("limit %d: got %v, asked by %q", limit, got, h.callers)
		}
	}
}

func TestPagesRefuse(t *testing.T) {
	client := asking(t, &history{actions: make([]ActionExecution, 5)})
	in := *listing(anExecution)
	first, err := client.ListActionExecutions(t.Context(), &in)
	if err != nil || first.NextToken == nil {
		t.Fatalf("got %+v, %v", first, err)
	}
	in.NextToken, in.Filter = first.NextToken, listing("11111111-2222-4333-8444-555555555556").Filter
	if _, err := client.ListActionExecutions(t.Context(), &in); apiCode(err) != "InvalidNextTokenException" {
		t.Errorf("another list's token: got %v", err)
	}
	for code, change := range map[string]func(*codepipeline.ListActionExecutionsInput){
		"InvalidNextTokenException": func(in *codepipeline.ListActionExecutionsInput) {
			in.NextToken = aws.String("made up")
		},
		"ValidationException": func(in *codepipeline.ListActionExecutionsInput) {
			in.MaxResults = aws.Int32(101)
		},
	} {
		asked := in
		change(&asked)
		if _, err := client.ListActionExecutions(t.Context(), &asked); apiCode(err) != code {
			t.Errorf("got %v, expected %s", err, code)
		}
	}
}

func TestExecutionsAndStates(t *testing.T) {
	client := asking(t, &history{})
	x, err := client.GetPipelineExecution(t.Context(), &codepipeline.GetPipelineExecutionInput{
		PipelineName: aws.String("app"), PipelineExecutionId: aws.String(anExecution),
	})
	if err != nil {
		t.Fatal(err)
	}
	e := x.PipelineExecution
	if e.ExecutionType != "" || aws.ToString(e.StatusSummary) != "why" ||
		aws.ToString(e.Variables[0].ResolvedValue) != "main" {
		t.Errorf("got %+v", e)
	}
	state, err := client.GetPipelineState(t.Context(), &codepipeline.GetPipelineStateInput{Name: aws.String("app")})
	if err != nil {
		t.Fatal(err)
	}
	stage := state.StageStates[0]
	latest := stage.LatestExecution
	if latest.Type != types.ExecutionTypeRollback || latest.Status != types.StageExecutionStatusFailed ||
		!stage.InboundTransitionState.Enabled {
		t.Errorf("got %+v", stage)
	}
	if e := stage.ActionStates[0].LatestExecution.ErrorDetails; aws.ToString(e.Code) != "JobFailed" ||
		aws.ToString(e.Message) != "broken" {
		t.Errorf("got %+v", e)
	}
}
