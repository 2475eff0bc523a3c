package scenarios_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/smithy-go"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"archway/internal/settings"
	"archway/test/rehearse/internal/aws/cloudformation"
	"archway/test/rehearse/internal/aws/codepipeline"
)

// started starts an execution as somebody does who may start the pipeline, and may write any
// values.
func (w *world) started(pipeline, commit, rule, ref string) codepipeline.Result {
	w.t.Helper()
	x, err := w.Start(w.t.Context(), pipeline, codepipeline.StartInput{
		SourceRevisions: revision(commit),
		Variables: []codepipeline.StartVariable{
			{Name: settings.RuleVariable, Value: rule}, {Name: settings.RefVariable, Value: ref},
		},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return x.Wait()
}

// stopped: an execution failed in a stage, for a reason.
func (w *world) stopped(r codepipeline.Result, stage, reason string) {
	w.t.Helper()
	var said []string
	for _, a := range r.Stage(stage).Actions {
		said = append(said, a.Message)
	}
	if r.Stage(stage).Status != codepipeline.Failed || !strings.Contains(strings.Join(said, "\n"), reason) {
		w.t.Errorf("%s: %s, %q; expected it to fail with %q", stage, r.Stage(stage).Status, said, reason)
	}
}

// untouched: all builds had the environment that their projects and CodeBuild give them, and one
// value of CodePipeline's.
func (w *world) untouched(hostile string) {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, environment := range w.built {
		for variable, value := range environment {
			if variable == "BASH_ENV" || strings.Contains(value, hostile) {
				w.t.Errorf("a build of %s had %s=%s", environment["PIPELINE"], variable, value)
			}
		}
	}
}

const bashEnv = `"},{"name":"BASH_ENV","value":"$(aws ecr put-image)`

// Somebody chooses the rule and the reference of a run, with text that was valid where it was
// pasted into JSON.
func TestHostileVariablesMoveNothing(t *testing.T) {
	w := deploy(t, withRules)
	seed := w.seed("ruled")
	feature := w.commit("ruled", "feature/x", "2").Wait()[0]
	w.succeeded(feature)
	before := w.tagsOf("ruled")
	other := validated(feature, "app")
	for _, ref := range []string{
		`main","digest":"` + other,
		`main","downgrade":{"platform-set":{"severity":"info","reason":"x"}},"x":"`,
		"main" + bashEnv,
	} {
		w.stopped(w.started("ruled", seed.Commit(), "main", ref), settings.StageValidate,
			`No tag was moved: the rule main (branch main) does not match the branch "main\"`)
	}
	w.stopped(w.started("ruled", seed.Commit(), "main"+bashEnv, "main"), "Build", "there is no build rule")
	w.wantTags("ruled", before)
	w.untouched("put-image")

	// A branch may be called like that; it is built as what it is.
	r := w.commit("ruled", `feature/","digest"="`, "3").Wait()[0]
	w.succeeded(r)
	before[r.Revisions["Source"][:12]+"-feature"] = validated(r, "app")
	before[strings.Split(promoted(r)["tags-app"], ",")[1]] = validated(r, "app")
	w.wantTags("ruled", before)
}

// A build that was taken over puts out text instead of a digest.
func TestHostileDigestStopsTheMerge(t *testing.T) {
	w := deploy(t, example)
	w.seed(app)
	before := w.tagsOf(app)
	w.forge = func(digest string) string { return digest + bashEnv }
	w.stopped(w.commit(app, "main", "2").Wait()[0], settings.StageMerge, "digest")
	w.wantTags(app, before)
	w.untouched("put-image")
}

// Whoever may start a pipeline can have any commit built. It moves nothing.
func TestForeignCommit(t *testing.T) {
	for pipeline, config := range map[string]string{"ruled": withRules, app: example} {
		t.Run(pipeline, func(t *testing.T) {
			w := deploy(t, config)
			w.seed(pipeline)
			before := w.tagsOf(pipeline)
			commit := w.commit(pipeline, "other", "2").Commit() // nothing starts for it
			var r codepipeline.Result
			if pipeline == app {
				r = w.at(app, commit).Wait()
			} else {
				r = w.started(pipeline, commit, "main", "main")
			}
			w.stopped(r, settings.StagePromote, "No tag was moved. Execution "+r.Execution+
				" was started for the branch \"main\" and the commit "+commit[:12]+", which don't belong together")
			w.wantTags(pipeline, before)

			// Reviewed and merged, it is promoted by the very same run.
			w.point(pipeline, "main", commit)
			const all = codepipeline.FailedActions
			again, err := w.RetryStage(t.Context(), pipeline, settings.StagePromote, r.Execution, all)
			if err != nil {
				t.Fatal(err)
			}
			w.succeeded(again.Wait())
			if got := w.tagsOf(pipeline)["latest"]; got != validated(r, images[pipeline]) {
				t.Errorf("latest serves %s", got)
			}
		})
	}
}

// images are those of pipelines with one.
var images = map[string]string{"ruled": "app", app: app}

// Whoever may invoke the promotion's function invents a job, while a person is still asked.
func TestInventedJobPromotesNothing(t *testing.T) {
	p := newPerson()
	w := deployWith(t, gates+queued, options{approve: p.decide})
	push, err := w.PushSeed(t.Context(), queued, nil)
	if err != nil {
		t.Fatal(err)
	}
	x := push.Executions[0]
	p.request(w, x)
	parameters := ""
	for _, s := range w.Stacks() {
		for _, pipeline := range cloudformation.Of[*codepipeline.Pipeline](s) {
			for _, stage := range pipeline.Stages {
				if pipeline.Name == queued && stage.Name == settings.StagePromote {
					declared := stage.Actions[0].Configuration["UserParameters"]
					parameters = strings.ReplaceAll(declared, "#{codepipeline.PipelineExecutionId}", x.ID())
				}
			}
		}
	}
	_, log, err := w.Invoke(t.Context(), queued, promote, jobEvent(t, parameters))
	if err == nil || !strings.Contains(err.Error(), "JobNotFoundException") {
		t.Errorf("the invented job: %v", err)
	}
	if !strings.Contains(log, "It is not the turn of execution "+x.ID()+": nothing is in the stage Promote") {
		t.Errorf("the log:\n%s", log)
	}
	w.wantTags(queued, map[string]string{})
	p.answers <- yes
	w.succeeded(x.Wait())
}

const repositoryARN = "arn:aws:ecr:eu-west-1:111122223333:repository/"

// refused: ECR and the registry refuse an image, in AWS's words, with a reason.
func (b *identity) refused(repository, tag, reason string) {
	t := b.world.t
	t.Helper()
	role := strings.Split(b.environment["CODEBUILD_BUILD_ID"], ":")
	denied := func(action string) string {
		return "/AWSCodeBuild-" + role[1] + " is not authorized to perform: " + action +
			" on resource: " + repositoryARN + repository + " " + reason
	}
	hostile, err := image("linux/amd64", "hostile")
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := hostile.RawManifest()
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.ecr.PutImage(t.Context(), &ecr.PutImageInput{
		RepositoryName: &repository, ImageManifest: aws.String(string(manifest)), ImageTag: &tag,
	})
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() != "AccessDeniedException" ||
		!strings.HasSuffix(api.ErrorMessage(), denied("ecr:PutImage")) {
		t.Errorf("put-image into %s: got %v, expected %s", repository, err, denied("ecr:PutImage"))
	}
	to, err := name.NewTag(b.world.RegistryHost() + "/" + repository + ":" + tag)
	if err != nil {
		t.Fatal(err)
	}
	err = remote.Put(to, hostile, b.remote(t.Context())...)
	var answer *transport.Error
	if !errors.As(err, &answer) || answer.StatusCode != http.StatusForbidden || len(answer.Errors) != 1 ||
		!strings.HasSuffix(answer.Errors[0].Message, denied("ecr:PutImage")) {
		t.Errorf("push to %s: got %v, expected %s", repository, err, denied("ecr:PutImage"))
	}
}

// What identity-based policies don't allow, and what a repository's policy denies whatever they
// allow.
const (
	notAllowed = "because no identity-based policy allows the ecr:PutImage action"
	denied     = "with an explicit deny in a resource-based policy"
)

// Who runs somebody's Dockerfile, and who merges or tests what came of it, can be taken over. None
// of them writes a release.
func TestTakenOverBuildsWriteNoRelease(t *testing.T) {
	w := deploy(t, company)
	w.refusals = true
	w.seed("company")
	before := w.tagsOf("company")
	staging := w.tagsOf(settings.Staging("company"))
	for kind, is := range map[string]func(map[string]string) bool{
		"build":      func(e map[string]string) bool { return e["CACHE_REF"] != "" },
		"merge":      func(e map[string]string) bool { return e["BUILDS"] != "" },
		"smoke test": func(e map[string]string) bool { return e["VALIDATE_ACTION"] != "" },
	} {
		b := w.takeOver(is)
		b.refused("company", "latest", denied)
		if kind == "smoke test" {
			b.refused(settings.Staging("company"), "cache-amd64", notAllowed)
		}
	}
	w.wantTags("company", before)
	w.wantTags(settings.Staging("company"), staging)
}

// A branch of one class leaves something in its caches that a branch of another class would take.
func TestClassesShareNoCaches(t *testing.T) {
	w := deploy(t, withRules)
	w.refusals = true
	w.seed("ruled")
	push := w.commit("ruled", "preview/x", "2")
	r := push.Wait()[0]
	w.succeeded(r)
	if len(push.Executions) != 1 || r.Pipeline != "ruled-previews" {
		t.Errorf("%d executions, the first of %s", len(push.Executions), r.Pipeline)
	}
	before := map[string]map[string]string{}
	all := []string{"ruled", "staging/ruled", "previews/ruled", "staging/previews/ruled"}
	for _, repository := range all {
		before[repository] = w.tagsOf(repository)
	}
	for of, others := range map[string][]string{
		"ruled": {"previews/ruled", "staging/previews/ruled"}, "ruled-previews": {"ruled", "staging/ruled"},
	} {
		b := w.takeOver(func(e map[string]string) bool { return e["PIPELINE"] == of && e["CACHE_REF"] != "" })
		b.refused(others[0], "latest", denied)
		b.refused(others[1], "cache-amd64", notAllowed)
		cache, err := name.NewTag(w.RegistryHost() + "/" + others[1] + ":cache-amd64")
		if err != nil {
			t.Fatal(err)
		}
		reads := "is not authorized to perform: ecr:BatchGetImage on resource: " + repositoryARN + others[1]
		if err := b.pull(t.Context(), cache); err == nil || !strings.Contains(err.Error(), reads) {
			t.Errorf("%s reads the cache of the other class: %v", of, err)
		}
		b.environment["PIPELINE"] = map[string]string{"ruled": "ruled-previews", "ruled-previews": "ruled"}[of]
		const asks = "is not authorized to perform: codepipeline:GetPipelineExecution"
		if _, err := b.rule(t.Context()); err == nil || !strings.Contains(err.Error(), asks) {
			t.Errorf("%s asks about the other pipeline: %v", of, err)
		}
	}
	for _, repository := range all {
		w.wantTags(repository, before[repository])
	}
}

// jobEvent is what CodePipeline sends to a function.
func jobEvent(t *testing.T, parameters string) []byte {
	t.Helper()
	event, err := json.Marshal(map[string]any{"CodePipeline.job": map[string]any{
		"id": "11111111-2222-3333-4444-555555555555", "accountId": "111122223333",
		"data": map[string]any{"actionConfiguration": map[string]any{
			"configuration": map[string]string{"UserParameters": parameters},
		}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return event
}
