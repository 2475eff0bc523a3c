// Package promotion copies validated images to their releases, byte for byte, and points tags at
// them: all immutable ones first and the moving ones last, so that a tag that people pull moves
// only after everything that could refuse has agreed. A moving tag goes forward in the source's
// history, or back where somebody rolls back.
package promotion

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/internal/semver"
	"archway/internal/settings"
	"archway/lambda/internal/aws/pushed"
	"archway/lambda/internal/image/registry"
	"archway/lambda/internal/pipeline/execution"
	"archway/lambda/internal/pipeline/history"
	"archway/lambda/internal/pipeline/job"
	"archway/lambda/internal/verdict/check"
)

// Repository is what a promotion needs of a release to write its tags. *registry.Repository is one.
type Repository interface {
	Manifest(context.Context, digest.Digest) (registry.Document, error)
	Serves(ctx context.Context, tag string) (digest.Digest, error)
	Put(ctx context.Context, tag string, doc registry.Document) error
	PutIf(ctx context.Context, tag string, doc registry.Document, may func(context.Context) (bool, error)) (bool, error)
}

// promoter carries the promotion of one image.
type promoter struct {
	image *settings.Image
	// repository is the release, and so is release, which is copied to.
	repository       Repository
	staging, release *registry.Repository
	// root is the index, and roots are what is copied.
	root  image
	roots []digest.Digest
	// released says that the release has the index already.
	released  bool
	tags      []Tag
	execution execution.Execution
	history   comparer
	pushed    pushed.Times
	// version is the one that is promoted, where versions decide which of two images a moving tag
	// serves; tagged and versionOf tell that of another one by its tags.
	version   *semver.Version
	tagged    pushed.Tags
	versionOf func(tag string) (semver.Version, bool)
	// givingUp is why platforms may be lost, where the configuration says so.
	givingUp string
	log      *slog.Logger
	pause    time.Duration
	// known are the images and the commits that were asked for.
	known     map[digest.Digest]image
	relations map[string]history.Relation
	results   []result
}

// promote writes the tags of all images, and each one's results. Running it again with the same
// arguments is safe, whatever an earlier run left behind.
func promote(ctx context.Context, all []*promoter) error {
	for _, immutable := range []bool{true, false} {
		for _, p := range all {
			for _, t := range p.tags {
				if t.Immutable != immutable {
					continue
				}
				write := p.move
				switch {
				case immutable:
					write = p.claim
				case t.Held:
					write = p.hold
				}
				r, err := write(ctx, t)
				if err != nil {
					return err
				}
				p.record(r)
				p.results = append(p.results, r)
			}
		}
	}
	for _, p := range all {
		p.ended()
	}
	return nil
}

// survey reads what every tag serves, and refuses the whole promotion if one of them may not be
// written. It writes nothing.
func survey(ctx context.Context, all []*promoter) error {
	var refusals []string
	for _, p := range all {
		refused, err := p.survey(ctx)
		if err != nil {
			return fmt.Errorf("image %s: %w", p.image.Name, err)
		}
		refusals = append(refusals, refused...)
	}
	if len(refusals) > 0 {
		return job.Failed("%s", strings.Join(refusals, " "))
	}
	return nil
}

func (p *promoter) survey(ctx context.Context) (refusals []string, err error) {
	var conflicts, regressions []string
	for _, t := range p.tags {
		served, err := p.repository.Serves(ctx, t.Name)
		if err != nil {
			return nil, fmt.Errorf("read tag %s: %w", t.Name, err)
		}
		switch {
		case served == p.root.Digest, t.Held:
		case t.Immutable && served != "":
			conflicts = append(conflicts, fmt.Sprintf("%s serves %s", t.Name, check.Short(served.String())))
		case !t.Immutable:
			j, err := p.judge(ctx, served)
			if err != nil {
				return nil, fmt.Errorf("tag %s: %w", t.Name, err)
			}
			if len(j.lost) > 0 {
				regressions = append(regressions, p.regress(t, served, j.lost)...)
			}
		}
	}
	if len(conflicts) > 0 {
		refusals = append(refusals,
			fmt.Sprintf("An immutable tag of the image %s serves another image already (%s), expected %s or nothing. "+
				"Probably this commit was built before, with another result: run the earlier execution's Promote stage again, or push a new commit.",
				p.image.Name, strings.Join(conflicts, ", "), check.Short(p.root.Digest.String())))
	}
	if len(regressions) > 0 {
		refusals = append(refusals,
			fmt.Sprintf("The image %s would take platforms away from those who pull it (%s), and %s has %s only. "+
				"Build it for that platform again; if it is to be given up, downgrade the check regression with the reason.",
				p.image.Name, strings.Join(regressions, "; "), check.Short(p.root.Digest.String()),
				names(p.root.platforms)))
	}
	return refusals, nil
}

// regress gives the refusal of a move that takes platforms away. A rollback passes: it is
// somebody's decision to have the earlier image, as it was; and so does what the configuration says
// is to be given up.
func (p *promoter) regress(t Tag, served digest.Digest, missing []specs.Platform) []string {
	if p.execution.Rollback || p.givingUp != "" {
		p.log.Warn("the tag loses platforms", "tag", t.Name, "platforms", names(missing), "reason", p.givingUp)
		return nil
	}
	return []string{regression(t.Name, served, missing)}
}
