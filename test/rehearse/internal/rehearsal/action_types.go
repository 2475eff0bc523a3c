package rehearsal

import (
	"context"
	"errors"

	"archway/test/rehearse/internal/aws/codebuild"
	"archway/test/rehearse/internal/aws/codecommit"
	"archway/test/rehearse/internal/aws/codepipeline"
	"archway/test/rehearse/internal/aws/codepipeline/actions"
	"archway/test/rehearse/internal/aws/endpoint"
)

// actionCalls are what CodePipeline, and the service behind an action, do before the action's work
// begins. role is the action's, or the pipeline's.
//
// https://docs.aws.amazon.com/codepipeline/latest/userguide/how-to-custom-role.html
// https://docs.aws.amazon.com/codepipeline/latest/userguide/structure-action-reference.html
// ("Service role permissions" of each action)
type actionCalls func(run codepipeline.Run, role string) []call

// actionType is a type of actions that can be rehearsed: what does their work, and what they must
// be allowed.
type actionType struct {
	provider codepipeline.Provider
	calls    actionCalls
}

// actionTypes are all types of actions that can be rehearsed.
func (r *Rehearsal) actionTypes(runner *codebuild.Runner) map[codepipeline.ActionType]actionType {
	builds := r.builds(runner)
	types := map[codepipeline.ActionType]actionType{
		actions.CodeBuild:     {builds, r.buildCalls},
		actions.CodeBuildTest: {builds, r.buildCalls},
		actions.Lambda:        {r.invoke, r.invokeCalls},
		actions.Manual:        {r.approvals(), r.approvalCalls},
	}
	for kind, source := range actions.Sources(actions.Account{Repository: r.source, ARN: arn}) {
		types[kind] = actionType{source, r.sourceCalls(source)}
	}
	return types
}

// providers are those of all types, each behind the question whether its calls are allowed.
func (r *Rehearsal) providers(runner *codebuild.Runner) map[codepipeline.ActionType]codepipeline.Provider {
	providers := map[codepipeline.ActionType]codepipeline.Provider{}
	for kind, t := range r.actionTypes(runner) {
		providers[kind] = &guarded{t.provider, r, t.calls}
	}
	return providers
}

func (r *Rehearsal) builds(runner *codebuild.Runner) codepipeline.Provider {
	build := &actions.Build{
		Runner: runner,
		Project: func(name string) (*codebuild.Project, bool) {
			p, ok := r.projects[name]
			return p, ok
		},
	}
	if r.options.Builds != nil {
		return &stubBuild{build, r, r.options.Builds}
	}
	return build
}

func (r *Rehearsal) approvals() codepipeline.Provider {
	return &actions.Approval{
		Region: region, Decide: r.options.Approve,
		Notify: func(p *codepipeline.Pipeline, topic, subject, text string) error {
			return r.api.Notify(endpoint.Notice{
				Caller: endpoint.Caller{Kind: "pipeline", Name: p.Name, Role: p.RoleARN},
				Topic:  topic, Subject: subject, Text: text,
			})
		},
	}
}

// source finds a source repository.
func (r *Rehearsal) source(name string) (*codecommit.Repository, bool) {
	d, ok := r.repositories[name]
	if !ok {
		return nil, false
	}
	return d.git, true
}

// guarded is a provider whose actions first ask whether they are allowed.
type guarded struct {
	codepipeline.Provider
	r     *Rehearsal
	calls actionCalls
}

// Run implements codepipeline.Provider.
func (g *guarded) Run(ctx context.Context, run codepipeline.Run) codepipeline.Outcome {
	role := run.Pipeline.RoleARN
	calls := []call{assume("codepipeline.amazonaws.com", role, run.Pipeline.ARN)}
	if run.Action.RoleARN != "" {
		calls = append(calls, call{by: session(role), action: "sts:AssumeRole", resource: run.Action.RoleARN})
		role = run.Action.RoleARN
	}
	if err := g.r.authorize(append(calls, g.calls(run, role)...)...); err != nil {
		return codepipeline.Outcome{Err: err}
	}
	outcome := g.Provider.Run(ctx, run)
	if ctx.Err() != nil {
		outcome.Err = errors.Join(outcome.Err, g.r.authorize(g.r.stopCalls(run, role)...))
	}
	return outcome
}
