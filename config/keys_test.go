package config_test

import "testing"

// Unknown keys are reported with the nearest known one.
func TestUnknownKeys(t *testing.T) {
	check(t, []problemTest{
		{
			"at the top",
			`{"pipelnes": [], "pipelines": [{"name": "hello", "images": [{"name": "hello"}]}]}`,
			[]string{
				`archway.pipelnes: unknown key: did you mean "pipelines"?`,
			},
		},
		{
			"in a pipeline",
			pipelineWith(`"excutionMode": "QUEUED", "Source": {}`),
			[]string{
				`archway.pipelines[0].Source: unknown key: did you mean "source"?`,
				`archway.pipelines[0].excutionMode: unknown key: did you mean "executionMode"?`,
			},
		},
		{
			"in a source",
			sourceWith(`"repo": "hello", "url": "x"`),
			[]string{
				`archway.pipelines[0].source.repo: unknown key: did you mean "repository"?`,
				`archway.pipelines[0].source.url: unknown key: use "repository", "existing", "branch" or "seed"`,
			},
		},
		{
			"in an image",
			imageWith(`"dockerFile": "x", "build-args": {}, "timeout": 5`),
			[]string{
				`archway.pipelines[0].images[0].build-args: unknown key: did you mean "buildArgs"?`,
				`archway.pipelines[0].images[0].dockerFile: unknown key: did you mean "dockerfile"?`,
				`archway.pipelines[0].images[0].timeout: unknown key: use "name", "repository", "context", "dockerfile", "target", "buildArgs", "baseImages", "sbom", "secrets", "labels", "platforms", "tags", "validation", "scanGate", "smokeTest", "builds" or "buildkitImage"`,
			},
		},
		{
			"in tags",
			imageWith(`"tags": {"mutable": ["latest"]}`),
			[]string{
				`archway.pipelines[0].images[0].tags.mutable: unknown key: did you mean "immutable"?`,
			},
		},
		{
			"in builds",
			imageWith(`"builds": {"arm": {}, "x86_64": {}}`),
			[]string{
				`archway.pipelines[0].images[0].builds.arm: unknown key: did you mean "arm64"?`,
				`archway.pipelines[0].images[0].builds.x86_64: unknown key: use "amd64" or "arm64"`,
			},
		},
		{
			"in a build",
			imageWith(`"builds": {"arm64": {"size": "LARGE"}}`),
			[]string{
				`archway.pipelines[0].images[0].builds.arm64.size: unknown key: use "compute" or "timeoutMinutes"`,
			},
		},
		{
			"in a validation",
			imageWith(`"validation": {"platforms": [], "provenance": true, "downgrades": {}}`),
			[]string{
				`archway.pipelines[0].images[0].validation.downgrades: unknown key: did you mean "downgrade"?`,
				`archway.pipelines[0].images[0].validation.platforms: unknown key: use "allowedPlatforms", "downgrade", "requireProvenance", "requireSBOM" or "deep"`,
				`archway.pipelines[0].images[0].validation.provenance: unknown key: use "allowedPlatforms", "downgrade", "requireProvenance", "requireSBOM" or "deep"`,
			},
		},
		{
			"in a downgrade",
			imageWith(`"validation": {"downgrade": {"rootfs": {"severity": "info", "reason": "x", "why": "y"}}}`),
			[]string{
				`archway.pipelines[0].images[0].validation.downgrade.rootfs.why: unknown key: use "severity" or "reason"`,
			},
		},
		{
			"in a drift check",
			pipelineWith(`"driftCheck": {"schedule": "rate(1 day)", "mail": "a@example.com"}`),
			[]string{
				`archway.pipelines[0].driftCheck.mail: unknown key: use "schedule"`,
			},
		},
		{
			"in notifications",
			pipelineWith(
				`"notifications": {"emails": ["a@example.com"], "slack": {"workspace": "T1", "chanel": "C1"}}`),
			[]string{
				`archway.pipelines[0].notifications.emails: unknown key: did you mean "email"?`,
				`archway.pipelines[0].notifications.slack.chanel: unknown key: did you mean "channel"?`,
				`archway.pipelines[0].notifications.slack.channel: is missing: a channel is known by its own id and by that of its workspace, so give both, or none`,
			},
		},
		{
			"with a name that is no word",
			pipelineWith(`"a key": 1`),
			[]string{
				`archway.pipelines[0]["a key"]: unknown key: use "name", "source", "executionMode", "releaseWriters", "rollbackOnFailure", "approval", "removalPolicy", "encryption", "driftCheck", "notifications", "dashboard", "resourceTags", "images", "rules" or "classes"`,
			},
		},
	})
}
