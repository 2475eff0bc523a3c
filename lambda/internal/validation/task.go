package validation

import (
	"context"
	"slices"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/opencontainers/go-digest"

	"archway/internal/platform"
	"archway/internal/settings"
	"archway/lambda/internal/image/index"
	"archway/lambda/internal/pipeline/execution"
	"archway/lambda/internal/pipeline/job"
	"archway/lambda/internal/pipeline/output"
	"archway/lambda/internal/verdict/check"
)

// task is what a Validate action has to look at.
type task struct {
	image *settings.Image
	// staging is where the index is, and release where the tags are that will point at it, if there
	// are any.
	staging name.Repository
	release *name.Repository
	// digest is that of the index.
	digest digest.Digest
	commit string
	// builds are what the builds have pushed, by platform.
	builds map[string]digest.Digest
	want   check.Want
	tags   settings.Tags
}

// task asks CodePipeline what this run has built. All else stands in the settings.
func (v *Validator) task(ctx context.Context, j job.Job) (task, error) {
	t := task{image: j.Image}
	x, err := v.Runs.Execution(ctx, j.Execution)
	if err != nil {
		return t, err
	}
	if t.commit = x.Commit; t.commit == "" {
		return t, job.Failed("CodePipeline names no commit that execution %s builds, so that nothing tells "+
			"what its images must come from. Run the pipeline again.", x.ID)
	}
	reference, err := v.Settings.Reference(x.Variables)
	if err != nil {
		return t, job.Misconfigured("No tag was moved: %s.", err)
	}
	if t.tags, err = reference.Tags(t.image); err != nil {
		return t, job.Misconfigured("No tag was moved: %s.", err)
	}
	merge := execution.Action{Stage: settings.StageMerge, Name: t.image.Name}
	actions := []execution.Action{merge}
	for _, b := range t.image.Builds {
		actions = append(actions, build(b))
	}
	outputs, err := v.Runs.Outputs(ctx, x.Evidence(), actions)
	if err != nil {
		return t, err
	}
	if t.digest, err = output.Digest(outputs, merge, settings.IndexDigest); err != nil {
		return t, err
	}
	if t.builds, err = built(t.image, reference.Rule, outputs); err != nil {
		return t, err
	}
	if t.want, err = Want(t.image); err != nil {
		return t, err
	}
	t.want.Revision, t.want.Place = t.commit, check.Pipeline
	if t.want.Platforms, err = Platforms(t.image, t.image.Platforms(reference.Rule)); err != nil {
		return t, err
	}
	if len(t.want.Platforms) == 0 {
		return t,
			job.Misconfigured("The build rule %q leaves out every platform of the image %s.", reference.Rule,
				t.image.Name)
	}
	return t, t.repositories(v.Registry)
}

func build(b settings.Build) execution.Action {
	return execution.Action{Stage: settings.StageBuild, Name: b.Action}
}

// built are the digests that the builds have put out. A build can't leave itself out: the run's
// rule says which do.
func built(image *settings.Image, rule string, outputs output.Outputs) (map[string]digest.Digest, error) {
	all := map[string]digest.Digest{}
	for _, b := range image.Builds {
		skipped, none := slices.Contains(b.Skip, rule), outputs[build(b)][settings.ImageDigest] == settings.None
		switch {
		case skipped && none:
			continue
		case skipped:
			return nil, job.Failed("The build of %s of the image %s has pushed something, but the build rule %q "+
				"leaves the platform out. No tag was moved. Look into its log.", b.Platform, image.Name, rule)
		case none:
			return nil,
				job.Failed("The build of %s of the image %s has left itself out, but the build rule %q does not. "+
					"No tag was moved. Look into its log.", b.Platform, image.Name, rule)
		}
		p, err := platform.Parse(b.Platform)
		if err != nil {
			return nil, job.Misconfigured("The settings of the image %s: %s.", image.Name, err)
		}
		if all[index.Key(p)], err = output.Digest(outputs, build(b), settings.ImageDigest); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (t *task) repositories(registry string) (err error) {
	if t.staging, err = job.CheckRepository(registry + "/" + t.image.Staging); err != nil || t.image.Release == "" {
		return err
	}
	release, err := job.CheckRepository(registry + "/" + t.image.Release)
	t.release = &release
	return err
}
