package history_test

import (
	"strings"
	"testing"

	"archway/internal/rule"
	"archway/lambda/internal/fixture"
)

func TestStray(t *testing.T) {
	endpoint := fixture.ServeAWS(t)
	endpoint.Line(a, b)
	endpoint.Fork(c, a)
	endpoint.Branch("main", b)
	endpoint.Branch("old", a)
	endpoint.GitTag("v1", b, "")
	repository := open(endpoint, fixture.SourceRepository)
	for name, test := range map[string]struct {
		kind              rule.Type
		ref, commit, want string
	}{
		"the head":             {rule.Branch, "main", b, ""},
		"an ancestor":          {rule.Branch, "main", a, ""},
		"beside it":            {rule.Branch, "main", c, `is not in the history of the branch "main"`},
		"ahead of it":          {rule.Branch, "old", b, `is not in the history of the branch "old"`},
		"unknown":              {rule.Branch, "main", stranger, "can't compare"},
		"no such branch":       {rule.Branch, "none", a, `has no branch "none"`},
		"the tag's":            {rule.Tag, "v1", b, ""},
		"an ancestor of a tag": {rule.Tag, "v1", a, `the tag "v1" leads to the commit bbbbbbbbbbbb`},
		"no such tag":          {rule.Tag, "v2", b, "the source repository has no tag"},
	} {
		why, err := repository.Stray(t.Context(), test.kind, test.ref, test.commit)
		if err != nil || !strings.Contains(why, test.want) || (why == "") != (test.want == "") {
			t.Errorf("%s: %q, %v, want %q", name, why, err, test.want)
		}
	}
	for _, call := range []string{"GetMergeOptions", "GetBranch"} {
		endpoint.Refuse(call, "AccessDeniedException")
		if why, err := repository.Stray(t.Context(), rule.Branch, "main", a); err == nil {
			t.Errorf("%s is refused: %q", call, why)
		}
	}
}
