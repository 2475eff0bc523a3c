package registry

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"archway/lambda/internal/plain"
	"archway/lambda/internal/retry"
)

var (
	// ErrNotFound says that the registry has no such repository, manifest or blob.
	ErrNotFound = errors.New("not found in the registry")
	// ErrDenied says that the registry refuses the credentials, or these credentials may not do
	// this.
	ErrDenied = errors.New("the registry refuses access")
	// ErrUnavailable says that the registry could not be asked: it didn't answer, or not with an
	// answer that helps.
	ErrUnavailable = errors.New("the registry could not be asked")
	// ErrTooLarge says that a document is larger than this program reads.
	ErrTooLarge = errors.New("larger than the limit")
	// ErrOtherBytes says that the bytes that the registry served are not those that the digest
	// names.
	ErrOtherBytes = errors.New("the registry serves other bytes than the digest names")
	// ErrUploadLost says that the registry doesn't take an upload up where it was, so that it must
	// begin again.
	ErrUploadLost = errors.New("the upload can't go on where it was")
	// ErrTagExists says that an immutable tag is there already, so that it can't be written.
	ErrTagExists = errors.New("the tag exists already and is immutable")
)

// failure is one failed request: what it was, which of the kinds above, and whether another attempt
// may help.
type failure struct {
	op     string
	kind   error
	cause  error
	reason retry.Reason
	wait   time.Duration
}

func (f *failure) Error() string {
	if f.cause == nil {
		return fmt.Sprintf("%s: %s", f.op, f.kind)
	}
	return fmt.Sprintf("%s: %s: %s", f.op, f.kind, presentable(f.cause.Error()))
}

// longestCause is how many characters of a cause are kept: a registry's own words can be a whole
// page of HTML.
const longestCause = 500

// presentable keeps what a registry says from steering a terminal or flooding a log.
func presentable(s string) string {
	s = strings.ReplaceAll(s, " (HEAD responses have no body, use GET for details)", "")
	s = plain.Text(strings.Join(strings.Fields(s), " "))
	if runes := []rune(s); len(runes) > longestCause {
		s = string(runes[:longestCause]) + "…"
	}
	return s
}

func (f *failure) Unwrap() []error {
	if f.cause == nil {
		return []error{f.kind}
	}
	return []error{f.kind, f.cause}
}

// Retry implements retry.Advice.
func (f *failure) Retry() (retry.Reason, time.Duration) { return f.reason, f.wait }

// transportFailure judges an error that came instead of an answer.
func transportFailure(op string, err error) error {
	var known *failure
	if errors.As(err, &known) {
		return err
	}
	f := &failure{op: op, kind: ErrUnavailable, cause: err, reason: retry.Passing}
	var answer *transport.Error
	var dns *net.DNSError
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.As(err, &answer):
		return answerFailure(op, answer, nil)
	case errors.Is(err, context.Canceled):
		f.reason = retry.Final
	case errors.As(err, &dns):
		// A host that does not exist stays so; a name server that does not answer may come back.
		if dns.IsNotFound {
			f.reason = retry.Final
		}
	case errors.As(err, &certificate):
		f.reason = retry.Final
	case errors.Is(err, errRedirect), errors.Is(err, ErrAddress):
		f.reason = retry.Final
	}
	return f
}

// answerFailure judges an answer that says no.
func answerFailure(op string, answer *transport.Error, header http.Header) error {
	f := &failure{op: op, kind: ErrUnavailable, cause: answer, wait: retryAfter(header, time.Now())}
	switch status := answer.StatusCode; {
	case status == http.StatusNotFound:
		f.kind, f.reason = ErrNotFound, retry.Missing
	case status == http.StatusTooManyRequests, status == http.StatusRequestTimeout,
		hasCode(answer, transport.TooManyRequestsErrorCode),
		status >= 500 && status != http.StatusNotImplemented:
		f.reason = retry.Passing
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		f.kind = ErrDenied
	case status == http.StatusBadRequest && tagExists(answer):
		f.kind = ErrTagExists
	}
	return f
}

func hasCode(answer *transport.Error, code transport.ErrorCode) bool {
	for _, d := range answer.Errors {
		if strings.EqualFold(string(d.Code), string(code)) {
			return true
		}
	}
	return false
}

// tagExists reports whether an answer is ECR's to a write of an immutable tag that exists: 400 with
// the code TAG_INVALID, or with the API's exception name in the text.
func tagExists(answer *transport.Error) bool {
	if hasCode(answer, transport.TagInvalidErrorCode) {
		return true
	}
	for _, d := range answer.Errors {
		text := string(d.Code) + " " + d.Message
		if strings.Contains(text, "ImageAlreadyExists") || strings.Contains(text, "ImageTagAlreadyExists") {
			return true
		}
	}
	return false
}

// retryAfter reads the Retry-After header: seconds, or a date (RFC 9110, 10.2.3).
func retryAfter(header http.Header, now time.Time) time.Duration {
	value := strings.TrimSpace(header.Get("Retry-After"))
	if seconds, err := strconv.Atoi(value); err == nil {
		return time.Duration(min(max(seconds, 0), int(24*time.Hour/time.Second))) * time.Second
	}
	if date, err := http.ParseTime(value); err == nil {
		return max(0, date.Sub(now))
	}
	return 0
}

// bodyFailure judges a body that could not be read to its end: a cut connection, or a trickle that
// takes longer than an attempt may.
func bodyFailure(op string, err error) error {
	f := &failure{op: op, kind: ErrUnavailable, cause: err, reason: retry.Passing}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		f.cause = fmt.Errorf("the connection was cut in the middle of the answer: %w", err)
	}
	return f
}
