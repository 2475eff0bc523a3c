package config_test

import "testing"

// Values that are not allowed are reported.
func TestWrongValues(t *testing.T) {
	const platformRule = `CodeBuild builds natively only on x86_64 and arm64: use "linux/amd64" or "linux/arm64"`
	const timeoutRule = `CodeBuild takes no less than 5 minutes, and CodePipeline ends a build after 8 hours: use 5 to 480`
	check(t, []problemTest{
		{
			"PARALLEL",
			pipelineWith(`"executionMode": "PARALLEL"`),
			[]string{
				`archway.pipelines[0].executionMode: "PARALLEL": in this mode CodePipeline builds the newest commit of the branch instead of the one that was pushed, and can't roll a stage back: use "QUEUED" or "SUPERSEDED"`,
			},
		},
		{
			"execution mode",
			pipelineWith(`"executionMode": "queued"`),
			[]string{
				`archway.pipelines[0].executionMode: "queued": use "QUEUED" or "SUPERSEDED"`,
			},
		},
		{
			"base images",
			imageWith(`"baseImages": "PINNED"`),
			[]string{
				`archway.pipelines[0].images[0].baseImages: "PINNED": use "report" or "pinned"`,
			},
		},
		{
			"encryption",
			pipelineWith(`"encryption": "customer-managed"`),
			[]string{
				`archway.pipelines[0].encryption: "customer-managed": use "AWS_MANAGED" or "CUSTOMER_MANAGED"`,
			},
		},
		{
			"removal policy",
			pipelineWith(`"removalPolicy": "SNAPSHOT"`),
			[]string{
				`archway.pipelines[0].removalPolicy: "SNAPSHOT": use "RETAIN" or "DESTROY"`,
			},
		},
		{
			"platform",
			imageWith(`"platforms": ["linux/ppc64le", "windows/amd64", "arm64", ""]`),
			[]string{
				`archway.pipelines[0].images[0].platforms[0]: "linux/ppc64le": ` + platformRule,
				`archway.pipelines[0].images[0].platforms[1]: "windows/amd64": ` + platformRule,
				`archway.pipelines[0].images[0].platforms[2]: "arm64": ` + platformRule,
				`archway.pipelines[0].images[0].platforms[3]: "": ` + platformRule,
			},
		},
		{
			"platform in another spelling",
			imageWith(`"platforms": ["linux/aarch64", "linux/arm64/v8"]`),
			[]string{
				`archway.pipelines[0].images[0].platforms[0]: "linux/aarch64": is another spelling of "linux/arm64": use that`,
				`archway.pipelines[0].images[0].platforms[1]: "linux/arm64/v8": is another spelling of "linux/arm64": use that`,
			},
		},
		{
			"no platform",
			imageWith(`"platforms": []`),
			[]string{
				`archway.pipelines[0].images[0].platforms: []: is empty: list "linux/amd64" or "linux/arm64", or both`,
			},
		},
		{
			"compute",
			imageWith(`"builds": {"amd64": {"compute": "HUGE"}}`),
			[]string{
				`archway.pipelines[0].images[0].builds.amd64.compute: "HUGE": use "SMALL", "MEDIUM", "LARGE", "XLARGE" or "2XLARGE"`,
			},
		},
		{
			"timeouts",
			imageWith(`"builds": {"amd64": {"timeoutMinutes": 4}, "arm64": {"timeoutMinutes": 481}}`),
			[]string{
				`archway.pipelines[0].images[0].builds.amd64.timeoutMinutes: 4: ` + timeoutRule,
				`archway.pipelines[0].images[0].builds.arm64.timeoutMinutes: 481: ` + timeoutRule,
			},
		},
		{
			"a machine for a platform that is not built",
			imageWith(`"platforms": ["linux/amd64"], "builds": {"arm64": {"compute": "LARGE"}}`),
			[]string{
				`archway.pipelines[0].images[0].builds.arm64: the image is not built for arm64: remove this, or add "linux/arm64" to its platforms`,
			},
		},
		{
			"BuildKit image",
			imageWith(`"buildkitImage": "moby/BuildKit:v1"`),
			[]string{
				`archway.pipelines[0].images[0].buildkitImage: "moby/BuildKit:v1": is no reference of an image (invalid reference format: repository name (moby/BuildKit) must be lowercase): use one such as "docker.io/moby/buildkit:v0.31.1"`,
			},
		},
		{
			"BuildKit image without tag",
			imageWith(`"buildkitImage": "moby/buildkit"`),
			[]string{
				`archway.pipelines[0].images[0].buildkitImage: "moby/buildkit": has neither tag nor digest, so that builds could change by themselves: use one such as "docker.io/moby/buildkit:v0.31.1"`,
			},
		},
		{
			"a seed for an existing repository",
			sourceWith(`"existing": true, "seed": "testdata/seed"`),
			[]string{
				`archway.pipelines[0].source.seed: "testdata/seed": an existing repository has its own files: remove "seed", or "existing" if the stack is to create the repository`,
			},
		},
		{
			"labels that Archway sets",
			imageWith(`"labels": {"org.opencontainers.image.created": "now", "org.opencontainers.image.revision": "1", "org.opencontainers.image.source": "x", "org.opencontainers.image.title": "good"}`),
			[]string{
				`archway.pipelines[0].images[0].labels["org.opencontainers.image.revision"]: "1": Archway sets this label itself, from the commit: remove it`,
				`archway.pipelines[0].images[0].labels["org.opencontainers.image.source"]: "x": Archway sets this label itself, from the commit: remove it`,
				`archway.pipelines[0].images[0].labels["org.opencontainers.image.created"]: "now": Archway sets this label itself, from the commit: remove it`,
			},
		},
		{
			"build arguments that BuildKit sets",
			imageWith(`"buildArgs": {"TARGETARCH": "amd64", "VERSION": "1"}`),
			[]string{
				`archway.pipelines[0].images[0].buildArgs.TARGETARCH: "amd64": BuildKit sets this one for each platform, and another value could put the wrong program into an image: remove it`,
			},
		},
	})
}
