package promotion

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codepipeline/types"
	"github.com/google/go-cmp/cmp"

	"archway/internal/rule"
	"archway/internal/settings"
	"archway/lambda/internal/fixture"
)

// rules lets the pipeline have rules: main moves latest, and every other branch that begins with
// "pr" its own tag.
func (s *stage) rules() {
	s.settings.Rules = []rule.Tagged{
		{Rule: rule.Rule{Name: "main", Type: rule.Branch, Exact: "main"},
			Images: map[string]rule.Tags{"app": {Moving: []string{"latest"}}}},
		{Rule: rule.Rule{Name: "other", Type: rule.Branch, Pattern: "pr.*"},
			Images: map[string]rule.Tags{"app": {Moving: []string{"{branch}"}}}},
		{Rule: rule.Rule{Name: "version", Type: rule.Tag, Pattern: `v(?<number>\d+)`},
			Images: map[string]rule.Tags{"app": {Moving: []string{"r{number}", "{tag}"}}}},
	}
	s.aws.Branch("main", newer)
}

// A variable's value was pasted into the parameters once, and could name another digest or a policy
// of its own.
func TestHostileVariables(t *testing.T) {
	for _, hostile := range []string{
		`main","digest":"` + strings.Repeat("0", 64), `main","downgrade":{"regression":"info:x"},"x":"`, `main"}`,
		"main\n", "#{codepipeline.PipelineExecutionId}",
	} {
		s := set(t)
		s.rules()
		s.ran("e-1", fixture.Revision, s.new, "rule", "main", "ref", hostile)
		s.unmoved(t, "does not match the branch")
	}
	s := set(t)
	s.rules()
	hostile := `pr","digest":"` + s.old.String() + `","moving":["latest"],"x":"`
	s.aws.Branch(hostile, newer)
	s.ran("e-1", fixture.Revision, s.new, "rule", "other", "ref", hostile)
	if _, err := s.promote(t); err != nil {
		t.Fatal(err)
	}
	tag := "pr---digest---sha256-" + s.old.Encoded() + "---moving----latest----x---"
	if diff := cmp.Diff(map[string]string{"latest": "", tag: "new"}, s.tags(t, "latest", tag)); diff != "" {
		t.Error(diff)
	}
}

func TestForeignCommit(t *testing.T) {
	for name, test := range map[string]struct {
		commit string
		set    func(*stage)
		want   string
	}{
		"beside the branch": {foreign, func(*stage) {},
			`cccccccccccc is not in the history of the branch "feature/x", whose head is bbbbbbbbbbbb`},
		"ahead of the branch": {newer, func(s *stage) { s.aws.Branch("feature/x", fixture.Revision) },
			"is not in the history of the branch"},
		"unknown to the source": {strings.Repeat("d", 40), func(*stage) {},
			"the source repository can't compare dddddddddddd"},
		"of a branch that is no more": {fixture.Revision, func(s *stage) { s.aws.Branch("feature/x", "") },
			`the source repository has no branch "feature/x"`},
		"none":          {"", func(*stage) {}, "names no commit"},
		"none in whole": {"0123456", func(*stage) {}, "names no commit"},
	} {
		t.Run(name, func(t *testing.T) {
			s := set(t)
			d := s.index(test.commit)
			s.Push(t, "staging/app", s.store)
			s.ran("e-1", test.commit, d)
			test.set(s)
			if err := s.unmoved(t, test.want); failureType(err) != types.FailureTypeJobFailed {
				t.Errorf("type %s", failureType(err))
			}
		})
	}
	s := set(t)
	s.aws.Branch("feature/x", fixture.Revision)
	if _, err := s.promote(t); err != nil {
		t.Errorf("the head itself: %v", err)
	}
}

