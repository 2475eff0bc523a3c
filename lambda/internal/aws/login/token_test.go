package login_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/authn"

	"archway/lambda/internal/aws/login"
	"archway/lambda/internal/fixture"
)

func config(endpoint string) aws.Config {
	return aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String(endpoint), RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("AKID", "secret", ""),
	}
}

func TestTokenTakesTheTokenApart(t *testing.T) {
	endpoint := fixture.ServeAWS(t)
	for _, host := range []string{
		"111122223333.dkr.ecr.eu-west-1.amazonaws.com",
		"111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn",
		"111122223333.dkr.ecr-fips.us-gov-west-1.amazonaws.com",
		"111122223333.dkr-ecr.eu-west-1.on.aws",
		"111122223333.dkr.ecr.eu-west-1.archway.test:5443",
	} {
		t.Run(host, func(t *testing.T) {
			auth, err := login.Token(t.Context(), config(endpoint.URL), host)
			if err != nil {
				t.Fatal(err)
			}
			got, err := auth.Authorization()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&authn.AuthConfig{Username: fixture.User, Password: fixture.Password},
				got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A token opens every registry that the role may use: it must not reach a host that anybody could
// have named.
func TestTokenGetsNoTokenForOtherHosts(t *testing.T) {
	endpoint := fixture.ServeAWS(t)
	for _, host := range []string{"ghcr.io", "localhost:5000", "111122223333.dkr.ecr.eu-west-1",
		"evil.example/111122223333.dkr.ecr.eu-west-1.amazonaws.com", "1.dkr.ecr.eu-west-1.amazonaws.com"} {
		if _, err := login.Token(t.Context(), config(endpoint.URL), host); !errors.Is(err, login.ErrNoECR) {
			t.Errorf("%s: error %v, want %v", host, err, login.ErrNoECR)
		}
	}
}

func TestTokenAsksInTheRegistrysRegion(t *testing.T) {
	var authorization string
	endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		authorization = r.Header.Get("Authorization")
	}))
	defer endpoint.Close()
	_, _ = login.Token(t.Context(), config(endpoint.URL), "111122223333.dkr.ecr.eu-west-1.amazonaws.com")
	if !strings.Contains(authorization, "/eu-west-1/ecr/") {
		t.Errorf("signed for %q, want eu-west-1", authorization)
	}
}

// An error tells what is wrong without the token.
func TestTokenErrors(t *testing.T) {
	for name, answer := range map[string]string{
		"none":        `{"authorizationData":[]}`,
		"no base64":   `{"authorizationData":[{"authorizationToken":"se-cret!"}]}`,
		"no password": `{"authorizationData":[{"authorizationToken":"c2UtY3JldA=="}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			endpoint := httptest.NewServer(
				http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(answer)) }))
			defer endpoint.Close()
			_, err := login.Token(t.Context(), config(endpoint.URL), "111122223333.dkr.ecr.eu-west-1.amazonaws.com")
			if err == nil || strings.Contains(err.Error(), "cret") {
				t.Errorf("error %v", err)
			}
		})
	}
	endpoint := fixture.ServeAWS(t)
	endpoint.Refuse("GetAuthorizationToken", "AccessDeniedException")
	if _, err := login.Token(t.Context(), config(endpoint.URL),
		"111122223333.dkr.ecr.eu-west-1.amazonaws.com"); err == nil ||
		!strings.Contains(err.Error(), "AccessDeniedException") {
		t.Errorf("error %v", err)
	}
}
