package template_test

import (
	"strings"
	"testing"

	"archway/config"

	"github.com/google/go-cmp/cmp"
)

// profileARN is how a template writes the ARN of the signing profile.
const profileARN = `{"Fn::Join":["",["arn:",{"Ref":"AWS::Partition"},":signer:",{"Ref":"AWS::Region"},":",{"Ref":"AWS::AccountId"},":/signing-profiles/releases"]]}`

func TestRegistrySignsTheImagesOfAllPipelines(t *testing.T) {
	profiles := partsOf(t, config.RegistryStack, "AWS::Signer::SigningProfile")
	configurations := partsOf(t, config.RegistryStack, "AWS::ECR::SigningConfiguration")
	if len(profiles) != 1 || len(configurations) != 1 {
		t.Fatalf("%d profiles and %d configurations, want one of each", len(profiles), len(configurations))
	}
	filter := func(name string) any { return map[string]any{"Filter": name, "FilterType": "WILDCARD_MATCH"} }
	want := []any{map[string]any{
		"SigningProfileArn": map[string]any{"Fn::GetAtt": []any{profiles[0].id, "Arn"}},
		"RepositoryFilters": []any{filter("hello-go"), filter("team/api"), filter("everything-1/web_ui"), filter("rules")},
	}}
	if diff := cmp.Diff(want, configurations[0].properties["Rules"]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	wantProfile := map[string]any{
		"PlatformId": "Notation-OCI-SHA384-ECDSA", "ProfileName": "releases",
		"Tags": []any{map[string]any{"Key": "Project", "Value": "archway"}},
	}
	if diff := cmp.Diff(wantProfile, profiles[0].properties); diff != "" {
		t.Errorf("profile (-want +got):\n%s", diff)
	}
}

// A signature has no tag, and no lifecycle rule can spare it.
func TestWhatHasNoTagStaysWhereImagesAreSigned(t *testing.T) {
	for stack, signed := range map[string]bool{asCommitted: false, ruled: false, everything: true} {
		images := 0
		for _, p := range partsOf(t, stack, "AWS::ECR::Repository") {
			if p.properties["RepositoryName"] == nil { // a layer cache
				continue
			}
			images++
			if _, expires := p.properties["LifecyclePolicy"]; expires == signed {
				t.Errorf("%s: %s deletes images without a tag: %t", stack, p.id, expires)
			}
		}
		if images == 0 {
			t.Errorf("%s has no repository", stack)
		}
	}
}

// Signatures name it.
func TestSigningProfileStaysWhenItsStackIsDeleted(t *testing.T) {
	for _, p := range partsOf(t, config.RegistryStack, "AWS::Signer::SigningProfile") {
		r := template(t, config.RegistryStack)["Resources"].(map[string]any)[p.id].(map[string]any)
		if r["DeletionPolicy"] != "Retain" || r["UpdateReplacePolicy"] != "Retain" {
			t.Errorf("%s: DeletionPolicy %v, UpdateReplacePolicy %v", p.id, r["DeletionPolicy"], r["UpdateReplacePolicy"])
		}
	}
}

func TestOnlyRolesThatPushSignAndOnlyIfConfigured(t *testing.T) {
	for stack, want := range map[string][]string{
		asCommitted: nil,
		ruled:       nil,
		everything: {
			"Promote", "apiBuildAmd64", "apiBuildArm64", "apiMerge", "webuiBuildArm64", "webuiMerge",
		},
	} {
		found := map[string]bool{}
		for _, p := range append(partsOf(t, stack, "AWS::IAM::Policy"), partsOf(t, stack, "AWS::IAM::Role")...) {
			for _, statement := range statementsIn(p.properties) {
				if !strings.Contains(asJSON(statement["Action"]), "signer:") {
					continue
				}
				if statement["Action"] != "signer:SignPayload" || asJSON(statement["Resource"]) != profileARN {
					t.Errorf("%s: %s allows %s", stack, p.id, asJSON(statement))
				}
				id, _, _ := strings.Cut(p.id, "Role")
				found[id] = true
			}
		}
		for _, id := range want {
			if !found[id] {
				t.Errorf("%s: %s can't sign what it pushes", stack, id)
			}
			delete(found, id)
		}
		for id := range found {
			t.Errorf("%s: %s may sign", stack, id)
		}
	}
}
