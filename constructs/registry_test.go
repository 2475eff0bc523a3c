package constructs_test

import (
	"encoding/json"
	"strings"
	"testing"

	archway "archway/constructs"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/jsii-runtime-go"
	"github.com/google/go-cmp/cmp"
)

const ecrRepository = "AWS::ECR::Repository"

var (
	registry = stack("Registry", func(stack awscdk.Stack) {
		archway.NewRegistry(stack, "Registry", nil)
	})
	registryOfReleases = stack("RegistryOfReleases", func(stack awscdk.Stack) {
		archway.NewRegistry(stack, "Registry", &archway.RegistryProps{
			RepositoryName: "team/app",
			MovingTags:     []string{"latest", "nightly-*"},
			UntaggedDays:   30,
			EncryptionKey:  awskms.Key_FromKeyArn(stack, jsii.String("Key"), jsii.String("arn:aws:kms:eu-west-1:111122223333:key/1")),
			RemovalPolicy:  awscdk.RemovalPolicy_DESTROY,
		})
	})
)

func TestRegistryTagsAreImmutableByDefault(t *testing.T) {
	images := resources(t, registry, ecrRepository)["RegistryImages"]
	if got := images.Properties["ImageTagMutability"]; got != "IMMUTABLE" {
		t.Errorf("ImageTagMutability is %v", got)
	}
	if got := images.Properties["ImageTagMutabilityExclusionFilters"]; got != nil {
		t.Errorf("there are exclusions: %s", plain(got))
	}
}

func TestRegistryExcludesExactlyTheMovingTagsFromImmutability(t *testing.T) {
	images := resources(t, registryOfReleases, ecrRepository)["RegistryImages"]
	want := []any{
		map[string]any{"ImageTagMutabilityExclusionFilterType": "WILDCARD", "ImageTagMutabilityExclusionFilterValue": "latest"},
		map[string]any{"ImageTagMutabilityExclusionFilterType": "WILDCARD", "ImageTagMutabilityExclusionFilterValue": "nightly-*"},
	}
	if diff := cmp.Diff(want, images.Properties["ImageTagMutabilityExclusionFilters"]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := images.Properties["ImageTagMutability"]; got != "IMMUTABLE_WITH_EXCLUSION" {
		t.Errorf("ImageTagMutability is %v", got)
	}
}

func TestRegistryScansImagesOnPush(t *testing.T) {
	hasProperties(t, registry, ecrRepository, map[string]any{
		"ImageTagMutability":         "IMMUTABLE",
		"ImageScanningConfiguration": map[string]any{"ScanOnPush": true},
	})
}

// A rule for tagged images would one day delete an image with all its tags, latest among them.
func TestRegistryExpiresOnlyWhatNoTagNames(t *testing.T) {
	for stack, days := range map[string]int{registry: 14, registryOfReleases: 30} {
		images := resources(t, stack, ecrRepository)["RegistryImages"]
		var policy struct {
			Rules []struct {
				Selection struct {
					TagStatus, CountType, CountUnit string
					CountNumber                     int
				}
			}
		}
		text := images.Properties["LifecyclePolicy"].(map[string]any)["LifecyclePolicyText"].(string)
		if err := json.Unmarshal([]byte(text), &policy); err != nil {
			t.Fatal(err)
		}
		if len(policy.Rules) != 1 {
			t.Fatalf("%d rules, want one: %s", len(policy.Rules), text)
		}
		got := policy.Rules[0].Selection
		if got.TagStatus != "untagged" || got.CountType != "sinceImagePushed" || got.CountUnit != "days" || got.CountNumber != days {
			t.Errorf("the rule is %+v, want untagged since %d days", got, days)
		}
	}
}

func TestRegistryIsEncrypted(t *testing.T) {
	for stack, want := range map[string]map[string]any{
		registry:           {"EncryptionType": "AES256"},
		registryOfReleases: {"EncryptionType": "KMS", "KmsKey": "arn:aws:kms:eu-west-1:111122223333:key/1"},
	} {
		for id, r := range resources(t, stack, ecrRepository) {
			if diff := cmp.Diff(map[string]any(want), r.Properties["EncryptionConfiguration"]); diff != "" {
				t.Errorf("%s of %s (-want +got):\n%s", id, stack, diff)
			}
		}
	}
}

func TestRegistryKeepsImagesByDefault(t *testing.T) {
	images := resources(t, registry, ecrRepository)["RegistryImages"]
	if images.DeletionPolicy != "Retain" || images.Properties["EmptyOnDelete"] != false {
		t.Errorf("DeletionPolicy %s, EmptyOnDelete %v", images.DeletionPolicy, images.Properties["EmptyOnDelete"])
	}
}

func TestRegistryDeletesImagesIfTold(t *testing.T) {
	images := resources(t, registryOfReleases, ecrRepository)["RegistryImages"]
	if images.DeletionPolicy != "Delete" || images.Properties["EmptyOnDelete"] != true {
		t.Errorf("DeletionPolicy %s, EmptyOnDelete %v", images.DeletionPolicy, images.Properties["EmptyOnDelete"])
	}
}

func TestRegistryIsNamedOnlyIfTold(t *testing.T) {
	for stack, want := range map[string]any{registry: nil, registryOfReleases: "team/app"} {
		if got := resources(t, stack, ecrRepository)["RegistryImages"].Properties["RepositoryName"]; got != want {
			t.Errorf("%s is named %v, want %v", stack, got, want)
		}
	}
}

func TestCacheIsDisposable(t *testing.T) {
	for _, stack := range []string{registry, registryOfReleases} {
		cache := resources(t, stack, ecrRepository)["RegistryCache"]
		if cache.DeletionPolicy != "Delete" || cache.Properties["EmptyOnDelete"] != true {
			t.Errorf("%s: DeletionPolicy %s, EmptyOnDelete %v", stack, cache.DeletionPolicy, cache.Properties["EmptyOnDelete"])
		}
	}
}

func TestCacheCanBeReplaced(t *testing.T) {
	cache := resources(t, registryOfReleases, ecrRepository)["RegistryCache"]
	if got := cache.Properties["ImageTagMutability"]; got != "MUTABLE" {
		t.Errorf("ImageTagMutability is %v: a build could not replace its cache", got)
	}
	if text := plain(cache.Properties["LifecyclePolicy"]); !strings.Contains(text, "untagged") {
		t.Errorf("caches that were replaced stay for good: %s", text)
	}
}
