package trigger

import (
	"encoding/json"
	"fmt"

	strictly "github.com/go-json-experiment/json"

	"archway/internal/rule"
	"archway/internal/strict"
)

// Event is what EventBridge sends when a reference of a CodeCommit repository changes.
// https://docs.aws.amazon.com/codecommit/latest/userguide/monitoring-events.html#referenceCreated
type Event struct {
	ID     string `json:"id"`
	Detail struct {
		Event         string    `json:"event"`
		Repository    string    `json:"repositoryName"`
		ReferenceType rule.Type `json:"referenceType"`
		ReferenceName string    `json:"referenceName"`
		// CommitID is the commit, or perhaps the own object of an annotated tag: AWS documents
		// events of branches only.
		CommitID string `json:"commitId"`
	} `json:"detail"`
}

// Build is what somebody asks for who wants a build without a push.
type Build struct {
	Type rule.Type `json:"type"`
	Name string    `json:"name"`
	// Commit is one in the history of the branch, or the tag's; its head if empty.
	Commit string `json:"commit,omitempty"`
}

// parse tells a person's wish from an event. What is between the two is an error.
func parse(raw json.RawMessage) (*Build, Event, error) {
	var keys map[string]json.RawMessage
	if err := strictly.Unmarshal(raw, &keys); err != nil {
		return nil, Event{}, fmt.Errorf("the event is no JSON object: %w", err)
	}
	if _, ok := keys["build"]; ok {
		var wish struct {
			Build Build `json:"build"`
		}
		if err := strict.Decode(raw, &wish); err != nil {
			return nil, Event{}, fmt.Errorf(`expected {"build":{"type":"branch","name":"…","commit":"…"}}, the commit being optional: %w`, err)
		}
		return &wish.Build, Event{}, nil
	}
	var e Event
	if err := strictly.Unmarshal(raw, &e); err != nil { // AWS adds keys to its events
		return nil, Event{}, fmt.Errorf("this is no event of a reference of a CodeCommit repository: %w", err)
	}
	return nil, e, nil
}
