// Package strict decodes JSON that decides something. What encoding/json passes over is an error
// here: a key that stands twice or is written in another case, a key that nobody knows, text after
// the end, and bytes that are no UTF-8. Two programs that read such a text could read two different
// things.
package strict

import (
	"bytes"
	stdjson "encoding/json"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"
)

// Decode reads one JSON value, and nothing after it, into a value. The error says what is wrong and
// where.
func Decode(data []byte, into any) error {
	if err := json.Unmarshal(data, into, json.RejectUnknownMembers(true)); err != nil {
		return fmt.Errorf("%s", strings.TrimPrefix(strings.TrimPrefix(err.Error(), "json: "), "jsontext: "))
	}
	return nil
}

// Encode writes a value as it is read most easily where JSON stands inside of something else: on
// one line, keys in order, and without Go's escapes for HTML.
func Encode(value any) string {
	var out bytes.Buffer
	encoder := stdjson.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic(err) // strings, numbers, and maps and slices of them, can always be written
	}
	return string(bytes.TrimSpace(out.Bytes()))
}
