package trigger

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/google/go-cmp/cmp"
)

func TestStartPinsTheCommitAndTellsRuleAndReference(t *testing.T) {
	var target, body string
	answer := `{"pipelineExecutionId":"execution-1"}`
	status := http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		target, body = r.Header.Get("X-Amz-Target"), string(text)
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		w.WriteHeader(status)
		fmt.Fprint(w, answer)
	}))
	defer server.Close()
	starter := NewCodePipeline(aws.Config{Region: "eu-west-1", BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("a", "b", "c")}, "app", "Source")
	id, err := starter.Start(t.Context(), Start{Token: "token-1", Rule: "release", Ref: "release-1.2", Commit: commit})
	if err != nil || id != "execution-1" {
		t.Fatalf("got %q, %v", id, err)
	}
	want := `{"clientRequestToken":"token-1","name":"app","sourceRevisions":[{"actionName":"Source","revisionType":"COMMIT_ID","revisionValue":"` + commit + `"}],` +
		`"variables":[{"name":"rule","value":"release"},{"name":"ref","value":"release-1.2"}]}`
	if diff := cmp.Diff(want, body); diff != "" || target != "CodePipeline_20150709.StartPipelineExecution" {
		t.Errorf("%s (-want +got):\n%s", target, diff)
	}
	answer, status = `{"__type":"ConcurrentPipelineExecutionsLimitExceededException","message":"too many"}`, http.StatusBadRequest
	if _, err := starter.Start(t.Context(), Start{}); err == nil {
		t.Error("no error")
	}
}
