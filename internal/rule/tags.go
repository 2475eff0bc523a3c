package rule

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Tags are templates of the tags of an image.
type Tags struct {
	Immutable []string `json:"immutable,omitempty"`
	Moving    []string `json:"moving,omitempty"`
}

// Tagged is a rule with the tags that it gives to each image, by the image's name.
type Tagged struct {
	Rule
	Images map[string]Tags `json:"images"`
}

// Environment is the environment variable of a function that holds its rules, as Encode writes
// them.
const Environment = "RULES"

// MaxEnvironment is how many bytes of rules a function takes: Lambda allows 4 KB for all names and
// values of its environment.
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
const MaxEnvironment = 3800

// Encode writes rules, of any kind, in one line.
func Encode(rules any) string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false) // "<" stands in every named group
	if err := encoder.Encode(rules); err != nil {
		panic(err) // strings, and maps and slices of them, can always be written
	}
	return string(bytes.TrimSpace(b.Bytes()))
}

// Decode reads what Encode wrote.
func Decode[T any](text string) ([]T, error) {
	var rules []T
	decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&rules); err != nil {
		return nil, fmt.Errorf("the environment variable %s holds no rules: %w", Environment, err)
	}
	return rules, nil
}
