package endpoint

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline/types"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"archway/test/rehearse/internal/report/redact"
)

// fake is a registry and a job store that note what they are told.
type fake struct {
	passwords []string
	put       []string
	described []string
	refuse    error
	scans     map[string]Scan
	successes []Success
	failures  []Failure
}

func (f *fake) Authorize(caller Caller, user, password string) {
	f.passwords = append(f.passwords, caller.Name+" "+user+":"+password)
}

func (f *fake) PutImage(repository, mediaType string, manifest []byte, digest, tag string) error {
	f.put = append(f.put, strings.Join([]string{repository, mediaType, string(manifest), digest, tag}, "|"))
	return f.refuse
}

func (f *fake) DescribeImage(repository, digest, tag string) (Image, error) {
	f.described = append(f.described, strings.Join([]string{repository, digest, tag}, "|"))
	return Image{Digest: "sha256:a", Tags: []string{"latest", "v1"}, Pushed: 1_790_000_000, MediaType: "a/b"}, f.refuse
}

func (f *fake) scan(_, digest string) (Scan, error) { return f.scans[digest], f.refuse }

func (f *fake) Success(_ string, report Success) error {
	f.successes = append(f.successes, report)
	return f.refuse
}

func (f *fake) Failure(_ string, report Failure) error {
	f.failures = append(f.failures, report)
	return f.refuse
}

