package scan

import (
	"context"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/opencontainers/go-digest"

	"archway/internal/settings"
	"archway/internal/spec"
	"archway/lambda/internal/pipeline/execution"
	"archway/lambda/internal/pipeline/job"
	"archway/lambda/internal/pipeline/output"
)

// target is what is judged, and how.
type target struct {
	repository name.Repository
	digest     digest.Digest
	spec.ScanGate
}

func (t *target) patience() time.Duration { return time.Duration(t.TimeoutMinutes) * time.Minute }

// target is the index that Validate has passed, under the limits of the settings.
func (g *Gate) target(ctx context.Context, j job.Job) (*target, error) {
	limits, err := limitsOf(j.Image)
	if err != nil {
		return nil, err
	}
	repository, err := job.CheckRepository(g.Registry + "/" + j.Image.Staging)
	if err != nil {
		return nil, err
	}
	x, err := g.Runs.Execution(ctx, j.Execution)
	if err != nil {
		return nil, err
	}
	validate := execution.Action{Stage: settings.StageValidate, Name: j.Image.Name}
	outputs, err := g.Runs.Outputs(ctx, x.Evidence(), []execution.Action{validate})
	if err != nil {
		return nil, err
	}
	d, err := output.Digest(outputs, validate, settings.Digest)
	return &target{repository, d, limits}, err
}

func limitsOf(image *settings.Image) (spec.ScanGate, error) {
	if image.Scan == nil {
		return spec.ScanGate{}, job.Misconfigured("The settings of the image %s give a scan no limits, "+
			"so that every image would pass.", image.Name)
	}
	for _, severity := range spec.Severities {
		if n := image.Scan.Of(severity); n != nil && *n < 0 {
			return spec.ScanGate{},
				job.Misconfigured("The settings of the image %s allow %d findings of %q, expected 0 or more.",
					image.Name, *n, severity)
		}
	}
	if image.Scan.TimeoutMinutes < 1 {
		return spec.ScanGate{},
			job.Misconfigured("The settings of the image %s give its scan %d minutes, expected 1 or more.",
				image.Name, image.Scan.TimeoutMinutes)
	}
	return *image.Scan, nil
}
