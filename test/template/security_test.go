package template_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
)

var all = []string{asCommitted, secondOne, everything, ruled, shop, nightly, previews}

type part struct {
	id         string
	properties map[string]any
}

// partsOf are the resources of a type.
func partsOf(t *testing.T, stack, resourceType string) []part {
	t.Helper()
	var parts []part
	for id, r := range template(t, stack)["Resources"].(map[string]any) {
		r := r.(map[string]any)
		if r["Type"] == resourceType {
			properties, _ := r["Properties"].(map[string]any)
			parts = append(parts, part{id, properties})
		}
	}
	return parts
}

func TestEverythingThatLastsHasALimit(t *testing.T) {
	for resourceType, limits := range map[string][]string{
		"AWS::Logs::LogGroup":            {"RetentionInDays"},
		"AWS::CodeBuild::Project":        {"TimeoutInMinutes", "QueuedTimeoutInMinutes"},
		"AWS::Lambda::Function":          {"Timeout"},
		"AWS::Lambda::EventInvokeConfig": {"MaximumEventAgeInSeconds", "MaximumRetryAttempts"},
		"AWS::SQS::Queue":                {"MessageRetentionPeriod"},
		"AWS::ECR::Repository":           {"LifecyclePolicy"},
		"AWS::S3::Bucket":                {"LifecycleConfiguration"},
	} {
		found := 0
		for _, stack := range all {
			for _, p := range partsOf(t, stack, resourceType) {
				found++
				for _, limit := range limits {
					name, _ := p.properties["RepositoryName"].(string)
					if limit == "LifecyclePolicy" && stack == everything && !strings.HasPrefix(name, "staging/") {
						continue // its images are signed: TestSignedReleasesStay
					}
					if p.properties[limit] == nil {
						t.Errorf("%s: %s has no %s", stack, p.id, limit)
					}
				}
			}
		}
		if found == 0 {
			t.Errorf("no template has a resource of the type %s", resourceType)
		}
	}
	for _, stack := range all {
		for _, p := range partsOf(t, stack, "AWS::S3::Bucket") {
			if rules := asJSON(p.properties["LifecycleConfiguration"]); !strings.Contains(rules,
				`"ExpirationInDays"`) || !strings.Contains(rules, `"Status":"Enabled"`) {
				t.Errorf("%s: objects of %s never expire: %s", stack, p.id, rules)
			}
		}
		for _, p := range partsOf(t, stack, "AWS::Events::Rule") {
			// A schedule starts again by itself.
			if targets := asJSON(p.properties["Targets"]); p.properties["ScheduleExpression"] == nil &&
				!strings.Contains(targets, "MaximumEventAgeInSeconds") {
				t.Errorf("%s: %s tries its targets without end: %s", stack, p.id, targets)
			}
		}
	}
}

// encrypted are the properties that name a key, by the type of what it encrypts.
var encrypted = map[string]string{
	"AWS::ECR::Repository":        "EncryptionConfiguration",
	"AWS::Logs::LogGroup":         "KmsKeyId",
	"AWS::S3::Bucket":             "BucketEncryption",
	"AWS::SNS::Topic":             "KmsMasterKeyId",
	"AWS::CodePipeline::Pipeline": "ArtifactStore",
}

// One key encrypts everything if it is configured.
func TestOneKey(t *testing.T) {
	keys := partsOf(t, everything, "AWS::KMS::Key")
	if len(keys) != 1 {
		t.Fatalf("%d keys, want 1", len(keys))
	}
	if keys[0].properties["EnableKeyRotation"] != true {
		t.Error("the key is never renewed")
	}
	for resourceType, property := range encrypted {
		parts := partsOf(t, everything, resourceType)
		if len(parts) == 0 {
			t.Errorf("nothing is of the type %s", resourceType)
		}
		for _, p := range parts {
			if got := asJSON(p.properties[property]); !strings.Contains(got,
				`{"Fn::GetAtt":["`+keys[0].id+`","Arn"]}`) {
				t.Errorf("%s of %s doesn't name the key: %s", property, p.id, got)
			}
		}
	}
}

// No key is made or named unless it is configured.
func TestNoKey(t *testing.T) {
	for _, stack := range []string{asCommitted, ruled} {
		if keys := partsOf(t, stack, "AWS::KMS::Key"); len(keys) != 0 {
			t.Errorf("%s has a key: %v", stack, keys)
		}
		for resourceType, property := range encrypted {
			for _, p := range partsOf(t, stack, resourceType) {
				if got := asJSON(p.properties[property]); strings.Contains(got, "Kms") || property != "ArtifactStore" &&
					strings.Contains(got, "Arn") {
					t.Errorf("%s: %s of %s names a key: %s", stack, property, p.id, got)
				}
			}
		}
	}
}

var secretName = regexp.MustCompile(`(?i)passw|secret|token|credential|private|api_?key`)

// Whoever may look at a project, a function or a pipeline reads its environment. CloudFormation
// would also put a secret there that a template only refers to ({{resolve:secretsmanager:…}}), and
// a parameter shows its value to everybody.
func TestNoEnvironmentHoldsASecret(t *testing.T) {
	for _, stack := range all {
		variables := 0
		for _, p := range partsOf(t, stack, "AWS::CodeBuild::Project") {
			for _, v := range p.properties["Environment"].(map[string]any)["EnvironmentVariables"].([]any) {
				variables++
				v := v.(map[string]any)
				// The value of another type says where CodeBuild finds the secret.
				if v["Type"] == "PLAINTEXT" && secretName.MatchString(v["Name"].(string)) &&
					v["Name"] != "BUILD_SECRETS" {
					t.Errorf("%s: the environment of %s has %s of type %s", stack, p.id, v["Name"], v["Type"])
				}
			}
		}
		for _, p := range partsOf(t, stack, "AWS::Lambda::Function") {
			environment, _ := p.properties["Environment"].(map[string]any)
			of, _ := environment["Variables"].(map[string]any)
			for name := range of {
				variables++
				if secretName.MatchString(name) {
					t.Errorf("%s: the environment of %s has %s", stack, p.id, name)
				}
			}
		}
		if variables == 0 {
			t.Errorf("%s has no environment at all", stack)
		}
		walk(template(t, stack), nil, func(path []string, text string) {
			if strings.Contains(text, "{{resolve:") {
				t.Errorf("%s: %s has CloudFormation read a secret: %s", stack, strings.Join(path, "."), text)
			}
		})
	}
}

// asJSON is a value of a template as JSON.
func asJSON(value any) string {
	data, _ := json.Marshal(value)
	return string(data)
}
