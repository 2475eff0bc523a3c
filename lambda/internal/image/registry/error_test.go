package registry

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"archway/lambda/internal/retry"
)

// Errors that come instead of an answer are told apart.
func TestTransportErrors(t *testing.T) {
	known := &failure{op: "GET", kind: ErrDenied}
	for name, test := range map[string]struct {
		err    error
		kind   error
		reason retry.Reason
	}{
		"cut":                 {errors.New("connection reset"), ErrUnavailable, retry.Passing},
		"late":                {context.DeadlineExceeded, ErrUnavailable, retry.Passing},
		"canceled":            {context.Canceled, ErrUnavailable, retry.Final},
		"no such host":        {&net.DNSError{IsNotFound: true}, ErrUnavailable, retry.Final},
		"no name server":      {&net.DNSError{IsTimeout: true}, ErrUnavailable, retry.Passing},
		"certificate":         {&tls.CertificateVerificationError{}, ErrUnavailable, retry.Final},
		"redirect":            {errRedirect, ErrUnavailable, retry.Final},
		"address":             {ErrAddress, ErrUnavailable, retry.Final},
		"an answer: no":       {&transport.Error{StatusCode: http.StatusForbidden}, ErrDenied, retry.Final},
		"an answer: not here": {&transport.Error{StatusCode: http.StatusNotFound}, ErrNotFound, retry.Missing},
		"an answer: not now": {&transport.Error{StatusCode: http.StatusServiceUnavailable}, ErrUnavailable,
			retry.Passing},
		"an answer: never":     {&transport.Error{StatusCode: http.StatusNotImplemented}, ErrUnavailable, retry.Final},
		"what is known":        {known, ErrDenied, retry.Final},
		"what is known, again": {fmt.Errorf("again: %w", known), ErrDenied, retry.Final},
	} {
		for _, err := range []error{test.err, fmt.Errorf("wrapped: %w", test.err)} {
			got := transportFailure("GET x", err)
			var f *failure
			if !errors.As(got, &f) || !errors.Is(got, test.kind) || !errors.Is(got, test.err) {
				t.Fatalf("%s: %v", name, got)
			}
			if reason, _ := f.Retry(); reason != test.reason {
				t.Errorf("%s: reason %v, want %v", name, reason, test.reason)
			}
		}
	}
}

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
