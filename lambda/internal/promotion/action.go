package promotion

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"archway/internal/settings"
	"archway/lambda/internal/aws/login"
	"archway/lambda/internal/aws/pushed"
	"archway/lambda/internal/image/transfer"
	"archway/lambda/internal/pipeline/execution"
	"archway/lambda/internal/pipeline/history"
	"archway/lambda/internal/pipeline/job"
)

// Runs tells whose turn it is, and what the actions of a run have put out. execution.CodePipeline
// is one.
type Runs interface {
	Turn(ctx context.Context, id, stage, action string) (execution.Execution, error)
	Outputs(ctx context.Context, id string, actions []execution.Action) (map[execution.Action]map[string]string, error)
}

// Promoter does the work of the Promote action.
type Promoter struct {
	Settings *settings.Loaded
	// Registry is the host of the account's registry.
	Registry string
	// Staging opens repositories for reading, and Release for writing.
	Staging, Release login.Open
	Runs             Runs
	Source           history.Source
	// Pushed tells when an image came to the release.
	Pushed pushed.Times
	// Tags gives the tags of an image in the release.
	Tags pushed.Tags
	// Transfer copies from staging to release, as transfer.Run does.
	Transfer func(context.Context, transfer.Job) (transfer.Result, error)

	// pause is the wait between two looks at a tag that was just written; 0 means longPause.
	pause time.Duration
}

// longPause gives a registry time to serve what it has taken.
const longPause = 200 * time.Millisecond

// Do looks at everything that can refuse, for all images, before it copies anything, and copies all
// of them before it writes the first tag. A continued job begins from the start: only the copying
// goes on where it was.
func (p *Promoter) Do(ctx context.Context, j job.Job) (map[string]string, error) {
	r, err := p.evidence(ctx, j.Execution)
	if err != nil {
		return nil, unmoved(err)
	}
	all, err := p.candidates(ctx, r, j.Log)
	if err != nil {
		return nil, unmoved(err)
	}
	if err := survey(ctx, all); err != nil {
		return nil, unmoved(err)
	}
	if err := p.copy(ctx, all, j); err != nil {
		return nil, unmoved(err)
	}
	// Copying can take minutes, in which the execution may have been abandoned.
	switch now, err := p.Runs.Turn(ctx, j.Execution, settings.StagePromote, settings.ActionPromote); {
	case err != nil:
		return nil, unmoved(err)
	case now.ID != r.ID:
		return nil, unmoved(job.Failed("The turn of execution %s ended while its images were copied.", r.ID))
	}
	if err := promote(ctx, all); err != nil {
		return nil, err
	}
	return variables(all), nil
}

// unmoved says of a failure that every tag is where it was.
func unmoved(err error) error {
	var later *job.Later
	var failure *job.Failure
	switch {
	case errors.As(err, &later):
		return err
	case errors.As(err, &failure):
		return &job.Failure{Type: failure.Type, Message: "No tag was moved. " + failure.Message}
	}
	return fmt.Errorf("no tag was moved; %w", err)
}

// copy brings what was validated from staging to release. When the time runs out, it asks for
// another call.
func (p *Promoter) copy(ctx context.Context, all []*promoter, j job.Job) error {
	begun, token, _ := strings.Cut(j.Continuation, ":")
	for _, c := range all {
		if c.execution.Rollback && c.released {
			continue // staging may have forgotten it, and what the release has was copied whole
		}
		what := transfer.Job{
			From: c.staging, To: c.release, Roots: c.roots, Log: c.log,
			// What is left is for the tags of all.
			Margin: transfer.DefaultMargin + time.Duration(len(all))*time.Second,
		}
		if begun == c.image.Name {
			what.Token = token
		}
		done, err := p.Transfer(ctx, what)
		if err != nil {
			return fmt.Errorf("copy %s from %s to %s: %w", c.root.Digest, c.image.Staging, c.image.Release, err)
		}
		if done.Next != "" {
			return job.Again(c.image.Name+":"+done.Next, fmt.Sprintf("copying %s to %s", c.image.Name, c.image.Release))
		}
		c.log.Info("copied", "blobs", done.Blobs, "mounted", done.Mounted, "copied", done.Copied, "manifests",
			done.Manifests, "bytes", done.Bytes)
	}
	return nil
}
