package promotion

import (
	"log/slog"
	"strings"

	"github.com/opencontainers/go-digest"

	"archway/internal/metrics"
	"archway/lambda/internal/aws/emf"
	"archway/lambda/internal/pipeline/job"
	"archway/lambda/internal/verdict/check"
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
	return []emf.Dimension{{Name: metrics.Pipeline, Value: p.execution.Pipeline},
		{Name: metrics.Repository, Value: p.image.Release}}
}

// record leaves what people can read later: one line in the function's log for each tag, which
// CloudWatch also reads as a metric.
func (p *promoter) record(r result) {
	metric := map[outcome]string{moved: metrics.TagsMoved, already: metrics.TagsConfirmed,
		kept: metrics.TagsKept}[r.outcome]
	if p.execution.Rollback && r.outcome == moved {
		metric = metrics.TagsRolledBack
	}
	emf.Log(p.log, "promotion", p.dimensions(), []emf.Metric{{Name: metric, Unit: emf.Count, Value: 1}},
		slog.String("execution", p.execution.ID), slog.Bool("rollback", p.execution.Rollback),
		slog.String("target", p.execution.Target),
		slog.String("tag", r.Name), slog.Bool("immutable", r.Immutable), slog.String("outcome", string(r.outcome)),
		slog.String("why", r.why),
		slog.String("from", r.from.String()), slog.String("to", r.to.String()), slog.String("commit", p.root.revision))
}

// ended counts a promotion, or a rollback, that has ended well.
func (p *promoter) ended() {
	promotions, rollbacks := int64(1), int64(0)
	if p.execution.Rollback {
		promotions, rollbacks = 0, 1
	}
	emf.Log(p.log, "promoted", p.dimensions(), []emf.Metric{
		{Name: metrics.Promotions, Unit: emf.Count, Value: promotions},
		{Name: metrics.Rollbacks, Unit: emf.Count, Value: rollbacks},
	})
}

// variables are what the action hands on: what became of each image, and a summary, which
// CodePipeline shows nowhere else.
func variables(all []*promoter) map[string]string {
	values := map[string]string{}
	var summaries []string
	for _, p := range all {
		var serving, left []string
		for _, r := range p.results {
			if r.outcome == kept {
				left = append(left, r.Name)
			} else {
				serving = append(serving, r.Name)
			}
		}
		values["digest-"+p.image.Name] = p.root.Digest.String()
		values["tags-"+p.image.Name], values["kept-"+p.image.Name] = list(serving), list(left)
		summaries = append(summaries, p.image.Name+": "+p.summary())
	}
	values[job.SummaryVariable] = strings.Join(summaries, ". ")
	if all[0].execution.Rollback {
		values[job.SummaryVariable] = "Rollback: " + values[job.SummaryVariable]
	}
	return values
}

// list gives a value also where there is nothing: CodePipeline knows no empty ones, and fails an
// action that asks for one.
func list(tags []string) string {
	if len(tags) == 0 {
		return "none"
	}
	return strings.Join(tags, ",")
}

// summary says in a sentence or two what became of the tags.
func (p *promoter) summary() string {
	groups := map[outcome][]string{}
	var left []string
	for _, r := range p.results {
		groups[r.outcome] = append(groups[r.outcome], r.Name)
		if r.outcome == kept {
			left = append(left, r.Name+" was left where it is: "+r.why)
		}
	}
	var parts []string
	to := check.Short(p.root.Digest.String())
	if tags := groups[moved]; len(tags) > 0 {
		parts = append(parts, strings.Join(tags, ", ")+" now at "+to)
	}
	if tags := groups[already]; len(tags) > 0 {
		parts = append(parts, strings.Join(tags, ", ")+" already at "+to)
	}
	text := strings.Join(append(parts, left...), "; ")
	if text == "" {
		text = "there is no moving tag, and immutable ones stay as they are"
	}
	return text
}
