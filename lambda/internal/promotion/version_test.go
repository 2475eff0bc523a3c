package promotion

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/opencontainers/go-digest"

	"archway/internal/rule"
)

// releases is a stage whose git tags are versions, and in which ECR lists the tags of images.
func releases(t *testing.T) *stage {
	t.Helper()
	s := set(t)
	s.settings.Rules = []rule.Tagged{{
		Rule: rule.Rule{Name: "version", Type: rule.Tag, Pattern: `v\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?`},
		Images: map[string]rule.Tags{"app": {
			Immutable: []string{"{semver.version}"},
			Moving:    []string{"v{semver.major}.{semver.minor}", "v{semver.major}", "latest"},
		}},
	}}
	repository := s.Repository(t, "app")
	s.aws.Tags = func(_, d string) (tags []string) {
		names, err := remote.List(repository)
		if err != nil {
			t.Error(err)
		}
		for _, name := range names {
			if head, err := remote.Head(repository.Tag(name)); err == nil && head.Digest.String() == d {
				tags = append(tags, name)
			}
		}
		return tags
	}
	return s
}

// release lets somebody push a git tag, at a commit of its own, and promotes what is built of it.
func (s *stage) release(t *testing.T, name string) (digest.Digest, map[string]string) {
	t.Helper()
	commit := strings.ReplaceAll(digest.FromString(name).Encoded(), "a", "0")[:40]
	s.aws.Fork(commit, older)
	s.aws.GitTag(name, commit, "")
	d := s.index(commit)
	s.Push(t, "staging/app", s.store)
	id := "e-" + name
	s.ran(id, commit, d, "rule", "version", "ref", name)
	s.aws.InTurn(id, "Promote", "Promote")
	variables, err := s.promote(t, id)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return d, variables
}

// In whatever order versions come, each floating tag ends at the highest one, and a prerelease
// moves none. History can't tell: all commits are beside each other.
func TestVersionOrders(t *testing.T) {
	all := []string{"v1.2.9", "v1.3.0", "v1.2.10", "v2.0.0-rc.1"}
	orders := 0
	permute(all, func(order []string) {
		orders++
		s := releases(t)
		version := map[digest.Digest]string{}
		for _, name := range order {
			d, _ := s.release(t, name)
			version[d] = strings.TrimPrefix(name, "v")
		}
		got := map[string]string{}
		for tag, d := range s.tags(t, "v1", "v1.2", "v1.3", "v2", "v2.0", "latest", "1.2.9", "2.0.0-rc.1") {
			got[tag] = version[digest.Digest(d)]
		}
		want := map[string]string{
			"v1": "1.3.0", "v1.2": "1.2.10", "v1.3": "1.3.0", "v2": "", "v2.0": "", "latest": "1.3.0",
			"1.2.9": "1.2.9", "2.0.0-rc.1": "2.0.0-rc.1",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%v (-want +got):\n%s", order, diff)
		}
	})
	if orders != 24 {
		t.Errorf("%d orders were tried", orders)
	}
}

func permute(all []string, do func([]string)) {
	if len(all) == 0 {
		do(nil)
		return
	}
	for i := range all {
		rest := append(append([]string{}, all[:i]...), all[i+1:]...)
		permute(rest, func(order []string) { do(append([]string{all[i]}, order...)) })
	}
}

// What is left where it is, is said with the reason.
func TestVersionReasons(t *testing.T) {
	s := releases(t)
	s.release(t, "v1.3.0")
	_, variables := s.release(t, "v1.2.9")
	if got := variables["tags-app"] + " " + variables["kept-app"]; got != "1.2.9,v1.2 v1,latest" ||
		!strings.Contains(variables["summary"], "v1 was left where it is: it serves the newer version 1.3.0") {
		t.Errorf("an older version: %v", variables)
	}
	_, variables = s.release(t, "v2.0.0-rc.1")
	if got := variables["tags-app"] + " " + variables["kept-app"]; got != "2.0.0-rc.1 v2.0,v2,latest" ||
		!strings.Contains(variables["summary"],
			"v2 was left where it is: 2.0.0-rc.1 is a prerelease, and moves no tag that releases share") {
		t.Errorf("a prerelease: %v", variables)
	}
	_, variables = s.release(t, "v2.0.0")
	if !strings.Contains(s.log.String(), "it served the older version 1.3.0") || variables["kept-app"] != "none" {
		t.Errorf("a newer version: %v", variables)
	}
}

// Where ECR can't say which tags an image has, nothing moves: it might be a newer version.
func TestVersionUnknown(t *testing.T) {
	s := releases(t)
	s.release(t, "v1.3.0")
	before := s.tags(t, "v1", "latest")
	s.aws.Refuse("DescribeImages", "AccessDeniedException")
	s.aws.Fork(newer, older)
	s.aws.GitTag("v1.2.9", foreign, "")
	d := s.index(foreign)
	s.Push(t, "staging/app", s.store)
	s.ran("e-9", foreign, d, "rule", "version", "ref", "v1.2.9")
	s.aws.InTurn("e-9", "Promote", "Promote")
	if _, err := s.promote(t, "e-9"); err == nil || !strings.Contains(err.Error(), "AccessDeniedException") {
		t.Errorf("error %v", err)
	}
	if diff := cmp.Diff(before, s.tags(t, "v1", "latest")); diff != "" {
		t.Error(diff)
	}
}

// A tag that serves an image of a branch is judged by history, as ever.
func TestVersionAndBranch(t *testing.T) {
	s := releases(t)
	s.released(t, s.index(newer), copied+1, "latest")
	_, variables := s.release(t, "v1.0.0")
	if variables["kept-app"] != "latest" {
		t.Errorf("%v", variables)
	}
}

// A rollback goes back to an older version.
func TestVersionRollback(t *testing.T) {
	s := releases(t)
	old, _ := s.release(t, "v1.2.9")
	s.release(t, "v1.3.0")
	s.aws.Did("e-v1.2.9", "Promote", "Promote", "Succeeded", nil)
	s.aws.Rollback("e-back", "e-v1.2.9")
	s.aws.InTurn("e-back", "Promote", "Promote")
	if _, err := s.promote(t, "e-back"); err != nil {
		t.Fatal(err)
	}
	if got := s.tags(t, "v1")["v1"]; got != old.String() {
		t.Errorf("v1 serves %s", got)
	}
}

// A git tag that is no version stops the promotion before anything is written.
func TestVersionMissing(t *testing.T) {
	s := releases(t)
	s.settings.Rules[0].Pattern = "v.*"
	s.aws.Fork(foreign, older)
	s.aws.GitTag("v1.2", foreign, "")
	d := s.index(foreign)
	s.Push(t, "staging/app", s.store)
	s.ran("e-8", foreign, d, "rule", "version", "ref", "v1.2")
	s.aws.InTurn("e-8", "Promote", "Promote")
	_, err := s.promote(t, "e-8")
	if err == nil ||
		!strings.Contains(fmt.Sprint(err), `the git tag "v1.2" is called after no version such as v1.2.3`) {
		t.Errorf("error %v", err)
	}
	for _, request := range s.Requests() {
		if strings.HasPrefix(request, http.MethodPut+" /v2/app/") {
			t.Errorf("it wrote: %s", request)
		}
	}
}
