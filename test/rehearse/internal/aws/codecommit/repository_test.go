package codecommit

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func create(t *testing.T) *Repository {
	t.Helper()
	r, err := Create(t.Context(), filepath.Join(t.TempDir(), "app.git"), "app", "arn:aws:codecommit:eu-west-1:1:app",
		"id")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func push(t *testing.T, r *Repository, branch string, files map[string]string) []Change {
	t.Helper()
	changes, err := r.Push(t.Context(), branch, "Change files", func(dir string) error {
		for name, content := range files {
			if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o755); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return changes
}

// A push reports created, then updated, then nothing.
func TestPush(t *testing.T) {
	r := create(t)
	first := push(t, r, "main", map[string]string{"a": "1"})
	if len(first) != 1 || first[0].Ref != "refs/heads/main" || first[0].Old != "" || len(first[0].New) != 40 {
		t.Fatalf("first push: got %+v", first)
	}
	second := push(t, r, "main", map[string]string{"a": "2"})
	if len(second) != 1 || second[0].Old != first[0].New {
		t.Fatalf("second push: got %+v, expected an update of %s", second, first[0].New)
	}
	if third := push(t, r, "main", map[string]string{"a": "2"}); len(third) != 0 {
		t.Fatalf("push without a change: got %+v, expected nothing", third)
	}
}

// A new branch starts from an existing one.
func TestNewBranch(t *testing.T) {
	r := create(t)
	push(t, r, "main", map[string]string{"a": "1"})
	changed := push(t, r, "side", map[string]string{"b": "1"})
	dir := t.TempDir()
	if err := r.Export(t.Context(), changed[0].New, dir); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a", "b"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
}

// An export keeps modes and links, and ignores attributes.
func TestExport(t *testing.T) {
	r := create(t)
	changes, err := r.Push(t.Context(), "main", "Add files", func(dir string) error {
		if err := os.WriteFile(filepath.Join(dir, ".gitattributes"), []byte("kept export-ignore\n"),
			0o644); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, "kept"), nil, 0o755); err != nil {
			return err
		}
		return os.Symlink("kept", filepath.Join(dir, "link"))
	})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := r.Export(t.Context(), changes[0].New, dir); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(filepath.Join(dir, "kept")); err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("kept: got %v, %v, expected mode 0755", info, err)
	}
	if target, err := os.Readlink(filepath.Join(dir, "link")); err != nil || target != "kept" {
		t.Errorf("link: got %q, %v", target, err)
	}
	if _, err := os.Stat(filepath.Join(dir, ".git")); err == nil {
		t.Error(".git is in the archive")
	}
}

func TestEventHasTheFieldsOfItsKind(t *testing.T) {
	r := create(t)
	tests := map[string]struct {
		change Change
		want   map[string]any
	}{
		"created": {
			Change{Ref: "refs/heads/main", New: "n"},
			map[string]any{"event": "referenceCreated", "referenceType": "branch", "referenceName": "main",
				"commitId": "n"},
		},
		"updated": {
			Change{Ref: "refs/heads/feature/x", Old: "o", New: "n"},
			map[string]any{"event": "referenceUpdated", "referenceType": "branch", "referenceName": "feature/x",
				"commitId": "n", "oldCommitId": "o"},
		},
		"deleted": {
			Change{Ref: "refs/heads/main", Old: "o"},
			map[string]any{"event": "referenceDeleted", "referenceType": "branch", "referenceName": "main",
				"oldCommitId": "o"},
		},
		"tag": {
			Change{Ref: "refs/tags/main", New: "n"},
			map[string]any{"event": "referenceCreated", "referenceType": "tag", "referenceName": "main",
				"commitId": "n"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			test.want["repositoryName"] = "app"
			test.want["repositoryId"] = "id"
			test.want["referenceFullName"] = test.change.Ref
			test.want["callerUserArn"] = "arn:aws:iam::1:user/rehearsal"
			got := r.Event(test.change, "1", "eu-west-1", time.Unix(0, 0))
			if diff := cmp.Diff(test.want, got["detail"]); diff != "" {
				t.Errorf("detail (-want +got):\n%s", diff)
			}
		})
	}
}

func TestResolveNamesWhatIsMissing(t *testing.T) {
	r := create(t)
	if _, err := r.Resolve(context.Background(), "refs/heads/none"); err == nil {
		t.Error("got no error for a branch that does not exist")
	}
}
