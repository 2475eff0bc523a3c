package config_test

import (
	"strings"
	"testing"
)

// Names that AWS would refuse are reported.
func TestWrongNames(t *testing.T) {
	const pipelineRule = `CodePipeline takes names of at most 100 characters, and CloudFormation, for the stack of the same name, only letters, digits and hyphens, beginning with a letter: use one such as "hello-go"`
	const imageRule = `an image's name has 1 to 64 lower-case letters, digits, hyphens and underscores, beginning with a letter or digit, because CodePipeline's actions and variables are named after it: use one such as "hello-go"`
	const registryRule = `ECR takes names of 2 to 256 characters, of which "staging/" takes 8, lower-case letters and digits joined by single ".", "_" and "-", in parts separated by "/": use one such as "team/hello-go"`
	const stagingRule = `images wait for their validation in repositories called "staging/…", which neither it nor its beginning may be, because ECR's replication filters are beginnings of names`
	const sourceRule = `CodeCommit takes names of 1 to 100 letters, digits, periods, underscores and hyphens: use one such as "hello-go"`
	const argRule = `a build argument is named like a variable, with letters, digits and "_", not beginning with a digit: use the name that stands after ARG`
	const labelRule = `a label is named with at most 128 letters, digits, ".", "_", "/" and "-", beginning and ending with a letter or digit: use one such as "com.example.team"`
	check(t, []problemTest{
		{
			"pipeline: a space",
			`{"pipelines": [{"name": "hello go", "images": [{"name": "hello"}]}]}`,
			[]string{
				`archway.pipelines[0].name: "hello go": ` + pipelineRule,
			},
		},
		{
			"pipeline: a digit first",
			`{"pipelines": [{"name": "1hello", "images": [{"name": "hello"}]}]}`,
			[]string{
				`archway.pipelines[0].name: "1hello": ` + pipelineRule,
			},
		},
		{
			"pipeline: a period",
			`{"pipelines": [{"name": "hello.go", "images": [{"name": "hello"}]}]}`,
			[]string{
				`archway.pipelines[0].name: "hello.go": ` + pipelineRule,
			},
		},
		{
			"pipeline: empty",
			`{"pipelines": [{"name": "", "images": [{"name": "hello"}]}]}`,
			[]string{
				`archway.pipelines[0].name: "": ` + pipelineRule,
			},
		},
		{
			"pipeline: too long",
			`{"pipelines": [{"name": "` + strings.Repeat("h", 101) + `", "images": [{"name": "hello"}]}]}`,
			[]string{
				`archway.pipelines[0].name: "` + strings.Repeat("h", 99) + `…: ` + pipelineRule,
			},
		},
		{
			"image: capitals",
			`{"pipelines": [{"name": "hello", "images": [{"name": "Hello"}]}]}`,
			[]string{
				`archway.pipelines[0].images[0].name: "Hello": ` + imageRule,
			},
		},
		{
			"image: a slash",
			`{"pipelines": [{"name": "hello", "images": [{"name": "a/b"}]}]}`,
			[]string{
				`archway.pipelines[0].images[0].name: "a/b": ` + imageRule,
			},
		},
		{
			"image: too long",
			`{"pipelines": [{"name": "hello", "images": [{"name": "` + strings.Repeat("h", 65) + `"}]}]}`,
			[]string{
				`archway.pipelines[0].images[0].name: "` + strings.Repeat("h", 65) + `": ` + imageRule,
			},
		},
		{
			"ECR: capitals",
			imageWith(`"repository": "Team/hello"`),
			[]string{
				`archway.pipelines[0].images[0].repository: "Team/hello": ` + registryRule,
			},
		},
		{
			"ECR: one character",
			imageWith(`"repository": "h"`),
			[]string{
				`archway.pipelines[0].images[0].repository: "h": ` + registryRule,
			},
		},
		{
			"ECR: two separators",
			imageWith(`"repository": "team//hello"`),
			[]string{
				`archway.pipelines[0].images[0].repository: "team//hello": ` + registryRule,
			},
		},
		{
			"ECR: too long",
			imageWith(`"repository": "` + strings.Repeat("h", 249) + `"`),
			[]string{
				`archway.pipelines[0].images[0].repository: "` + strings.Repeat("h", 99) + `…: ` + registryRule,
			},
		},
		{
			"ECR: among the staging repositories",
			`{"pipelines": [{"name": "stag", "images": [{"name": "a"}, {"name": "b", "repository": "staging"}, {"name": "c", "repository": "staging/a"}, {"name": "d", "repository": "stage"}, {"name": "e", "repository": "st"}]},
				{"name": "Staging", "images": [{"name": "web"}]}]}`,
			[]string{
				`archway.pipelines[0].images[1].repository: "staging": ` + stagingRule +
					`: use one such as "team/hello-go"`,
				`archway.pipelines[0].images[2].repository: "staging/a": ` + stagingRule +
					`: use one such as "team/hello-go"`,
				`archway.pipelines[0].images[4].repository: "st": ` + stagingRule + `: use one such as "team/hello-go"`,
				`archway.pipelines[1].images[0].repository: "staging": follows from the names of the pipeline and the image, but ` +
					stagingRule + `: set it, for example to "team/hello-go"`,
			},
		},
		{
			"ECR: a default that does not fit",
			`{"pipelines": [{"name": "h-", "images": [{"name": "a--b"}, {"name": "ok", "repository": "ok"}]}]}`,
			[]string{
				`archway.pipelines[0].images[0].repository: "h-/a--b": follows from the names of the pipeline and the image, but ECR takes names of 2 to 256 characters, of which "staging/" takes 8, lower-case letters and digits joined by single ".", "_" and "-", in parts separated by "/": set it, for example to "team/hello-go"`,
			},
		},
		{
			"CodeCommit: a slash",
			sourceWith(`"repository": "team/hello"`),
			[]string{
				`archway.pipelines[0].source.repository: "team/hello": ` + sourceRule,
			},
		},
		{
			"CodeCommit: .git",
			sourceWith(`"repository": "hello.git"`),
			[]string{
				`archway.pipelines[0].source.repository: "hello.git": CodeCommit takes no name that ends in .git: leave ".git" off`,
			},
		},
		{
			"CodeCommit: empty",
			sourceWith(`"repository": ""`),
			[]string{
				`archway.pipelines[0].source.repository: "": ` + sourceRule,
			},
		},
		{
			"CodeCommit: too long",
			sourceWith(`"repository": "` + strings.Repeat("h", 101) + `"`),
			[]string{
				`archway.pipelines[0].source.repository: "` + strings.Repeat("h", 99) + `…: ` + sourceRule,
			},
		},
		{
			"target",
			imageWith(`"target": "my stage"`),
			[]string{
				`archway.pipelines[0].images[0].target: "my stage": a stage of a Dockerfile is named with letters, digits, "_", "." and "-": use the name that stands after AS`,
			},
		},
		{
			"build argument",
			imageWith(`"buildArgs": {"A-B": "1", "1A": ""}`),
			[]string{
				`archway.pipelines[0].images[0].buildArgs.1A: ` + argRule,
				`archway.pipelines[0].images[0].buildArgs.A-B: ` + argRule,
			},
		},
		{
			"label",
			imageWith(`"labels": {"a=b": "1", ".a": ""}`),
			[]string{
				`archway.pipelines[0].images[0].labels[".a"]: ` + labelRule,
				`archway.pipelines[0].images[0].labels["a=b"]: ` + labelRule,
			},
		},
	})
}
