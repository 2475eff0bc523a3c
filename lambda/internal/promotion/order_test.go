package promotion

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/codepipeline/types"
	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"

	"archway/lambda/internal/fixture"
	"archway/lambda/internal/history"
)

// Commits of tests. fixture.Revision is between the two.
var (
	older   = strings.Repeat("a", 40)
	newer   = strings.Repeat("b", 40)
	foreign = strings.Repeat("c", 40)
)

const (
	earlier = "2026-03-04T05:00:00Z"
	later   = "2026-03-04T06:00:00Z"
)

func TestMovingTagsGoForwardInHistory(t *testing.T) {
	for name, test := range map[string]struct {
		// what the tag serves
		commit, created string
		moves           bool
		why             string
	}{
		"an older commit":                       {older, earlier, true, "it served the older commit aaaaaaaaaaaa"},
		"an older commit that was built later":  {older, later, true, "it served the older commit aaaaaaaaaaaa"},
		"a newer commit":                        {newer, later, false, "latest was left where it is: it serves the newer commit bbbbbbbbbbbb"},
		"a newer commit that was built earlier": {newer, earlier, false, "it serves the newer commit bbbbbbbbbbbb"},
		"an earlier build of the commit":        {"", earlier, true, "it served an earlier build of the same commit"},
		"a later build of the commit":           {"", later, false, "it serves a later build of the same commit"},
		"a commit beside it, built earlier":     {foreign, earlier, true, "it served the earlier image of commit cccccccccccc"},
		"a commit beside it, built later":       {foreign, later, false, "it serves the later image of commit cccccccccccc"},
	} {
		t.Run(name, func(t *testing.T) {
			s := set(t)
			s.history = line{older, fixture.Revision, newer}
			served := s.index(test.commit, test.created)
			s.Push(t, "app", s.store)
			s.Tag(t, "app", "latest", s.store, served)
			variables, err := s.promote(t, nil)
			if err != nil {
				t.Fatal(err)
			}
			want := map[string]string{commit12: "new", "latest": "new", "feature-x": "new"}
			tags, kept := commit12+",latest,feature-x", "none"
			if !test.moves {
				want["latest"], tags, kept = served.String(), commit12+",feature-x", "latest"
			}
			if diff := cmp.Diff(want, s.tags(t, commit12, "latest", "feature-x")); diff != "" {
				t.Errorf("tags:\n%s", diff)
			}
			if variables["tags"] != tags || variables["kept"] != kept {
				t.Errorf("variables %v", variables)
			}
			if said := variables["summary"] + s.log.String(); !strings.Contains(said, test.why) {
				t.Errorf("%q is not said in %s", test.why, said)
			}
		})
	}
}

func TestMovingTagsLeaveWhatNamesNoCommit(t *testing.T) {
	s := set(t)
	image := s.store.Linux("amd64", "").Digest
	s.Push(t, "app", s.store)
	s.Tag(t, "app", "latest", s.store, image)
	if _, err := s.promote(t, nil); err != nil {
		t.Fatal(err)
	}
	if got := s.tags(t, "latest")["latest"]; got != "new" {
		t.Errorf("latest serves %s", got)
	}
}

func TestTwoBuildsOfOneSecondAreToldApartTheSameWayByAll(t *testing.T) {
	s := set(t)
	a, b := s.index("", earlier), s.index("", earlier)
	s.Push(t, "app", s.store)
	for _, order := range [][]digest.Digest{{a, b}, {b, a}} {
		for _, d := range order {
			if _, err := s.promote(t, func(p *Parameters) { p.Digest, p.Immutable = d.String(), nil }); err != nil {
				t.Fatal(err)
			}
		}
		if got, want := s.tags(t, "latest")["latest"], max(a, b).String(); got != want {
			t.Errorf("latest serves %s, want %s", got, want)
		}
	}
}

