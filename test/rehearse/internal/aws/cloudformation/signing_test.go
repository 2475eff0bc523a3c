package cloudformation

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func signingOf(filter string) func(resources map[string]any) {
	return func(resources map[string]any) {
		resources["Profile"] = map[string]any{"Type": "AWS::Signer::SigningProfile", "Properties": map[string]any{
			"PlatformId": "Notation-OCI-SHA384-ECDSA", "ProfileName": "releases",
		}}
		resources["Signing"] = map[string]any{"Type": "AWS::ECR::SigningConfiguration", "Properties": map[string]any{
			"Rules": []any{map[string]any{
				"SigningProfileArn": map[string]any{"Fn::GetAtt": []any{"Profile", "Arn"}},
				"RepositoryFilters": []any{map[string]any{"FilterType": "WILDCARD_MATCH", "Filter": filter}},
			}},
		}}
	}
}

// A signing configuration names repositories and the profile.
func TestSigningConfiguration(t *testing.T) {
	got, err := Load(source(t, signingOf("team/api")), account)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"arn:aws:ecr:eu-west-1:111122223333:repository/team/api": "arn:aws:signer:eu-west-1:111122223333:/signing-profiles/releases",
	}
	if diff := cmp.Diff(want, got.Access.Signed); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A signing configuration with wildcards is refused.
func TestSigningWithWildcards(t *testing.T) {
	_, err := Load(source(t, signingOf("team/*")), account)
	if err == nil || !strings.Contains(err.Error(), "Signing.Properties.Rules") ||
		!strings.Contains(err.Error(), "team/*") {
		t.Errorf("got %v", err)
	}
}
