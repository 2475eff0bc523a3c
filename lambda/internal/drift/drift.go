package drift

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/opencontainers/go-digest"

	"archway/lambda/internal/check"
	"archway/lambda/internal/index"
	"archway/lambda/internal/validation"
)

// observation is what one or more public tags serve.
type observation struct {
	tags    []string
	digest  digest.Digest
	verdict validation.Verdict
}

// observe looks at all public tags, and judges each image that they lead to once.
func (t task) observe(ctx context.Context, source validation.Source, log *slog.Logger) ([]observation, error) {
	var all []observation
	for _, tag := range t.public {
		d, err := source.Serves(ctx, tag)
		if err != nil {
			return nil, fmt.Errorf("read what the tag %s serves: %w", tag, err)
		}
		if at := slices.IndexFunc(all, func(o observation) bool { return o.digest == d }); at >= 0 {
			all[at].tags = append(all[at].tags, tag)
			continue
		}
		all = append(all, observation{tags: []string{tag}, digest: d})
	}
	if len(all) == 1 && all[0].digest == "" {
		log.Info("nothing was released yet", "tags", t.public)
		return nil, nil
	}
	for n := range all {
		o := &all[n]
		if o.digest == "" {
			o.verdict = gone(o.tags)
			continue
		}
		var err error
		if o.verdict, err = validation.Prepared(ctx, source, o.digest, t.want, nil, func(i *index.Image, want *check.Want) error {
			return t.prepare(ctx, source, i, want)
		}); err != nil {
			return nil, fmt.Errorf("check %s (%s): %w", check.Short(o.digest.String()), strings.Join(o.tags, ", "), err)
		}
	}
	return all, nil
}

// gone is the verdict on tags that don't exist although others of the image do: a promotion writes all of them.
func gone(tags []string) validation.Verdict {
	return validation.Verdict{Image: &index.Image{State: index.Missing}, Findings: []check.Finding{{
		Check: "tag-is-index", Severity: check.Error,
		Problem: "the registry has no tag " + strings.Join(tags, ", ") + ", although other tags of the image are there; somebody has probably deleted it",
		Cure:    "run the Promote stage of the last good execution again",
	}}}
}

// prepare asks for what only the index itself says: the commit that all its images must come from, and the immutable tags that
// a promotion has given it.
func (t task) prepare(ctx context.Context, source validation.Source, i *index.Image, want *check.Want) error {
	if i.Root == nil || i.Root.Shape() != index.ShapeIndex {
		return nil // other checks say so
	}
	want.Release = &check.Release{}
	commit := i.Root.Body.Annotations[index.RevisionLabel]
	if commit == "" {
		want.Release.Problem = "the index doesn't say which commit it was merged for (the annotation " + index.RevisionLabel + ")"
		return nil
	}
	want.Revision = commit
	tags, unknown := t.proofs.Render(validation.Values(i, commit, t.branch))
	if len(tags) == 0 {
		want.Release.Problem = "its immutable tags can't be named: " + unknown[0].Unknown
		return nil
	}
	for _, tag := range tags {
		d, err := source.Serves(ctx, tag)
		if err != nil {
			return fmt.Errorf("read what the tag %s serves: %w", tag, err)
		}
		want.Release.Proofs = append(want.Release.Proofs, index.Served{Tag: tag, Digest: d})
	}
	return nil
}