func start(t *testing.T) (*Server, *fake, aws.Config) {
	t.Helper()
	f := &fake{}
	s, err := Start(Options{Account: "111122223333", Region: "eu-west-1", RegistryHost: "registry.test:1", Registry: f,
		Jobs: f, Scan: f.scan, Secrets: &redact.Secrets{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	c := s.issue(Caller{Kind: "function", Name: "validate", Role: "role"})
	return s, f, aws.Config{
		Region:       "eu-west-1",
		BaseEndpoint: aws.String(s.URL()),
		Credentials:  credentials.NewStaticCredentialsProvider(c.id, c.secret, c.token),
	}
}

// A token is accepted by the registry, and known as a secret.
func TestToken(t *testing.T) {
	s, f, settings := start(t)
	out, err := ecr.NewFromConfig(settings).GetAuthorizationToken(t.Context(), &ecr.GetAuthorizationTokenInput{})
	if err != nil {
		t.Fatal(err)
	}
	token, err := base64.StdEncoding.DecodeString(*out.AuthorizationData[0].AuthorizationToken)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"validate " + string(token)}, f.passwords); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	_, password, _ := strings.Cut(string(token), ":")
	if _, found := s.options.Secrets.Text("x" + password); !found {
		t.Error("the password is not known as a secret")
	}
	if got := *out.AuthorizationData[0].ProxyEndpoint; got != "https://registry.test:1" {
		t.Errorf("proxy endpoint: got %s", got)
	}
}

func TestPutImage(t *testing.T) {
	_, f, settings := start(t)
	client := ecr.NewFromConfig(settings)
	out, err := client.PutImage(t.Context(), &ecr.PutImageInput{
		RepositoryName: aws.String("app"), ImageManifest: aws.String(`{"mediaType":"a/b"}`), ImageTag: aws.String("v1"),
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := *out.Image.ImageId.ImageDigest; len(got) != len("sha256:")+64 {
		t.Errorf("digest: got %s", got)
	}
	if diff := cmp.Diff([]string{`app|a/b|{"mediaType":"a/b"}||v1`}, f.put); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	f.refuse = &Error{"ImageAlreadyExistsException", "it exists"}
	_, err = client.PutImage(t.Context(),
		&ecr.PutImageInput{RepositoryName: aws.String("app"), ImageManifest: aws.String(`{"mediaType":"a/b"}`)})
	if code := apiCode(err); code != "ImageAlreadyExistsException" {
		t.Errorf("got %v, expected ImageAlreadyExistsException", err)
	}
	_, err = client.PutImage(t.Context(),
		&ecr.PutImageInput{RegistryId: aws.String("999988887777"), RepositoryName: aws.String("app"),
			ImageManifest: aws.String("{}")})
	if code := apiCode(err); code != "RepositoryNotFoundException" {
		t.Errorf("another account: got %v, expected RepositoryNotFoundException", err)
	}
}

func TestDescribeImages(t *testing.T) {
	_, f, settings := start(t)
	client := ecr.NewFromConfig(settings)
	describe := func(ids ...ecrtypes.ImageIdentifier) (*ecr.DescribeImagesOutput, error) {
		return client.DescribeImages(t.Context(),
			&ecr.DescribeImagesInput{RepositoryName: aws.String("app"), ImageIds: ids})
	}
	out, err := describe(ecrtypes.ImageIdentifier{ImageDigest: aws.String("sha256:a")},
		ecrtypes.ImageIdentifier{ImageTag: aws.String("v1")})
	if err != nil || len(out.ImageDetails) != 2 {
		t.Fatalf("got %+v, %v", out, err)
	}
	one := out.ImageDetails[1]
	got := []string{*one.RegistryId, *one.RepositoryName, *one.ImageDigest, strings.Join(one.ImageTags, " "),
		*one.ImageManifestMediaType, one.ImagePushedAt.UTC().Format(time.RFC3339)}
	if diff := cmp.Diff([]string{"111122223333", "app", "sha256:a", "latest v1", "a/b", "2026-09-21T14:13:20Z"},
		got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"app|sha256:a|", "app||v1"}, f.described); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, err := describe(); apiCode(err) != "InvalidParameterException" {
		t.Errorf("all images: got %v", err)
	}
	f.refuse = &Error{"ImageNotFoundException", "it isn't there"}
	_, err = describe(ecrtypes.ImageIdentifier{ImageTag: aws.String("v1")})
	if apiCode(err) != "ImageNotFoundException" {
		t.Errorf("got %v", err)
	}
}

func TestScansAreAnsweredByDigest(t *testing.T) {
	_, f, settings := start(t)
	client := ecr.NewFromConfig(settings)
	f.scans = map[string]Scan{"sha256:a": {Status: "COMPLETE", Counts: map[string]int{"HIGH": 2}},
		"sha256:b": {Status: "FAILED", Description: "UnsupportedImageError"}}
	describe := func(id ecrtypes.ImageIdentifier) (*ecr.DescribeImageScanFindingsOutput, error) {
		return client.DescribeImageScanFindings(t.Context(),
			&ecr.DescribeImageScanFindingsInput{RepositoryName: aws.String("app"), ImageId: &id})
	}
	out, err := describe(ecrtypes.ImageIdentifier{ImageDigest: aws.String("sha256:a")})
	if err != nil || out.ImageScanFindings.FindingSeverityCounts["HIGH"] != 2 ||
		out.ImageScanStatus.Status != ecrtypes.ScanStatusComplete {
		t.Errorf("%+v, %v", out, err)
	}
	out, err = describe(ecrtypes.ImageIdentifier{ImageDigest: aws.String("sha256:b")})
	if err != nil || *out.ImageScanStatus.Description != "UnsupportedImageError" {
		t.Errorf("%+v, %v", out, err)
	}
	_, err = describe(ecrtypes.ImageIdentifier{ImageDigest: aws.String("sha256:c")})
	if apiCode(err) != "ScanNotFoundException" {
		t.Errorf("an image that was not scanned: %v", err)
	}
	_, err = describe(ecrtypes.ImageIdentifier{ImageTag: aws.String("latest")})
	if apiCode(err) != "InvalidParameterException" {
		t.Errorf("a tag: %v", err)
	}
}

func apiCode(err error) string {
	var e smithy.APIError
	if errors.As(err, &e) {
		return e.ErrorCode()
	}
	return ""
}

const job = "11111111-2222-3333-4444-555555555555"

func TestJobSuccess(t *testing.T) {
	tests := map[string]struct {
		in   codepipeline.PutJobSuccessResultInput
		code string
	}{
		"variables": {codepipeline.PutJobSuccessResultInput{JobId: aws.String(job),
			OutputVariables: map[string]string{"digest": "sha256:x", "a@b-c_d": "1"}}, ""},
		"continuation": {codepipeline.PutJobSuccessResultInput{JobId: aws.String(job),
			ContinuationToken: aws.String("again")}, ""},
		"both": {codepipeline.PutJobSuccessResultInput{JobId: aws.String(job),
			ContinuationToken: aws.String("again"), OutputVariables: map[string]string{"a": "b"}},
			"ValidationException"},
		"bad key": {codepipeline.PutJobSuccessResultInput{JobId: aws.String(job),
			OutputVariables: map[string]string{"a.b": "1"}}, "ValidationException"},
		"bad id": {codepipeline.PutJobSuccessResultInput{JobId: aws.String("job")}, "ValidationException"},
		"too large": {codepipeline.PutJobSuccessResultInput{JobId: aws.String(job),
			OutputVariables: map[string]string{"a": strings.Repeat("x", 122881)}},
			"OutputVariablesSizeExceededException"},
		"long token": {codepipeline.PutJobSuccessResultInput{JobId: aws.String(job),
			ContinuationToken: aws.String(strings.Repeat("x", 2049))}, "ValidationException"},
		"without results": {codepipeline.PutJobSuccessResultInput{JobId: aws.String(job)}, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, f, settings := start(t)
			_, err := codepipeline.NewFromConfig(settings).PutJobSuccessResult(t.Context(), &test.in)
			if got := apiCode(err); got != test.code {
				t.Fatalf("got %v, expected %q", err, test.code)
			}
			if accepted := len(f.successes) == 1; accepted != (test.code == "") {
				t.Errorf("reported %d times", len(f.successes))
			}
		})
	}
}

func TestJobFailure(t *testing.T) {
	tests := map[string]struct {
		kind    types.FailureType
		message string
		code    string
	}{
		"failed":        {types.FailureTypeJobFailed, "no arm64", ""},
		"empty message": {types.FailureTypeJobFailed, "", "ValidationException"},
		"long message":  {types.FailureTypeJobFailed, strings.Repeat("x", 5001), "ValidationException"},
		"unknown type":  {"Other", "x", "ValidationException"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, f, settings := start(t)
			_, err := codepipeline.NewFromConfig(settings).PutJobFailureResult(t.Context(),
				&codepipeline.PutJobFailureResultInput{
					JobId:          aws.String(job),
					FailureDetails: &types.FailureDetails{Type: test.kind, Message: aws.String(test.message)},
				})
			if got := apiCode(err); got != test.code {
				t.Fatalf("got %v, expected %q", err, test.code)
			}
			if accepted := len(f.failures) == 1; accepted != (test.code == "") {
				t.Errorf("reported %d times", len(f.failures))
			}
		})
	}
}

