package constructs

import (
	"bytes"
	"encoding/json"
)

// compactJSON writes a value as it is read most easily in a template: on one line, keys in order,
// and without Go's escapes for HTML.
func compactJSON(value any) string {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic(err) // strings, and maps and slices of them, can always be written
	}
	return string(bytes.TrimSpace(out.Bytes()))
}
