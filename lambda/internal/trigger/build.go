package trigger

import (
	"encoding/json"
	"fmt"

	strictly "github.com/go-json-experiment/json"

	"archway/internal/rule"
	"archway/internal/strict"
)

// Build is what somebody asks for who wants a build without a push.
type Build struct {
	Type rule.Type `json:"type"`
	Name string    `json:"name"`
	// Commit is one in the history of the branch, or the tag's; its head if empty.
	Commit string `json:"commit,omitempty"`
}

// parse gives a person's wish, or nil for an event. What is between the two is an error.
func parse(raw json.RawMessage) (*Build, error) {
	var keys map[string]json.RawMessage
	if err := strictly.Unmarshal(raw, &keys); err != nil {
		return nil, fmt.Errorf("the event is no JSON object: %w", err)
	}
	if _, ok := keys["build"]; !ok {
		return nil, nil
	}
	var wish struct {
		Build Build `json:"build"`
	}
	if err := strict.Decode(raw, &wish); err != nil {
		return nil, fmt.Errorf(
			`expected {"build":{"type":"branch","name":"…","commit":"…"}}, the commit being optional: %w`, err)
	}
	return &wish.Build, nil
}
