package constructs_test

import (
	"strings"
	"testing"

	archway "archway/constructs"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/google/go-cmp/cmp"
)

var secretBuild = stack("SecretBuild", func(stack awscdk.Stack) {
	registry := archway.NewRepositories(stack, "Registry", &archway.RepositoriesProps{RepositoryName: "app"})
	archway.NewNativeBuild(stack, "Amd64", &archway.NativeBuildProps{
		Platform:   archway.AMD64,
		Repository: registry.Staging,
		Artifacts:  archway.NewArtifacts(stack, "Artifacts", nil).Bucket,
		SourceURL:  "https://git.example.test/app",
		Secrets: map[string]archway.BuildSecret{
			"npmrc":   {SecretsManager: "build/npm:token"},
			"ca.pem":  {ParameterStore: "/build/ca", KMSKey: "arn:aws:kms:eu-west-1:111122223333:key/1"},
			"full":    {SecretsManager: "arn:aws:secretsmanager:eu-west-1:111122223333:secret:full-AbCdEf"},
			"partial": {SecretsManager: "arn:aws:secretsmanager:eu-west-1:111122223333:secret:partial"},
		},
	})
})

// Secrets are named in the environment and fetched by CodeBuild.
func TestSecretsOfBuilds(t *testing.T) {
	got := map[string]string{}
	for _, v := range environment(t, secretBuild, "Amd64Project")["EnvironmentVariables"].([]any) {
		v := v.(map[string]any)
		if name := v["Name"].(string); strings.HasPrefix(name, "MOUNT_") || name == "BUILD_SECRETS" {
			got[name] = v["Type"].(string) + " " + plain(v["Value"])
		}
	}
	want := map[string]string{
		"BUILD_SECRETS": `PLAINTEXT {"ca.pem":"MOUNT_1","full":"MOUNT_2","npmrc":"MOUNT_3","partial":"MOUNT_4"}`,
		"MOUNT_1":       "PARAMETER_STORE /build/ca",
		"MOUNT_2":       "SECRETS_MANAGER arn:aws:secretsmanager:eu-west-1:111122223333:secret:full-AbCdEf",
		"MOUNT_3":       "SECRETS_MANAGER build/npm:token",
		"MOUNT_4":       "SECRETS_MANAGER arn:aws:secretsmanager:eu-west-1:111122223333:secret:partial",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestBuildMayReadExactlyItsSecrets(t *testing.T) {
	var got []string
	for _, permission := range permissions(t, secretBuild, "Amd64Role") {
		if strings.HasPrefix(permission, "secretsmanager:") || strings.HasPrefix(permission, "ssm:") ||
			strings.HasPrefix(permission, "kms:") {
			got = append(got, permission)
		}
	}
	want := []string{
		"kms:Decrypt on arn:aws:kms:eu-west-1:111122223333:key/1",
		"secretsmanager:GetSecretValue on arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:build/npm-??????",
		"secretsmanager:GetSecretValue on arn:aws:secretsmanager:eu-west-1:111122223333:secret:full-AbCdEf",
		"secretsmanager:GetSecretValue on arn:aws:secretsmanager:eu-west-1:111122223333:secret:partial-??????",
		"ssm:GetParameters on arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter/build/ca",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	role := plain(resources(t, secretBuild, "AWS::IAM::Role")["Amd64Role"].Properties["Policies"])
	if !strings.Contains(role, "kms:ViaService") {
		t.Errorf("the key is not for Systems Manager alone: %s", role)
	}
}

func TestSecretsSayWhereTheyAreKept(t *testing.T) {
	err := (&archway.NativeBuildProps{Platform: archway.AMD64, Secrets: map[string]archway.BuildSecret{
		"a b":  {SecretsManager: "x"},
		"both": {SecretsManager: "x", ParameterStore: "y"},
		"many": {SecretsManager: "x:y:z:"},
		"none": {},
		"path": {ParameterStore: "a//b"},
	}}).Validate()
	for _, want := range []string{
		`Secrets["a b"]: a secret's name has 1 to 64 letters`,
		`Secrets["both"]: give either "secretsManager" or "parameterStore"`,
		`Secrets["many"].SecretsManager is "x:y:z:"`,
		`Secrets["none"]: give either`,
		`Secrets["path"].ParameterStore is "a//b"`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v lacks %q", err, want)
		}
	}
}
