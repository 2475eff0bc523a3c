package registry

import (
	"errors"
	"net/http"
	"testing"
)

func TestRedirectsIntoTheOwnNetworkAreRefused(t *testing.T) {
	for _, test := range []struct {
		from, to string
		ok       bool
	}{
		{"https://registry.example/v2/", "https://bucket.s3.amazonaws.com/x", true},
		{"https://registry.example/v2/", "http://bucket.s3.amazonaws.com/x", false},
		{"https://registry.example/v2/", "https://169.254.169.254/latest/meta-data/", false},
		{"https://registry.example/v2/", "https://10.0.0.1/x", false},
		{"https://registry.example/v2/", "https://[::ffff:127.0.0.1]/x", false},
		{"http://localhost:5000/v2/", "http://127.0.0.1:9000/x", true},
		{"http://127.0.0.1:5000/v2/", "http://127.0.0.1:9000/x", true},
		{"https://10.0.0.1/v2/", "https://10.0.0.2/x", true},
	} {
		t.Run(test.from+" to "+test.to, func(t *testing.T) {
			from, to := get(t, test.from), get(t, test.to)
			err := checkRedirect(to, []*http.Request{from})
			if (err == nil) != test.ok || err != nil && !errors.Is(err, errRedirect) {
				t.Errorf("error %v, want ok = %v", err, test.ok)
			}
		})
	}
}

func TestRedirectsDoNotGoOnForever(t *testing.T) {
	r := get(t, "https://registry.example/")
	if err := checkRedirect(r, []*http.Request{r, r, r, r, r}); !errors.Is(err, errRedirect) {
		t.Errorf("error %v, want %v", err, errRedirect)
	}
}

func get(t *testing.T, url string) *http.Request {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
