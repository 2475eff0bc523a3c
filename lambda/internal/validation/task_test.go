package validation

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/internal/rule"
	"archway/internal/settings"
	"archway/internal/spec"
	"archway/lambda/internal/fixture"
	"archway/lambda/internal/image/index"
	"archway/lambda/internal/pipeline/execution"
)

// ruled gives the pipeline two rules, of which pr leaves out arm64.
func ruled(name, ref string) func(*scene) {
	return func(s *scene) {
		tags := map[string]rule.Tags{"app": {Moving: []string{"{branch}"}}}
		s.pipeline.Rules = []rule.Tagged{
			{Rule: rule.Rule{Name: "main", Type: rule.Branch, Exact: "main"}, Images: tags},
			{Rule: rule.Rule{Name: "pr", Type: rule.Branch, Pattern: "pr-.*"}, Images: tags},
		}
		s.image().Builds[1].Skip = []string{"pr"}
		s.image().Validation.Downgrade = map[string]spec.Downgrade{"regression": {Severity: "info", Reason: "a test"}}
		s.x.Variables = map[string]string{settings.RuleVariable: name, settings.RefVariable: ref}
	}
}

// alone puts an index of the first image alone into staging, and lets the second build say
// something.
func alone(t *testing.T, arm64Says string) func(*scene) {
	return func(s *scene) {
		one := s.store.Index(s.store.Linux("amd64", ""))
		s.Push(t, "staging/app", s.store)
		entries := index.ParseManifest(s.store.Manifests[one.Digest].Bytes).Body.Manifests
		s.outputs[merge] = map[string]string{settings.IndexDigest: one.Digest.String()}
		s.outputs[amd64] = map[string]string{settings.ImageDigest: entries[0].Digest.String()}
		s.outputs[arm64] = map[string]string{settings.ImageDigest: arm64Says}
	}
}

