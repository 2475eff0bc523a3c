package drift

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/opencontainers/go-digest"

	"archway/lambda/internal/image/index"
	"archway/lambda/internal/validation"
	"archway/lambda/internal/verdict/check"
)

// observation is what one or more public tags serve.
type observation struct {
	tags    []string
	digest  digest.Digest
	verdict check.Verdict
}

// observe looks at the tags, and judges each image that they lead to once.
func (l look) observe(ctx context.Context, source validation.Source, log *slog.Logger) ([]observation, error) {
	var all []observation
	for _, tag := range l.tags {
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
		log.Info("nothing was released yet", "tags", l.tags)
		return nil, nil
	}
	for n := range all {
		o := &all[n]
		if o.digest == "" {
			o.verdict = gone(o.tags)
			continue
		}
		var err error
		if o.verdict, err = validation.Of(ctx, source, o.digest, l.want, nil); err != nil {
			return nil, fmt.Errorf("check %s (%s): %w", check.Short(o.digest.String()), strings.Join(o.tags, ", "), err)
		}
	}
	return all, nil
}

// gone is the verdict on tags that don't exist although others of the image do: a promotion writes
// all of them.
func gone(tags []string) check.Verdict {
	return check.Verdict{Image: &index.Image{State: index.Missing}, Findings: []check.Finding{{
		Check: "tag-is-index", Severity: check.Error,
		Problem: "the registry has no tag " + strings.Join(tags, ", ") +
			", although other tags of the image are there; somebody has probably deleted it",
		Cure: "run the Promote stage of the last good execution again",
	}}}
}
