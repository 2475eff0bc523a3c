// Package promotion points tags at one digest: the same bytes, immutable tags first and moving ones last, so that a tag that
// people pull moves only after everything that could refuse has agreed.
package promotion

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/opencontainers/go-digest"

	"archway/lambda/internal/check"
	"archway/lambda/internal/job"
	"archway/lambda/internal/registry"
)

// Repository is what a promotion needs of a registry. *registry.Repository is one.
type Repository interface {
	Manifest(context.Context, digest.Digest) (registry.Document, error)
	Serves(ctx context.Context, tag string) (digest.Digest, error)
	Put(ctx context.Context, tag string, doc registry.Document) error
}

// promoter carries one promotion.
type promoter struct {
	repository Repository
	document   registry.Document
	log        *slog.Logger
	// pause is the wait between two looks at a tag that was just written.
	pause time.Duration
}

// promote writes the tags. Running it again with the same arguments is safe, whatever an earlier run left behind.
func (p *promoter) promote(ctx context.Context, tags []Tag) error {
	served, err := p.survey(ctx, tags)
	if err != nil {
		return err
	}
	for _, t := range tags {
		if err := p.write(ctx, t, served[t.Name]); err != nil {
			return err
		}
	}
	for _, t := range tags {
		if err := p.confirm(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

// survey reads what every tag serves, and refuses the whole promotion if an immutable one serves another image.
func (p *promoter) survey(ctx context.Context, tags []Tag) (map[string]digest.Digest, error) {
	served := map[string]digest.Digest{}
	var conflicts []string
	for _, t := range tags {
		d, err := p.repository.Serves(ctx, t.Name)
		if err != nil {
			return nil, fmt.Errorf("no tag was moved; read tag %s: %w", t.Name, err)
		}
		served[t.Name] = d
		if t.Immutable && d != "" && d != p.document.Digest {
			conflicts = append(conflicts, fmt.Sprintf("%s serves %s", t.Name, check.Short(d.String())))
		}
	}
	if len(conflicts) > 0 {
		return nil, job.Failed("No tag was moved: an immutable tag serves another image already (%s), expected %s or nothing. Probably this commit was built before, with another result: run the earlier execution's Promote stage again, or push a new commit.",
			strings.Join(conflicts, ", "), check.Short(p.document.Digest.String()))
	}
	return served, nil
}

// write points one tag at the document.
func (p *promoter) write(ctx context.Context, t Tag, from digest.Digest) error {
	to := p.document.Digest
	log := p.log.With("tag", t.Name, "immutable", t.Immutable, "from", from.String(), "to", to.String())
	if from == to {
		log.Info("the tag serves it already")
		return nil
	}
	err := p.repository.Put(ctx, t.Name, p.document)
	if errors.Is(err, registry.ErrTagExists) {
		// Another run, or an earlier attempt whose answer was lost, was faster.
		now, readErr := p.repository.Serves(ctx, t.Name)
		switch {
		case readErr != nil:
			return fmt.Errorf("the registry refused to write tag %s, and it could not be read: %w", t.Name, readErr)
		case now == to:
			log.Info("the tag was written meanwhile", "by", "another attempt")
			return nil
		case t.Immutable:
			return job.Failed("The immutable tag %s got another image while this promotion ran: it serves %s, expected %s. Moving tags were left as they were.", t.Name, orNothing(now), check.Short(to.String()))
		default:
			return job.Failed("The registry treats the tag %s as immutable, so that it can't be moved from %s to %s. Exclude it from the repository's tag immutability, or configure it as an immutable tag.", t.Name, orNothing(now), check.Short(to.String()))
		}
	}
	if err != nil {
		return fmt.Errorf("write tag %s: %w", t.Name, err)
	}
	log.Info("tag moved")
	return nil
}

// confirm reads a tag back. A registry may take a moment to serve what it has taken.
func (p *promoter) confirm(ctx context.Context, t Tag) error {
	const looks = 5
	var now digest.Digest
	for look := range looks {
		if look > 0 {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(p.pause << look):
			}
		}
		var err error
		if now, err = p.repository.Serves(ctx, t.Name); err != nil {
			return fmt.Errorf("read back tag %s: %w", t.Name, err)
		}
		if now == p.document.Digest {
			return nil
		}
	}
	return job.Failed("The tag %s was written but serves %s, expected %s. Probably another run moved it at the same time; retry the stage if this image is the one that it should serve.", t.Name, orNothing(now), check.Short(p.document.Digest.String()))
}

func orNothing(d digest.Digest) string {
	if d == "" {
		return "nothing"
	}
	return check.Short(d.String())
}
