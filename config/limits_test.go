package config_test

import (
	"strings"
	"testing"
)

func TestLimitsOfAWSAreReported(t *testing.T) {
	check(t, []problemTest{
		{
			"build arguments",
			imageWith(`"buildArgs": {"A": "` + strings.Repeat("x", 4090) + `"}`),
			[]string{
				`archway.pipelines[0].images[0].buildArgs: {"A":"` + strings.Repeat("x", 94) +
					`…: has 4098 characters written as JSON, but CodeBuild takes at most 4096 in an environment variable: shorten or remove some`,
			},
		},
		{
			"labels",
			imageWith(`"labels": {"a": "` + strings.Repeat("x", 4090) + `"}`),
			[]string{
				`archway.pipelines[0].images[0].labels: {"a":"` + strings.Repeat("x", 94) +
					`…: has 4098 characters written as JSON, but CodeBuild takes at most 4096 in an environment variable: shorten or remove some`,
			},
		},
		{
			"actions of a stage",
			`{"pipelines": [{"name": "hello", "images": [` + images(26) + `]}]}`,
			[]string{
				`archway.pipelines[0].images: 26 images take 52 build actions, one for each platform, but CodePipeline takes at most 50 actions in a stage: move some to another pipeline of the same repository, {"name": "hello-2", "source": {"repository": "hello", "existing": true}, "images": […]}; a template holds about 18 images of two platforms, and 10 with all options, so that these need 2 pipelines`,
			},
		},
		{
			"filters",
			imageWith(`"tags": {"moving": ["a", "b-{date:2006}", "c", "d", "e", "f"]}`),
			[]string{
				`archway.pipelines[0].images[0].tags.moving: ["a","b-{date:2006}","c","d","e","f"]: needs 6 filters to be excluded from the immutability of tags, but ECR takes at most 5: remove some`,
			},
		},
		{
			"wildcards of a filter",
			imageWith(`"tags": {"immutable": [], "moving": ["a-{date:2006}-{date:01}-{commit}"]}`),
			[]string{
				`archway.pipelines[0].images[0].tags.moving[0]: "a-{date:2006}-{date:01}-{commit}": gives the filter "a-*-*-*": ECR takes at most 2 "*" in a filter: use fewer {commit} and {date}, or put them side by side`,
			},
		},
	})
}

// What is just within the limits is taken.
func TestValuesAtTheLimits(t *testing.T) {
	for name, text := range map[string]string{
		"a pipeline's name": `{"pipelines": [{"name": "` + strings.Repeat("h", 100) +
			`", "images": [{"name": "hello"}]}]}`,
		"an image's name": `{"pipelines": [{"name": "hello", "images": [{"name": "` + strings.Repeat("h", 64) +
			`"}]}]}`,
		"a repository's name": imageWith(`"repository": "` + strings.Repeat("h", 248) + `"`),
		"a source's name":     sourceWith(`"repository": "` + strings.Repeat("h", 100) + `"`),
		"build arguments":     imageWith(`"buildArgs": {"A": "` + strings.Repeat("x", 4088) + `"}`),
		"actions of a stage":  `{"pipelines": [{"name": "hello", "images": [` + images(25) + `]}]}`,
		"images of one platform": `{"pipelines": [{"name": "hello", "images": [` +
			strings.ReplaceAll(images(50), "}", `, "platforms": ["linux/arm64"]}`) + `]}]}`,
		"long tags": imageWith(`"tags": {"immutable": ["{commit}", "` + strings.Repeat("x", 128) +
			`", "` + strings.Repeat("y", 128) + `"], "moving": ["` + strings.Repeat("z", 128) + `"]}`),
		"long reasons": imageWith(`"validation": {"downgrade": {"rootfs": {"severity": "info", "reason": "` +
			strings.Repeat("x", 200) + `"}, "nested": {"severity": "info", "reason": "` + strings.Repeat("x", 200) +
			`"}, "media-type": {"severity": "info", "reason": "#{x}` + strings.Repeat("x", 196) + `"}}}`),
		"filters": imageWith(
			`"tags": {"moving": ["a", "b-{date:2006}", "b-{date:06}", "c", "d", "e"]}`),
		"wildcards of a filter": imageWith(
			`"tags": {"immutable": [], "moving": ["a-{date:2006}{date:01}-{commit}"]}`),
		"timeouts": imageWith(
			`"builds": {"amd64": {"timeoutMinutes": 5}, "arm64": {"timeoutMinutes": 480}}`),
		"no moving tag":           imageWith(`"tags": {"moving": []}`),
		"a constant tag":          imageWith(`"tags": {"immutable": ["v1.0"]}`),
		"one existing repository": `{"pipelines": [{"name": "one", "source": {"repository": "code"}, "images": [{"name": "one"}]}, {"name": "two", "source": {"repository": "code", "existing": true, "branch": "next"}, "images": [{"name": "two"}]}]}`,
	} {
		t.Run(name, func(t *testing.T) { load(t, text) })
	}
}
