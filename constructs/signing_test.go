package constructs_test

import (
	"testing"

	archway "archway/constructs"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/google/go-cmp/cmp"
)

const (
	signingProfile       = "AWS::Signer::SigningProfile"
	signingConfiguration = "AWS::ECR::SigningConfiguration"
)

var (
	signing = stack("Signing", func(stack awscdk.Stack) {
		archway.NewSigning(stack, "Signing",
			&archway.SigningProps{ProfileName: "releases", Repositories: []string{"team/app", "web"}})
	})
	signingAsBefore = stack("SigningAsBefore", func(stack awscdk.Stack) {
		archway.NewSigning(stack, "Signing",
			&archway.SigningProps{ProfileName: "releases", Existing: true, Repositories: []string{"web"}})
	})
)

// Signing creates its profile, and keeps it.
func TestSigningProfile(t *testing.T) {
	hasResource(t, signing, signingProfile, map[string]any{
		"Properties":     map[string]any{"ProfileName": "releases", "PlatformId": "Notation-OCI-SHA384-ECDSA"},
		"DeletionPolicy": "Retain",
	})
	hasProperties(t, signing, signingConfiguration, map[string]any{"Rules": []any{map[string]any{
		"RepositoryFilters": []any{
			map[string]any{"Filter": "team/app", "FilterType": "WILDCARD_MATCH"},
			map[string]any{"Filter": "web", "FilterType": "WILDCARD_MATCH"},
		},
	}}})
}

func TestSigningUsesAProfileThatExists(t *testing.T) {
	if created := resources(t, signingAsBefore, signingProfile); len(created) != 0 {
		t.Errorf("a profile is created: %v", created)
	}
	rules := resources(t, signingAsBefore, signingConfiguration)["SigningConfiguration"].Properties["Rules"]
	want := []any{map[string]any{
		"RepositoryFilters": []any{map[string]any{"Filter": "web", "FilterType": "WILDCARD_MATCH"}},
		"SigningProfileArn": map[string]any{"Fn::Join": []any{"", []any{
			"arn:", map[string]any{"Ref": "AWS::Partition"}, ":signer:", map[string]any{"Ref": "AWS::Region"}, ":",
			map[string]any{"Ref": "AWS::AccountId"}, ":/signing-profiles/releases",
		}}},
	}}
	if diff := cmp.Diff(want, rules); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
