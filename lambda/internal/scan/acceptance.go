package scan

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"archway/internal/spec"
	"archway/lambda/internal/verdict/check"
	"archway/lambda/internal/verdict/report"
)

// acceptance is what somebody has accepted of an image. The function's log tells each finding that
// it lets pass, and why.
type acceptance struct {
	list []spec.Accepted
	now  time.Time
	log  *slog.Logger
	// met are the ids that were found in some image.
	met map[string]bool
}

func newAcceptance(list []spec.Accepted, now time.Time, log *slog.Logger) *acceptance {
	return &acceptance{list: list, now: now, log: log, met: map[string]bool{}}
}

// of finds the acceptance of a finding, and reports whether it holds or is over.
func (a *acceptance) of(f Finding) (found spec.Accepted, holds, over bool) {
	i := slices.IndexFunc(a.list, func(one spec.Accepted) bool { return strings.EqualFold(one.ID, f.Name) })
	if i < 0 {
		return spec.Accepted{}, false, false
	}
	over = a.list[i].Expired(a.now)
	return a.list[i], !over, over
}

// sort takes the accepted findings out of those of an image, and counts them by severity. The rest
// is named as it is, or with the day until which it was accepted.
func (a *acceptance) sort(image check.Subject, findings []Finding) (rest []Finding, accepted map[string]int,
	ids []string) {
	accepted = map[string]int{}
	for _, f := range findings {
		one, holds, over := a.of(f)
		attributes := []any{"platform", image.Platform, "id", f.Name, "severity", f.Severity, "package", f.Package,
			"until", one.Until, "reason", one.Reason}
		switch {
		case holds:
			a.log.Info("accepted", attributes...)
			accepted[f.Severity]++
			if !slices.Contains(ids, f.Name) {
				ids = append(ids, f.Name)
			}
		case over:
			a.log.Warn("accepted no longer: it counts again", attributes...)
			f.Note = "accepted until " + one.Until
		}
		if holds || over {
			a.met[one.ID] = true
		}
		if !holds {
			rest = append(rest, f)
		}
	}
	return rest, accepted, ids
}

// close tells what is accepted in vain, after all images.
func (a *acceptance) close() {
	for _, one := range a.list {
		if !a.met[one.ID] {
			a.log.Info("accepted, and not found in any image: it can be removed", "id", one.ID, "until", one.Until)
		}
	}
}

// passed are the accepted findings of an image in a few words; empty if there are none.
func passed(accepted map[string]int, ids []string) string {
	n := 0
	for _, count := range accepted {
		n += count
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(", %d accepted (%s)", n, report.Some(ids, shown))
}
