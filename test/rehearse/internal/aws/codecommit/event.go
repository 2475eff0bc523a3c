package codecommit

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/google/uuid"

	"archway/test/rehearse/internal/aws/eventbridge"
)

// Change is one reference that a push created, moved or deleted.
type Change struct {
	// Ref is the full name, refs/heads/main.
	Ref string
	// Old and New are commits. Old is empty if the reference was created, New if it was deleted.
	Old, New string
	// Object is what the reference points at now: New, or the object of an annotated tag.
	Object string
}

func changes(before, after map[string]ref) []Change {
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
			now := after[name]
			list = append(list, Change{Ref: name, Old: before[name].commit, New: now.commit, Object: now.object})
		}
	}
	return list
}

// Event is what CodeCommit tells EventBridge about a change.
func (r *Repository) Event(c Change, account, region string, at time.Time) eventbridge.Event {
	kind, name := "branch", strings.TrimPrefix(c.Ref, "refs/heads/")
	if tag, ok := strings.CutPrefix(c.Ref, "refs/tags/"); ok {
		kind, name = "tag", tag
	}
	detail := map[string]any{
		"callerUserArn": arn.ARN{Partition: "aws", Service: "iam", AccountID: account,
			Resource: "user/rehearsal"}.String(),
		"repositoryName":    r.Name,
		"repositoryId":      r.ID,
		"referenceType":     kind,
		"referenceName":     name,
		"referenceFullName": c.Ref,
	}
	now := c.New
	if r.Readings.TagObject {
		now = c.Object
	}
	switch {
	case c.Old == "":
		detail["event"] = "referenceCreated"
		detail["commitId"] = now
	case c.New == "":
		detail["event"] = "referenceDeleted"
		detail["oldCommitId"] = c.Old
	default:
		detail["event"] = "referenceUpdated"
		detail["commitId"] = now
		detail["oldCommitId"] = c.Old
	}
	return eventbridge.Event{
		"version":     "0",
		"id":          uuid.NewString(),
		"detail-type": "CodeCommit Repository State Change",
		"source":      "aws.codecommit",
		"account":     account,
		"time":        at.UTC().Format(time.RFC3339),
		"region":      region,
		"resources":   []any{r.ARN},
		"detail":      detail,
	}
}
