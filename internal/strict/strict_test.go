package strict_test

import (
	"strings"
	"testing"

	"archway/internal/strict"
)

func TestDecode(t *testing.T) {
	type inner struct {
		Name string `json:"name"`
	}
	type outer struct {
		Inner inner            `json:"inner"`
		Free  map[string]inner `json:"free"`
	}
	var got outer
	if err := strict.Decode([]byte(` {"inner":{"name":"a"},"free":{"x":{"name":"b"}}} `), &got); err != nil ||
		got.Inner.Name != "a" || got.Free["x"].Name != "b" {
		t.Errorf("%+v, %v", got, err)
	}
	for text, want := range map[string]string{
		`{"inner":{"name":"a","name":"b"}}`:          "duplicate",
		`{"free":{"x":{"name":"a"},"x":{}}}`:         "duplicate",
		`{"inner":{"Name":"a"}}`:                     `unknown object member name "Name"`,
		`{"inner":{"other":1}}`:                      `unknown object member name "other"`,
		`{"inner":{"name":"a"}} {}`:                  "after top-level value",
		`{"inner":{"name":"a"}}]`:                    "after top-level value",
		`{"inner":{"name":1}}`:                       "/inner/name",
		"{\"inner\":{\"name\":\"\xff\"}}":            "UTF-8",
		`{"inner":{"name":"a"}`:                      "EOF",
		``:                                           "EOF",
		`{"inner":{"name":"a","\u006eame":"other"}}`: "duplicate",
	} {
		if err := strict.Decode([]byte(text), &outer{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}
