// Package scan judges what ECR's scans have found in the images of an index: the scan on push that
// every registry has, or Amazon Inspector's, if the account has turned on enhanced scanning. Each
// platform's image is scanned by itself, and asked about by its digest.
package scan

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/internal/settings"
	"archway/lambda/internal/aws/login"
	"archway/lambda/internal/image/index"
	"archway/lambda/internal/pipeline/job"
	"archway/lambda/internal/pipeline/output"
	"archway/lambda/internal/verdict/check"
)

// Scan is what ECR knows about one image.
type Scan struct {
	State State
	// Status is ECR's word for it, with its explanation.
	Status string
	// Counts are the findings by severity, in capital letters.
	Counts map[string]int
	// Findings are those of the first pages.
	Findings []Finding
}

// Finding is one vulnerability.
type Finding struct {
	Name, Severity string
	// Package is what has it, with its version; empty if ECR doesn't say.
	Package string
	// Note is what else there is to say.
	Note string
}

// State is how far a scan is.
type State int

// The states of scans.
const (
	// Waiting: the scan has not begun, or not ended.
	Waiting State = iota
	// Done: the findings are there.
	Done
	// Unscannable: there is nothing in the image that the scanner knows, such as a distribution.
	Unscannable
	// Broken: there are no findings, and none will come by themselves.
	Broken
)

// Scanner tells what was found in the image of a repository.
type Scanner func(ctx context.Context, repository string, image digest.Digest) (Scan, error)

// Gate is what a ScanGate action works with.
type Gate struct {
	// Registry is the host of the account's registry.
	Registry string
	Runs     output.Runs
	Open     login.Open
	Scanner  Scanner
	Now      func() time.Time
}

// Work is the work of a ScanGate action. While scans are under way it asks CodePipeline to call
// again.
func (g *Gate) Work(ctx context.Context, j job.Job) (map[string]string, error) {
	t, err := g.target(ctx, j)
	if err != nil {
		return nil, err
	}
	since, err := begun(j.Continuation, g.Now())
	if err != nil {
		return nil, err
	}
	images, err := imagesOf(ctx, g.Open, t)
	if err != nil {
		return nil, fmt.Errorf("%s@%s: %w", t.repository.Name(), t.digest, err)
	}
	v := verdict{target: t, acceptance: newAcceptance(t.Accept, g.Now(), j.Log)}
	for _, image := range images {
		s, err := g.Scanner(ctx, t.repository.RepositoryStr(), image.Digest)
		if err != nil {
			return nil, fmt.Errorf("the scan of %s@%s: %w", t.repository.Name(), image.Digest, err)
		}
		v.add(check.Subject{Platform: platformOf(image), Digest: image.Digest.String()}, s)
	}
	j.Log.Info("scans", "image", t.repository.Name(), "digest", t.digest.String(), "summary", v.summary(),
		"waiting", len(v.waiting), "objections", len(v.objections))
	if len(v.waiting) == 0 {
		v.acceptance.close()
	}
	switch {
	case len(v.objections) > 0:
		return nil, job.Failed("%s", v.failure())
	case len(v.waiting) == 0:
		return map[string]string{settings.Digest: t.digest.String(), job.SummaryVariable: v.summary()}, nil
	case g.Now().Sub(since) >= t.patience():
		return nil, job.Failed("%s", v.late())
	}
	return nil, job.Again(since.UTC().Format(time.RFC3339), "Waits for the scan of "+strings.Join(v.waiting, ", "))
}

// begun is when the action began: the first invocation notes it for the next ones.
func begun(continuation string, now time.Time) (time.Time, error) {
	if continuation == "" {
		return now, nil
	}
	since, err := time.Parse(time.RFC3339, continuation)
	if err != nil {
		return now, job.Misconfigured("The continuation token is %q, which this function didn't give.", continuation)
	}
	return since, nil
}

// imagesOf lists what the index holds for platforms, without attestations.
func imagesOf(ctx context.Context, open login.Open, t *target) ([]specs.Descriptor, error) {
	repository, err := open(ctx, t.repository)
	if err != nil {
		return nil, err
	}
	doc, err := repository.Manifest(ctx, t.digest)
	if err != nil {
		return nil, err
	}
	m := index.ParseManifest(doc.Bytes)
	if m.Shape() != index.ShapeIndex {
		return nil,
			job.Failed("%s@%s is %s, expected an image index.", t.repository.Name(), t.digest, m.Shape().Named())
	}
	// What the validation took for an image is one here: no annotation of a build makes the scan
	// pass it over.
	images := slices.DeleteFunc(m.Body.Manifests, func(d specs.Descriptor) bool {
		return (&index.Entry{Descriptor: d}).Role() != index.RoleImage
	})
	if len(images) == 0 {
		return nil,
			job.Failed("%s@%s names no image for any platform, so that there is nothing to judge.", t.repository.Name(),
				t.digest)
	}
	return images, nil
}

func platformOf(image specs.Descriptor) string {
	if image.Platform == nil {
		return "no platform"
	}
	return index.Key(*image.Platform)
}
