package config

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"archway/internal/checks"
	"archway/internal/platform"

	"github.com/google/go-cmp/cmp"
	"github.com/invopop/jsonschema"
)

// The schema is made here, in a test, so that the library that makes it is part of no program.

var update = flag.Bool("update", false, "write cdk.schema.json anew")

func TestSchemaFollowsTheTypes(t *testing.T) {
	const file = "cdk.schema.json"
	want := schemaOfCDKJSON(t)
	if *update {
		if err := os.WriteFile(file, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s does not follow the types any more: run go generate ./config\n(-want +got)\n%s", file, diff)
	}
}

// Every key has a description, and every key that may be left out says what then happens.
func TestSchemaExplainsEveryKey(t *testing.T) {
	for name, definition := range schemaOfConfig(t).Definitions {
		for pair := definition.Properties.Oldest(); pair != nil; pair = pair.Next() {
			property := pair.Value
			if property.Description == "" && property.Ref == "" {
				t.Errorf("%s.%s has no comment", name, pair.Key)
			}
			optional := !slices.Contains(definition.Required, pair.Key)
			if optional && property.Ref == "" && property.Default == nil && !strings.Contains(property.Description, "Default: ") {
				t.Errorf("%s.%s may be left out, but neither it nor its comment has a default", name, pair.Key)
			}
		}
	}
}

// schemaOfCDKJSON gives the schema of a whole cdk.json. It leaves everything free but context → archway.
func schemaOfCDKJSON(t *testing.T) []byte {
	t.Helper()
	schema := schemaOfConfig(t)
	context := &jsonschema.Schema{Type: "object", Properties: jsonschema.NewProperties(), Required: []string{root}}
	context.Properties.Set(root, &jsonschema.Schema{Ref: "#/$defs/Config"})
	document := &jsonschema.Schema{
		Version:     schema.Version,
		Title:       "cdk.json of an Archway app",
		Description: "Made from the types in config/config.go by go generate ./config. Only context → archway is described; the rest is the CDK's.",
		Type:        "object",
		Properties:  jsonschema.NewProperties(),
		Required:    []string{"context"},
		Definitions: schema.Definitions,
	}
	document.Properties.Set("context", context)

	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(document); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// schemaOfConfig adds to what the types say what only the rules know.
func schemaOfConfig(t *testing.T) *jsonschema.Schema {
	t.Helper()
	reflector := jsonschema.Reflector{Anonymous: true, RequiredFromJSONSchemaTags: true}
	if err := reflector.AddGoComments("archway/config", "./", jsonschema.WithFullComment()); err != nil {
		t.Fatal(err)
	}
	for key, comment := range reflector.CommentMap {
		reflector.CommentMap[key] = strings.ReplaceAll(comment, "\n", " ")
	}
	schema := reflector.Reflect(&Config{})
	property := func(definition, key string) *jsonschema.Schema {
		p, ok := schema.Definitions[definition].Properties.Get(key)
		if !ok {
			t.Fatalf("the schema has no %s.%s", definition, key)
		}
		return p
	}

	for _, named := range []struct {
		definition, key string
		rule            nameRule
	}{
		{"Pipeline", "name", pipelineName},
		{"Source", "repository", sourceName},
		{"Image", "name", imageName},
		{"Image", "repository", registryName},
		{"Image", "target", targetName},
		{"Slack", "workspace", slackWorkspace},
		{"Slack", "channel", slackChannel},
		{"Rule", "name", ruleName},
		{"Rule", "class", className},
		{"Secret", "secretsManager", secretName},
		{"Secret", "parameterStore", parameterName},
		{"Secret", "kmsKey", keyARN},
		{"HTTPCheck", "path", requestPath},
		{"Approval", "email", mailAddress},
		{"Approval", "topic", topicARN},
		{"Approval", "topicKey", keyARN},
		{"Accepted", "id", vulnerabilityID},
		{"Accepted", "until", day},
		{"Signing", "profile", profileName},
		{"PullThrough", "prefix", cachePrefix},
		{"PullThrough", "credentials", cacheCredentials},
	} {
		named.rule.describe(property(named.definition, named.key))
	}
	for _, named := range []struct {
		definition, key string
		rule            nameRule
	}{{"Image", "buildArgs", buildArgName}, {"Image", "secrets", secretID}, {"Image", "labels", labelName}, {"Rule", "buildArgs", buildArgName}, {"Override", "buildArgs", buildArgName}} {
		property(named.definition, named.key).PropertyNames = &jsonschema.Schema{}
		named.rule.describe(property(named.definition, named.key).PropertyNames)
	}
	mailAddress.describe(property("Notifications", "email").Items)
	property("Notifications", "email").MaxItems, property("Notifications", "email").UniqueItems = ptr(uint64(maxEmails)), true
	principalARN.describe(property("Pipeline", "releaseWriters").Items)
	property("Pipeline", "releaseWriters").MaxItems, property("Pipeline", "releaseWriters").UniqueItems = ptr(uint64(maxReleaseWriters)), true
	property("Pipeline", "classes").PropertyNames = &jsonschema.Schema{}
	className.describe(property("Pipeline", "classes").PropertyNames)
	property("Class", "secrets").UniqueItems = true
	resourceTags := property("Pipeline", "resourceTags")
	resourceTags.MaxProperties, resourceTags.PropertyNames = ptr(uint64(maxTags)), &jsonschema.Schema{}
	tagKey.describe(resourceTags.PropertyNames)
	tagValue.describe(resourceTags.AdditionalProperties)
	property("Source", "branch").MinLength, property("Source", "branch").MaxLength = ptr(uint64(1)), ptr(uint64(maxBranch))
	property("Approval", "message").MaxLength = ptr(uint64(maxMessage))
	for _, key := range []string{"context", "dockerfile"} {
		property("Image", key).MinLength, property("Image", key).MaxLength = ptr(uint64(1)), ptr(uint64(maxPath))
	}
	property("Pipeline", "executionMode").Enum = anys(executionModes)
	property("Pipeline", "removalPolicy").Enum = anys(removalPolicies)
	property("Pipeline", "encryption").Enum = anys(encryptions)
	property("Image", "baseImages").Enum = anys(baseImages)
	property("Build", "compute").Enum = anys(computes)
	property("SmokeTest", "compute").Enum = anys(computes)
	property("SmokeTest", "environment").PropertyNames = &jsonschema.Schema{}
	environmentName.describe(property("SmokeTest", "environment").PropertyNames)
	for _, bounds := range []struct {
		definition, key string
		least, most     int
	}{
		{"SmokeTest", "timeoutSeconds", 1, maxSmokeSeconds},
		{"SmokeTest", "exitCode", 0, maxExitCode},
		{"HTTPCheck", "port", 1, maxPort},
		{"HTTPCheck", "status", minStatus, maxStatus},
		{"Approval", "timeoutMinutes", minApprovalMinutes, maxApprovalMinutes},
		{"ScanGate", "critical", 0, maxFindings},
		{"ScanGate", "high", 0, maxFindings},
		{"ScanGate", "medium", 0, maxFindings},
		{"ScanGate", "low", 0, maxFindings},
		{"ScanGate", "timeoutMinutes", 1, maxScanMinutes},
	} {
		number := property(bounds.definition, bounds.key)
		number.Minimum, number.Maximum = json.Number(strconv.Itoa(bounds.least)), json.Number(strconv.Itoa(bounds.most))
	}
	property("PullThrough", "upstream").Enum = anys(upstreams)
	property("Rule", "type").Enum = anys(refTypes)
	property("Rule", "exact").MaxLength = ptr(uint64(maxBranch))
	property("Pipeline", "rules").MinItems, property("Pipeline", "rules").MaxItems = ptr(uint64(1)), ptr(uint64(maxRules))
	for _, definition := range []string{"Image", "Rule", "Override"} {
		property(definition, "platforms").Items.Enum = anys(platform.All())
		property(definition, "platforms").UniqueItems = true
		property(definition, "platforms").MinItems = ptr(uint64(1))
	}
	property("Downgrade", "severity").Enum = anys(severities)
	property("Downgrade", "reason").MinLength, property("Downgrade", "reason").MaxLength = ptr(uint64(1)), ptr(uint64(maxReason))
	property("Validation", "downgrade").PropertyNames = &jsonschema.Schema{Enum: anys(slices.DeleteFunc(slices.Clone(checks.Names), func(name string) bool {
		return slices.Contains(checks.Firm, name)
	}))}
	property("Validation", "allowedPlatforms").UniqueItems = true
	property("DriftCheck", "schedule").Pattern = "^$|" + ratePattern.String() + "|" + cronPattern.String()
	timeout := property("Build", "timeoutMinutes")
	timeout.Minimum, timeout.Maximum = json.Number(strconv.Itoa(minTimeout)), json.Number(strconv.Itoa(maxTimeout))

	for _, list := range [][2]string{{"Config", "pipelines"}, {"Pipeline", "images"}} {
		property(list[0], list[1]).MinItems = ptr(uint64(1))
	}
	for _, key := range []string{"immutable", "moving"} {
		property("Tags", key).UniqueItems = true
		// The form only: Load knows more.
		property("Tags", key).Items.Pattern = `^(?:[A-Za-z0-9._-]|\{(?:commit(?::[0-9]+)?|date:[^{}]+|[A-Za-z_][A-Za-z0-9_]*)\})+$`
	}

	builds := property("Image", "builds")
	build := builds.AdditionalProperties
	builds.AdditionalProperties = jsonschema.FalseSchema
	builds.Properties = jsonschema.NewProperties()
	for _, p := range platform.All() {
		builds.Properties.Set(p.Arch(), build)
	}

	addDefaults(t, property)
	property("HTTPCheck", "port").Default = nil // it is required
	return schema
}

// addDefaults asks Load what a configuration becomes that says nothing.
func addDefaults(t *testing.T, property func(definition, key string) *jsonschema.Schema) {
	t.Helper()
	cfg, err := Load(json.RawMessage(`{"pipelines":[{"name":"hello","images":[{"name":"hello"}]}]}`), ".")
	if err != nil {
		t.Fatal(err)
	}
	pipeline := cfg.Pipelines[0]
	image := pipeline.Images[0]
	// These follow from other names; their comments say how.
	pipeline.Name, pipeline.Source.Repository, image.Name, image.Repository = "", "", "", ""
	for _, value := range []any{pipeline, pipeline.Source, image, image.Tags, image.Validation, image.Builds[platform.AMD64.Arch()], defaultSmokeTest(), defaultHTTPCheck(), defaultApproval(), defaultScanGate(), defaultSigning(), defaultSBOM(), defaultClass()} {
		v := reflect.ValueOf(value)
		for i := range v.NumField() {
			key := jsonKey(v.Type().Field(i))
			switch field := v.Field(i); {
			case key == "-" || key == "images" || key == "rules" || field.Kind() == reflect.Struct || field.Kind() == reflect.Pointer:
			case field.Kind() == reflect.Map && field.Len() == 0 || field.Kind() == reflect.String && field.Len() == 0:
			default:
				property(v.Type().Name(), key).Default = field.Interface()
			}
		}
	}
}

func (r nameRule) describe(schema *jsonschema.Schema) {
	schema.Pattern = r.pattern.String()
	if r.least > 0 {
		schema.MinLength = ptr(uint64(r.least))
	}
	schema.MaxLength = ptr(uint64(r.most))
}

func ptr[T any](value T) *T { return &value }

func anys[T any](values []T) []any {
	list := make([]any, len(values))
	for i, value := range values {
		list[i] = value
	}
	return list
}
