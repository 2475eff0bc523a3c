package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/internal/rule"
	"archway/internal/settings"
	"archway/lambda/internal/fixture"
	"archway/lambda/internal/verdict/check"
)

var program string

func TestMain(m *testing.M) { fixture.Main(m, "archway/lambda/promote", &program) }

var older, newer = strings.Repeat("a", 40), fixture.Revision

// pipeline promotes the image app, for pushes to main.
var pipeline = &settings.Pipeline{
	Name: fixture.Pipeline, Source: settings.Source{Repository: fixture.SourceRepository, Branch: "main"},
	Stages: []settings.Stage{{Name: "Source", Actions: []string{"Source"}}, {Name: "Merge", Actions: []string{"app"}},
		{Name: "Validate", Actions: []string{"app"}}},
	Images: []settings.Image{{
		Name: "app", Staging: "staging/app", Release: "app", StagingDays: 14,
		Builds: []settings.Build{{Platform: "linux/amd64", Action: "app-amd64"}},
		Tags:   rule.Tags{Immutable: []string{"{commit:12}"}, Moving: []string{"latest", "{branch}"}},
	}},
}

// ran lets an execution of a commit have everything done before its promotion.
func ran(aws *fixture.AWS, id, commit string, d digest.Digest) {
	aws.Run(id, commit)
	aws.Did(id, "Source", "Source", "Succeeded", nil)
	aws.Did(id, "Merge", "app", "Succeeded", nil)
	aws.Did(id, "Validate", "app", "Succeeded", map[string]string{"digest": d.String(), "referrers": "none"})
}

// commit stores a good index of a commit.
func commit(store *fixture.Store, revision string) specs.Descriptor {
	return store.IndexWith(func(doc map[string]any) {
		doc["annotations"].(map[string]any)[specs.AnnotationRevision] = revision
	}, store.Linux("amd64", ""), store.Linux("arm64", ""))
}

func short(d specs.Descriptor) string { return check.Short(d.Digest.String()) }

// The function promotes, and answers the job.
func TestPromotion(t *testing.T) {
	s, store := fixture.Serve(t), fixture.New()
	old, root := commit(store, older), store.Good()
	s.Push(t, "staging/app", store)
	s.Push(t, "app", store)
	s.Tag(t, "app", "latest", store, old.Digest)
	environment, sum := fixture.Settings(t, pipeline)
	f := fixture.Start(t, program, s, environment...)
	f.AWS.Line(older, newer)
	f.AWS.Branch("main", newer)
	ran(f.AWS, "first", newer, root.Digest)
	ran(f.AWS, "queued", older, old.Digest)
	f.AWS.Did("queued", "Promote", "Promote", "Succeeded", nil)
	f.AWS.Rollback("back", "queued")

	parameters := func(execution string) string { return fmt.Sprintf(`{"settings":%q,"execution":%q}`, sum, execution) }
	for _, job := range []struct{ id, turn, parameters string }{
		{"first", "first", parameters("first")},
		{"again", "first", parameters("first")},
		{"overtaken", "queued", parameters("queued")},
		{"back", "back", parameters("queued")}, // the id may be the target's
		{"other settings", "first", strings.Replace(parameters("first"), sum[:8], "00000000", 1)},
		{"hostile", "first", strings.Replace(parameters("first"), "}", `,"digest":"`+old.Digest.String()+`"}`, 1)},
	} {
		f.AWS.InTurn(job.turn, "Promote", "Promote")
		if result := f.Runtime.Invoke(t, fixture.JobEvent(job.id, job.parameters)); !strings.HasPrefix(result,
			"response") {
			t.Errorf("job %s: %s", job.id, result)
		}
	}
	answers := f.AWS.Answers()
	if len(answers) != 6 {
		t.Fatalf("%d answers, want 6\n%s", len(answers), f.Log())
	}
	new12, old12 := newer[:12], older[:12]
	for n, want := range []map[string]string{
		{"digest-app": root.Digest.String(), "tags-app": new12 + ",latest,main", "kept-app": "none",
			"summary": "app: " + new12 + ", latest, main now at " + short(root)},
		{"digest-app": root.Digest.String(), "tags-app": new12 + ",latest,main", "kept-app": "none",
			"summary": "app: " + new12 + ", latest, main already at " + short(root)},
		{"digest-app": old.Digest.String(), "tags-app": old12, "kept-app": "latest,main",
			"summary": "app: " + old12 + " now at " + short(old) +
				"; latest was left where it is: it serves the newer commit " + new12 +
				"; main was left where it is: it serves the newer commit " + new12},
		{"digest-app": old.Digest.String(), "tags-app": "latest,main", "kept-app": "none",
			"summary": "Rollback: app: latest, main now at " + short(old)},
	} {
		if diff := cmp.Diff(want, answers[n].OutputVariables); diff != "" {
			t.Errorf("variables of job %s:\n%s\n%s", answers[n].Job, diff, f.Log())
		}
	}
	for n, want := range map[int]string{4: "Finish the deployment, then retry the stage",
		5: `unknown object member name "digest"`} {
		if d := answers[n].FailureDetails; d.Type != "ConfigurationError" || !strings.Contains(d.Message, want) {
			t.Errorf("job %s: answer %+v, want %s", answers[n].Job, d, want)
		}
	}
}

// A function that lacks what it needs ends with the reason.
func TestMissingEnvironment(t *testing.T) {
	environment, _ := fixture.Settings(t, pipeline)
	fixture.Ends(t, program, 1, "REGISTRY must be set", fixture.InLambda(environment[0])...)
	fixture.Ends(t, program, 1, "the function's package lacks its settings",
		fixture.InLambda("LAMBDA_TASK_ROOT="+t.TempDir())...)
}

// The program outside of Lambda says what it is.
func TestOutsideOfLambda(t *testing.T) {
	fixture.Ends(t, program, 2, "promote is the Promote action of a pipeline and runs as a Lambda function only")
}

func TestBinaryStaysSmall(t *testing.T) { fixture.Small(t, program) }
