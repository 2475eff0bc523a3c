package config_test

import (
	"encoding/json"
	"strings"
	"testing"

	"archway/config"

	"github.com/google/go-cmp/cmp"
)

// Branches that couldn't work are reported.
func TestWrongBranches(t *testing.T) {
	const such = `: use a name such as "main" or "release/1.0"`
	for branch, want := range map[string]string{
		"":                "is empty" + such,
		"refs/heads/main": `is a full reference: use the branch alone, "main"`,
		"0123456789abcdef0123456789abcdef01234567": "CodeCommit takes no branch that looks like a commit ID, " +
			"40 hexadecimal digits" + such,
		strings.Repeat("b", 257): "CodeCommit takes at most 256 characters" + such,
		"@":                      "git takes no branch that is named @" + such,
		"HEAD":                   "git takes no branch that is named HEAD" + such,
		"-main":                  `git takes no branch that begins with "-"` + such,
		"main.":                  `git takes no branch that ends in "."` + such,
		"a..b":                   `git takes no branch that holds ".."` + such,
		"a@{b":                   `git takes no branch that holds "@{"` + such,
		"a//b":                   `git takes no branch that holds "//"` + such,
		"/a":                     `git takes no branch that begins or ends with "/"` + such,
		"a/":                     `git takes no branch that begins or ends with "/"` + such,
		"a/.b":                   `git takes no branch that has a part that begins with "."` + such,
		"a.lock/b":               `git takes no branch that has a part that ends in ".lock"` + such,
		"a b":                    `git takes no branch that holds " "` + such,
		"a~1":                    `git takes no branch that holds "~"` + such,
		"a^":                     `git takes no branch that holds "^"` + such,
		"a:b":                    `git takes no branch that holds ":"` + such,
		"a?":                     `git takes no branch that holds "?"` + such,
		"a*":                     `is no name of one branch: for several write "rules", such as [{"name": "all", "type": "branch", "pattern": "a.*"}]`,
		"a[0]":                   `git takes no branch that holds "["` + such,
		`a\b`:                    `git takes no branch that holds "\\"` + such,
		"a\ab":                   "git takes no branch that holds a control character" + such,
		"a\x7fb":                 "git takes no branch that holds a control character" + such,
		"a#{b}": `CodePipeline would read "#{" as the beginning of a variable` +
			such,
		"a\ufffdb": "holds a character that is not Unicode" + such,
	} {
		t.Run(branch, func(t *testing.T) {
			_, err := config.Load(json.RawMessage(branchConfig(t, branch)), "")
			problems, _ := err.(config.Problems)
			if len(problems) != 1 || problems[0].Path != "archway.pipelines[0].source.branch" {
				t.Fatalf("got %v, want one problem of the branch", err)
			}
			if diff := cmp.Diff(want, problems[0].Message); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestBranchesThatGitTakesAreTaken(t *testing.T) {
	for _, branch := range []string{"main", "release/1.0", "fix#12", "user@home", "a+b=c,d%e!", "größe", "x.locked",
		"a-", "feature/$x", "a{b}", `a"b`, "a<b>"} {
		t.Run(branch, func(t *testing.T) {
			if got := load(t, branchConfig(t, branch)).Pipelines[0].Source.Branch; got != branch {
				t.Errorf("got %q, want %q", got, branch)
			}
		})
	}
}

func branchConfig(t *testing.T, branch string) string {
	t.Helper()
	text, err := json.Marshal(branch)
	if err != nil {
		t.Fatal(err)
	}
	return sourceWith(`"branch": ` + string(text))
}
