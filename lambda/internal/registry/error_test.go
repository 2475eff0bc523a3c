package registry

import (
	"net/http"
	"testing"
	"time"
)

func TestRetryAfterIsSecondsOrADate(t *testing.T) {
	now := time.Date(2026, time.November, 21, 10, 0, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"":                              0,
		"2":                             2 * time.Second,
		"-2":                            0,
		"9999999999":                    24 * time.Hour,
		"soon":                          0,
		"Sat, 21 Nov 2026 10:00:02 GMT": 2 * time.Second,
		"Sat, 21 Nov 2026 09:59:58 GMT": 0,
	} {
		if got := retryAfter(http.Header{"Retry-After": {value}}, now); got != want {
			t.Errorf("%q: %s, want %s", value, got, want)
		}
	}
}
