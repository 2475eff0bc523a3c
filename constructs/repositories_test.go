package constructs_test

import (
	"encoding/json"
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
		archway.NewRepositories(stack, "Registry", &archway.RepositoriesProps{RepositoryName: "app"})
	})
	registrySigned = stack("RegistrySigned", func(stack awscdk.Stack) {
		archway.NewRepositories(stack, "Registry",
			&archway.RepositoriesProps{RepositoryName: "app", KeepUntagged: true})
	})
	registryOfReleases = stack("RegistryOfReleases", func(stack awscdk.Stack) {
		archway.NewRepositories(stack, "Registry", &archway.RepositoriesProps{
			RepositoryName: "team/app",
			MovingTags:     []string{"latest", "nightly-*"},
			StagingDays:    30,
			EncryptionKey: awskms.Key_FromKeyArn(stack, jsii.String("Key"),
				jsii.String("arn:aws:kms:eu-west-1:111122223333:key/1")),
			RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
		})
	})
)

// The tags of a registry are immutable by default.
func TestImmutableTags(t *testing.T) {
	images := resources(t, registry, ecrRepository)["RegistryImages"]
	if got := images.Properties["ImageTagMutability"]; got != "IMMUTABLE" {
		t.Errorf("ImageTagMutability is %v", got)
	}
	if got := images.Properties["ImageTagMutabilityExclusionFilters"]; got != nil {
		t.Errorf("there are exclusions: %s", plain(got))
	}
}

// A registry excludes exactly the moving tags from immutability.
func TestMovingTags(t *testing.T) {
	images := resources(t, registryOfReleases, ecrRepository)["RegistryImages"]
	want := []any{
		map[string]any{"ImageTagMutabilityExclusionFilterType": "WILDCARD",
			"ImageTagMutabilityExclusionFilterValue": "latest"},
		map[string]any{"ImageTagMutabilityExclusionFilterType": "WILDCARD",
			"ImageTagMutabilityExclusionFilterValue": "nightly-*"},
	}
	if diff := cmp.Diff(want, images.Properties["ImageTagMutabilityExclusionFilters"]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := images.Properties["ImageTagMutability"]; got != "IMMUTABLE_WITH_EXCLUSION" {
		t.Errorf("ImageTagMutability is %v", got)
	}
}

func TestRegistryScansImagesOnPush(t *testing.T) {
	for id, r := range resources(t, registry, ecrRepository) {
		if diff := cmp.Diff(any(map[string]any{"ScanOnPush": true}),
			r.Properties["ImageScanningConfiguration"]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", id, diff)
		}
	}
}

// A registry expires only what no tag names. A rule for tagged images would one day delete an image
// with all its tags, latest among them.
func TestRegistryExpiry(t *testing.T) {
	for of, days := range map[[2]string]int{
		{registry, "RegistryImages"}: 14, {registry, "RegistryStaging"}: 14, {registryOfReleases, "RegistryImages"}: 14,
		{registryOfReleases, "RegistryStaging"}: 30,
		{registrySigned, "RegistryImages"}:      0, {registrySigned, "RegistryStaging"}: 14,
	} {
		var policy struct {
			Rules []struct {
				Selection struct {
					TagStatus, CountType, CountUnit string
					CountNumber                     int
				}
			}
		}
		lifecycle, _ := resources(t, of[0], ecrRepository)[of[1]].Properties["LifecyclePolicy"].(map[string]any)
		if days == 0 {
			if lifecycle != nil {
				t.Errorf("%s: signatures expire: %v", of, lifecycle)
			}
			continue
		}
		text := lifecycle["LifecyclePolicyText"].(string)
		if err := json.Unmarshal([]byte(text), &policy); err != nil {
			t.Fatal(err)
		}
		if len(policy.Rules) != 1 {
			t.Fatalf("%s: %d rules, want one: %s", of, len(policy.Rules), text)
		}
		got := policy.Rules[0].Selection
		if got.TagStatus != "untagged" || got.CountType != "sinceImagePushed" || got.CountUnit != "days" ||
			got.CountNumber != days {
			t.Errorf("%s: the rule is %+v, want untagged since %d days", of, got, days)
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
	if images.DeletionPolicy != "RetainExceptOnCreate" || images.Properties["EmptyOnDelete"] != false {
		t.Errorf("DeletionPolicy %s, EmptyOnDelete %v", images.DeletionPolicy, images.Properties["EmptyOnDelete"])
	}
}

func TestRegistryDeletesImagesIfTold(t *testing.T) {
	images := resources(t, registryOfReleases, ecrRepository)["RegistryImages"]
	if images.DeletionPolicy != "Delete" || images.Properties["EmptyOnDelete"] != true {
		t.Errorf("DeletionPolicy %s, EmptyOnDelete %v", images.DeletionPolicy, images.Properties["EmptyOnDelete"])
	}
}

func TestRegistryHasTwoRepositories(t *testing.T) {
	for stack, name := range map[string]string{registry: "app", registryOfReleases: "team/app"} {
		got := map[string]any{}
		for id, r := range resources(t, stack, ecrRepository) {
			got[id] = r.Properties["RepositoryName"]
		}
		if diff := cmp.Diff(map[string]any{"RegistryImages": name, "RegistryStaging": "staging/" + name},
			got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", stack, diff)
		}
	}
}

func TestWhatIsStagedIsDisposable(t *testing.T) {
	for _, stack := range []string{registry, registryOfReleases} {
		staging := resources(t, stack, ecrRepository)["RegistryStaging"]
		if staging.DeletionPolicy != "Delete" || staging.Properties["EmptyOnDelete"] != true {
			t.Errorf("%s: DeletionPolicy %s, EmptyOnDelete %v", stack, staging.DeletionPolicy,
				staging.Properties["EmptyOnDelete"])
		}
	}
}

func TestCacheCanBeReplaced(t *testing.T) {
	staging := resources(t, registryOfReleases, ecrRepository)["RegistryStaging"]
	if got := staging.Properties["ImageTagMutability"]; got != "MUTABLE" {
		t.Errorf("ImageTagMutability is %v: a build could not replace its cache", got)
	}
}
