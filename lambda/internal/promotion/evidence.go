package promotion

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"strings"

	"github.com/opencontainers/go-digest"

	"archway/internal/settings"
	"archway/internal/tag"
	"archway/lambda/internal/pipeline/execution"
	"archway/lambda/internal/pipeline/job"
	"archway/lambda/internal/pipeline/output"
	"archway/lambda/internal/verdict/check"
)

// run is the execution that is promoted, and what speaks for it.
type run struct {
	execution.Execution
	reference settings.Reference
	outputs   map[execution.Action]map[string]string
}

// evidence finds out what may be promoted. Nobody is believed: CodePipeline says whose turn it is,
// and what has succeeded, and the source repository says whether the commit belongs to the branch
// or tag that the run claims to be for.
func (p *Promoter) evidence(ctx context.Context, id string) (run, error) {
	x, err := p.Runs.Turn(ctx, id, settings.StagePromote, settings.ActionPromote)
	if err != nil {
		return run{}, err
	}
	r := run{Execution: x}
	if x.Commit == "" {
		return r,
			job.Failed("CodePipeline names no commit that execution %s builds. Push a new commit, or start a build by the trigger function.",
				x.ID)
	}
	if r.reference, err = p.Settings.Reference(x.Variables); err != nil {
		return r, job.Misconfigured("Execution %s can't be promoted: %s.", x.ID, err)
	}
	if r.outputs, err = p.Runs.Outputs(ctx, x.Evidence(), p.required(x)); err != nil {
		return r, err
	}
	if x.Rollback {
		return r, nil // the source may have gone on, and when its target was promoted, it was asked
	}
	why, err := p.Source.Stray(ctx, r.reference.Type, r.reference.Name, x.Commit)
	if err != nil {
		return r, err
	}
	if why != "" {
		return r,
			job.Failed("Execution %s was started for %s and the commit %.12s, which don't belong together: %s. Push the commit there first; starting a pipeline is no way around it.",
				x.ID, r.reference, x.Commit, why)
	}
	return r, nil
}

// required are the actions that must have succeeded: all before the promotion, and of a rollback's
// target the promotion itself.
func (p *Promoter) required(x execution.Execution) []execution.Action {
	var all []execution.Action
	for _, stage := range p.Settings.Stages {
		for _, name := range stage.Actions {
			all = append(all, execution.Action{Stage: stage.Name, Name: name})
		}
	}
	if x.Rollback {
		all = append(all, execution.Action{Stage: settings.StagePromote, Name: settings.ActionPromote})
	}
	return all
}

// candidates are the images of a run that have a release, with what there is to know of them before
// their tags are looked at.
func (p *Promoter) candidates(ctx context.Context, r run, log *slog.Logger) ([]*promoter, error) {
	var all []*promoter
	for n := range p.Settings.Images {
		i := &p.Settings.Images[n]
		if i.Release == "" {
			continue
		}
		c := &promoter{image: i, execution: r.Execution, history: p.Source, pushed: p.Pushed, tagged: p.Tags,
			pause: cmp.Or(p.pause, longPause)}
		if err := p.prepare(ctx, c, r, log); err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	if len(all) == 0 {
		return nil, job.Misconfigured("No image of the pipeline %s has a release.", p.Settings.Name)
	}
	return all, nil
}

func (p *Promoter) prepare(ctx context.Context, c *promoter, r run, log *slog.Logger) error {
	validated := execution.Action{Stage: settings.StageValidate, Name: c.image.Name}
	d, err := output.Digest(r.outputs, validated, settings.Digest)
	if err != nil {
		return err
	}
	if c.roots, err = roots(d, r.outputs[validated][settings.Referrers], validated); err != nil {
		return err
	}
	if down, ok := c.image.Validation.Downgrade["regression"]; ok {
		c.givingUp = down.Reason
	}
	c.log = log.With("image", c.image.Name, "digest", d.String())
	staging, err := job.CheckRepository(p.Registry + "/" + c.image.Staging)
	if err != nil {
		return err
	}
	release, err := job.CheckRepository(p.Registry + "/" + c.image.Release)
	if err != nil {
		return err
	}
	if c.staging, err = p.Staging(ctx, staging); err != nil {
		return err
	}
	if c.release, err = p.Release(ctx, release); err != nil {
		return err
	}
	c.repository = c.release
	if err := c.fetch(ctx, d); err != nil {
		return err
	}
	if c.root.revision != r.Commit {
		return job.Failed("The index %s of the image %s says that it was built from the commit %s, expected %s.",
			check.Short(d.String()), c.image.Name, orUnknown(c.root.revision), r.Commit)
	}
	if c.versionOf, err = p.Settings.VersionOf(c.image.Name); err != nil {
		return job.Misconfigured("The settings of the image %s give no tags: %s.", c.image.Name, err)
	}
	return c.render(r)
}

// roots are what is copied: the index, and what refers to it.
func roots(index digest.Digest, referrers string, validated execution.Action) ([]digest.Digest, error) {
	all := []digest.Digest{index}
	if referrers == settings.None {
		return all, nil
	}
	for text := range strings.SplitSeq(referrers, ",") {
		d, err := digest.Parse(text)
		if err != nil || d.Algorithm() != digest.SHA256 {
			return nil,
				job.Failed("The action %s put out %s=%.200q, expected digests separated by commas, or %q. Look into its log, and run the pipeline again.",
					validated, settings.Referrers, referrers, settings.None)
		}
		all = append(all, d)
	}
	return all, nil
}

// Tag is a tag to be written.
type Tag struct {
	Name string
	// Immutable tags are written first, and never from one digest to another.
	Immutable bool
	// Held tags are moving ones that stay where they are.
	Held bool
}

// render gives the tags, immutable ones first, each once. A rollback moves only what moves: the
// earlier execution has written the others.
func (p *promoter) render(r run) error {
	templates, err := r.reference.Tags(p.image)
	if err != nil {
		return job.Misconfigured("The settings give no tags: %s.", err)
	}
	values := templates.Values
	values.Commit, values.Time = r.Commit, p.root.created
	p.version = templates.Version
	for _, list := range []struct {
		templates       []tag.Template
		immutable, held bool
	}{{templates.Immutable, true, false}, {templates.Moving, false, false}, {templates.Held, false, true}} {
		immutable := list.immutable
		for _, template := range list.templates {
			name, err := template.Render(values)
			if err != nil {
				return job.Misconfigured("The image %s gets no tags: %s.", p.image.Name, err)
			}
			at := slices.IndexFunc(p.tags, func(other Tag) bool { return other.Name == name })
			switch {
			case at < 0:
				p.tags = append(p.tags, Tag{name, immutable, list.held})
			case p.tags[at].Immutable != immutable:
				return job.Misconfigured("The tag %q of the image %s is configured as immutable and as moving; name it in one of the two lists.",
					name, p.image.Name)
			}
		}
	}
	if r.Rollback {
		p.tags = slices.DeleteFunc(p.tags, func(t Tag) bool { return t.Immutable })
	}
	return nil
}
