package constructs

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodebuild"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

var (
	// secretLocation is what rule "secret" of spec allows, in its parts.
	secretLocation = regexp.MustCompile(
		`^(arn:[^:]+:secretsmanager:[^:]*:[^:]*:secret:)?([A-Za-z0-9/_+=.@-]+)(:[A-Za-z0-9/_+=.@-]+)?$`)
	// fullARN ends in what Secrets Manager appends to a name.
	fullARN = regexp.MustCompile(`-[A-Za-z0-9]{6}$`)
)

// buildSecrets are the secrets of a build in the form in which CodeBuild takes them.
type buildSecrets struct {
	// names are the environment variables, by the secrets' names.
	names map[string]string

	variables  map[string]*awscodebuild.BuildEnvironmentVariable
	statements []awsiam.PolicyStatement
}

// environment says which variable holds which secret; nil if there are none.
func (s buildSecrets) environment() *string {
	if len(s.names) == 0 {
		return nil
	}
	return jsonObject(s.names)
}

// newBuildSecrets has CodeBuild fetch the secrets before a build, as environment variables. That is
// safer than a call of the buildspec: CodeBuild masks their values in the log whatever prints them,
// refuses to export them to the pipeline, and fails the build before its first command if it may
// not read one. The build's only untrusted part, the Dockerfile, doesn't see the environment.
func newBuildSecrets(scope constructs.Construct, secrets map[string]BuildSecret) buildSecrets {
	made := buildSecrets{names: map[string]string{}, variables: map[string]*awscodebuild.BuildEnvironmentVariable{}}
	for i, id := range slices.Sorted(maps.Keys(secrets)) {
		secret := secrets[id]
		name := fmt.Sprintf("MOUNT_%d", i+1) // an id may hold what a variable's name can't
		made.names[id] = name
		if secret.ParameterStore != "" {
			made.variables[name] = &awscodebuild.BuildEnvironmentVariable{
				Type: awscodebuild.BuildEnvironmentVariableType_PARAMETER_STORE, Value: secret.ParameterStore,
			}
			made.statements = append(made.statements,
				allow([]*string{parameterARN(scope, secret.ParameterStore)}, "ssm:GetParameters"))
			made.statements = append(made.statements, decryptStatements("ssm", secret.KMSKey)...)
			continue
		}
		made.variables[name] = &awscodebuild.BuildEnvironmentVariable{
			Type: awscodebuild.BuildEnvironmentVariableType_SECRETS_MANAGER, Value: secret.SecretsManager,
		}
		made.statements = append(made.statements,
			allow([]*string{secretARN(scope, secret.SecretsManager)}, "secretsmanager:GetSecretValue"))
		made.statements = append(made.statements, decryptStatements("secretsmanager", secret.KMSKey)...)
	}
	return made
}

func parameterARN(scope constructs.Construct, name string) *string {
	return awscdk.Stack_Of(scope).FormatArn(&awscdk.ArnComponents{
		Service: jsii.String("ssm"), Resource: jsii.String("parameter"),
		ResourceName: jsii.String(strings.TrimPrefix(name, "/")),
	})
}

// secretARN is the ARN of exactly this secret. Secrets Manager ends it in a hyphen and six
// characters, which a name lacks.
// https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_examples.html
func secretARN(scope constructs.Construct, location string) *string {
	m := secretLocation.FindStringSubmatch(location)
	prefix, name := m[1], m[2]
	if prefix != "" {
		if !fullARN.MatchString(name) {
			name += "-??????"
		}
		return jsii.String(prefix + name)
	}
	return awscdk.Stack_Of(scope).FormatArn(&awscdk.ArnComponents{
		Service: jsii.String("secretsmanager"), Resource: jsii.String("secret"),
		ResourceName: jsii.String(name + "-??????"),
		ArnFormat:    awscdk.ArnFormat_COLON_RESOURCE_NAME,
	})
}

// decryptStatements let a role use a key through the service that keeps a secret, and for nothing
// else.
func decryptStatements(service, keyARN string) []awsiam.PolicyStatement {
	if keyARN == "" {
		return nil
	}
	return []awsiam.PolicyStatement{awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Actions:    jsii.Strings("kms:Decrypt"),
		Resources:  jsii.Strings(keyARN),
		Conditions: &map[string]any{"StringEquals": map[string]any{"kms:ViaService": through(service)}},
	})}
}
