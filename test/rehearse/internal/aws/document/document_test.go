package document

import (
	"encoding/json"
	"testing"
)

func TestText(t *testing.T) {
	for want, v := range map[string]any{"a": "a", "1e3": json.Number("1e3"), "true": true} {
		if got, ok := Text(v); got != want || !ok {
			t.Errorf("%v: got %q, %v", v, got, ok)
		}
	}
	for _, v := range []any{nil, []any{"a"}, map[string]any{}} {
		if got, ok := Text(v); ok {
			t.Errorf("%v is no text, got %q", v, got)
		}
	}
}

func TestShow(t *testing.T) {
	for want, v := range map[string]any{`{"a":[1]}`: map[string]any{"a": []any{1}}, "null": nil} {
		if got := Show(v); got != want {
			t.Errorf("got %s, expected %s", got, want)
		}
	}
	if got := Show(func() {}); got == "" {
		t.Error("what has no JSON is not shown")
	}
}
