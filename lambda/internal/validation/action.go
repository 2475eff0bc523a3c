package validation

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/opencontainers/go-digest"

	"archway/internal/settings"
	"archway/lambda/internal/aws/login"
	"archway/lambda/internal/aws/pushed"
	"archway/lambda/internal/image/index"
	"archway/lambda/internal/pipeline/job"
	"archway/lambda/internal/pipeline/output"
	"archway/lambda/internal/verdict/check"
	"archway/lambda/internal/verdict/report"
)

// Validator is what a Validate action works with.
type Validator struct {
	Settings *settings.Pipeline
	// Registry is the host of the account's registry.
	Registry string
	Runs     output.Runs
	Open     login.Open
	Pushed   pushed.Times
	Now      func() time.Time
}

// Work is the work of a Validate action. All of it is done in one invocation, and a continuation
// token, which whoever may report a job's result can write, is not looked at: what is proven can't
// be handed on by it.
func (v *Validator) Work(ctx context.Context, j job.Job) (map[string]string, error) {
	t, err := v.task(ctx, j)
	if err != nil {
		return nil, err
	}
	image := t.staging.Name() + "@" + t.digest.String()
	j.Log = j.Log.With("image", t.staging.Name(), "digest", t.digest.String())
	verdict, err := v.judge(ctx, t)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", image, err)
	}
	log(j.Log, verdict)
	measure(j.Log, v.Settings.Name, cmp.Or(t.image.Release, t.image.Staging), verdict)
	if !verdict.Valid() {
		return nil, job.Failed("%s", failure(t.staging.Name(), verdict))
	}
	proofs, err := referrers(t, verdict)
	if err != nil {
		return nil, err
	}
	x := expiry{t.image, time.Duration(v.Settings.HoldMinutes) * time.Minute, v.Pushed, v.Now()}
	if err := x.check(ctx, verdict.Image, proofs); err != nil {
		return nil, err
	}
	return map[string]string{
		settings.Digest:    t.digest.String(),
		settings.Platforms: strings.Join(platformsOf(verdict.Image), ","),
		settings.Referrers: list(proofs),
	}, nil
}

// judge reads the index where it was merged, and what the tags serve that are to point at it where
// people pull them.
func (v *Validator) judge(ctx context.Context, t task) (check.Verdict, error) {
	staging, err := v.Open(ctx, t.staging)
	if err != nil {
		return check.Verdict{}, err
	}
	return Prepared(ctx, staging, t.digest, t.want, t.builds, func(image *index.Image, want *check.Want) error {
		if image.Root == nil || t.release == nil || len(t.tags.Moving) == 0 {
			return nil
		}
		release, err := v.Open(ctx, *t.release)
		if err != nil {
			return fmt.Errorf("%s: %w", t.release.Name(), err)
		}
		tags, unknown := moving(t.tags, image, t.commit)
		served, err := Serving(ctx, release, tags)
		want.Served = append(served, unknown...)
		return err
	})
}

// referrers are what the promotion must copy beside the index, because the index was valid by it.
func referrers(t task, v check.Verdict) ([]digest.Digest, error) {
	var all []digest.Digest
	for _, a := range check.Referrers(v.Image) {
		if a.ByTag {
			return nil,
				job.Failed("What is required of an image in %s is only in %s, to which nothing but a tag leads. "+
					"Tags of that repository are not copied, so that the promoted image would lack it. No tag was moved. "+
					"Attach it as a referrer of OCI 1.1, whose subject is the image, or have the build make it "+
					"(docker buildx build --provenance=true --sbom=true).", t.staging.Name(), a.Where)
		}
		if !slices.Contains(all, a.Referrer) {
			all = append(all, a.Referrer)
		}
	}
	return all, nil
}

// list writes digests as an output variable.
func list(digests []digest.Digest) string {
	var all []string
	for _, d := range digests {
		all = append(all, d.String())
	}
	return cmp.Or(strings.Join(all, ","), settings.None)
}

func platformsOf(i *index.Image) []string {
	var all []string
	for _, e := range i.Images() {
		if p := e.Descriptor.Platform; p != nil {
			all = append(all, index.Key(*p))
		}
	}
	return all
}

// log writes one line for each finding, and one with the verdict.
func log(l *slog.Logger, v check.Verdict) {
	report.Log(l, v.Findings)
	for _, e := range v.Image.Images() {
		var layers []string
		for _, u := range e.Unread() {
			layers = append(layers, u.Digest.String())
		}
		if len(layers) > 0 {
			l.Info("layers that were not read to their ends", "platform", index.Name(e.Descriptor.Platform), "layers",
				layers)
		}
	}
	l.Info("verdict", "valid", v.Valid(), "errors", check.Count(v.Findings, check.Error), "warnings",
		check.Count(v.Findings, check.Warning))
}

// failure is what the CodePipeline console shows: first what it comes to, then the findings, the
// most important first, as many as fit.
func failure(repository string, v check.Verdict) string {
	text := fmt.Sprintf("The image index %s of %s is not valid: %s. No tag was moved.",
		check.Short(v.Image.Digest.String()), repository, report.Tally(v.Findings))
	return report.Fit(text, report.List(v.Findings), job.MaxMessage, report.More)
}
