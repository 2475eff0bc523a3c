// Package document tells what stands in a parsed document: JSON, or YAML that was made JSON.
package document

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// Text turns a string, number or boolean into the string that AWS makes of it, and reports whether
// the value is one. Numbers are as they were written.
func Text(v any) (text string, ok bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		return strconv.FormatBool(v), true
	}
	return "", false
}

// Show is the value as JSON, for errors.
func Show(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(text)
}
