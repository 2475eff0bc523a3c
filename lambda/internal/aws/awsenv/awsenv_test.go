package awsenv_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ecr"

	"archway/lambda/internal/aws/awsenv"
	"archway/lambda/internal/fixture"
)

func environment(t *testing.T, without string) {
	t.Helper()
	for name, value := range map[string]string{
		"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "", "AWS_ACCESS_KEY_ID": "AKID",
		"AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "session",
	} {
		if name == without {
			value = ""
		}
		t.Setenv(name, value)
	}
}

func TestLoadTakesWhatLambdaSets(t *testing.T) {
	environment(t, "")
	cfg, err := awsenv.Load()
	if err != nil {
		t.Fatal(err)
	}
	credentials, err := cfg.Credentials.Retrieve(t.Context())
	if err != nil || cfg.Region != "eu-west-1" || credentials.AccessKeyID != "AKID" ||
		credentials.SessionToken != "session" {
		t.Errorf("region %q, key %q, error %v", cfg.Region, credentials.AccessKeyID, err)
	}
}

func TestLoadFindsEndpoints(t *testing.T) {
	for _, variable := range []string{"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_ECR"} {
		t.Run(variable, func(t *testing.T) {
			environment(t, "")
			t.Setenv(variable, fixture.ServeAWS(t).URL)
			cfg, err := awsenv.Load()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := ecr.NewFromConfig(cfg).GetAuthorizationToken(t.Context(), nil); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestLoadNamesWhatIsMissing(t *testing.T) {
	for _, variable := range []string{"AWS_REGION", "AWS_ACCESS_KEY_ID"} {
		t.Run(variable, func(t *testing.T) {
			environment(t, variable)
			if _, err := awsenv.Load(); err == nil || !strings.Contains(err.Error(), variable) {
				t.Errorf("error %v, want one that names %s", err, variable)
			}
		})
	}
}
