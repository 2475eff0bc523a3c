package promotion

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/codepipeline/types"
	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/internal/spec"
	"archway/lambda/internal/fixture"
	"archway/lambda/internal/image/transfer"
	"archway/lambda/internal/verdict/check"
)

func TestMovingTagsGoForwardInHistory(t *testing.T) {
	for name, test := range map[string]struct {
		// commit is that of what the tag serves, which came to the release before the other one,
		// which is there, too, or after it.
		commit string
		before bool
		moves  bool
		why    string
	}{
		"an older commit":                      {older, true, true, "it served the older commit aaaaaaaaaaaa"},
		"an older commit that was built later": {older, false, true, "it served the older commit aaaaaaaaaaaa"},
		"a newer commit": {newer, false, false,
			"latest was left where it is: it serves the newer commit bbbbbbbbbbbb"},
		"a newer commit that was built earlier": {newer, true, false, "it serves the newer commit bbbbbbbbbbbb"},
		"an earlier build of the commit":        {"", true, true, "it served the earlier build of the same commit"},
		"a later build of the commit":           {"", false, false, "it serves the later build of the same commit"},
		"a commit beside it, built earlier": {foreign, true, true,
			"it served the earlier image of commit cccccccccccc, from which this one doesn't descend"},
		"a commit beside it, built later": {foreign, false, false,
			"it serves the later image of commit cccccccccccc"},
		"an unknown commit, built later": {strings.Repeat("d", 40), false, false,
			"which the source repository can't compare"},
	} {
		t.Run(name, func(t *testing.T) {
			s := set(t)
			served := s.index(test.commit)
			s.released(t, s.new, copied)
			s.released(t, served, map[bool]int{true: copied - 1, false: copied + 1}[test.before], "latest")
			variables, err := s.promote(t)
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
			if variables["tags-app"] != tags || variables["kept-app"] != kept {
				t.Errorf("variables %v", variables)
			}
			if said := variables["summary"] + s.log.String(); !strings.Contains(said, test.why) {
				t.Errorf("%q is not said in %s", test.why, said)
			}
		})
	}
}

// An image of the far future blocks nobody. What an image says of its own time counts for nothing:
// a build can write any.
func TestImageOfTheFarFuture(t *testing.T) {
	s := set(t)
	future := s.store.IndexWith(func(doc map[string]any) {
		doc["annotations"].(map[string]any)[specs.AnnotationCreated] = "2999-01-01T00:00:00Z"
	}, s.store.Linux("amd64", ""), s.store.Linux("arm64", "")).Digest
	s.released(t, future, 1, "latest")
	if _, err := s.promote(t); err != nil {
		t.Fatal(err)
	}
	if got := s.tags(t, "latest")["latest"]; got != "new" {
		t.Errorf("latest serves %s", got)
	}
}

// Moving tags leave an image that names no commit.
func TestServedWithoutACommit(t *testing.T) {
	s := set(t)
	image := s.store.Linux("amd64", "").Digest
	s.released(t, image, 1, "latest")
	if _, err := s.promote(t); err != nil {
		t.Fatal(err)
	}
	if got := s.tags(t, "latest")["latest"]; got != "new" {
		t.Errorf("latest serves %s", got)
	}
}

// What can't be read might be newer. Only what is gone protects nothing.
func TestServedImageThatCannotBeRead(t *testing.T) {
	for name, fault := range map[string]func(w http.ResponseWriter){
		"no answer":   func(w http.ResponseWriter) { w.WriteHeader(http.StatusServiceUnavailable) },
		"no access":   func(w http.ResponseWriter) { w.WriteHeader(http.StatusForbidden) },
		"other bytes": func(w http.ResponseWriter) { fmt.Fprint(w, "{}") },
		"too large":   func(w http.ResponseWriter) { fmt.Fprint(w, strings.Repeat(" ", 5<<20)) },
	} {
		t.Run(name, func(t *testing.T) {
			s := set(t)
			served := s.index(newer)
			s.released(t, served, 1, "latest")
			s.Misbehave(func(w http.ResponseWriter, r *http.Request) bool {
				if r.Method != http.MethodGet || r.URL.Path != "/v2/app/manifests/"+served.String() {
					return false
				}
				fault(w)
				return true
			})
			s.unmoved(t, "tag latest")
		})
	}
	s := set(t)
	served := s.index(newer)
	s.released(t, served, 1, "latest")
	s.Misbehave(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodGet || r.URL.Path != "/v2/app/manifests/"+served.String() {
			return false
		}
		w.WriteHeader(http.StatusNotFound)
		return true
	})
	if _, err := s.promote(t); err != nil {
		t.Errorf("what is gone: %v", err)
	}
}

