package endpoint

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline/types"
	"github.com/google/go-cmp/cmp"
)

type starter struct{ calls []string }

func (s *starter) StartExecution(caller Caller, pipeline, input string) (string, error) {
	var fields map[string]any
	if err := json.Unmarshal([]byte(input), &fields); err != nil {
		return "", err
	}
	text, _ := json.Marshal(fields)
	s.calls = append(s.calls, strings.Join([]string{caller.Name, pipeline, string(text)}, "|"))
	if pipeline == "gone" {
		return "", &Error{"PipelineNotFoundException", "there is no pipeline gone"}
	}
	return "execution-1", nil
}

// The start of an execution is handed over.
func TestStartPipelineExecution(t *testing.T) {
	server, _, settings := start(t)
	s := &starter{}
	server.options.Starts = s
	client := codepipeline.NewFromConfig(settings)
	out, err := client.StartPipelineExecution(t.Context(), &codepipeline.StartPipelineExecutionInput{
		Name: aws.String("app"), ClientRequestToken: aws.String("token-1"),
		SourceRevisions: []types.SourceRevisionOverride{{ActionName: aws.String("Source"),
			RevisionType: types.SourceRevisionTypeCommitId, RevisionValue: aws.String("c")}},
		Variables: []types.PipelineVariable{{Name: aws.String("rule"), Value: aws.String("main")}},
	})
	if err != nil || aws.ToString(out.PipelineExecutionId) != "execution-1" {
		t.Fatalf("got %v, %v", out, err)
	}
	want := []string{`validate|app|{"clientRequestToken":"token-1","name":"app",` +
		`"sourceRevisions":[{"actionName":"Source","revisionType":"COMMIT_ID","revisionValue":"c"}],"variables":[{"name":"rule","value":"main"}]}`}
	if diff := cmp.Diff(want, s.calls); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestStartPipelineExecutionRefuses(t *testing.T) {
	server, _, settings := start(t)
	server.options.Starts = &starter{}
	client := codepipeline.NewFromConfig(settings)
	for name, test := range map[string]struct {
		in   codepipeline.StartPipelineExecutionInput
		code string
	}{
		"no pipeline of this name": {codepipeline.StartPipelineExecutionInput{Name: aws.String("gone")},
			"PipelineNotFoundException"},
		"a name that is none": {codepipeline.StartPipelineExecutionInput{Name: aws.String("a b")},
			"ValidationException"},
		"a token that is none": {codepipeline.StartPipelineExecutionInput{Name: aws.String("app"),
			ClientRequestToken: aws.String("a b")}, "ValidationException"},
	} {
		if _, err := client.StartPipelineExecution(t.Context(), &test.in); apiCode(err) != test.code {
			t.Errorf("%s: got %v, expected %s", name, err, test.code)
		}
	}
}
