package promotion

import (
	"context"
	"fmt"
	"slices"
	"time"

	"archway/lambda/internal/check"
	"archway/lambda/internal/execution"
	"archway/lambda/internal/history"
	"archway/lambda/internal/job"
	"archway/lambda/internal/login"
)

// Action is the work of a Promote action.
func Action(open login.Open, executions execution.Source, commits history.Source) job.Work {
	return func(ctx context.Context, j job.Job) (map[string]string, error) {
		t, err := parse(j.Parameters)
		if err != nil {
			return nil, err
		}
		log := j.Log.With("image", t.repository.Name(), "digest", t.digest.String(), "execution", t.execution)
		x, err := executions.Execution(ctx, t.execution)
		if err != nil {
			return nil, fmt.Errorf("no tag was moved; %w", err)
		}
		if x.Over() {
			return nil, job.Failed("No tag was moved: execution %s is over (%s), and this is a late repetition of its job.", x.ID, x.Status)
		}
		image := t.repository.Name() + "@" + t.digest.String()
		repository, err := open(ctx, t.repository)
		if err != nil {
			return nil, fmt.Errorf("no tag was moved; %s: %w", image, err)
		}
		p := &promoter{name: t.repository.RepositoryStr(), repository: repository, execution: x, history: commits, givingUp: t.givingUp, log: log, pause: 200 * time.Millisecond}
		if p.image, err = fetch(ctx, repository, t.digest); err != nil {
			return nil, fmt.Errorf("no tag was moved; %s: %w", image, err)
		}
		if p.image.revision != t.values.Commit {
			return nil, job.Failed("No tag was moved: %s says that it was built from the commit %s, expected %s.", check.Short(t.digest.String()), orUnknown(p.image.revision), t.values.Commit)
		}
		t.values.Time = p.image.created
		tags, err := t.render()
		if err != nil {
			return nil, err
		}
		if x.Rollback {
			// The earlier execution has written them; a rollback moves only what moves.
			tags = slices.DeleteFunc(tags, func(t Tag) bool { return t.Immutable })
		}
		planned, err := p.survey(ctx, tags)
		if err != nil {
			return nil, err
		}
		if t.check {
			return p.variables(planned, "can go to"), nil
		}
		results, err := p.promote(ctx, tags)
		if err != nil {
			return nil, err
		}
		p.ended()
		return p.variables(results, "now at"), nil
	}
}