// All tell two builds of one second apart in the same way.
func TestTwoBuildsOfOneSecond(t *testing.T) {
	s := set(t)
	a, b := s.index(""), s.index("")
	s.Push(t, "staging/app", s.store)
	s.settings.Images[0].Tags.Immutable = nil
	for _, order := range [][]digest.Digest{{a, b}, {b, a}} {
		for _, d := range order {
			s.validated("e-1", d)
			if _, err := s.promote(t); err != nil {
				t.Fatal(err)
			}
		}
		if got, want := s.tags(t, "latest")["latest"], max(a, b).String(); got != want {
			t.Errorf("latest serves %s, want %s", got, want)
		}
	}
}

// ECR may list what was copied only later. It comes after all that is listed, whatever its digest.
func TestWhatWasJustCopiedIsTheLatest(t *testing.T) {
	s := set(t)
	served := s.index("")
	for served < s.new {
		served = s.index("")
	}
	s.released(t, served, 1, "latest")
	s.transfer = transfer.Run
	if _, err := s.promote(t); err != nil {
		t.Fatal(err)
	}
	if got := s.tags(t, "latest")["latest"]; got != "new" {
		t.Errorf("latest serves %s", got)
	}
}

func TestPushTimesThatCannotBeAskedFor(t *testing.T) {
	s := set(t)
	s.released(t, s.old, 1, "latest")
	s.aws.Refuse("DescribeImages", "AccessDeniedException")
	s.unmoved(t, "ask when images of app were pushed")
}

// A rollback moves tags back, and leaves immutable ones.
func TestRollback(t *testing.T) {
	s := set(t)
	head := s.index(newer, "amd64", "arm64", "riscv64")
	s.released(t, head, 200, "latest")
	s.rollback()
	variables, err := s.promote(t)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{commit12: "", "latest": "new", "feature-x": "new"}
	if diff := cmp.Diff(want, s.tags(t, commit12, "latest", "feature-x")); diff != "" {
		t.Errorf("tags:\n%s", diff)
	}
	if variables["tags-app"] != "latest,feature-x" ||
		!strings.HasPrefix(variables["summary"], "Rollback: app: latest, feature-x now at sha256:") {
		t.Errorf("variables %v", variables)
	}
	if strings.Contains(s.log.String(), `"Promotions":1`) {
		t.Errorf("a rollback is counted as a promotion:\n%s", &s.log)
	}
	for _, part := range []string{`"why":"the stage is rolled back to execution e-1"`, `"TagsRolledBack":1`,
		`"Rollbacks":1`, `"platforms":"linux/riscv64"`} {
		if !strings.Contains(s.log.String(), part) {
			t.Errorf("the log lacks %s:\n%s", part, &s.log)
		}
	}
}

// A rollback takes from the release what staging has forgotten.
func TestRollbackFromTheRelease(t *testing.T) {
	s := set(t)
	s.released(t, s.old, 200, "latest")
	s.Misbehave(func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasPrefix(r.URL.Path, "/v2/staging/") {
			return false
		}
		w.WriteHeader(http.StatusNotFound)
		return true
	})
	s.rollback()
	if _, err := s.promote(t); err != nil {
		t.Fatal(err)
	}
	if got := s.tags(t, "latest")["latest"]; got != "new" || len(s.transfers) != 0 {
		t.Errorf("latest serves %s after %d transfers", got, len(s.transfers))
	}
}

// A rollback with nothing to move says so.
func TestRollbackOfNothing(t *testing.T) {
	s := set(t)
	s.rollback()
	s.settings.Images[0].Tags.Moving = nil
	variables, err := s.promote(t)
	if err != nil || variables["tags-app"] != "none" ||
		!strings.Contains(variables["summary"], "there is no moving tag") {
		t.Errorf("%v, %v", variables, err)
	}
}

// Promote refuses to take a platform away.
func TestPlatformTakenAway(t *testing.T) {
	s := set(t)
	before := s.index(older)
	half := s.index("", "amd64")
	s.Push(t, "staging/app", s.store)
	s.released(t, before, 1, "feature-x")
	s.validated("e-1", half)
	err := s.unmoved(t, "with linux/arm64")
	if failureType(err) != types.FailureTypeJobFailed || !strings.Contains(err.Error(), "has linux/amd64 only") {
		t.Errorf("error %v", err)
	}
	s.settings.Images[0].Validation.Downgrade = map[string]spec.Downgrade{"regression": {Severity: "warning",
		Reason: "no machine of that kind is left"}}
	if _, err := s.promote(t); err != nil {
		t.Errorf("the platform is given up on purpose: %v", err)
	}
	if !strings.Contains(s.log.String(), `"reason":"no machine of that kind is left"`) {
		t.Errorf("the log lacks the reason:\n%s", &s.log)
	}
}

