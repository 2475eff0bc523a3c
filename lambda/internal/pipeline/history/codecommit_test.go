package history_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"archway/lambda/internal/fixture"
	"archway/lambda/internal/pipeline/history"
)

var (
	a, b = strings.Repeat("a", 40), strings.Repeat("b", 40)
	c    = strings.Repeat("c", 40)
	// stranger is in no repository.
	stranger = strings.Repeat("d", 40)
)

func TestCompareTellsWhichCommitIsOlder(t *testing.T) {
	endpoint := fixture.ServeAWS(t)
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
	_, err := open(endpoint, fixture.SourceRepository).Compare(t.Context(), a, b)
	if err == nil ||
		!strings.Contains(err.Error(), "ask for the merge base of aaaaaaaaaaaa and bbbbbbbbbbbb in app-source") {
		t.Errorf("error %v", err)
	}
}

func open(endpoint *fixture.AWS, repository string) history.CodeCommit {
	return history.NewCodeCommit(aws.Config{
		Region: "eu-west-1", BaseEndpoint: aws.String(endpoint.URL),
		Credentials: credentials.NewStaticCredentialsProvider("AKID", "secret", ""),
	}, repository)
}

func TestBranch(t *testing.T) {
	endpoint := fixture.ServeAWS(t)
	endpoint.Branch("main", a)
	repository := open(endpoint, fixture.SourceRepository)
	for name, want := range map[string]string{"main": a, "other": "", "refs/heads/main": ""} {
		if got, err := repository.Branch(t.Context(), name); got != want || err != nil {
			t.Errorf("%s: %q, %v, want %q", name, got, err, want)
		}
	}
	endpoint.Answer("GetBranch", `{}`)
	if got, err := repository.Branch(t.Context(), "main"); err == nil {
		t.Errorf("an empty answer: %q", got)
	}
	endpoint.Refuse("GetBranch", "InvalidBranchNameException")
	if got, err := repository.Branch(t.Context(), "main"); got != "" || err != nil {
		t.Errorf("a name that can't be: %q, %v", got, err)
	}
	endpoint.Refuse("GetBranch", "AccessDeniedException")
	if _, err := repository.Branch(t.Context(), "main"); err == nil ||
		!strings.Contains(err.Error(), `ask for the branch "main" of app-source`) {
		t.Errorf("error %v", err)
	}
}

// Whether a specifier may be written as refs/tags/… is documented nowhere.
func TestTagUnderBothReadings(t *testing.T) {
	for _, bare := range []bool{false, true} {
		endpoint := fixture.ServeAWS(t)
		if bare {
			endpoint.BareSpecifiers()
		}
		endpoint.Line(a, b, c)
		endpoint.GitTag("v1", a, "")
		endpoint.GitTag("v2", b, stranger)
		endpoint.GitTag("both", a, "")
		endpoint.Branch("both", b)
		endpoint.Branch("branch", c)
		endpoint.Branch("refs/tags/hidden", c)
		endpoint.GitTag("hidden", a, "")
		repository := open(endpoint, fixture.SourceRepository)
		for name, want := range map[string]string{"v1": a, "v2": b, "v3": "", a: "", "HEAD": ""} {
			if got, err := repository.Tag(t.Context(), name); got != want || err != nil {
				t.Errorf("bare %v, %s: %q, %v, want %q", bare, name, got, err, want)
			}
		}
		if got, err := repository.Tag(t.Context(), "both"); bare != (err != nil) || !bare && got != a {
			t.Errorf("bare %v, a branch of the same name: %q, %v", bare, got, err)
		}
		if got, err := repository.Tag(t.Context(), "branch"); err == nil {
			t.Errorf("bare %v, a branch: %q", bare, got)
		}
		if got, err := repository.Tag(t.Context(), "hidden"); err == nil {
			t.Errorf("bare %v, a branch that is called like a tag: %q", bare, got)
		}
	}
}

func TestTagThatCannotBeAskedFor(t *testing.T) {
	for _, call := range []string{"GetFolder", "GetBranch"} {
		endpoint := fixture.ServeAWS(t)
		endpoint.GitTag("v1", a, "")
		endpoint.Refuse(call, "AccessDeniedException")
		if got, err := open(endpoint, fixture.SourceRepository).Tag(t.Context(), "v1"); err == nil {
			t.Errorf("%s is refused: %q", call, got)
		}
	}
	endpoint := fixture.ServeAWS(t)
	endpoint.Answer("GetFolder", `{"commitId":"0123456"}`)
	if got, err := open(endpoint, fixture.SourceRepository).Tag(t.Context(), "v1"); err == nil ||
		!strings.Contains(err.Error(), "names no commit") {
		t.Errorf("half a commit: %q, %v", got, err)
	}
}
