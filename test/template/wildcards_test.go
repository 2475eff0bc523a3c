package template_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// remaining are the wildcards in statements that allow something, each with the words by which the
// table in docs/security.md speaks of it.
var remaining = map[string]string{
	"action s3:DeleteObject*":               "`s3:DeleteObject*`",
	"action s3:GetBucket*":                  "`s3:GetBucket*`",
	"action s3:List*":                       "`s3:List*` on the artifact bucket",
	"action kms:*":                          "`kms:*`, by the account, in the key's policy",
	"codepipeline:PutJobFailureResult on *": "`codepipeline:PutJobFailureResult` on `*`",
	"codepipeline:PutJobSuccessResult on *": "`codepipeline:PutJobSuccessResult`",
	"ecr:GetAuthorizationToken on *":        "`ecr:GetAuthorizationToken` on `*`",
	"inspector2:ListCoverage on *":          "`inspector2:ListCoverage` on `*`",
	"inspector2:ListFindings on *":          "`inspector2:ListFindings`",
	"repositories of a cache":               "repositories `PREFIX/*`",
	"objects of a bucket":                   "objects `*` of the artifact bucket",
	"streams of a log group":                "log streams `*` of one log group",
}

// Remaining wildcards are documented.
func TestDocumentedWildcards(t *testing.T) {
	found := map[string]bool{}
	for _, stack := range []string{asCommitted, everything, ruled} {
		resources, err := synthesized(t, stack).Resources()
		if err != nil {
			t.Fatal(err)
		}
		for id, resource := range resources {
			kind := func(id string) string { return resources[id].Type }
			for _, statement := range statementsIn(resource.Properties) {
				if resource.Type == "AWS::KMS::Key" {
					statement["Resource"] = nil // in a key's policy, "*" is this key
				}
				for _, wildcard := range wildcards(statement, kind) {
					found[wildcard] = true
					if remaining[wildcard] == "" {
						t.Errorf("%s/%s: %s: name the resources, or give the reason in docs/security.md", stack, id,
							wildcard)
					}
				}
			}
		}
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(remaining)), slices.Sorted(maps.Keys(found))); diff != "" {
		t.Errorf("wildcards in the templates (-documented +got):\n%s", diff)
	}
	page, err := os.ReadFile(filepath.Join(root, "docs", "security.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, table, ok := strings.Cut(string(page), "### Wildcards that remain")
	for wildcard, words := range remaining {
		if !ok || !strings.Contains(table, words) {
			t.Errorf("docs/security.md says nothing of %s: expected %q in its table", wildcard, words)
		}
	}
}

// statementsIn are all statements of the policies in a resource's properties.
func statementsIn(v any) []map[string]any {
	var found []map[string]any
	switch v := v.(type) {
	case map[string]any:
		for name, value := range v {
			if name == "Statement" {
				for _, item := range listOf(value) {
					if statement, ok := item.(map[string]any); ok {
						found = append(found, statement)
					}
				}
				continue
			}
			found = append(found, statementsIn(value)...)
		}
	case []any:
		for _, item := range v {
			found = append(found, statementsIn(item)...)
		}
	}
	return found
}

// wildcards are those of one statement: in its actions, and in its resources. kind tells a
// resource's type.
func wildcards(statement map[string]any, kind func(id string) string) []string {
	if statement["Effect"] == "Deny" {
		return nil
	}
	var found []string
	for _, action := range listOf(statement["Action"]) {
		if strings.Contains(fmt.Sprint(action), "*") {
			found = append(found, fmt.Sprintf("action %v", action))
		}
	}
	for _, resource := range listOf(statement["Resource"]) {
		attribute, _ := resource.(map[string]any)
		got := listOf(attribute["Fn::GetAtt"])
		text, _ := json.Marshal(resource)
		switch {
		case resource == "*":
			for _, action := range listOf(statement["Action"]) {
				found = append(found, fmt.Sprintf("%v on *", action))
			}
		// The ARN of a log group ends in ":*".
		case len(got) == 2 && got[1] == "Arn" && kind(fmt.Sprint(got[0])) == "AWS::Logs::LogGroup":
			found = append(found, "streams of a log group")
		case strings.Count(string(text), "*") == 1 && strings.HasSuffix(string(text), `"/*"]]}`) &&
			strings.Contains(string(text), "Bucket"):
			found = append(found, "objects of a bucket")
		case strings.Count(string(text), "*") == 1 && strings.Contains(string(text), `":repository/`) &&
			strings.HasSuffix(string(text), `/*"]]}`):
			found = append(found, "repositories of a cache")
		case strings.Contains(string(text), "*"):
			found = append(found, fmt.Sprintf("%v on %s", statement["Action"], text))
		}
	}
	return found
}

func listOf(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		return v
	}
	return []any{v}
}
