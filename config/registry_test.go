package config_test

import (
	"fmt"
	"strings"
	"testing"

	"archway/config"

	"github.com/google/go-cmp/cmp"
)

func registryWith(registry string) string {
	return `{"pipelines": [{"name": "hello", "images": [{"name": "hello"}]}, {"name": "other", "images": [{"name": "other"}]}], "registry": ` +
		registry + `}`
}

// Nothing is signed unless it is configured.
func TestNoSigningByDefault(t *testing.T) {
	for _, text := range []string{pipelineWith(`"dashboard": true`), registryWith(`{}`)} {
		cfg := load(t, text)
		if cfg.Registry != nil && cfg.Registry.Signing != nil || cfg.Pipelines[0].SigningProfile != "" {
			t.Errorf("%s is signed: %+v", text, cfg.Registry)
		}
	}
}

func TestSigningReachesEveryPipeline(t *testing.T) {
	for text, want := range map[string]config.Signing{
		`{"signing": {}}`: {Profile: "archway"},
		`{"signing": {"profile": "releases_2026", "existing": true, "expireUntagged": true}}`: {
			Profile: "releases_2026", Existing: true, ExpireUntagged: true},
	} {
		cfg := load(t, registryWith(text))
		if diff := cmp.Diff(&want, cfg.Registry.Signing); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
		for _, p := range cfg.Pipelines {
			if p.SigningProfile != want.Profile || p.KeepUntagged == want.ExpireUntagged {
				t.Errorf("%s: the pipeline %s has the profile %q, and keeps what has no tag: %t", text, p.Name,
					p.SigningProfile, p.KeepUntagged)
			}
		}
	}
}

func TestWrongRegistries(t *testing.T) {
	var many []string
	for i := range 101 {
		many = append(many, fmt.Sprintf(`{"name": "p%d", "images": [{"name": "p"}]}`, i))
	}
	check(t, []problemTest{
		{"an unknown key", registryWith(`{"singing": {}}`), []string{
			`archway.registry.singing: unknown key: did you mean "signing"?`,
		}},
		{"an unknown key of signing", registryWith(`{"signing": {"platform": "x"}}`), []string{
			`archway.registry.signing.platform: unknown key: use "profile", "existing" or "expireUntagged"`,
		}},
		{"a name that AWS Signer refuses", registryWith(`{"signing": {"profile": "my-profile"}}`), []string{
			`archway.registry.signing.profile: "my-profile": AWS Signer takes names of 2 to 64 letters, digits and underscores: use one such as "archway"`,
		}},
		{"a pipeline with the name of the registry's stack",
			`{"pipelines": [{"name": "archway-registry", "images": [{"name": "a"}]}], "registry": {}}`, []string{
				`archway.registry: "archway-registry": is also at archway.pipelines[0].name: the registry's stack is called archway-registry: rename the pipeline`,
			}},
		{"more repositories than a rule takes",
			`{"pipelines": [` + strings.Join(many, ",") + `], "registry": {"signing": {}}}`, []string{
				`archway.registry.signing: has the images of 101 repositories signed, but ECR takes 100 in a rule: leave it out, or move pipelines to another Region or account`,
			}},
	})
}
