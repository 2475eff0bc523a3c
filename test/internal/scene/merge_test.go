package scene

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Two things of one name are not taken for each other, and a group of things stays one.
func TestMergedCards(t *testing.T) {
	was := Scene{Title: "app", Note: "n", Keeps: []Card{
		{Kind: Store, Title: "app", Lines: []string{"CodeCommit"}, Of: []string{"Source"}},
		{Kind: Store, Title: "app", Lines: []string{"ECR", "tags may move"}, Of: []string{"Images"}},
		{Kind: Store, Title: "gone", Of: []string{"Gone"}},
		{Kind: Store, Title: "2 log groups", Lines: []string{"90 days"}, Of: []string{"A", "B"}},
	}}
	is := Scene{Title: "app", Note: "n", Keeps: []Card{
		{Kind: Store, Title: "app", Lines: []string{"CodeCommit"}, Of: []string{"Source"}},
		{Kind: Store, Title: "app", Lines: []string{"ECR", "tags never move"}, Of: []string{"Images"}},
		{Kind: Store, Title: "key", Of: []string{"Key"}},
		{Kind: Store, Title: "3 log groups", Lines: []string{"90 days"}, Of: []string{"A", "B", "C"}},
		{Kind: Store, Title: "other", Of: []string{"Other"}},
	}}
	was.Keeps = append(was.Keeps, Card{Kind: Store, Title: "other", Of: []string{"Other"}})
	merged := Merge(&was, &is, map[string]Mark{"Images": Replaced, "Other": Changed})
	want := []Card{
		{Kind: Store, Title: "app", Lines: []string{"CodeCommit"}, Of: []string{"Source"}},
		{
			Kind: Store, Title: "app", Lines: []string{"ECR", "tags never move", "was: tags may move"},
			Of: []string{"Images"}, Mark: Replaced,
		},
		{Kind: Store, Title: "key", Of: []string{"Key"}, Mark: Added},
		{Kind: Store, Title: "gone", Of: []string{"Gone"}, Mark: Removed},
		{
			Kind: Store, Title: "3 log groups", Lines: []string{"90 days", "was: 2 log groups"},
			Of: []string{"A", "B", "C"}, Mark: Changed,
		},
		{Kind: Store, Title: "other", Of: []string{"Other"}, Mark: Changed},
	}
	if diff := cmp.Diff(want, merged.Keeps); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !merged.Change || merged.Note != "n" {
		t.Errorf("got %+v", merged)
	}
}

// Of a permission, what stays is beside what comes and what goes.
func TestMergedPermissions(t *testing.T) {
	may := func(actions ...string) []Identity {
		words, class := said(actions, false)
		return []Identity{{Name: "build", As: "CodeBuild", May: []Permission{
			{Thing: "registry", Actions: actions, Verbs: words, Class: class},
		}}}
	}
	was := Scene{Who: may("ecr:BatchGetImage", "ecr:DescribeImages")}
	is := Scene{Who: may("ecr:BatchGetImage", "ecr:PutImage")}
	want := []Permission{
		{Thing: "registry", Actions: []string{"ecr:BatchGetImage"}, Verbs: []string{"read manifests"}, Class: Reads},
		{
			Thing: "registry", Actions: []string{"ecr:PutImage"}, Verbs: []string{"write manifests and tags"},
			Class: Writes, Mark: Added,
		},
		{
			Thing: "registry", Actions: []string{"ecr:DescribeImages"}, Verbs: []string{"see when images were pushed"},
			Class: Reads, Mark: Removed,
		},
	}
	if diff := cmp.Diff(want, Merge(&was, &is, nil).Who[0].May); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(is.Who, Merge(&is, &is, nil).Who); diff != "" {
		t.Errorf("nothing changes, and yet (-want +got):\n%s", diff)
	}
	if got := Merge(nil, &is, nil).Who[0]; got.Mark != Added || got.May[0].Mark != Added {
		t.Errorf("a new stack: %+v", got)
	}
	if got := Merge(&was, nil, nil).Who[0]; got.Mark != Removed || got.May[0].Mark != Removed {
		t.Errorf("a stack that is gone: %+v", got)
	}
}

// A stage that goes stays where it was, and its notes and cards are marked one by one.
func TestMergedStages(t *testing.T) {
	card := func(title string) Card { return Card{Kind: Build, Title: title} }
	was := Scene{Stages: []Stage{
		{Name: "Build", Groups: [][]Card{{card("a")}}},
		{Name: "Test", Groups: [][]Card{{card("t")}}},
		{Name: "Promote", Notes: []string{"on failure: rollback"}},
	}}
	is := Scene{Stages: []Stage{
		{Name: "Build", Groups: [][]Card{{card("a"), card("b")}}},
		{Name: "Promote"},
	}}
	got := Merge(&was, &is, nil).Stages
	added, removed := card("b"), card("t")
	added.Mark, removed.Mark = Added, Removed
	want := []Stage{
		{Name: "Build", Groups: [][]Card{{card("a"), added}}},
		{Name: "Test", Groups: [][]Card{{removed}}, Mark: Removed},
		{Name: "Promote", Notes: []string{"was: on failure: rollback"}, Mark: Changed},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
