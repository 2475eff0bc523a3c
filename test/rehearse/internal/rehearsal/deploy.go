package rehearsal

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"path/filepath"

	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"

	"archway/test/internal/assembly"
	"archway/test/rehearse/internal/aws/cloudformation"
	"archway/test/rehearse/internal/aws/codebuild"
	"archway/test/rehearse/internal/aws/codecommit"
	"archway/test/rehearse/internal/aws/codepipeline"
	"archway/test/rehearse/internal/aws/codepipeline/actions"
	"archway/test/rehearse/internal/aws/ecr"
	"archway/test/rehearse/internal/aws/eventbridge"
	"archway/test/rehearse/internal/aws/lambdaruntime"
)

// deploy creates the stacks' resources.
func (r *Rehearsal) deploy(ctx context.Context, stacks []*assembly.Stack, h hosts) error {
	r.runtime = lambdaruntime.New(h.function)
	r.onClose(func() error { r.runtime.Close(); return nil })
	r.invoke.Runtime = guardedRuntime{r.runtime, r}
	providers := r.providers(codebuild.NewRunner(h.build))
	for _, s := range stacks {
		stack, err := cloudformation.Load(s, r.account)
		if err != nil {
			return err
		}
		if err := r.create(ctx, stack, providers); err != nil {
			return fmt.Errorf("stack %s: %w", stack.Name, err)
		}
		r.stacks = append(r.stacks, stack)
	}
	return r.createForeign(ctx)
}

// createForeign creates the repository for a working copy where no stack does: there the pipeline
// follows one that is in the account already.
func (r *Rehearsal) createForeign(ctx context.Context) error {
	if r.options.WorkingCopy == "" {
		return nil
	}
	for _, source := range r.Sources() {
		if _, ok := r.repositories[source.Repository]; ok {
			continue
		}
		err := r.createRepository(ctx, cloudformation.Repository{
			Name: source.Repository, ARN: arn("codecommit", source.Repository), ID: "of-the-account",
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *Rehearsal) createRepository(ctx context.Context, declared cloudformation.Repository) error {
	dir, err := r.folder(filepath.Join("git", declared.Name+".git"))
	if err != nil {
		return err
	}
	git, err := codecommit.Create(ctx, dir, declared.Name, declared.ARN, declared.ID)
	if err != nil {
		return err
	}
	git.Readings = r.options.Readings
	return create(r.repositories, "source repository", declared.Name, &repository{declared: declared, git: git})
}

func (r *Rehearsal) create(ctx context.Context, stack *cloudformation.Stack,
	providers map[codepipeline.ActionType]codepipeline.Provider) error {
	if err := r.permissions.Add(stack.Access.Roles, stack.Access.Policies); err != nil {
		return err
	}
	maps.Copy(r.keys, stack.Access.Keys)
	maps.Copy(r.signed, stack.Access.Signed)
	for _, declared := range cloudformation.Of[cloudformation.Registry](stack) {
		if err := create(r.registries, "registry repository", declared.Name, declared); err != nil {
			return err
		}
		err := r.reg.AddRepository(ecr.Repository{
			Name: declared.Name, Mutability: declared.Mutability, Exclusions: declared.Exclusions,
			Encryption: declared.Encryption,
		})
		if err != nil {
			return err
		}
	}
	for _, declared := range cloudformation.Of[cloudformation.Repository](stack) {
		if err := r.createRepository(ctx, declared); err != nil {
			return err
		}
	}
	for _, project := range cloudformation.Of[*codebuild.Project](stack) {
		if err := create(r.projects, "project", project.Name, project); err != nil {
			return err
		}
	}
	for _, provider := range cloudformation.Of[cloudformation.Provider](stack) {
		// CloudFormation calls the function when it makes the custom resource. Whether it may is
		// the matter of who deploys.
		if err := r.authorize(providerCalls(provider)...); err != nil {
			return fmt.Errorf("the function behind %s: %w", provider.Type, err)
		}
	}
	for _, function := range cloudformation.Of[*lambdaruntime.Function](stack) {
		if err := create(r.functions, "function", function.Name, function); err != nil {
			return err
		}
	}
	for _, pipeline := range cloudformation.Of[*codepipeline.Pipeline](stack) {
		dir, err := r.folder(filepath.Join("artifacts", pipeline.Bucket))
		if err != nil {
			return err
		}
		engine, err := codepipeline.New(pipeline, codepipeline.Options{
			Providers: providers, Dir: dir, Logs: r.openLog, Observer: r.observe(pipeline),
			Readings: r.options.Readings,
		})
		if err != nil {
			return err
		}
		if err := create(r.engines, "pipeline", pipeline.ARN, engine); err != nil {
			return err
		}
	}
	for _, queue := range cloudformation.Of[cloudformation.Queue](stack) {
		if err := create(r.queues, "queue", queue.ARN, nil); err != nil {
			return err
		}
	}
	r.rules = append(r.rules, cloudformation.Of[*eventbridge.Rule](stack)...)
	return nil
}

func (r *Rehearsal) newInvoke() *actions.Invoke {
	return &actions.Invoke{
		Account: accountID, Region: region,
		Function: func(name string) (*lambdaruntime.Function, bool) {
			// The action takes a name or an ARN.
			if awsarn.IsARN(name) {
				name = resourceName(name)
			}
			f, ok := r.functions[name]
			return f, ok
		},
		ArtifactCredentials: func() (id, secret, token string) {
			id, secret, token = "ASIA"+rand.Text()[:16], rand.Text()+rand.Text(), rand.Text()+rand.Text()
			r.secrets.Add(secret)
			r.secrets.Add(token)
			return id, secret, token
		},
	}
}