func TestForeignTag(t *testing.T) {
	for name, test := range map[string]struct {
		set  func(*stage)
		want string
	}{
		"moved meanwhile": {func(s *stage) { s.aws.GitTag("v1", newer, "") },
			`the tag "v1" leads to the commit bbbbbbbbbbbb, and not to 0123456789ab`},
		"moved backwards": {func(s *stage) { s.aws.GitTag("v1", older, "") },
			`the tag "v1" leads to the commit aaaaaaaaaaaa`},
		"deleted": {func(s *stage) { s.aws.GitTag("v1", "", "") }, `the source repository has no tag "v1"`},
		"a branch instead": {func(s *stage) { s.aws.GitTag("v1", "", ""); s.aws.Branch("v1", fixture.Revision) },
			`branch "v1"`},
	} {
		t.Run(name, func(t *testing.T) {
			s := set(t)
			s.rules()
			s.ran("e-1", fixture.Revision, s.new, "rule", "version", "ref", "v1")
			test.set(s)
			s.unmoved(t, test.want)
		})
	}
	s := set(t)
	s.rules()
	s.ran("e-1", fixture.Revision, s.new, "rule", "version", "ref", "v1")
	s.aws.GitTag("v1", fixture.Revision, strings.Repeat("f", 40))
	if _, err := s.promote(t); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"r1": "new", "v1": "new"}, s.tags(t, "r1", "v1")); diff != "" {
		t.Error(diff)
	}
}

func TestRuleMustMatchItsReference(t *testing.T) {
	for want, variables := range map[string][]string{
		`the build rule ""`:                      nil,
		`the build rule "none"`:                  {"rule", "none", "ref", "main"},
		`does not match the branch "pr1"`:        {"rule", "main", "ref", "pr1"},
		`does not match the tag "main"`:          {"rule", "version", "ref", "main"},
		`does not match the branch ""`:           {"rule", "main"},
		`the build rule "main\",\"ref\":\"main"`: {"rule", `main","ref":"main`, "ref", "main"},
	} {
		s := set(t)
		s.rules()
		s.ran("e-1", fixture.Revision, s.new, variables...)
		if err := s.unmoved(t, want); failureType(err) != types.FailureTypeConfigurationError {
			t.Errorf("%s: type %s", want, failureType(err))
		}
	}
}

func TestInventedJobs(t *testing.T) {
	for name, test := range map[string]struct {
		id   string
		set  func(*stage)
		want string
	}{
		"for one that waits for approval": {"e-9", func(s *stage) {
			s.ran("e-9", fixture.Revision, s.new)
			s.aws.Enter("e-9", "Approval", "InProgress", "Approve", "InProgress")
		}, "the stage Promote works for execution e-1"},
		"while nobody promotes": {"e-1",
			func(s *stage) { s.aws.Enter("e-1", "Promote", "Succeeded", "Promote", "Succeeded") },
			"the stage Promote is Succeeded"},
		"for another execution": {"e-0", func(*stage) {}, "the stage Promote works for execution e-1"},
		"after the stage's end": {"e-1",
			func(s *stage) { s.aws.Enter("e-1", "Promote", "Stopped", "Promote", "InProgress") },
			"the stage Promote is Stopped"},
		"after the action's end": {"e-1",
			func(s *stage) { s.aws.Enter("e-1", "Promote", "InProgress", "Promote", "Abandoned") },
			"the action Promote/Promote is Abandoned"},
		"of an ended execution": {"e-1", func(s *stage) { s.aws.End("e-1", "Stopped") },
			"execution e-1 is over (Stopped)"},
		"of a failed execution": {"e-1", func(s *stage) { s.aws.End("e-1", "Failed") },
			"execution e-1 is over (Failed)"},
		"of a replaced execution": {"e-1", func(s *stage) { s.aws.End("e-1", "Superseded") },
			"execution e-1 is over (Superseded)"},
	} {
		t.Run(name, func(t *testing.T) {
			s := set(t)
			test.set(s)
			s.unmoved(t, test.want, test.id)
		})
	}
}

