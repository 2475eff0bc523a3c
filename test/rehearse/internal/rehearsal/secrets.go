package rehearsal

import (
	"crypto/rand"
	"strings"

	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"

	"archway/test/rehearse/internal/aws/codebuild"
	"archway/test/rehearse/internal/aws/endpoint"
)

// secret is what a build's variable stands for. Nothing real is known here: each
// secret gets a value of its own, made up when it is first asked for.
func (r *Rehearsal) secret(build, role string, v codebuild.Variable) (string, error) {
	need := endpoint.Need{Action: "ssm:GetParameters",
		Resource: arn("ssm", "parameter/"+strings.TrimPrefix(v.Value, "/"))}
	if v.Type == codebuild.SecretsManager {
		need = endpoint.Need{Action: "secretsmanager:GetSecretValue", Resource: secretARN(v.Value)}
	}
	if err := r.allow(endpoint.Caller{Kind: "build", Name: build, Role: role}, need); err != nil {
		return "", err
	}
	return r.BuildSecret(v.Type, v.Value), nil
}

// secretARN is the ARN of the secret that a variable names: its name and, perhaps, a
// key, a stage and a version. Secrets Manager appends six characters to the name.
// https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html#build-spec.env.secrets-manager
func secretARN(location string) string {
	if secret, err := awsarn.Parse(location); err == nil {
		kind, rest, _ := strings.Cut(secret.Resource, ":")
		name, _, _ := strings.Cut(rest, ":")
		secret.Resource = kind + ":" + name
		return secret.String()
	}
	name, _, _ := strings.Cut(location, ":")
	return arn("secretsmanager", "secret:"+name+"-a1B2c3")
}

// BuildSecret is the made-up value of a secret or a parameter, by the type of the
// variable that asks for it and by what it asks for.
func (r *Rehearsal) BuildSecret(kind, location string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := kind + " " + strings.TrimPrefix(location, "/")
	if r.secretValues[key] == "" {
		r.secretValues[key] = "made-up-" + rand.Text()
	}
	return r.secretValues[key]
}
