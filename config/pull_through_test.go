package config_test

import (
	"archway/internal/spec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const hubSecret = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:ecr-pullthroughcache/docker-hub-AbCdEf"

// A pull-through cache reaches every pipeline.
func TestPullThroughOfAllPipelines(t *testing.T) {
	cfg := load(t, registryWith(`{"pullThrough": [
		{"upstream": "docker-hub", "credentials": "`+hubSecret+`"},
		{"upstream": "quay", "prefix": "mirrors/quay.io", "existing": true}
	]}`))
	want := []spec.PullThrough{
		{Upstream: spec.DockerHub, Prefix: "docker-hub", Credentials: hubSecret},
		{Upstream: spec.Quay, Prefix: "mirrors/quay.io", Existing: true},
	}
	if diff := cmp.Diff(want, cfg.Registry.PullThrough); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, p := range cfg.Pipelines {
		want := map[spec.Upstream]string{spec.DockerHub: "docker-hub", spec.Quay: "mirrors/quay.io"}
		if diff := cmp.Diff(want, p.PullThrough); diff != "" {
			t.Errorf("%s (-want +got):\n%s", p.Name, diff)
		}
	}
}

// ECR has nothing of what is first asked for by a digest.
func TestPinnedImagesDontFillTheCache(t *testing.T) {
	const cache = `, "registry": {"pullThrough": [{"upstream": "quay"}]}`
	for keys, want := range map[string]int{
		`"name": "app"}]}]` + cache:                         0,
		`"name": "app", "baseImages": "report"}]}]` + cache: 0,
		`"name": "app", "baseImages": "pinned"}]}]`:         0,
		`"name": "app", "baseImages": "pinned"}]}]` + cache: 1,
	} {
		text := `{"pipelines": [{"name": "app", "images": [{` + keys + `}`
		warnings := load(t, text).Pipelines[0].ImageWarnings["app"]
		if len(warnings) != want || want > 0 &&
			!strings.HasPrefix(warnings[0],
				"app: base images that are pinned to a digest don't fill the pull-through cache (quay)") {
			t.Errorf("%s: %q", text, warnings)
		}
	}
}

// Pipelines have no pull-through cache unless one is configured.
func TestNoCacheByDefault(t *testing.T) {
	for _, text := range []string{pipelineWith(`"dashboard": true`), registryWith(`{"signing": {}}`),
		registryWith(`{"pullThrough": []}`)} {
		if got := load(t, text).Pipelines[0].PullThrough; len(got) > 0 {
			t.Errorf("%s: %v", text, got)
		}
	}
}

func TestWrongPullThrough(t *testing.T) {
	const at = "archway.registry.pullThrough"
	const prefixes = `ECR takes prefixes of 2 to 30 lower-case letters and digits, in parts that are separated by one of . _ - /: use one such as "docker-hub"`
	rules := func(text string) string { return registryWith(`{"pullThrough": ` + text + `}`) }
	check(t, []problemTest{
		{"no list", rules(`{}`), []string{
			at + `: {}: is an object where a list belongs: write it in brackets, [ … ]`,
		}},
		{"no registry", rules(`[{}, "quay"]`), []string{
			at + `[0].upstream: is missing: name the registry whose images are cached, such as "docker-hub"`,
			at + `[1]: "quay": is a string where an object belongs: write it in braces, { … }`,
		}},
		{"an unknown registry", rules(`[{"upstream": "docker.io"}]`), []string{
			at + `[0].upstream: "docker.io": use "docker-hub", "ecr-public", "github-container-registry", "gitlab-container-registry", "k8s" or "quay"`,
		}},
		{"an unknown key", rules(`[{"upstream": "quay", "url": "quay.io"}]`), []string{
			at + `[0].url: unknown key: use "upstream", "prefix", "credentials" or "existing"`,
		}},
		{"prefixes that ECR refuses",
			rules(`[{"upstream": "quay", "prefix": "Quay"}, {"upstream": "k8s", "prefix": "k"}, {"upstream": "ecr-public", "prefix": "public/"}]`),
			[]string{
				at + `[0].prefix: "Quay": ` + prefixes,
				at + `[1].prefix: "k": ` + prefixes,
				at + `[2].prefix: "public/": ` + prefixes,
			}},
		{"no login",
			rules(`[{"upstream": "docker-hub"}, {"upstream": "github-container-registry", "credentials": ""}]`),
			[]string{
				at + `[0].credentials: is missing: ECR caches docker-hub only with a login: store it with aws secretsmanager create-secret --name ecr-pullthroughcache/docker-hub --secret-string '{"username": "…", "accessToken": "…"}', and give the ARN that this prints`,
				at + `[1].credentials: "": is missing: ECR caches github-container-registry only with a login: store it with aws secretsmanager create-secret --name ecr-pullthroughcache/github-container-registry --secret-string '{"username": "…", "accessToken": "…"}', and give the ARN that this prints`,
			}},
		{"a login elsewhere",
			rules(`[{"upstream": "docker-hub", "credentials": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:docker-hub-AbCdEf"}]`),
			[]string{
				at + `[0].credentials: "arn:aws:secretsmanager:eu-west-1:111122223333:secret:docker-hub-AbCdEf": ECR takes the ARN of a secret whose name begins with ecr-pullthroughcache/: use one such as "` +
					hubSecret + `", as aws secretsmanager create-secret prints it`,
			}},
		// Neither message shows it.
		{"the login itself",
			rules(`[{"upstream": "docker-hub", "credentials": "me:s3cret"}, {"upstream": "quay", "credentials": {"accessToken": "s3cret"}}]`),
			[]string{
				at + `[0].credentials: ECR takes the ARN of a secret whose name begins with ecr-pullthroughcache/: use one such as "` +
					hubSecret +
					`", as aws secretsmanager create-secret prints it; the login itself must not stand here`,
				at + `[1].credentials: ECR takes the ARN of a secret whose name begins with ecr-pullthroughcache/: use one such as "` +
					hubSecret +
					`", as aws secretsmanager create-secret prints it; the login itself must not stand here`,
			}},
		{"a login of a rule that exists",
			rules(`[{"upstream": "docker-hub", "existing": true, "credentials": "` + hubSecret + `"}]`), []string{
				at + `[0].credentials: "` + hubSecret + `": belongs to the rule, which exists already: leave it out`,
			}},
		{"one registry twice", rules(`[{"upstream": "quay"}, {"upstream": "quay", "prefix": "other"}]`), []string{
			at + `[1].upstream: "quay": is also at ` + at +
				`[0].upstream: builds ask one cache for each registry: remove one`,
		}},
		{"one prefix twice", rules(`[{"upstream": "quay"}, {"upstream": "k8s", "prefix": "quay"}]`), []string{
			at + `[1].prefix: "quay": is also at ` + at +
				`[0].prefix: a prefix is the cache of one registry: choose another`,
		}},
		{"a cache over an image",
			`{"pipelines": [{"name": "hello", "images": [{"name": "hello", "repository": "quay/hello"}, {"name": "other", "repository": "quay"}]}], "registry": {"pullThrough": [{"upstream": "quay"}]}}`,
			[]string{
				at + `[0].prefix: "quay": the repository quay/hello of the pipeline hello would lie in the cache of quay: choose another prefix or repository`,
			}},
	})
}
