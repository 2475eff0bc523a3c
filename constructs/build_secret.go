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

// BuildSecret says where a secret is kept that a Dockerfile may mount. One of SecretsManager and ParameterStore is required.
type BuildSecret struct {
	// SecretsManager is the name or the ARN of a secret in AWS Secrets Manager and, if the secret is a JSON object, after a
	// colon the key whose value is wanted.
	SecretsManager string

	// ParameterStore is the name of a parameter of AWS Systems Manager.
	ParameterStore string

	// KMSKeyARN is the customer-managed key that encrypts the secret.
	// Default: the key of AWS that the service uses by itself.
	KMSKeyARN string
}

var (
	buildSecretID  = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$`)
	secretLocation = regexp.MustCompile(`^(arn:[^:]+:secretsmanager:[^:]*:[^:]*:secret:)?([A-Za-z0-9/_+=.@-]+)(:[A-Za-z0-9/_+=.@-]+)?$`)
	parameterName  = regexp.MustCompile(`^/?[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*$`)
	// fullARN ends in what Secrets Manager appends to a name.
	fullARN = regexp.MustCompile(`-[A-Za-z0-9]{6}$`)
)

func buildSecretProblems(secrets map[string]BuildSecret) []error {
	var errs []error
	for _, id := range slices.Sorted(maps.Keys(secrets)) {
		prop, secret := fmt.Sprintf("Secrets[%q]", id), secrets[id]
		if !buildSecretID.MatchString(id) {
			errs = append(errs, wrong(prop, "is no name for a secret: give 1 to 64 letters, digits, and the characters . _ -"))
		}
		switch {
		case (secret.SecretsManager == "") == (secret.ParameterStore == ""):
			errs = append(errs, wrong(prop, "needs one of SecretsManager and ParameterStore: it says where the secret is kept"))
		case secret.SecretsManager != "" && !secretLocation.MatchString(secret.SecretsManager):
			errs = append(errs, wrong(prop+".SecretsManager", "is %q: give a name or an ARN and, after a colon, a key of the secret if it is a JSON object", secret.SecretsManager))
		case secret.ParameterStore != "" && !parameterName.MatchString(secret.ParameterStore):
			errs = append(errs, wrong(prop+".ParameterStore", "is %q: give a name such as \"/build/npmrc\"", secret.ParameterStore))
		}
	}
	return errs
}

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

// newBuildSecrets has CodeBuild fetch the secrets before a build, as environment variables. That is safer than a call of the
// buildspec: CodeBuild masks their values in the log whatever prints them, refuses to export them to the pipeline, and fails the
// build before its first command if it may not read one. The build's only untrusted part, the Dockerfile, doesn't see the
// environment.
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
			made.statements = append(made.statements, allow([]*string{parameterARN(scope, secret.ParameterStore)}, "ssm:GetParameters"))
			made.statements = append(made.statements, mayDecrypt("ssm", secret.KMSKeyARN)...)
			continue
		}
		made.variables[name] = &awscodebuild.BuildEnvironmentVariable{
			Type: awscodebuild.BuildEnvironmentVariableType_SECRETS_MANAGER, Value: secret.SecretsManager,
		}
		made.statements = append(made.statements, allow([]*string{secretARN(scope, secret.SecretsManager)}, "secretsmanager:GetSecretValue"))
		made.statements = append(made.statements, mayDecrypt("secretsmanager", secret.KMSKeyARN)...)
	}
	return made
}

func parameterARN(scope constructs.Construct, name string) *string {
	return awscdk.Stack_Of(scope).FormatArn(&awscdk.ArnComponents{
		Service: jsii.String("ssm"), Resource: jsii.String("parameter"), ResourceName: jsii.String(strings.TrimPrefix(name, "/")),
	})
}

// secretARN is the ARN of exactly this secret. Secrets Manager ends it in a hyphen and six characters, which a name lacks.
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
		Service: jsii.String("secretsmanager"), Resource: jsii.String("secret"), ResourceName: jsii.String(name + "-??????"),
		ArnFormat: awscdk.ArnFormat_COLON_RESOURCE_NAME,
	})
}

// mayDecrypt lets a role use a key through the service that keeps a secret, and for nothing else.
func mayDecrypt(service, keyARN string) []awsiam.PolicyStatement {
	if keyARN == "" {
		return nil
	}
	return []awsiam.PolicyStatement{awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Actions:    jsii.Strings("kms:Decrypt"),
		Resources:  jsii.Strings(keyARN),
		Conditions: &map[string]any{"StringEquals": map[string]any{"kms:ViaService": through(service)}},
	})}
}
