package promotion

import (
	"log/slog"
	"strings"

	"github.com/opencontainers/go-digest"

	"archway/internal/metrics"
	"archway/lambda/internal/check"
	"archway/lambda/internal/emf"
	"archway/lambda/internal/job"
)

// outcome is what became of a tag.
type outcome string

const (
	// moved: the tag was written.
	moved outcome = "moved"
	// already: the tag serves the image; an earlier attempt, or an earlier execution, wrote it.
	already outcome = "already"
	// kept: a moving tag was left where it is.
	kept outcome = "kept"
)

// result is one tag of a promotion.
type result struct {
	Tag
	outcome  outcome
	from, to digest.Digest
	why      string
}

// dimensions are what the metrics are about.
func (p *promoter) dimensions() []emf.Dimension {
	return []emf.Dimension{{Name: metrics.Pipeline, Value: p.execution.Pipeline}, {Name: metrics.Repository, Value: p.name}}
}

// record leaves what people can read later: one line in the function's log for each tag, which CloudWatch also reads as a
// metric.
func (p *promoter) record(r result) {
	metric := map[outcome]string{moved: metrics.TagsMoved, already: metrics.TagsConfirmed, kept: metrics.TagsKept}[r.outcome]
	if p.execution.Rollback && r.outcome == moved {
		metric = metrics.TagsRolledBack
	}
	emf.Log(p.log, "promotion", p.dimensions(), []emf.Metric{{Name: metric, Unit: emf.Count, Value: 1}},
		slog.String("execution", p.execution.ID), slog.Bool("rollback", p.execution.Rollback), slog.String("target", p.execution.Target),
		slog.String("tag", r.Name), slog.Bool("immutable", r.Immutable), slog.String("outcome", string(r.outcome)), slog.String("why", r.why),
		slog.String("from", r.from.String()), slog.String("to", r.to.String()), slog.String("commit", p.image.revision))
}

// ended counts a promotion, or a rollback, that has ended well.
func (p *promoter) ended() {
	promotions, rollbacks := int64(1), int64(0)
	if p.execution.Rollback {
		promotions, rollbacks = 0, 1
	}
	emf.Log(p.log, "promoted", p.dimensions(), []emf.Metric{
		{Name: metrics.Promotions, Unit: emf.Count, Value: promotions}, {Name: metrics.Rollbacks, Unit: emf.Count, Value: rollbacks},
	})
}

// variables are what the action hands on, and shows in the console. verb says what happens, or happened, to the tags that move.
func (p *promoter) variables(results []result, verb string) map[string]string {
	var serving, left []string
	for _, r := range results {
		if r.outcome == kept {
			left = append(left, r.Name)
		} else {
			serving = append(serving, r.Name)
		}
	}
	return map[string]string{
		"digest": p.image.Digest.String(), "tags": list(serving), "kept": list(left),
		job.SummaryVariable: p.summary(results, verb),
	}
}

// list gives a value also where there is nothing: CodePipeline knows no empty ones, and fails an action that asks for one.
func list(tags []string) string {
	if len(tags) == 0 {
		return "none"
	}
	return strings.Join(tags, ",")
}

// summary says in a sentence or two what became of the tags.
func (p *promoter) summary(results []result, verb string) string {
	groups := map[outcome][]string{}
	var left []string
	for _, r := range results {
		groups[r.outcome] = append(groups[r.outcome], r.Name)
		if r.outcome == kept {
			left = append(left, r.Name+" was left where it is: "+r.why)
		}
	}
	var parts []string
	to := check.Short(p.image.Digest.String())
	if tags := groups[moved]; len(tags) > 0 {
		parts = append(parts, strings.Join(tags, ", ")+" "+verb+" "+to)
	}
	if tags := groups[already]; len(tags) > 0 {
		parts = append(parts, strings.Join(tags, ", ")+" already at "+to)
	}
	text := strings.Join(append(parts, left...), "; ")
	if text == "" {
		text = "there is no moving tag, and immutable ones stay as they are"
	}
	if p.execution.Rollback {
		text = "Rollback: " + text
	}
	return text
}
