package config_test

import (
	"strings"
	"testing"
)

// Wrong types and missing keys are reported.
func TestWrongTypes(t *testing.T) {
	check(t, []problemTest{
		{
			"pipelines is no list",
			`{"pipelines": {"name": "hello"}}`,
			[]string{
				`archway.pipelines: {"name":"hello"}: is an object where a list belongs: write it in brackets, [ … ]`,
			},
		},
		{
			"no pipelines",
			`{"pipelines": []}`,
			[]string{
				`archway.pipelines: []: is empty: list at least one pipeline, such as {"name": "hello", "images": [{"name": "hello"}]}`,
			},
		},
		{
			"a pipeline that is no object",
			`{"pipelines": ["hello"]}`,
			[]string{
				`archway.pipelines[0]: "hello": is a string where an object belongs: write it in braces, { … }`,
			},
		},
		{
			"a pipeline without anything",
			`{"pipelines": [{}]}`,
			[]string{
				`archway.pipelines[0].name: is missing: give the pipeline a name, such as "hello-go"`,
				`archway.pipelines[0].images: is missing: list at least one image, such as [{"name": "hello"}]`,
			},
		},
		{
			"images is no list",
			`{"pipelines": [{"name": "hello", "images": {"name": "hello"}}]}`,
			[]string{
				`archway.pipelines[0].images: {"name":"hello"}: is an object where a list belongs: write it in brackets, [ … ]`,
			},
		},
		{
			"no images",
			`{"pipelines": [{"name": "hello", "images": []}]}`,
			[]string{
				`archway.pipelines[0].images: []: is empty: list at least one image, such as {"name": "hello"}`,
			},
		},
		{
			"an image that is no object",
			`{"pipelines": [{"name": "hello", "images": [7]}]}`,
			[]string{
				`archway.pipelines[0].images[0]: 7: is a number where an object belongs: write it in braces, { … }`,
			},
		},
		{
			"an image without anything",
			`{"pipelines": [{"name": "hello", "images": [{}]}]}`,
			[]string{
				`archway.pipelines[0].images[0].name: is missing: give the image a name, such as "hello-go"`,
			},
		},
		{
			"a number for a string",
			`{"pipelines": [{"name": 7, "images": [{"name": true}]}]}`,
			[]string{
				`archway.pipelines[0].name: 7: is a number where a string belongs: write it in double quotes`,
				`archway.pipelines[0].images[0].name: true: is a boolean where a string belongs: write it in double quotes`,
			},
		},
		{
			"null for a string",
			sourceWith(`"branch": null`),
			[]string{
				`archway.pipelines[0].source.branch: null: is null where a string belongs: write it in double quotes, or remove it`,
			},
		},
		{
			"a string for a boolean",
			sourceWith(`"existing": "yes"`),
			[]string{
				`archway.pipelines[0].source.existing: "yes": is a string where a boolean belongs: write true or false, without quotes`,
			},
		},
		{
			"a source that is no object",
			pipelineWith(`"source": "hello"`),
			[]string{
				`archway.pipelines[0].source: "hello": is a string where an object belongs: write it in braces, { … }`,
			},
		},
		{
			"a string for a number",
			imageWith(`"builds": {"arm64": {"timeoutMinutes": "60"}}`),
			[]string{
				`archway.pipelines[0].images[0].builds.arm64.timeoutMinutes: "60": is a string where a number belongs: write a whole number without quotes`,
			},
		},
		{
			"a broken number",
			imageWith(`"builds": {"arm64": {"timeoutMinutes": 7.5}, "amd64": {"timeoutMinutes": 1e99}}`),
			[]string{
				`archway.pipelines[0].images[0].builds.amd64.timeoutMinutes: 1e99: is no whole number, or far too big: write a whole number without quotes`,
				`archway.pipelines[0].images[0].builds.arm64.timeoutMinutes: 7.5: is no whole number, or far too big: write a whole number without quotes`,
			},
		},
		{
			"a string for a list",
			imageWith(`"platforms": "linux/amd64", "tags": {"immutable": "v1"}`),
			[]string{
				`archway.pipelines[0].images[0].platforms: "linux/amd64": is a string where a list belongs: write it in brackets, [ … ]`,
				`archway.pipelines[0].images[0].tags.immutable: "v1": is a string where a list belongs: write it in brackets, [ … ]`,
			},
		},
		{
			"a list for an object",
			imageWith(`"labels": ["a=b"], "tags": ["latest"], "builds": []`),
			[]string{
				`archway.pipelines[0].images[0].labels: ["a=b"]: is a list where an object belongs: write it in braces, { … }`,
				`archway.pipelines[0].images[0].tags: ["latest"]: is a list where an object belongs: write it in braces, { … }`,
				`archway.pipelines[0].images[0].builds: []: is a list where an object belongs: write it in braces, { … }`,
			},
		},
		{
			"values that are no strings",
			imageWith(`"buildArgs": {"DEBUG": true, "LEVEL": 3}, "platforms": [1], "tags": {"moving": [null]}`),
			[]string{
				`archway.pipelines[0].images[0].buildArgs.DEBUG: true: is a boolean where a string belongs: write it in double quotes`,
				`archway.pipelines[0].images[0].buildArgs.LEVEL: 3: is a number where a string belongs: write it in double quotes`,
				`archway.pipelines[0].images[0].platforms[0]: 1: is a number where a string belongs: write it in double quotes`,
				`archway.pipelines[0].images[0].tags.moving[0]: null: is null where a string belongs: write it in double quotes, or remove it`,
			},
		},
		{
			"a character that ends a string in C",
			imageWith(`"target": "a\u0000b"`),
			[]string{
				`archway.pipelines[0].images[0].target: "a\u0000b": holds a NUL character, which nothing takes that it is passed to: remove it`,
			},
		},
		{
			"what CloudFormation or the CDK would replace",
			imageWith(`"buildArgs": {"TOKEN": "{{resolve:secretsmanager:build/npm}}"}, "labels": {"a": "${Token[TOKEN.1]}", "b": "${HOME} {{ x }}"}`),
			[]string{
				`archway.pipelines[0].images[0].buildArgs.TOKEN: "{{resolve:secretsmanager:build/npm}}": holds "{{resolve:", in whose place CloudFormation puts a value when it deploys, for everybody to read who may look at the resource: write the value itself; a secret for the build belongs under the image's "secrets"`,
				`archway.pipelines[0].images[0].labels.a: "${Token[TOKEN.1]}": holds "${Token[", by which the CDK marks values that it fills in: leave it out`,
			},
		},
		{
			"characters that nobody sees",
			imageWith(`"name": "hel\u200blo", "repository": "a\u00a0\u202eb", "target": "\ud83d\ude00\udb40\udc01"`),
			[]string{
				`archway.pipelines[0].images[0].name: "hel\u200blo": an image's name has 1 to 64 lower-case letters, digits, hyphens and underscores, beginning with a letter or digit, because CodePipeline's actions and variables are named after it: use one such as "hello-go"`,
				`archway.pipelines[0].images[0].repository: "a\u00a0\u202eb": ECR takes names of 2 to 256 characters, of which "staging/" takes 8, lower-case letters and digits joined by single ".", "_" and "-", in parts separated by "/": use one such as "team/hello-go"`,
				`archway.pipelines[0].images[0].target: "😀\udb40\udc01": a stage of a Dockerfile is named with letters, digits, "_", "." and "-": use the name that stands after AS`,
			},
		},
		{
			"images whose names can't be read, and are named by a rule",
			`{"pipelines": [{"name": "hello", "images": 7, "rules": [{"name": "r", "type": "branch", "exact": "main", "images": {"hello": {"noCache": 1}}}]}]}`,
			[]string{
				`archway.pipelines[0].images: 7: is a number where a list belongs: write it in brackets, [ … ]`,
				`archway.pipelines[0].rules[0].images.hello.noCache: 1: is a number where a boolean belongs: write true or false, without quotes`,
			},
		},
		{
			"a long value",
			pipelineWith(`"executionMode": {"x": "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy"}`),
			[]string{
				`archway.pipelines[0].executionMode: {"x":"` + strings.Repeat("y", 94) +
					`…: is an object where a string belongs: write it in double quotes`,
			},
		},
	})
}
