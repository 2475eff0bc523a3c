// Package strict decodes JSON that decides something. What encoding/json passes over is an error
// here: a key that stands twice or is written in another case, a key that nobody knows, text after
// the end, and bytes that are no UTF-8. Two programs that read such a text could read two different
// things.
package strict

import (
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
