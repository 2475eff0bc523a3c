package validation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/opencontainers/go-digest"

	"archway/internal/settings"
	"archway/lambda/internal/aws/pushed"
	"archway/lambda/internal/image/index"
	"archway/lambda/internal/pipeline/job"
	"archway/lambda/internal/verdict/check"
)

// margin is for what comes between Validate and the end of Promote beside approvals and gates:
// another run's turn in a stage, the copy to the release repository, and a person who retries a
// stage.
const margin = 2 * time.Hour

// expiry knows until when ECR keeps what no tag names in a staging repository.
type expiry struct {
	image *settings.Image
	hold  time.Duration
	times pushed.Times
	now   time.Time
}

// check refuses an index of which something could be deleted before it is promoted, and then could
// not be promoted any more.
func (x expiry) check(ctx context.Context, i *index.Image, referrers []digest.Digest) error {
	if x.image.StagingDays == 0 {
		return nil // never
	}
	images := parts(i)
	times, err := x.times(ctx, x.image.Staging, images)
	if errors.Is(err, pushed.ErrUnlisted) {
		return job.Failed(
			"It is not known until when ECR keeps %s of %s, as its DescribeImages does not list all that it is "+
				"made of: %s. Retry the stage; if it happens again, look whether somebody deletes images there, and run the pipeline again.",
			check.Short(i.Digest.String()), x.image.Staging, err)
	}
	if err != nil {
		return err
	}
	// Whether DescribeImages lists what is attached to images was not observed. Where it does, its
	// own day counts too.
	attached, err := x.times(ctx, x.image.Staging, referrers)
	if err != nil && !errors.Is(err, pushed.ErrUnlisted) {
		return err
	}
	needed := x.now.Add(x.hold + margin)
	var first digest.Digest
	var ends time.Time
	for _, d := range append(images, referrers...) {
		at, ok := times[d]
		if !ok {
			at, ok = attached[d]
		}
		end := at.Add(time.Duration(x.image.StagingDays) * 24 * time.Hour)
		if ok && end.Before(needed) && (first == "" || end.Before(ends)) {
			first, ends = d, end
		}
	}
	if first == "" {
		return nil
	}
	return job.Failed("%s", x.refusal(first, ends, needed))
}

func (x expiry) refusal(d digest.Digest, ends, needed time.Time) string {
	const minute = "2006-01-02 15:04 UTC"
	return fmt.Sprintf(
		"ECR may delete %s of %s from %s on, %d days after it was pushed, but the promotion may need it "+
			"until %s: gates and approvals may take %s, and the promotion itself up to %s. No tag was moved. "+
			"Run the pipeline again, so that it is built and pushed anew. ECR keeps the day of the first push if a build "+
			"gives the same digest again: then delete it there before (aws ecr batch-delete-image --repository-name %s "+
			"--image-ids imageDigest=%s; an index before its images). If that does not help, "+
			"keep images in the staging repository for more days, or shorten the approvals.",
		check.Short(d.String()), x.image.Staging, ends.UTC().Format(minute), x.image.StagingDays,
		needed.UTC().Format(minute),
		x.hold, margin, x.image.Staging, d)
}

// parts are the digests of an index and of all manifests that it names.
func parts(i *index.Image) []digest.Digest {
	all := []digest.Digest{i.Digest}
	for _, e := range i.Entries {
		if d := e.Descriptor.Digest; e.Role() != index.RoleBlob && d.Validate() == nil && !slices.Contains(all, d) {
			all = append(all, d)
		}
	}
	return all
}
