package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
)

// Load reads the value that stands in cdk.json under context → archway: as the CDK decoded it, as
// raw JSON, or as the text of an option such as --context archway='{…}'. Relative folders are
// relative to dir, the folder of cdk.json.
//
// The result has every default filled in and every name worked out. The error, if any, is of type
// Problems and names everything that is wrong.
func Load(value any, dir string) (*Plan, error) {
	r := &reader{dir: dir}
	decoded, err := decode(value)
	switch {
	case err != nil:
		r.report(root, nothing{}, "is no JSON: %v", err)
	case decoded == nil:
		r.report(root, nothing{}, `is missing: add it to the context in cdk.json, such as %s`, example)
	default:
		if cfg := r.config(decoded); len(r.problems) == 0 {
			return cfg, nil
		}
	}
	return nil, r.problems
}

// root is the path of the whole configuration: its key in the context.
const root = "archway"

const example = `"context": {"archway": {"pipelines": [{"name": "hello", "images": [{"name": "hello"}]}]}}`

// decode makes any form of a JSON value one of nil, bool, string, json.Number, []any and
// map[string]any.
func decode(value any) (any, error) {
	var raw []byte
	switch value := value.(type) {
	case json.RawMessage:
		raw = value
	case []byte:
		raw = value
	case string:
		if !strings.HasPrefix(strings.TrimSpace(value), "{") {
			return value, nil
		}
		raw = []byte(value)
	default:
		var err error
		if raw, err = json.Marshal(value); err != nil {
			return nil, err
		}
	}
	if len(bytes.TrimSpace(raw)) == 0 {
		return nil, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var decoded any
	if err := decoder.Decode(&decoded); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, errors.New("there is more after the end of the value")
	}
	if text, ok := decoded.(string); ok && strings.HasPrefix(strings.TrimSpace(text), "{") {
		return decode(text) // an option's value, as the CDK's command line hands it on
	}
	return decoded, nil
}
