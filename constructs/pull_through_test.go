package constructs_test

import (
	"encoding/json"
	"testing"

	archway "archway/constructs"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/google/go-cmp/cmp"
)

const (
	pullThroughRule    = "AWS::ECR::PullThroughCacheRule"
	repositoryTemplate = "AWS::ECR::RepositoryCreationTemplate"

	hubSecret = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:ecr-pullthroughcache/docker-hub-AbCdEf"
)

var pullThrough = stack("PullThrough", func(stack awscdk.Stack) {
	archway.NewPullThroughCache(stack, "Hub",
		&archway.PullThroughCacheProps{Upstream: archway.DockerHub, Prefix: "hub", CredentialsARN: hubSecret})
	archway.NewPullThroughCache(stack, "Quay",
		&archway.PullThroughCacheProps{Upstream: archway.Quay, Prefix: "mirrors/quay.io"})
})

// A pull-through cache names its registry.
func TestPullThroughCache(t *testing.T) {
	for id, want := range map[string]map[string]any{
		"HubRule": {
			"EcrRepositoryPrefix": "hub", "UpstreamRegistry": "docker-hub",
			"UpstreamRegistryUrl": "registry-1.docker.io", "CredentialArn": hubSecret,
		},
		"QuayRule": {
			"EcrRepositoryPrefix": "mirrors/quay.io", "UpstreamRegistry": "quay", "UpstreamRegistryUrl": "quay.io",
		},
	} {
		if diff := cmp.Diff(want, resources(t, pullThrough, pullThroughRule)[id].Properties); diff != "" {
			t.Errorf("%s (-want +got):\n%s", id, diff)
		}
	}
}

// Cached images follow their registry, and expire. Immutable tags would keep the cache from
// following the registry, and without a rule it would grow for ever.
func TestCachedImages(t *testing.T) {
	found := resources(t, pullThrough, repositoryTemplate)
	for id, prefix := range map[string]string{"HubTemplate": "hub", "QuayTemplate": "mirrors/quay.io"} {
		p := found[id].Properties
		if p["Prefix"] != prefix || p["ImageTagMutability"] != "MUTABLE" ||
			cmp.Diff([]any{"PULL_THROUGH_CACHE"}, p["AppliedFor"]) != "" {
			t.Errorf("%s: %s", id, plain(p))
		}
		if diff := cmp.Diff(map[string]any{"EncryptionType": "AES256"}, p["EncryptionConfiguration"]); diff != "" {
			t.Errorf("%s: encryption (-want +got):\n%s", id, diff)
		}
		var policy struct {
			Rules []struct{ Selection map[string]any }
		}
		if err := json.Unmarshal([]byte(p["LifecyclePolicy"].(string)), &policy); err != nil || len(policy.Rules) != 1 {
			t.Fatalf("%s: %v: %v", id, err, p["LifecyclePolicy"])
		}
		want := map[string]any{"tagStatus": "any", "countType": "sinceImagePushed", "countUnit": "days",
			"countNumber": 90.0}
		if diff := cmp.Diff(want, policy.Rules[0].Selection); diff != "" {
			t.Errorf("%s: lifecycle (-want +got):\n%s", id, diff)
		}
	}
}

// Upstreams are named as Dockerfiles name them.
func TestUpstreamNames(t *testing.T) {
	for upstream, want := range map[archway.Upstream]string{
		archway.DockerHub: "docker.io", archway.ECRPublic: "public.ecr.aws", archway.GitHubContainerRegistry: "ghcr.io",
		archway.GitLabContainerRegistry: "registry.gitlab.com", archway.Kubernetes: "registry.k8s.io",
		archway.Quay: "quay.io",
	} {
		if got := upstream.Host(); got != want {
			t.Errorf("%s is %s, want %s", upstream, got, want)
		}
	}
}