// Earlier actions must have succeeded.
func TestEarlierActions(t *testing.T) {
	for _, action := range []struct{ stage, name string }{{"Source", "Source"}, {"Build", "app-arm64"},
		{"Merge", "app"}, {"Validate", "app"}, {"Approval", "Approve"}} {
		for _, status := range []string{"Failed", "Abandoned", "InProgress"} {
			s := set(t)
			s.aws.Did("e-1", action.stage, action.name, status,
				map[string]string{"digest": s.new.String(), "referrers": "none"})
			s.unmoved(t, action.stage+"/"+action.name+" is "+status)
		}
		s := set(t)
		s.settings.Stages = append(s.settings.Stages, settings.Stage{Name: action.stage, Actions: []string{"another"}})
		s.unmoved(t, action.stage+"/another has not run")
	}
	s := set(t)
	s.aws.Did("e-1", "Merge", "app", "Failed", nil)
	s.aws.Did("e-1", "Merge", "app", "Succeeded", nil)
	s.patience = time.Minute
	s.aws.Late(3, "e-1", "Approval", "Approve", "Succeeded", nil)
	if _, err := s.promote(t); err != nil {
		t.Errorf("after a retry that the history shows late: %v", err)
	}
}

func TestEvidenceMustBeDigests(t *testing.T) {
	s := set(t)
	good := s.new.String()
	for name, outputs := range map[string]map[string]string{
		"nothing":           nil,
		"no digest":         {"referrers": "none"},
		"a tag":             {"digest": "latest", "referrers": "none"},
		"two digests":       {"digest": good + "," + s.old.String(), "referrers": "none"},
		"capital digits":    {"digest": strings.ToUpper(good), "referrers": "none"},
		"another algorithm": {"digest": "sha512:" + strings.Repeat("0", 128), "referrers": "none"},
		"none":              {"digest": "none", "referrers": "none"},
		"no referrers":      {"digest": good},
		"other referrers":   {"digest": good, "referrers": "sha512:" + strings.Repeat("0", 128)},
		"odd referrers":     {"digest": good, "referrers": good + ",latest"},
		"a gap":             {"digest": good, "referrers": good + ",," + good},
	} {
		t.Run(name, func(t *testing.T) {
			s := set(t)
			s.aws.Did("e-1", "Validate", "app", "Succeeded", outputs)
			s.unmoved(t, "The action Validate/app put out")
		})
	}
}

// Both are rollbacks to e-1: no document says which id the job's parameters have then.
func TestRollbackUnderBothReadings(t *testing.T) {
	for _, id := range []string{"e-1", "e-2"} {
		for name, elsewhere := range map[string]func(*stage){
			"ended": func(s *stage) { s.aws.End("e-1", "Succeeded") },
			"still waiting elsewhere": func(s *stage) {
				s.aws.Enter("e-1", "Production", "InProgress", "Approve",
					"InProgress")
			},
			"and the branch is no more": func(s *stage) { s.aws.Branch("feature/x", "") },
		} {
			t.Run(id+" "+name, func(t *testing.T) {
				s := set(t)
				head := s.index(newer)
				s.released(t, head, 200, "latest", "feature-x")
				s.rollback()
				elsewhere(s)
				variables, err := s.promote(t, id)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(map[string]string{commit12: "", "latest": "new", "feature-x": "new"},
					s.tags(t, commit12, "latest", "feature-x")); diff != "" {
					t.Error(diff)
				}
				if !strings.HasPrefix(variables["summary"], "Rollback: app: latest, feature-x now at ") {
					t.Errorf("summary %q", variables["summary"])
				}
			})
		}
	}
}

// A rollback needs the promotion of its target.
func TestRollbackNeedsPromotion(t *testing.T) {
	for _, id := range []string{"e-1", "e-2"} {
		s := set(t)
		s.aws.Did("e-1", "Promote", "Promote", "Failed", nil)
		s.aws.Rollback("e-2", "e-1")
		s.aws.InTurn("e-2", "Promote", "Promote")
		s.unmoved(t, "Promote/Promote is Failed", id)
	}
	s := set(t)
	s.rollback()
	s.aws.Did("e-1", "Merge", "app", "Failed", nil)
	s.unmoved(t, "Merge/app is Failed", "e-1")
	s.unmoved(t, "the stage Promote works for execution e-2", "e-3")
}