// The rule decides which platforms are required.
func TestRuleDecidesPlatforms(t *testing.T) {
	for name, test := range map[string]struct {
		change []func(*scene)
		want   string
	}{
		"all of them": {[]func(*scene){ruled("main", "main")}, ""},
		"fewer":       {[]func(*scene){ruled("pr", "pr-7"), alone(t, "none")}, ""},
		"fewer than the rule builds": {[]func(*scene){ruled("main", "main"), alone(t, "none")},
			`The build of linux/aarch64 of the image app has left itself out, but the build rule "main" does not.`},
		"more than the rule builds": {[]func(*scene){ruled("pr", "pr-7")},
			`has pushed something, but the build rule "pr" leaves the platform out.`},
		"a build that leaves out, by itself": {[]func(*scene){alone(t, "none")},
			`has left itself out, but the build rule "" does not.`},
		"nothing said": {[]func(*scene){ruled("pr", "pr-7"), alone(t, "")},
			`has pushed something`},
		"every platform": {[]func(*scene){ruled("pr", "pr-7"), alone(t, "none"), func(s *scene) {
			s.image().Builds = s.image().Builds[1:]
		}}, "leaves out every platform"},
		"another rule's reference": {[]func(*scene){ruled("main", "pr-7")}, `does not match the branch "pr-7"`},
		"no rule":                  {[]func(*scene){ruled("none", "main")}, `started for the build rule "none"`},
		"no variables":             {[]func(*scene){ruled("", "")}, `started for the build rule ""`},
	} {
		t.Run(name, func(t *testing.T) {
			variables, _, err := act(t, good, func(s *scene) {
				for _, change := range test.change {
					change(s)
				}
			})
			if test.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if f := failed(err); f == nil || !strings.Contains(f.Message, test.want) || variables != nil {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}

// What an action puts out is nothing but a digest, whoever has taken it over.
func TestOnlyDigestsAreTakenFromActions(t *testing.T) {
	const some = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	for _, value := range []string{
		"", "latest", "main", some[:70], strings.ToUpper(some), some + "\n", `{"digest":"` + some + `"}`,
		some + `","downgrade":{"config-platform":"info:x"},"x":"`, some + `"},{"name":"BASH_ENV","value":"$(id)"}`,
	} {
		for variable, action := range map[string]execution.Action{
			settings.ImageDigest: arm64,
			settings.IndexDigest: merge,
		} {
			variables, _, err := act(t, good, func(s *scene) { s.outputs[action] = map[string]string{variable: value} })
			if f := failed(err); f == nil || !strings.Contains(f.Message, action.String()+" put out "+variable+"=") ||
				variables != nil {
				t.Errorf("%s %q: error %v", action, value, err)
			}
		}
	}
}

// A variable is a value: nothing in it becomes a part of what decides.
func TestNoVariableChangesThePolicy(t *testing.T) {
	wrong := func(s *fixture.Store) specs.Descriptor {
		return s.Image(fixture.ImageSpec{Platform: fixture.ARM64,
			Config: func(doc map[string]any) { doc["architecture"] = "amd64" }})
	}
	const injected = `pr-1","downgrade":{"config-platform":{"severity":"info","reason":"x"}},"x":"`
	for name, change := range map[string]func(*scene){
		"with rules": func(s *scene) { ruled("pr", injected)(s); s.image().Builds[1].Skip = nil },
		"without rules": func(s *scene) {
			s.x.Variables = map[string]string{"branch": injected, "ref": injected, "rule": injected,
				"downgrade": injected}
		},
	} {
		_, _, err := act(t, wrong, change)
		if f := failed(err); f == nil || !strings.Contains(f.Message, "error config-platform: linux/arm64") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// The newest attempts must have succeeded. An attempt that succeeded says nothing any more once a
// newer one has failed, or is under way.
func TestNewestAttempts(t *testing.T) {
	for _, action := range []execution.Action{{}, amd64, arm64, merge} {
		for _, status := range []string{"Failed", "Abandoned", "InProgress"} {
			endpoint := fixture.ServeAWS(t)
			_, _, err := act(t, good, func(s *scene) {
				endpoint.Run("run", fixture.Revision)
				for a, out := range s.outputs {
					endpoint.Did("run", a.Stage, a.Name, "Succeeded", out)
				}
				if action.Name != "" {
					endpoint.Did("run", action.Stage, action.Name, status, s.outputs[action])
				}
				s.runs = execution.NewCodePipeline(aws.Config{
					Region: "eu-west-1", BaseEndpoint: aws.String(endpoint.URL),
					Credentials: credentials.NewStaticCredentialsProvider("AKID", "secret", ""),
				}, fixture.Pipeline).With(execution.Patience{First: time.Millisecond, Longest: time.Millisecond,
					Whole: 20 * time.Millisecond})
			})
			if action.Name == "" {
				if err != nil {
					t.Error(err)
				}
				continue
			}
			if f := failed(err); f == nil || !strings.Contains(f.Message, action.String()+" is "+status) {
				t.Errorf("%s %s: error %v", action, status, err)
			}
		}
	}
}

func TestIndexIsReadInStagingAlone(t *testing.T) {
	_, _, err := act(t, good, func(s *scene) {
		store := fixture.New()
		elsewhere := store.Index(store.Linux("amd64", ""), store.Linux("arm64", ""))
		s.Push(t, "app", store)
		s.Push(t, "other", store)
		s.outputs[merge] = map[string]string{settings.IndexDigest: elsewhere.Digest.String()}
	})
	if f := failed(err); f == nil || !strings.Contains(f.Message, "of "+"127.0.0.1") ||
		!strings.Contains(f.Message, "/staging/app is not valid") {
		t.Errorf("error %v", err)
	}
}

// The builds must have pushed what is in the index.
func TestBuildsPushedTheIndex(t *testing.T) {
	_, _, err := act(t, good, func(s *scene) {
		s.outputs[arm64] = map[string]string{settings.ImageDigest: digest.FromString("another").String()}
	})
	if f := failed(err); f == nil || !strings.Contains(f.Message, "error same-revision: linux/arm64") {
		t.Errorf("error %v", err)
	}
}

func TestCommitIsTheExecutions(t *testing.T) {
	_, _, err := act(t, good, func(s *scene) { s.x.Commit = "ffffffffffffffffffffffffffffffffffffffff" })
	if f := failed(err); f == nil || !strings.Contains(f.Message, "error same-revision") {
		t.Errorf("another commit: %v", err)
	}
	_, _, err = act(t, good, func(s *scene) { s.x.Commit = "" })
	if f := failed(err); f == nil || !strings.Contains(f.Message, "names no commit that execution run builds") {
		t.Errorf("no commit: %v", err)
	}
}

// A rollback runs nothing but its stage: what was built is what its target has built.
func TestRollbackIsJudgedByItsTarget(t *testing.T) {
	var s *scene
	_, _, err := act(t, good, func(at *scene) { s = at; s.x.Rollback, s.x.Target = true, "target" })
	if err != nil || len(s.asked) != 1 || s.asked[0] != "target" {
		t.Errorf("asked for the outputs of %q, error %v", s.asked, err)
	}
}
