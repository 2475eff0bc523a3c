package config_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"archway/config"
)

// Each mistake is told with the line and the column at which an editor finds it.
func TestFile(t *testing.T) {
	const twice = " stands twice in this object, first in line "
	const second = ", and only the second one would count: remove one of them"
	const quotes = "only numbers, true, false and null stand without quotes: write double ones around it"
	for name, test := range map[string]struct{ text, want string }{
		"good":               {`{"a": [1, {"b": null}], "b": {"a": "a", "c": -1e5}}`, ""},
		"good after a mark":  {"\ufeff{\"a\": 1}\n", ""},
		"same key elsewhere": {`[{"a": 1}, {"a": {"a": 2}}]`, ""},
		"keys twice": {"{\"a\": 1,\n \"ä\": {\"b\": 1, \"b\": 2},\n\"a\": 3}",
			"f:2:16: \"b\"" + twice + "2" + second + "\nf:3:1: \"a\"" + twice + "1" + second},
		"key twice, escaped": {`{"a": 1, "\u0061": 2}`, "f:1:10: \"a\"" + twice + "1" + second},
		"comma before }": {"{\"a\": 1,\n\n}",
			`f:1:8: a comma stands before "}", and JSON takes none after the last item: remove it`},
		"comma before ]": {"[\n  1,\n  2 , ]",
			`f:3:5: a comma stands before "]", and JSON takes none after the last item: remove it`},
		"comma before },": {`{"a": {"b": [],}, "c": 1}`,
			`f:1:15: a comma stands before "}", and JSON takes none after the last item: remove it`},
		"two commas": {`[1,,2]`, `f:1:4: a comma stands after another: remove one`},
		"comma at the end": {`[1,`,
			`f:1:4: the file ends in the middle: close each "{", "[" and text that is open`},
		"comma is missing": {"{\"a\": 1\n \"b\": 2}",
			`f:1:8: a comma is missing here: write one between two items`},
		"comma after }":      {`[{} {}]`, `f:1:4: a comma is missing here: write one between two items`},
		"comma after true":   {`[true "a"]`, `f:1:6: a comma is missing here: write one between two items`},
		"comment":            {"{\n  // one\n  \"a\": 1}", `f:2:3: JSON takes no comments: remove it`},
		"comment at the end": {"{\"a\": 1 # one\n}", `f:1:9: JSON takes no comments: remove it`},
		"single quotes":      {`{'a': 1}`, `f:1:2: JSON takes no single quotes: write double ones`},
		"no quotes":          {`{a: 1}`, `f:1:2: ` + quotes},
		"no colon": {`{"a" 1}`,
			`f:1:6: is no JSON: invalid character '1' after object name (expecting ':')`},
		"ends early": {"{\"a\": [1\n",
			`f:2:1: the file ends in the middle: close each "{", "[" and text that is open`},
		"ends in a text": {`{"a": "b`,
			`f:1:9: the file ends in the middle: close each "{", "[" and text that is open`},
		"more after the end":   {"{}\n{}", `f:2:1: there is more after the end of the value: remove it`},
		"a brace too many":     {"{}}", `f:1:3: is no JSON: invalid character '}' at start of value`},
		"empty":                {" \n", `f:2:1: is empty: write a JSON object, in braces, { … }`},
		"bad escape":           {`["\x"]`, `f:1:3: is no JSON: invalid escape sequence ` + "`\\x`" + ` in string`},
		"a word of no meaning": {`{"a": True}`, `f:1:7: ` + quotes},
	} {
		t.Run(name, func(t *testing.T) {
			got := ""
			if err := config.CheckFile("f", []byte(test.text)); err != nil {
				got = err.Error()
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
