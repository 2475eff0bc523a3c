package job_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/codepipeline/types"
	"github.com/aws/smithy-go"

	"archway/lambda/internal/fixture"
	"archway/lambda/internal/pipeline/job"
)

// Refusals of AWS are errors of permissions. Who must act is another one where AWS refuses than
// where it can't be asked.
func TestRefusalsOfAWS(t *testing.T) {
	want := map[string]types.FailureType{
		"AccessDenied": types.FailureTypePermissionError, "AccessDeniedException": types.FailureTypePermissionError,
		"ExpiredToken": types.FailureTypePermissionError, "ExpiredTokenException": types.FailureTypePermissionError,
		"InvalidClientTokenId":        types.FailureTypePermissionError,
		"UnrecognizedClientException": types.FailureTypePermissionError,
		"ThrottlingException":         types.FailureTypeSystemUnavailable,
	}
	for code, kind := range want {
		endpoint := fixture.ServeAWS(t)
		err := fmt.Errorf("ask: %w", &smithy.GenericAPIError{Code: code, Message: "no"})
		if _, err := run(t, endpoint, "job", failing(err)); err != nil {
			t.Fatal(err)
		}
		if got := endpoint.Answers()[0].FailureDetails.Type; got != string(kind) {
			t.Errorf("%s is a %s, want %s", code, got, kind)
		}
	}
}

// Messages may have five thousand characters, see
// https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_FailureDetails.html
func TestMessageLimit(t *testing.T) {
	for given, want := range map[int]int{4999: 4999, 5000: 5000, 5001: 5000} {
		endpoint := fixture.ServeAWS(t)
		text := strings.Repeat("ä", given)
		if _, err := run(t, endpoint, "job", failing(errors.New(text))); err != nil {
			t.Fatal(err)
		}
		got := endpoint.Answers()[0].FailureDetails.Message
		if n := utf8.RuneCountInString(got); n != want || (got == text) != (given <= 5000) {
			t.Errorf("of %d characters %d are left, want %d: %.20s … %s", given, n, want, got, got[len(got)-30:])
		}
	}
}

func TestUnresolvedVariablesAreNamed(t *testing.T) {
	for text, want := range map[string]string{
		"#{a.b}":             "the variable #{a.b},",
		`{"execution":"#{c}`: "the variable #{c},",
		`{"execution":"#{`:   "the variable #{,",
		"}#{d.e} }":          "the variable #{d.e},",
	} {
		var failure *job.Failure
		if err := job.Decode(text, &struct{}{}); !errors.As(err, &failure) || !strings.Contains(failure.Message, want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

func TestRepositoriesOfTheSettings(t *testing.T) {
	if r, err := job.CheckRepository("host.example.test/team/app"); err != nil || r.RepositoryStr() != "team/app" {
		t.Errorf("%v, %v", r, err)
	}
	var failure *job.Failure
	if _, err := job.CheckRepository("app"); !errors.As(err, &failure) ||
		failure.Type != types.FailureTypeConfigurationError {
		t.Errorf("a repository without a host: %v", err)
	}
}
