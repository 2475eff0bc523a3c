package codepipeline

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// provider does what a test tells it, by the action's name, and notes what ran.
type provider struct {
	do func(context.Context, Run) Outcome

	mu  sync.Mutex
	ran []string
}

func (p *provider) Check(a Action) error {
	if a.Configuration["refused"] != "" {
		return errors.New("configuration refused: no")
	}
	return nil
}

func (p *provider) Run(ctx context.Context, run Run) Outcome {
	p.mu.Lock()
	p.ran = append(p.ran, run.Action.Name)
	p.mu.Unlock()
	outcome := Outcome{}
	if p.do != nil {
		outcome = p.do(ctx, run)
	}
	for _, name := range run.Action.Outputs {
		artifact, err := run.Output(name)
		if err == nil {
			artifact.Revision = "commit"
			err = os.WriteFile(artifact.File, []byte(name), 0o644)
		}
		if err != nil {
			return Outcome{Err: err}
		}
		if outcome.Outputs == nil {
			outcome.Outputs = []Artifact{}
		}
		outcome.Outputs = append(outcome.Outputs, artifact)
	}
	return outcome
}

var (
	sourceType = ActionType{"Source", "AWS", "Test", "1"}
	workType   = ActionType{"Build", "AWS", "Test", "1"}
)

func source() Stage {
	return Stage{Name: "Source",
		Actions: []Action{{Name: "source", Type: sourceType, Outputs: []string{"Code"}, Namespace: "Src", RunOrder: 1}}}
}

func work(name string, change func(*Action)) Action {
	a := Action{Name: name, Type: workType, RunOrder: 1}
	if change != nil {
		change(&a)
	}
	return a
}

func pipeline(stages ...Stage) *Pipeline {
	return &Pipeline{Name: "app", Mode: Queued, Bucket: "bucket", Stages: append([]Stage{source()}, stages...)}
}

type closer struct{ io.Writer }

func (closer) Close() error { return nil }

func engine(t *testing.T, p *Pipeline, do func(context.Context, Run) Outcome) (*Engine, *provider, error) {
	t.Helper()
	fake := &provider{do: do}
	e, err := New(p, Options{
		Providers: map[ActionType]Provider{sourceType: fake, workType: fake},
		Dir:       t.TempDir(),
		Logs: func(_, stage, action string) (io.WriteCloser, string, error) {
			return closer{io.Discard}, filepath.Join(stage, action), nil
		},
	})
	return e, fake, err
}

// start runs one execution to its end.
func start(t *testing.T, p *Pipeline, input StartInput, do func(context.Context, Run) Outcome) (Result, *provider) {
	t.Helper()
	e, fake, err := engine(t, p, do)
	if err != nil {
		t.Fatal(err)
	}
	x, err := e.Start(t.Context(), input)
	if err != nil {
		t.Fatal(err)
	}
	return x.Wait(), fake
}
