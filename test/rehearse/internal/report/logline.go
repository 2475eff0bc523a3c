package report

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// LogLine makes a line of a function's JSON log readable: the level, the
// message, and the other fields. What Lambda itself logs is left out, and every
// other line stays as it is.
func LogLine(line string) (text string, show bool) {
	if !strings.HasPrefix(line, "{") {
		return line, true
	}
	var fields map[string]any
	if err := json.Unmarshal([]byte(line), &fields); err != nil {
		return line, true
	}
	if kind, _ := fields["type"].(string); strings.HasPrefix(kind, "platform.") {
		return "", false
	}
	message, ok := fields["msg"].(string)
	if !ok {
		return line, true
	}
	parts := []string{fmt.Sprintf("%-5v", fields["level"]), message}
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		switch key {
		case "time", "level", "msg", "job":
			continue
		}
		value, isText := fields[key].(string)
		if !isText {
			encoded, err := json.Marshal(fields[key])
			if err != nil {
				return line, true
			}
			value = string(encoded)
		}
		value = short(value)
		if strings.ContainsAny(value, " \n") {
			value = strconv.Quote(value)
		}
		parts = append(parts, key+"="+value)
	}
	return strings.Join(parts, " "), true
}
