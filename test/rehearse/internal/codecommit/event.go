package codecommit

import (
	"crypto/rand"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"archway/test/rehearse/internal/events"
)

// Change is one reference that a push created, moved or deleted.
type Change struct {
	// Ref is the full name, refs/heads/main.
	Ref string
	// Old is empty if the reference was created, New if it was deleted.
	Old, New string
}

func changes(before, after map[string]string) []Change {
	names := map[string]bool{}
	for name := range before {
		names[name] = true
	}
	for name := range after {
		names[name] = true
	}
	var list []Change
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if before[name] != after[name] {
			list = append(list, Change{Ref: name, Old: before[name], New: after[name]})
		}
	}
	return list
}

// Event is what CodeCommit tells EventBridge about a change.
func (r *Repository) Event(c Change, account, region string, now time.Time) events.Event {
	kind, name := "branch", strings.TrimPrefix(c.Ref, "refs/heads/")
	if tag, ok := strings.CutPrefix(c.Ref, "refs/tags/"); ok {
		kind, name = "tag", tag
	}
	detail := map[string]any{
		"callerUserArn":     fmt.Sprintf("arn:aws:iam::%s:user/rehearsal", account),
		"repositoryName":    r.Name,
		"repositoryId":      r.ID,
		"referenceType":     kind,
		"referenceName":     name,
		"referenceFullName": c.Ref,
	}
	switch {
	case c.Old == "":
		detail["event"] = "referenceCreated"
		detail["commitId"] = c.New
	case c.New == "":
		detail["event"] = "referenceDeleted"
		detail["oldCommitId"] = c.Old
	default:
		detail["event"] = "referenceUpdated"
		detail["commitId"] = c.New
		detail["oldCommitId"] = c.Old
	}
	return events.Event{
		"version":     "0",
		"id":          rand.Text(),
		"detail-type": "CodeCommit Repository State Change",
		"source":      "aws.codecommit",
		"account":     account,
		"time":        now.UTC().Format(time.RFC3339),
		"region":      region,
		"resources":   []any{r.ARN},
		"detail":      detail,
	}
}
