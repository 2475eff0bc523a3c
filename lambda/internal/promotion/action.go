package promotion

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/lambda/internal/check"
	"archway/lambda/internal/index"
	"archway/lambda/internal/job"
	"archway/lambda/internal/login"
	"archway/lambda/internal/registry"
)

// Action is the work of a Promote action.
func Action(open login.Open) job.Work {
	return func(ctx context.Context, j job.Job) (map[string]string, error) {
		t, err := parse(j.Parameters)
		if err != nil {
			return nil, err
		}
		image := t.repository.Name() + "@" + t.digest.String()
		log := j.Log.With("image", t.repository.Name(), "digest", t.digest.String())
		repository, err := open(ctx, t.repository)
		if err != nil {
			return nil, fmt.Errorf("no tag was moved; %s: %w", image, err)
		}
		document, created, err := fetch(ctx, repository, t.digest)
		if err != nil {
			return nil, fmt.Errorf("no tag was moved; %s: %w", image, err)
		}
		t.values.Time = created
		tags, err := t.render()
		if err != nil {
			return nil, err
		}
		p := &promoter{repository: repository, document: document, log: log, pause: 200 * time.Millisecond}
		if err := p.promote(ctx, tags); err != nil {
			return nil, err
		}
		var names []string
		for _, tag := range tags {
			names = append(names, tag.Name)
		}
		return map[string]string{"digest": t.digest.String(), "tags": strings.Join(names, ",")}, nil
	}
}

// fetch reads the index that is to be promoted, and when it was made. The bytes are those of the digest, or it fails.
func fetch(ctx context.Context, repository Repository, d digest.Digest) (registry.Document, time.Time, error) {
	doc, err := repository.Manifest(ctx, d)
	switch {
	case errors.Is(err, registry.ErrNotFound):
		return doc, time.Time{}, job.Failed("No tag was moved: the repository has no image index %s. It was validated before, so it was deleted since; run the pipeline again.", check.Short(d.String()))
	case errors.Is(err, registry.ErrOtherBytes):
		return doc, time.Time{}, job.Failed("No tag was moved: %s.", err)
	case err != nil:
		return doc, time.Time{}, err
	}
	manifest := index.ParseManifest(doc.Bytes)
	if manifest.Shape() != index.ShapeIndex {
		return doc, time.Time{}, job.Failed("No tag was moved: %s is %s, expected an image index; only what the Validate action passed can be promoted.", check.Short(d.String()), manifest.Shape().Named())
	}
	if manifest.Body.MediaType != "" {
		doc.MediaType = manifest.Body.MediaType // what the bytes say; a header can be lost on the way
	}
	// Without a readable time, templates with a date can't be rendered, and say so.
	created, _ := time.Parse(time.RFC3339, manifest.Body.Annotations[specs.AnnotationCreated])
	return doc, created, nil
}