// Exactly one platform gets lost, by an image that somebody else pointed the tag at after the
// survey.
func TestPlatformLostAfterSurvey(t *testing.T) {
	for name, after := range map[string]func(*stage){
		"refused": func(*stage) {},
		"given up on purpose": func(s *stage) {
			s.settings.Images[0].Validation.Downgrade = map[string]spec.Downgrade{"regression": {Severity: "info",
				Reason: "x"}}
		},
		"rolled back": func(s *stage) { s.rollback() },
	} {
		t.Run(name, func(t *testing.T) {
			s := set(t)
			wider := s.index(older, "amd64", "arm64", "riscv64")
			s.released(t, s.old, 1, "latest", "feature-x")
			s.aws.Pushed("app", wider.String(), 2)
			after(s)
			looked := 0
			s.Misbehave(func(_ http.ResponseWriter, r *http.Request) bool {
				if r.Method == http.MethodHead && r.URL.Path == "/v2/app/manifests/feature-x" {
					if looked++; looked == 1 {
						return false
					}
				}
				if looked == 1 && r.Method == http.MethodHead && r.URL.Path == "/v2/app/manifests/latest" {
					looked++
					s.Tag(t, "app", "latest", s.store, wider)
				}
				return false
			})
			_, err := s.promote(t)
			latest := s.tags(t, "latest")["latest"]
			if name != "refused" {
				if err != nil || latest != "new" {
					t.Errorf("latest serves %s, error %v", latest, err)
				}
				return
			}
			if failureType(err) != types.FailureTypeJobFailed ||
				!strings.Contains(err.Error(), "The tag latest was left where it is: meanwhile it serves") ||
				!strings.Contains(err.Error(), "with linux/riscv64, which this image lacks") ||
				latest != wider.String() {
				t.Errorf("latest serves %s, error %v", latest, err)
			}
		})
	}
}

// Promote moves nothing if the source can't be asked.
func TestUnavailableSource(t *testing.T) {
	for call, want := range map[string]string{
		"GetMergeOptions": "ask for the merge base",
		"GetBranch":       `ask for the branch "feature/x"`,
	} {
		s := set(t)
		s.released(t, s.index(older), 1, "latest")
		s.aws.Refuse(call, "AccessDeniedException")
		s.unmoved(t, want)
	}
}

// Promote moves nothing if the order can't be asked for. The branch's head is the promoted commit,
// so that the order of the two images is the first thing to be asked for.
func TestUnavailableOrder(t *testing.T) {
	s := set(t)
	s.aws.Branch("feature/x", fixture.Revision)
	s.released(t, s.index(older), 1, "latest")
	s.aws.Refuse("GetMergeOptions", "AccessDeniedException")
	s.unmoved(t, "ask for the merge base")
}

// What names no commit is nothing that this pipeline has made: when it came doesn't count. Promote
// moves a tag from it.
func TestLaterWithoutACommit(t *testing.T) {
	s := set(t)
	s.released(t, s.new, 1)
	nameless := s.store.IndexWith(func(doc map[string]any) { delete(doc, "annotations") },
		s.store.Linux("amd64", "")).Digest
	s.released(t, nameless, 2, "latest")
	if _, err := s.promote(t); err != nil {
		t.Fatal(err)
	}
	if got := s.tags(t, "latest")["latest"]; got != "new" ||
		!strings.Contains(s.log.String(), `"why":"what it served names no commit"`) {
		t.Errorf("latest serves %s\n%s", got, &s.log)
	}
}

// The summary tells the tag that was there from those that came.
func TestSummaryOfTags(t *testing.T) {
	s := set(t)
	s.released(t, s.new, 1, "latest")
	variables, err := s.promote(t)
	to := check.Short(s.new.String())
	if want := "app: " + commit12 + ", feature-x now at " + to + "; latest already at " + to; err != nil ||
		variables["summary"] != want {
		t.Errorf("error %v, summary %q, want %q", err, variables["summary"], want)
	}
}

// Every tag leaves a record that is a metric too. The record is a line of JSON that CloudWatch
// reads as a metric: the names that "_aws" mentions stand on its top level.
func TestRecordsOfTags(t *testing.T) {
	s := set(t)
	s.released(t, s.old, 1, "latest")
	if _, err := s.promote(t); err != nil {
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
		if record["tag"] == "latest" &&
			(record["from"] != s.old.String() || record["to"] != s.new.String() || record["execution"] != "e-1" ||
				record["time"] == nil) {
			t.Errorf("record %s", text)
		}
		seen = append(seen, record["tag"].(string))
	}
	if text := s.log.String(); strings.Count(text, `"TagsMoved":1`) != 3 ||
		strings.Contains(text, `"TagsRolledBack":`) {
		t.Errorf("metrics of tags in\n%s", text)
	}
	if diff := cmp.Diff([]string{commit12, "latest", "feature-x"}, seen); diff != "" {
		t.Error(diff)
	}
}
