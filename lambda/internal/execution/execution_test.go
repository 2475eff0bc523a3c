package execution_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/google/go-cmp/cmp"

	"archway/lambda/internal/execution"
	"archway/lambda/internal/fixture"
)

func TestExecutionTellsRollbacksFromOthers(t *testing.T) {
	endpoint := fixture.ServeAWS(t)
	endpoint.Rollback("back", "target")
	endpoint.End("done", "Superseded")
	source := execution.NewCodePipeline(aws.Config{
		Region: "eu-west-1", BaseEndpoint: aws.String(endpoint.URL),
		Credentials: credentials.NewStaticCredentialsProvider("AKID", "secret", ""),
	}, fixture.Pipeline)
	for id, want := range map[string]execution.Execution{
		"push": {Status: "InProgress"},
		"back": {Status: "InProgress", Rollback: true, Target: "target"},
		"done": {Status: "Superseded"},
	} {
		want.Pipeline, want.ID = fixture.Pipeline, id
		got, err := source.Execution(t.Context(), id)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v\n%s", id, err, diff)
		}
		if got.Over() != (id == "done") {
			t.Errorf("%s: over %v", id, got.Over())
		}
	}
}
