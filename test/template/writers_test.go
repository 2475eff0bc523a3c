package template_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// readsImages are the actions of ECR that change no image and no tag. Every other one counts as one
// that does.
var readsImages = []string{
	"ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:DescribeImages", "ecr:DescribeImageScanFindings",
	"ecr:GetAuthorizationToken", "ecr:GetDownloadUrlForLayer",
}

// releasesOf are the names of the repositories that people pull from.
func releasesOf(t *testing.T, stacks ...string) []string {
	t.Helper()
	var names []string
	for _, stack := range stacks {
		for _, p := range partsOf(t, stack, "AWS::ECR::Repository") {
			if name := p.properties["RepositoryName"].(string); !strings.HasPrefix(name, "staging/") {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return names
}

// writes reports whether a statement allows something with a repository that is not just reading.
func writes(t *testing.T, stack string, statement map[string]any, repository string) bool {
	t.Helper()
	if statement["Effect"] != "Allow" {
		return false
	}
	if statement["NotAction"] != nil || statement["NotResource"] != nil {
		t.Errorf("%s: nobody can tell what %s allows", stack, asJSON(statement))
	}
	writing := slices.ContainsFunc(listOf(statement["Action"]), func(action any) bool {
		name := action.(string)
		return (strings.HasPrefix(name, "ecr:") || strings.HasPrefix(name, "*")) && !slices.Contains(readsImages, name)
	})
	return writing && slices.ContainsFunc(listOf(statement["Resource"]), func(resource any) bool {
		return matches(resolved(t, stack, resource), repositoryARN(repository))
	})
}

// Of all identities of all stacks, the promoter alone may write to a release, and only to those of
// its own pipeline.
func TestOnlyThePromoterWritesReleases(t *testing.T) {
	for _, stack := range all {
		var written []string
		for _, release := range releasesOf(t, all...) {
			for _, who := range identities(t, stack) {
				if !slices.ContainsFunc(who.statements,
					func(s map[string]any) bool { return writes(t, stack, s, release) }) {
					continue
				}
				if who.program != promoter {
					t.Errorf("%s: %s may write to the release %s", stack, who.role, release)
				}
				written = append(written, release)
			}
		}
		if diff := cmp.Diff(releasesOf(t, stack), written); diff != "" {
			t.Errorf("%s: what the promoter may write (-its releases +got):\n%s", stack, diff)
		}
	}
}

// What the repositories themselves say: nobody else writes, whatever the policies of identities
// allow. And nothing is allowed by them.
func TestReleasesDenyWritesToOthers(t *testing.T) {
	for _, stack := range all {
		for _, p := range partsOf(t, stack, "AWS::ECR::Repository") {
			name := p.properties["RepositoryName"].(string)
			statements := statementsIn(p.properties["RepositoryPolicyText"])
			if strings.HasPrefix(name, "staging/") {
				if len(statements) > 0 {
					t.Errorf("%s: %s has a policy", stack, name)
				}
				continue
			}
			writers := []any{}
			for _, who := range identities(t, stack) {
				if who.program == promoter {
					writers = append(writers, map[string]any{"Fn::GetAtt": []any{who.role, "Arn"}})
				}
			}
			if stack == shop || stack == nightly {
				writers = append(writers, "arn:aws:iam::111122223333:role/break-glass")
			}
			want := []map[string]any{{
				"Sid": "OnlyThePromoterWrites", "Effect": "Deny", "Principal": "*",
				"Action": []any{"ecr:CompleteLayerUpload", "ecr:InitiateLayerUpload", "ecr:PutImage",
					"ecr:UploadLayerPart"},
				"Condition": map[string]any{"ArnNotEquals": map[string]any{"aws:PrincipalArn": writers}},
			}}
			if diff := cmp.Diff(want, statements); diff != "" {
				t.Errorf("%s: the policy of %s (-want +got):\n%s", stack, name, diff)
			}
		}
	}
}
