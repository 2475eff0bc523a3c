package scan

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/opencontainers/go-digest"

	"archway/internal/settings"
	"archway/lambda/internal/pipeline/execution"
	"archway/lambda/internal/pipeline/job"
	"archway/lambda/internal/pipeline/output"
)

// target is what is judged, and how.
type target struct {
	repository name.Repository
	digest     digest.Digest
	settings.Scan
}

func (t *target) patience() time.Duration { return time.Duration(t.Minutes) * time.Minute }

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

func limitsOf(image *settings.Image) (settings.Scan, error) {
	if image.Scan == nil || len(image.Scan.Limits) == 0 {
		return settings.Scan{}, job.Misconfigured("The settings of the image %s give a scan no limits, "+
			"so that every image would pass.", image.Name)
	}
	for _, severity := range slices.Sorted(maps.Keys(image.Scan.Limits)) {
		if n := image.Scan.Limits[severity]; !slices.Contains(severities, severity) || n < 0 {
			return settings.Scan{}, job.Misconfigured("The settings of the image %s allow %d findings of %q, expected 0 or more of %s.",
				image.Name, n, severity, strings.Join(severities, ", "))
		}
	}
	if image.Scan.Minutes < 1 {
		return settings.Scan{}, job.Misconfigured("The settings of the image %s give its scan %d minutes, expected 1 or more.",
			image.Name, image.Scan.Minutes)
	}
	return *image.Scan, nil
}
