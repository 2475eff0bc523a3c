package template_test

import (
	"strings"
	"testing"

	"archway/config"

	"github.com/google/go-cmp/cmp"
)

// profileARN is how a template writes the ARN of the signing profile.
const profileARN = `{"Fn::Join":["",["arn:",{"Ref":"AWS::Partition"},":signer:",{"Ref":"AWS::Region"},":",{"Ref":"AWS::AccountId"},":/signing-profiles/releases"]]}`

// The registry signs the images of all pipelines.
func TestRegistrySigns(t *testing.T) {
	profiles := partsOf(t, config.RegistryStack, "AWS::Signer::SigningProfile")
	configurations := partsOf(t, config.RegistryStack, "AWS::ECR::SigningConfiguration")
	if len(profiles) != 1 || len(configurations) != 1 {
		t.Fatalf("%d profiles and %d configurations, want one of each", len(profiles), len(configurations))
	}
	filter := func(name string) any { return map[string]any{"Filter": name, "FilterType": "WILDCARD_MATCH"} }
	want := []any{map[string]any{
		"SigningProfileArn": map[string]any{"Fn::GetAtt": []any{profiles[0].id, "Arn"}},
		"RepositoryFilters": []any{
			filter("hello-go"), filter("hello-node"), filter("team/api"), filter("everything-1/web_ui"),
			filter("rules"),
			filter("shop"), filter("nightly/shop"),
		},
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

// Releases stay where images are signed. A signature has no tag, and no lifecycle rule can spare
// it. What is staged is never signed, and always expires.
func TestSignedReleasesStay(t *testing.T) {
	for _, stack := range all {
		found := map[bool]int{}
		for _, p := range partsOf(t, stack, "AWS::ECR::Repository") {
			staged := strings.HasPrefix(p.properties["RepositoryName"].(string), "staging/")
			found[staged]++
			if _, expires := p.properties["LifecyclePolicy"]; expires != (staged || stack != everything) {
				t.Errorf("%s: %s deletes images without a tag: %t", stack, p.id, expires)
			}
		}
		if found[true] == 0 || found[false] == 0 && stack != previews {
			t.Errorf("%s has %d repositories for staging, and %d for releases", stack, found[true], found[false])
		}
	}
}

// A signing profile stays when its stack is deleted: signatures name it.
func TestSigningProfileStays(t *testing.T) {
	for _, p := range partsOf(t, config.RegistryStack, "AWS::Signer::SigningProfile") {
		r := template(t, config.RegistryStack)["Resources"].(map[string]any)[p.id].(map[string]any)
		if r["DeletionPolicy"] != "Retain" || r["UpdateReplacePolicy"] != "Retain" {
			t.Errorf("%s: DeletionPolicy %v, UpdateReplacePolicy %v", p.id, r["DeletionPolicy"],
				r["UpdateReplacePolicy"])
		}
	}
}

// Only the promoter signs, and only if it is configured.
func TestOnlyThePromoterSigns(t *testing.T) {
	for _, stack := range all {
		found := map[string]bool{}
		for _, who := range identities(t, stack) {
			for _, statement := range who.statements {
				if !strings.Contains(asJSON(statement["Action"]), "signer:") {
					continue
				}
				if statement["Action"] != "signer:SignPayload" || asJSON(statement["Resource"]) != profileARN {
					t.Errorf("%s: %s allows %s", stack, who.role, asJSON(statement))
				}
				found[who.program] = true
			}
		}
		want := map[string]bool{}
		if stack == everything {
			want[promoter] = true
		}
		if diff := cmp.Diff(want, found); diff != "" {
			t.Errorf("%s: who may sign (-want +got):\n%s", stack, diff)
		}
	}
}
