package login

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/google/go-containerregistry/pkg/authn"
)

// host matches the names of ECR registries: <account>.dkr.ecr.<region>.<suffix>, its FIPS form, and
// the dual-stack form <account>.dkr-ecr.<region>.on.aws. The suffix differs between partitions.
var host = regexp.MustCompile(`^[0-9]{12}\.dkr[.-]ecr(?:-fips)?\.([a-z]{2}[a-z0-9-]*-[0-9]+)\.[a-z0-9.-]+(?::[0-9]+)?$`)

// ErrNoECR says that a registry is not ECR's, so that no ECR token may be sent to it.
var ErrNoECR = errors.New("not a registry of Amazon ECR")

// Token gets a token for the registry at this host. It is valid for twelve hours and for every
// registry that the role may use.
func Token(ctx context.Context, cfg aws.Config, registry string) (authn.Authenticator, error) {
	match := host.FindStringSubmatch(registry)
	if match == nil {
		return nil, fmt.Errorf("%w: %q, expected <account>.dkr.ecr.<region>.<suffix>", ErrNoECR, registry)
	}
	// A token is valid in the Region that gave it, so it is asked for in that of the registry.
	client := ecr.NewFromConfig(cfg, func(o *ecr.Options) { o.Region = match[1] })
	out, err := client.GetAuthorizationToken(ctx, &ecr.GetAuthorizationTokenInput{})
	if err != nil {
		return nil, fmt.Errorf("get a token for %s: %w", registry, err)
	}
	if len(out.AuthorizationData) == 0 {
		return nil, fmt.Errorf("get a token for %s: ECR returned none", registry)
	}
	user, password, err := decode(aws.ToString(out.AuthorizationData[0].AuthorizationToken))
	if err != nil {
		return nil, fmt.Errorf("get a token for %s: %w", registry, err)
	}
	return authn.FromConfig(authn.AuthConfig{Username: user, Password: password}), nil
}

// decode takes a token apart: base64 of user:password. Its content never appears in an error.
func decode(token string) (user, password string, err error) {
	plain, err := base64.StdEncoding.DecodeString(token)
	if err != nil {
		return "", "", errors.New("ECR's token is not base64")
	}
	user, password, ok := strings.Cut(string(plain), ":")
	if !ok || user == "" || password == "" {
		return "", "", errors.New("ECR's token holds no user and password")
	}
	return user, password, nil
}
