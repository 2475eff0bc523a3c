package validation

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"unicode/utf8"

	"archway/lambda/internal/check"
	"archway/lambda/internal/index"
	"archway/lambda/internal/job"
	"archway/lambda/internal/login"
)

// Action is the work of a Validate action. Verdicts are measured for the pipeline, if it is named.
func Action(open login.Open, pipeline string) job.Work {
	return func(ctx context.Context, j job.Job) (map[string]string, error) {
		t, err := parse(j.Parameters)
		if err != nil {
			return nil, err
		}
		image := t.repository.Name() + "@" + t.digest.String()
		j.Log = j.Log.With("image", t.repository.Name(), "digest", t.digest.String())
		repository, err := open(ctx, t.repository)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", image, err)
		}
		want := t.policy
		want.Platforms, want.Revision = t.platforms, t.revision
		verdict, err := Prepared(ctx, repository, t.digest, want, t.builds, func(image *index.Image, want *check.Want) error {
			if image.Root == nil {
				return nil
			}
			tags, unknown := t.moving.Render(Values(image, t.revision, t.branch))
			served, err := Serving(ctx, repository, tags)
			want.Served = append(served, unknown...)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", image, err)
		}
		log(j.Log, verdict)
		measure(j.Log, pipeline, t.repository.RepositoryStr(), verdict)
		if !verdict.Valid() {
			return nil, job.Failed("%s", failure(t.repository.Name(), verdict))
		}
		return map[string]string{"digest": t.digest.String(), "platforms": strings.Join(platformsOf(verdict.Image), ",")}, nil
	}
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
func log(l *slog.Logger, v Verdict) {
	for _, f := range v.Findings {
		line := l.With("check", f.Check, "severity", f.Severity, "subject", f.Subject.Digest, "platform", f.Subject.Platform)
		if d := f.Downgraded; d != nil {
			line = line.With("downgradedFrom", d.From, "reason", d.Reason)
		}
		line.Warn("finding", "message", f.Message())
	}
	for _, e := range v.Image.Images() {
		var layers []string
		for _, u := range e.Unread() {
			layers = append(layers, u.Digest.String())
		}
		if len(layers) > 0 {
			l.Info("layers that were not read to their ends", "platform", index.Name(e.Descriptor.Platform), "layers", layers)
		}
	}
	l.Info("verdict", "valid", v.Valid(), "errors", check.Count(v.Findings, check.Error), "warnings", check.Count(v.Findings, check.Warning))
}

// failure is what the CodePipeline console shows: first what it comes to, then the findings, the most important first, as many as
// fit.
func failure(repository string, v Verdict) string {
	text := fmt.Sprintf("The image index %s of %s is not valid: %s. No tag was moved.", check.Short(v.Image.Digest.String()), repository, Tally(v.Findings))
	for n, f := range v.Findings {
		line := fmt.Sprintf("\n%d. %s %s: %s.", n+1, f.Severity, f.Check, f.Message())
		if d := f.Downgraded; d != nil {
			line += fmt.Sprintf(" (Downgraded from %s: %s)", d.From, d.Reason)
		}
		rest := fmt.Sprintf("\n… and %d more; the function's log has them all.", len(v.Findings)-n)
		if utf8.RuneCountInString(text+line+rest) > job.MaxMessage {
			return text + rest
		}
		text += line
	}
	return text
}

// Tally counts findings in words.
func Tally(findings []check.Finding) string {
	var parts []string
	for _, s := range []check.Severity{check.Error, check.Warning} {
		n := check.Count(findings, s)
		switch {
		case n == 1:
			parts = append(parts, "1 "+string(s))
		case n > 1:
			parts = append(parts, fmt.Sprintf("%d %ss", n, s))
		}
	}
	if len(parts) == 0 {
		return "no errors"
	}
	return strings.Join(parts, ", ")
}
