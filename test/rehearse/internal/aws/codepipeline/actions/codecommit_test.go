package actions

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"archway/test/internal/archive"
	"archway/test/rehearse/internal/aws/codecommit"
	"archway/test/rehearse/internal/aws/codepipeline"
)

// A source archives the pinned commit, or the head.
func TestSourceArchive(t *testing.T) {
	dir := t.TempDir()
	repository, err := codecommit.Create(t.Context(), filepath.Join(dir, "app.git"), "app", "arn", "id")
	if err != nil {
		t.Fatal(err)
	}
	commit := func(content string) string {
		changes, err := repository.Push(t.Context(), "main", "Say "+content+"\n\nMore about it.",
			func(dir string) error {
				return os.WriteFile(filepath.Join(dir, "file"), []byte(content), 0o644)
			})
		if err != nil {
			t.Fatal(err)
		}
		return changes[0].New
	}
	first, second := commit("one"), commit("two")
	source := &CodeCommitSource{Account{
		Repository: func(name string) (*codecommit.Repository, bool) { return repository, name == "app" },
	}}
	run := func(revision, branch string) codepipeline.Outcome {
		return source.Run(t.Context(), codepipeline.Run{
			Action:        codepipeline.Action{Name: "Source", Outputs: []string{"Code"}},
			Configuration: map[string]string{"RepositoryName": "app", "BranchName": branch},
			Revision:      revision,
			Output: func(name string) (codepipeline.Artifact, error) {
				return codepipeline.Artifact{Name: name, File: filepath.Join(t.TempDir(), "code.zip")}, nil
			},
			Log: &bytes.Buffer{},
		})
	}
	for revision, want := range map[string]struct{ commit, content string }{
		first: {first, "one"},
		"":    {second, "two"},
	} {
		got := run(revision, "main")
		if got.Err != nil {
			t.Fatal(got.Err)
		}
		out := t.TempDir()
		if err := archive.Unpack(got.Outputs[0].File, out); err != nil {
			t.Fatal(err)
		}
		content, err := os.ReadFile(filepath.Join(out, "file"))
		if err != nil || string(content) != want.content || got.Outputs[0].Revision != want.commit ||
			got.Variables["CommitId"] != want.commit {
			t.Errorf("revision %q: got %q of %s, variables %v, %v", revision, content, got.Outputs[0].Revision,
				got.Variables, err)
		}
		if message := got.Variables["CommitMessage"]; !strings.HasPrefix(message, "Say "+want.content) ||
			!strings.HasSuffix(message, "More about it.") {
			t.Errorf("message: got %q", message)
		}
		for _, name := range []string{"RepositoryName", "BranchName", "AuthorDate", "CommitterDate"} {
			if got.Variables[name] == "" {
				t.Errorf("the variable %s is missing", name)
			}
		}
	}
	if got := run("", "none"); got.Err == nil || !strings.Contains(got.Err.Error(), "refs/heads/none") {
		t.Errorf("got %v, expected the branch to be named", got.Err)
	}
}
