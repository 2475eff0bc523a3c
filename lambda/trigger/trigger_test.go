package main

import (
	"strings"
	"testing"

	"archway/internal/rule"
	"archway/internal/settings"
	"archway/lambda/internal/fixture"
)

var program string

func TestMain(m *testing.M) { fixture.Main(m, "archway/lambda/trigger", &program) }

func pipeline(rules ...rule.Rule) *settings.Pipeline {
	p := &settings.Pipeline{
		Name: fixture.Pipeline, Source: settings.Source{Repository: fixture.SourceRepository, Branch: "main"},
		Stages: []settings.Stage{{Name: "Source", Actions: []string{"Source"}}},
	}
	for _, r := range rules {
		p.Rules = append(p.Rules, rule.Tagged{Rule: r})
	}
	return p
}

// The function starts a run for a push, and for a person.
func TestFunctionStarts(t *testing.T) {
	environment, _ := fixture.Settings(t, pipeline(rule.Rule{Name: "release", Type: rule.Branch,
		Pattern: `release-.*`}))
	f := fixture.Start(t, program, fixture.Serve(t), environment...)
	head := strings.Repeat("a", 40)
	f.AWS.Branch("release-1", head)
	push := `{"id":"event-1","detail":{"event":"referenceCreated","repositoryName":"app-source","referenceType":"branch","referenceName":"release-1","commitId":"` +
		head + `"}}`
	for _, test := range []struct{ event, want string }{
		{push, `response {"decision":"started","rule":"release","commit":"` + head + `","execution":"started-1"}`},
		{push, `response {"decision":"started","rule":"release","commit":"` + head + `","execution":"started-1"}`},
		{`{"build":{"type":"branch","name":"release-1"}}`,
			`response {"decision":"started","rule":"release","commit":"` + head + `","execution":"started-2"}`},
		{`{"build":{"type":"branch","name":"main"}}`,
			`error {"errorMessage":"no rule of the pipeline app-pipeline matches the branch \"main\""`},
	} {
		if got := f.Runtime.Invoke(t, test.event); !strings.HasPrefix(got, test.want) {
			t.Errorf("%s: %s, want %s", test.event, got, test.want)
		}
	}
	if n := len(f.AWS.Starts()); n != 2 {
		t.Errorf("%d starts, want 2", n)
	}
}

// The program outside of Lambda says what it is.
func TestOutsideOfLambda(t *testing.T) {
	fixture.Ends(t, program, 2, "trigger starts a pipeline by its build rules and runs as a Lambda function only")
}

// A program that lacks what it needs ends with the reason.
func TestMissingEnvironment(t *testing.T) {
	sourceless := pipeline()
	sourceless.Stages = nil
	for want, p := range map[string]*settings.Pipeline{
		`the type is \"head\"`:                pipeline(rule.Rule{Name: "a", Type: "head", Exact: "x"}),
		"is no regular expression of RE2":     pipeline(rule.Rule{Name: "a", Type: rule.Tag, Pattern: "("}),
		"names no stage Source of one action": sourceless,
	} {
		environment, _ := fixture.Settings(t, p)
		fixture.Ends(t, program, 1, want, fixture.InLambda(environment...)...)
	}
	environment, _ := fixture.Settings(t, pipeline())
	fixture.Ends(t, program, 1, "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are",
		append(environment, "AWS_LAMBDA_RUNTIME_API=127.0.0.1:1", "AWS_REGION=eu-west-1")...)
	fixture.Ends(t, program, 1, "the function's package lacks its settings", fixture.InLambda()...)
}

func TestBinaryStaysSmall(t *testing.T) { fixture.Small(t, program) }
