package config_test

import (
	"encoding/json"
	"testing"

	"archway/config"
	"archway/internal/platform"
	"archway/internal/spec"

	"github.com/google/go-cmp/cmp"
)

// noValidation is the validation of an image that says nothing about it.
var noValidation = spec.Validation{AllowedPlatforms: []string{}, Downgrade: map[string]spec.Downgrade{}}

// planned is what a pipeline without rules comes to.
func planned(filters map[string][]string, p config.Pipeline) config.Planned {
	return config.Planned{
		Pipeline: p, Promotes: true, StagingDays: 14,
		Filters: filters, ImageWarnings: map[string][]string{}, Settings: map[string]map[string]config.Settings{},
	}
}

func TestLoadFillsInEveryDefault(t *testing.T) {
	got := load(t, `{"pipelines": [{"name": "hello", "images": [{"name": "web"}]}]}`)
	build := spec.Build{Compute: spec.Medium, TimeoutMinutes: 60}
	want := &config.Plan{Pipelines: []config.Planned{planned(map[string][]string{"web": {"latest", "main"}},
		config.Pipeline{
			Name:           "hello",
			Source:         config.Source{Repository: "hello", Branch: "main"},
			ExecutionMode:  config.Queued,
			RemovalPolicy:  config.Retain,
			Encryption:     config.AWSManaged,
			Notifications:  config.Notifications{Email: []string{}},
			ReleaseWriters: []string{},
			ResourceTags:   map[string]string{},
			Images: []config.Image{{
				Name:       "web",
				Repository: "hello",
				Context:    ".",
				Dockerfile: "Dockerfile",
				BuildArgs:  map[string]string{},
				BaseImages: config.ReportBaseImages,
				Secrets:    map[string]spec.Secret{},
				Labels:     map[string]string{},
				Platforms:  []platform.Platform{platform.AMD64, platform.ARM64},
				Tags: config.Tags{
					Immutable: []string{"{commit:12}"},
					Moving:    []string{"latest", "{branch}"},
				},
				Validation: noValidation,
				Builds:     map[string]spec.Build{"amd64": build, "arm64": build},
			}},
		})}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestLoadReadsEveryKey(t *testing.T) {
	t.Chdir("testdata")
	got := load(t, `{"pipelines": [
		{
			"name": "Shop",
			"source": {"repository": "shop.code", "existing": false, "branch": "release/1.0", "seed": "seed"},
			"executionMode": "SUPERSEDED",
			"removalPolicy": "DESTROY",
			"encryption": "CUSTOMER_MANAGED",
			"driftCheck": {"schedule": "rate(12 hours)"},
			"notifications": {"email": ["team+images@example.com", "x@y.example"], "slack": {"workspace": "T0", "channel": "C0"}},
			"dashboard": true,
			"releaseWriters": ["arn:aws:iam::111122223333:role/team/break-glass", "arn:aws-cn:iam::111122223333:user/a@example.com"],
			"resourceTags": {"Team": "shop", "cost center": ""},
			"images": [{
				"name": "web_1",
				"repository": "team/shop.web",
				"context": "./services/web/",
				"dockerfile": "docker/./Dockerfile.web",
				"target": "final",
				"buildArgs": {"VERSION": "1", "EMPTY": ""},
				"baseImages": "pinned",
				"sbom": {"generator": "example.com/scanner:1@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"},
				"secrets": {"npmrc": {"secretsManager": "build/npm:token"}, "ca.pem": {"parameterStore": "/build/ca", "kmsKey": "arn:aws:kms:eu-west-1:111122223333:key/1234abcd"}},
				"labels": {"com.example.team": "shop"},
				"platforms": ["linux/arm64"],
				"tags": {"immutable": ["v1-{commit:7}", "{commit}"], "moving": ["{branch}", "nightly-{date:20060102}"]},
				"validation": {
					"allowedPlatforms": ["linux/arm/v7", "windows/amd64"],
					"downgrade": {"config-parity": {"severity": "info", "reason": " arm64 needs a wrapper "}, "regression": {"severity": "warning", "reason": "amd64 is given up"}},
					"requireProvenance": true,
					"requireSBOM": true,
					"deep": false
				},
				"builds": {"arm64": {"compute": "2XLARGE", "timeoutMinutes": 480.0}},
				"buildkitImage": "docker.io/moby/buildkit:v0.25.1"
			}]
		},
		{
			"name": "other",
			"source": {"repository": "shop.code", "existing": true},
			"images": [{"name": "other", "tags": {"moving": []}}, {"name": "tool", "tags": {"immutable": []}, "builds": {"amd64": {"compute": "SMALL"}}}]
		}
	]}`)
	medium := spec.Build{Compute: spec.Medium, TimeoutMinutes: 60}
	platforms := []platform.Platform{platform.AMD64, platform.ARM64}
	want := &config.Plan{Pipelines: []config.Planned{
		planned(map[string][]string{"web_1": {"release-1.0", "nightly-*"}}, config.Pipeline{
			Name:          "Shop",
			Source:        config.Source{Repository: "shop.code", Branch: "release/1.0", Seed: "seed"},
			ExecutionMode: config.Superseded,
			RemovalPolicy: config.Destroy,
			Encryption:    config.CustomerManaged,
			DriftCheck:    config.DriftCheck{Schedule: "rate(12 hours)"},
			Notifications: config.Notifications{Email: []string{"team+images@example.com", "x@y.example"},
				Slack: config.Slack{Workspace: "T0", Channel: "C0"}},
			Dashboard: true,
			ReleaseWriters: []string{"arn:aws:iam::111122223333:role/team/break-glass",
				"arn:aws-cn:iam::111122223333:user/a@example.com"},
			ResourceTags: map[string]string{"Team": "shop", "cost center": ""},
			Images: []config.Image{{
				Name:       "web_1",
				Repository: "team/shop.web",
				Context:    "services/web",
				Dockerfile: "docker/Dockerfile.web",
				Target:     "final",
				BuildArgs:  map[string]string{"VERSION": "1", "EMPTY": ""},
				BaseImages: config.PinnedBaseImages,
				SBOM:       &config.SBOM{Generator: "example.com/scanner:1@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"},
				Secrets: map[string]spec.Secret{
					"npmrc":  {SecretsManager: "build/npm:token"},
					"ca.pem": {ParameterStore: "/build/ca", KMSKey: "arn:aws:kms:eu-west-1:111122223333:key/1234abcd"},
				},
				Labels:    map[string]string{"com.example.team": "shop"},
				Platforms: []platform.Platform{platform.ARM64},
				Tags: config.Tags{
					Immutable: []string{"v1-{commit:7}", "{commit}"},
					Moving:    []string{"{branch}", "nightly-{date:20060102}"},
				},
				Validation: spec.Validation{
					AllowedPlatforms: []string{"linux/arm/v7", "windows/amd64"},
					Downgrade: map[string]spec.Downgrade{
						"config-parity": {Severity: spec.Info, Reason: "arm64 needs a wrapper"},
						"regression":    {Severity: spec.Warning, Reason: "amd64 is given up"},
					},
					RequireProvenance: true,
					RequireSBOM:       true,
					Quick:             true,
				},
				Builds:        map[string]spec.Build{"arm64": {Compute: spec.XXLarge, TimeoutMinutes: 480}},
				BuildkitImage: "docker.io/moby/buildkit:v0.25.1",
			}},
		}),
		planned(map[string][]string{"other": {}, "tool": {"latest", "main"}}, config.Pipeline{
			Name:           "other",
			Source:         config.Source{Repository: "shop.code", Existing: true, Branch: "main"},
			ExecutionMode:  config.Queued,
			RemovalPolicy:  config.Retain,
			Encryption:     config.AWSManaged,
			Notifications:  config.Notifications{Email: []string{}},
			ReleaseWriters: []string{},
			ResourceTags:   map[string]string{},
			Images: []config.Image{
				{
					Name: "other", Repository: "other", Context: ".", Dockerfile: "Dockerfile",
					BuildArgs: map[string]string{}, BaseImages: config.ReportBaseImages,
					Secrets: map[string]spec.Secret{}, Labels: map[string]string{}, Platforms: platforms,
					Tags: config.Tags{Immutable: []string{"{commit:12}"}, Moving: []string{}}, Validation: noValidation,
					Builds: map[string]spec.Build{"amd64": medium, "arm64": medium},
				},
				{
					Name: "tool", Repository: "other/tool", Context: ".", Dockerfile: "Dockerfile",
					BuildArgs: map[string]string{}, BaseImages: config.ReportBaseImages,
					Secrets: map[string]spec.Secret{}, Labels: map[string]string{}, Platforms: platforms,
					Tags:       config.Tags{Immutable: []string{}, Moving: []string{"latest", "{branch}"}},
					Validation: noValidation,
					Builds: map[string]spec.Build{"amd64": {Compute: spec.Small, TimeoutMinutes: 60},
						"arm64": medium},
				},
			},
		}),
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// The names of the registry's repositories follow from the other names.
func TestRegistryNames(t *testing.T) {
	for _, test := range []struct {
		name, pipeline, images string
		want                   []string
	}{
		{"the only image", "Shop", `{"name": "web"}`, []string{"shop"}},
		{"an image named like the pipeline", "shop", `{"name": "shop"}, {"name": "web"}`, []string{"shop", "shop/web"}},
		{"several images", "shop", `{"name": "api"}, {"name": "web"}`, []string{"shop/api", "shop/web"}},
		{"an image with a name of its own", "shop", `{"name": "api", "repository": "api"}, {"name": "web"}`,
			[]string{"api", "shop/web"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			cfg := load(t, `{"pipelines": [{"name": "`+test.pipeline+`", "images": [`+test.images+`]}]}`)
			var got []string
			for _, image := range cfg.Pipelines[0].Images {
				got = append(got, image.Repository)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Platforms are always in the same order.
func TestPlatformOrder(t *testing.T) {
	cfg := load(t, imageWith(`"platforms": ["linux/arm64", "linux/amd64"]`))
	if diff := cmp.Diff(platform.All(), cfg.Pipelines[0].Images[0].Platforms); diff != "" {
		t.Error(diff)
	}
}

// The configuration reaches Load from the CDK decoded, from a file raw, and from the command line
// as text.
func TestLoadTakesEveryFormOfTheValue(t *testing.T) {
	const text = `{"pipelines": [{"name": "hello", "images": [{"name": "hello", "builds": {"arm64": {"timeoutMinutes": 30}}}]}]}`
	var decoded any
	if err := json.Unmarshal([]byte(text), &decoded); err != nil {
		t.Fatal(err)
	}
	option, err := json.Marshal(text) // cdk synth --context archway='{…}'
	if err != nil {
		t.Fatal(err)
	}
	want := load(t, text)
	for name, value := range map[string]any{
		"decoded": decoded,
		"bytes":   []byte(text),
		"text":    " " + text,
		"option":  json.RawMessage(option),
	} {
		t.Run(name, func(t *testing.T) {
			got, err := config.Load(value, ".")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Load says what to add if there is nothing.
func TestLoadWithoutConfiguration(t *testing.T) {
	const missing = `archway: is missing: add it to the context in cdk.json, such as "context": {"archway": {"pipelines": [{"name": "hello", "images": [{"name": "hello"}]}]}}`
	for name, test := range map[string]struct {
		value any
		want  string
	}{
		"no value":     {nil, missing},
		"no bytes":     {[]byte(" "), missing},
		"null":         {json.RawMessage("null"), missing},
		"half a value": {json.RawMessage(`{"pipelines":`), "archway: is no JSON: unexpected EOF"},
		"two values": {json.RawMessage(`{} {}`),
			"archway: is no JSON: there is more after the end of the value"},
		"a value with a tail": {json.RawMessage(`{} }`),
			"archway: is no JSON: there is more after the end of the value"},
		"no JSON value": {func() {}, "archway: is no JSON: json: unsupported type: func()"},
		"other text": {"hello",
			`archway: "hello": is a string where an object belongs: write it in braces, { … }`},
		"an empty object": {json.RawMessage("{}"),
			`archway.pipelines: is missing: list at least one pipeline, such as [{"name": "hello", "images": [{"name": "hello"}]}]`},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff([]string{test.want}, lines(config.Load(test.value, "."))); diff != "" {
				t.Error(diff)
			}
		})
	}
}
