package cloudformation

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func cacheOf(mutability, scenario string) func(resources map[string]any) {
	return func(resources map[string]any) {
		resources["Rule"] = map[string]any{"Type": "AWS::ECR::PullThroughCacheRule", "Properties": map[string]any{
			"EcrRepositoryPrefix": "docker-hub", "UpstreamRegistry": "docker-hub",
			"UpstreamRegistryUrl": "registry-1.docker.io",
			"CredentialArn":       "arn:aws:secretsmanager:eu-west-1:111122223333:secret:ecr-pullthroughcache/docker-hub-AbCdEf",
		}}
		resources["Template"] = map[string]any{"Type": "AWS::ECR::RepositoryCreationTemplate",
			"Properties": map[string]any{
				"Prefix": "docker-hub", "AppliedFor": []any{scenario}, "ImageTagMutability": mutability,
			}}
	}
}

// A pull-through rule names its registry.
func TestPullThroughRule(t *testing.T) {
	got, err := Load(source(t, cacheOf("MUTABLE", "PULL_THROUGH_CACHE")), account)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Cache{{Prefix: "docker-hub", Upstream: "registry-1.docker.io"}}, Of[Cache](got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Templates that no cache can use are refused.
func TestUnusableCaches(t *testing.T) {
	for property, change := range map[string]func(map[string]any){
		"ImageTagMutability": cacheOf("IMMUTABLE", "PULL_THROUGH_CACHE"),
		"AppliedFor":         cacheOf("MUTABLE", "REPLICATION"),
	} {
		if _, err := Load(source(t, change), account); err == nil ||
			!strings.Contains(err.Error(), "Template.Properties."+property) {
			t.Errorf("%s: got %v", property, err)
		}
	}
}
