package codecommit

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"archway/test/rehearse/internal/assumptions"
)

func point(t *testing.T, r *Repository, ref, commit string) Change {
	t.Helper()
	changes, err := r.Point(t.Context(), ref, commit)
	if err != nil || len(changes) != 1 {
		t.Fatalf("got %+v, %v, expected one change", changes, err)
	}
	return changes[0]
}

func annotate(t *testing.T, r *Repository, tag, commit string) Change {
	t.Helper()
	changes, err := r.Annotate(t.Context(), tag, commit, "Release it")
	if err != nil || len(changes) != 1 {
		t.Fatalf("got %+v, %v, expected one change", changes, err)
	}
	return changes[0]
}

func TestTagsAreReported(t *testing.T) {
	r := create(t)
	first := push(t, r, "main", map[string]string{"a": "1"})[0].New
	second := push(t, r, "main", map[string]string{"a": "2"})[0].New
	if diff := cmp.Diff(Change{Ref: "refs/tags/v1", New: first, Object: first},
		point(t, r, "refs/tags/v1", first)); diff != "" {
		t.Errorf("light (-want +got):\n%s", diff)
	}
	moved := annotate(t, r, "v1", second)
	if moved.Old != first || moved.New != second || !fullID.MatchString(moved.Object) || moved.Object == second {
		t.Errorf("annotated and moved: got %+v", moved)
	}
	for object, commit := range map[bool]string{false: second, true: moved.Object} {
		r.Readings = assumptions.Readings{TagObject: object}
		detail := r.Event(moved, "1", "eu-west-1", time.Unix(0, 0))["detail"].(map[string]any)
		if detail["commitId"] != commit || detail["oldCommitId"] != first || detail["event"] != "referenceUpdated" {
			t.Errorf("object %v: got %v, expected %s", object, detail, commit)
		}
		created := r.Event(Change{Ref: moved.Ref, New: second, Object: moved.Object}, "1", "eu-west-1",
			time.Unix(0, 0))["detail"].(map[string]any)
		if created["commitId"] != commit || created["event"] != "referenceCreated" {
			t.Errorf("object %v: got %v, expected %s", object, created, commit)
		}
	}
	if gone := point(t, r, "refs/tags/v1", ""); gone.Old != second || gone.New != "" {
		t.Errorf("deleted: got %+v", gone)
	}
}

func TestSpecifiers(t *testing.T) {
	r := create(t)
	first := push(t, r, "main", map[string]string{"a": "1"})[0].New
	second := push(t, r, "feature/x", map[string]string{"dir/b": "2"})[0].New
	point(t, r, "refs/tags/light", first)
	object := annotate(t, r, "v1", second).Object
	annotate(t, r, "main", second) // a tag with the name of a branch
	point(t, r, "refs/heads/other", second)
	tests := []struct {
		specifier, want string
		peels           bool
	}{
		{first, first, false},
		{first, first, true},
		{"feature/x", second, false},
		{"refs/heads/main", first, false},
		{"refs/tags/main", second, false},
		{"main", second, false},
		{"light", first, false},
		{"v1", second, false},
		{"refs/tags/v1", second, false},
		{object, "", false},
		{object, second, true},
		{first[:12], "", true},
		{"main~1", "", true},
		{"HEAD", "", true},
		{"none", "", true},
		{"0000000000000000000000000000000000000000", "", true},
	}
	for _, test := range tests {
		r.Readings = assumptions.Readings{PeelsIDs: test.peels}
		got, err := r.Specified(t.Context(), test.specifier)
		if got != test.want || (test.want == "") != errors.Is(err, ErrNoCommit) {
			t.Errorf("%s, peels %v: got %q, %v, expected %q", test.specifier, test.peels, got, err, test.want)
		}
	}
}

func TestFolder(t *testing.T) {
	r := create(t)
	commit := push(t, r, "main", map[string]string{"dir/b": "2", "a": "1"})[0].New
	trees := map[string]bool{}
	for path, want := range map[string]error{
		"/":     nil,
		"":      nil,
		"dir":   nil,
		"/dir/": nil,
		"a":     ErrNoFolder,
		"none":  ErrNoFolder,
	} {
		got, tree, err := r.Folder(t.Context(), "main", path)
		if !errors.Is(err, want) || want == nil && (got != commit || !fullID.MatchString(tree)) {
			t.Errorf("%q: got %s, %s, %v", path, got, tree, err)
		}
		trees[tree] = want == nil
	}
	if len(trees) != 3 {
		t.Errorf("got the trees %v, expected two, and none of what is no folder", trees)
	}
	if _, _, err := r.Folder(t.Context(), "none", "/"); !errors.Is(err, ErrNoCommit) {
		t.Errorf("got %v", err)
	}
}

func TestBranch(t *testing.T) {
	r := create(t)
	first := push(t, r, "main", map[string]string{"a": "1"})[0].New
	point(t, r, "refs/tags/v1", first)
	if got, err := r.Branch(t.Context(), "main"); got != first || err != nil {
		t.Errorf("got %s, %v", got, err)
	}
	for _, name := range []string{"v1", "refs/heads/main", "none", ""} {
		if got, err := r.Branch(t.Context(), name); !errors.Is(err, ErrNoBranch) {
			t.Errorf("%s: got %s, %v", name, got, err)
		}
	}
}
