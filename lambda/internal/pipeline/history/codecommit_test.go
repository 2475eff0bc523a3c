package history_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"archway/lambda/internal/fixture"
	"archway/lambda/internal/pipeline/history"
)

func TestCompareTellsWhichCommitIsOlder(t *testing.T) {
	endpoint := fixture.ServeAWS(t)
	a, b, c, stranger := strings.Repeat("a", 40), strings.Repeat("b", 40), strings.Repeat("c", 40), strings.Repeat("d", 40)
	endpoint.Line(a, b)
	endpoint.Fork(c, a) // c begins at a, beside b
	repository := open(endpoint, fixture.SourceRepository)
	for name, test := range map[string]struct {
		commit, other string
		want          history.Relation
	}{
		"a later commit":                     {b, a, history.Descends},
		"an earlier commit":                  {a, b, history.Precedes},
		"a commit on another branch":         {b, c, history.Diverged},
		"a commit that is not there":         {b, stranger, history.Unknown},
		"compared with one that isn't there": {stranger, b, history.Unknown},
	} {
		if got, err := repository.Compare(t.Context(), test.commit, test.other); err != nil || got != test.want {
			t.Errorf("%s: got %v, %v, want %v", name, got, err, test.want)
		}
	}
}

func TestCompareTellsThatItMayNotAsk(t *testing.T) {
	endpoint := fixture.ServeAWS(t)
	endpoint.Refuse("GetMergeOptions", "AccessDeniedException")
	a, b := strings.Repeat("a", 40), strings.Repeat("b", 40)
	_, err := open(endpoint, fixture.SourceRepository).Compare(t.Context(), a, b)
	if err == nil || !strings.Contains(err.Error(), "ask for the merge base of aaaaaaaaaaaa and bbbbbbbbbbbb in app-source") {
		t.Errorf("error %v", err)
	}
}

func open(endpoint *fixture.AWS, repository string) history.CodeCommit {
	return history.NewCodeCommit(aws.Config{
		Region: "eu-west-1", BaseEndpoint: aws.String(endpoint.URL),
		Credentials: credentials.NewStaticCredentialsProvider("AKID", "secret", ""),
	}, repository)
}
