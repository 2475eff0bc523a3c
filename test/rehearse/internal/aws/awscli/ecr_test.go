package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"archway/test/rehearse/internal/aws/endpoint"
	"archway/test/rehearse/internal/report/redact"
)

// registry notes what it is told.
type registry struct {
	password string
	pushed   string
	refuse   error
}

func (r *registry) Authorize(_ endpoint.Caller, _, password string) { r.password = password }

func (r *registry) PutImage(repository, mediaType string, manifest []byte, digest, tag string) error {
	r.pushed = strings.Join([]string{repository, mediaType, string(manifest), digest, tag}, "|")
	return r.refuse
}

func (r *registry) DescribeImage(string, string, string) (endpoint.Image, error) {
	return endpoint.Image{}, r.refuse
}

// serve starts the rehearsal's AWS endpoint, and makes it this process's.
func serve(t *testing.T) *registry {
	t.Helper()
	r := &registry{}
	endpointOf(t, endpoint.Options{Registry: r})
	return r
}

func endpointOf(t *testing.T, options endpoint.Options) {
	t.Helper()
	options.Account, options.Region, options.RegistryHost, options.Secrets = "111122223333", "eu-west-1", "host",
		&redact.Secrets{}
	s, err := endpoint.Start(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	for _, pair := range append(s.ContainerEnvironment(endpoint.Caller{Kind: "build", Name: "b"}),
		"AWS_ENDPOINT_URL="+s.URL(), "AWS_REGION=eu-west-1", "AWS_EC2_METADATA_DISABLED=true",
		"AWS_CONFIG_FILE="+os.DevNull, "AWS_SHARED_CREDENTIALS_FILE="+os.DevNull,
		"AWS_ACCESS_KEY_ID=", "AWS_SECRET_ACCESS_KEY=", "AWS_SESSION_TOKEN=", "AWS_PROFILE=", "AWS_CA_BUNDLE=",
	) {
		name, value, _ := strings.Cut(pair, "=")
		t.Setenv(name, value)
	}
}

// The login password is the one that the registry accepts.
func TestLoginPassword(t *testing.T) {
	r := serve(t)
	var out, problems bytes.Buffer
	if code := run(t.Context(), []string{"ecr", "get-login-password"}, &out, &problems); code != 0 {
		t.Fatalf("got %d: %s", code, problems.String())
	}
	if got := strings.TrimSpace(out.String()); got == "" || got != r.password {
		t.Errorf("got %q, expected %q", got, r.password)
	}
}

func TestPutImageAnswersAsTheCLIDoes(t *testing.T) {
	r := serve(t)
	file := filepath.Join(t.TempDir(), "index.json")
	if err := os.WriteFile(file, []byte(`{"manifests":[]}`), 0o644); err != nil {
		t.Fatal(err)
	}
	arguments := []string{"ecr", "put-image", "--registry-id", "111122223333", "--repository-name", "app",
		"--image-manifest", "file://" + file, "--image-manifest-media-type", "application/x", "--image-digest",
		"sha256:x"}
	var out, problems bytes.Buffer
	if code := run(t.Context(), arguments, &out, &problems); code != 0 {
		t.Fatalf("got %d: %s", code, problems.String())
	}
	if want := `app|application/x|{"manifests":[]}|sha256:x|`; r.pushed != want {
		t.Errorf("got %s, expected %s", r.pushed, want)
	}
	var answer struct {
		Image struct {
			ImageID struct {
				ImageDigest string `json:"imageDigest"`
			} `json:"imageId"`
		} `json:"image"`
	}
	if err := json.Unmarshal(out.Bytes(), &answer); err != nil ||
		!strings.HasPrefix(answer.Image.ImageID.ImageDigest, "sha256:") {
		t.Errorf("got %s, %v", out.String(), err)
	}
	r.refuse = &endpoint.Error{Code: "ImageAlreadyExistsException", Message: "it exists"}
	problems.Reset()
	code := run(t.Context(), arguments, &out, &problems)
	want := "An error occurred (ImageAlreadyExistsException) when calling the PutImage operation: it exists"
	if code != exitService || !strings.Contains(problems.String(), want) {
		t.Errorf("got %d, %q, expected %q", code, problems.String(), want)
	}
}

func TestNoCredentialsIsNoServiceError(t *testing.T) {
	serve(t)
	t.Setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "")
	var problems bytes.Buffer
	if code := run(t.Context(), []string{"ecr", "get-login-password"}, &bytes.Buffer{}, &problems); code != exitOther ||
		problems.Len() == 0 {
		t.Errorf("got %d, %q", code, problems.String())
	}
}