func TestRollbackMovesBackAndLeavesImmutableTags(t *testing.T) {
	s := set(t)
	s.history = line{older, fixture.Revision, newer}
	head := s.index(newer, later, "amd64", "arm64", "riscv64")
	s.Push(t, "app", s.store)
	s.Tag(t, "app", "latest", s.store, head)
	s.execution.Rollback, s.execution.Target = true, "e-0"
	variables, err := s.promote(t, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{commit12: "", "latest": "new", "feature-x": "new"}
	if diff := cmp.Diff(want, s.tags(t, commit12, "latest", "feature-x")); diff != "" {
		t.Errorf("tags:\n%s", diff)
	}
	if variables["tags"] != "latest,feature-x" || !strings.HasPrefix(variables["summary"], "Rollback: latest, feature-x now at sha256:") {
		t.Errorf("variables %v", variables)
	}
	for _, part := range []string{`"why":"the stage is rolled back to execution e-0"`, `"TagsRolledBack":1`, `"platforms":"linux/riscv64"`} {
		if !strings.Contains(s.log.String(), part) {
			t.Errorf("the log lacks %s:\n%s", part, &s.log)
		}
	}
}

func TestRollbackWithNothingToMoveSaysSo(t *testing.T) {
	s := set(t)
	s.execution.Rollback = true
	variables, err := s.promote(t, func(p *Parameters) { p.Moving = nil })
	if err != nil || variables["tags"] != "none" || !strings.Contains(variables["summary"], "there is no moving tag") {
		t.Errorf("%v, %v", variables, err)
	}
}

func TestPromoteRefusesToTakeAPlatformAway(t *testing.T) {
	s := set(t)
	s.history = line{older, fixture.Revision}
	before := s.index(older, earlier)
	half := s.index("", "", "amd64")
	s.Push(t, "app", s.store)
	s.Tag(t, "app", "feature-x", s.store, before)
	writes := len(s.puts())
	_, err := s.promote(t, func(p *Parameters) { p.Digest = half.String() })
	if failureType(err) != types.FailureTypeJobFailed || !strings.Contains(err.Error(), "with linux/arm64") || !strings.Contains(err.Error(), "has linux/amd64 only") {
		t.Errorf("error %v", err)
	}
	if n := len(s.puts()) - writes; n != 0 {
		t.Errorf("%d tags were written", n)
	}
	if _, err := s.promote(t, func(p *Parameters) {
		p.Digest, p.Downgrade = half.String(), map[string]string{"regression": "warning:no machine of that kind is left"}
	}); err != nil {
		t.Errorf("the platform is given up on purpose: %v", err)
	}
}

func TestCheckFindsWhatStandsAgainstItAndWritesNothing(t *testing.T) {
	s := set(t)
	checking := func(p *Parameters) { p.Check = true }
	variables, err := s.promote(t, checking)
	if err != nil || !strings.Contains(variables["summary"], "can go to sha256:") {
		t.Errorf("%v, %v", variables, err)
	}
	s.Tag(t, "app", commit12, s.store, s.old)
	writes := len(s.puts())
	if _, err := s.promote(t, checking); failureType(err) != types.FailureTypeJobFailed || !strings.Contains(err.Error(), "an immutable tag serves another image") {
		t.Errorf("error %v", err)
	}
	if n := len(s.puts()) - writes; n != 0 || writes != 1 {
		t.Errorf("%d tags were written", n+writes-1)
	}
}

func TestLateRepetitionOfAJobMovesNothing(t *testing.T) {
	for _, status := range []string{"Succeeded", "Failed", "Stopped", "Superseded", "Cancelled"} {
		s := set(t)
		s.execution.Status = status
		if _, err := s.promote(t, nil); failureType(err) != types.FailureTypeJobFailed || !strings.Contains(err.Error(), "late repetition") {
			t.Errorf("%s: error %v", status, err)
		}
		if n := len(s.puts()); n != 0 {
			t.Errorf("%s: %d tags were written", status, n)
		}
	}
}

type unreachable struct{}

var errUnreachable = errors.New("no answer")

func (unreachable) Compare(context.Context, string, string) (history.Relation, error) {
	return history.Unknown, errUnreachable
}

func TestPromoteMovesNothingIfTheSourceCannotBeAsked(t *testing.T) {
	s := set(t)
	served := s.index(older, earlier)
	s.Push(t, "app", s.store)
	s.Tag(t, "app", "latest", s.store, served)
	writes := len(s.puts())
	_, err := Action(s.open, s, unreachable{})(t.Context(), s.job(nil))
	if !errors.Is(err, errUnreachable) || !strings.Contains(err.Error(), "no tag was moved") {
		t.Errorf("error %v", err)
	}
	if n := len(s.puts()) - writes; n != 0 {
		t.Errorf("%d tags were written", n)
	}
}

// The record is a line of JSON that CloudWatch reads as a metric: the names that "_aws" mentions stand on its top level.
func TestEveryTagLeavesARecordThatIsAMetricToo(t *testing.T) {
	s := set(t)
	s.Tag(t, "app", "latest", s.store, s.old)
	if _, err := s.promote(t, nil); err != nil {
		t.Fatal(err)
	}
	var seen []string
	for text := range strings.Lines(s.log.String()) {
		var record map[string]any
		if err := json.Unmarshal([]byte(text), &record); err != nil {
			t.Fatal(err)
		}
		if record["msg"] != "promotion" {
			continue
		}
		for _, directive := range record["_aws"].(map[string]any)["CloudWatchMetrics"].([]any) {
			d := directive.(map[string]any)
			for _, metric := range d["Metrics"].([]any) {
				if record[metric.(map[string]any)["Name"].(string)] != 1.0 {
					t.Errorf("no value of the metric %v in %s", metric, text)
				}
			}
			for _, dimension := range d["Dimensions"].([]any)[0].([]any) {
				if record[dimension.(string)] == nil {
					t.Errorf("no value of the dimension %v in %s", dimension, text)
				}
			}
		}
		if record["tag"] == "latest" && (record["from"] != s.old.String() || record["to"] != s.new.String() || record["execution"] != "e-1" || record["time"] == nil) {
			t.Errorf("record %s", text)
		}
		seen = append(seen, record["tag"].(string))
	}
	if diff := cmp.Diff([]string{commit12, "latest", "feature-x"}, seen); diff != "" {
		t.Error(diff)
	}
}