func TestOtherCallsAreRefusedByName(t *testing.T) {
	s, _, settings := start(t)
	_, err := ecr.NewFromConfig(settings).DescribeRepositories(t.Context(), nil)
	if err == nil || !strings.Contains(err.Error(), "DescribeRepositories") ||
		!strings.Contains(err.Error(), "function validate") {
		t.Errorf("got %v, expected the call and the caller to be named", err)
	}
	calls := s.Calls()
	if len(calls) != 1 || calls[0].Operation != "DescribeRepositories" ||
		calls[0].Code != "UnknownOperationException" || calls[0].Caller.Role != "role" {
		t.Errorf("calls: got %+v", calls)
	}
}

// Unsigned and foreign requests are refused.
func TestForeignRequests(t *testing.T) {
	s, _, settings := start(t)
	request, err := http.NewRequest(http.MethodPost, s.URL(), strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-Amz-Target", "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if got := answer.Header.Get("X-Amzn-ErrorType"); got != "MissingAuthenticationTokenException" {
		t.Errorf("unsigned: got %s", got)
	}
	settings.Credentials = credentials.NewStaticCredentialsProvider("ASIAOTHER", "secret", "token")
	_, err = ecr.NewFromConfig(settings).GetAuthorizationToken(t.Context(), &ecr.GetAuthorizationTokenInput{})
	if got := apiCode(err); got != "UnrecognizedClientException" {
		t.Errorf("foreign: got %v", err)
	}
}

// The credentials of containers need their token.
func TestContainerCredentials(t *testing.T) {
	s, _, _ := start(t)
	env := map[string]string{}
	for _, pair := range s.ContainerEnvironment(Caller{Kind: "build", Name: "b"}) {
		name, value, _ := strings.Cut(pair, "=")
		env[name] = value
	}
	for token, want := range map[string]int{
		"":                                       http.StatusForbidden,
		env["AWS_CONTAINER_AUTHORIZATION_TOKEN"]: http.StatusOK,
	} {
		request, err := http.NewRequestWithContext(context.Background(), http.MethodGet,
			env["AWS_CONTAINER_CREDENTIALS_FULL_URI"], nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", token)
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != want {
			t.Errorf("token %q: got %d, expected %d", token, answer.StatusCode, want)
		}
	}
}

func TestMain(m *testing.M) {
	// The settings of the person at the machine are none of a test's.
	os.Setenv("AWS_CONFIG_FILE", filepath.Join(os.TempDir(), "none"))
	os.Exit(m.Run())
}
