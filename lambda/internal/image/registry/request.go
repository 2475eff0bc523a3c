package registry

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

type request struct {
	method, kind, id string
	// query asks for a page of a list, or for a mount.
	query string
	// at is the address of an upload, which the registry gave: it takes the place of kind and id.
	at          *url.URL
	contentType string
	body        []byte
	limit       int64
	// missing bounds how often a 404 is asked again; 0 leaves it to the policy.
	missing int
	// accepts is a further status that is a success.
	accepts int
	// single leaves repetitions to the caller.
	single bool
	// probe asks whether something is there: redirects are answers, and no body is read.
	probe bool
}

type answer struct {
	status int
	header http.Header
	length int64
	body   []byte
}

func (r *Repository) url(kind, id string) string {
	u := url.URL{Scheme: r.name.Scheme(), Host: r.name.RegistryStr(),
		Path: fmt.Sprintf("/v2/%s/%s/%s", r.name.RepositoryStr(), kind, id)}
	return u.String()
}

// do makes one request, with retries, and reads the whole answer: a body that breaks off is a
// failed attempt like any other.
func (r *Repository) do(ctx context.Context, q request) (answer, error) {
	select {
	case r.slots <- struct{}{}:
		defer func() { <-r.slots }()
	case <-ctx.Done():
		return answer{}, transportFailure(q.String(), ctx.Err())
	}
	policy := r.policy
	if q.single {
		policy.Attempts, policy.Missing = 1, 1
	}
	if q.missing > 0 {
		policy.Missing = min(policy.Missing, q.missing)
	}
	var a answer
	err := policy.Do(ctx, func(ctx context.Context) error {
		var err error
		a, err = r.once(ctx, q)
		return err
	})
	return a, err
}

// once is the request without repetitions.
func (q request) once() request {
	q.single = true
	return q
}

func (q request) String() string { return fmt.Sprintf("%s %s %s", q.method, q.kind, q.id) }

func (r *Repository) once(ctx context.Context, q request) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, q.method, r.url(q.kind, q.id), bytes.NewReader(q.body))
	if err != nil {
		return answer{}, transportFailure(q.String(), err)
	}
	req.URL.RawQuery = q.query
	if q.at != nil {
		req.URL = q.at
	}
	if q.kind == "manifests" && q.method != http.MethodPut {
		req.Header.Set("Accept", accept)
	}
	if q.contentType != "" {
		req.Header.Set("Content-Type", q.contentType)
	}
	client := r.client
	if q.probe || q.method != http.MethodGet && q.method != http.MethodHead || q.at != nil {
		client = r.prober // what is written goes nowhere else
	}
	if q.probe {
		if q.method == http.MethodGet {
			req.Header.Set("Range", "bytes=0-0")
		}
	}
	resp, err := client.Do(req)
	if err != nil {
		return answer{}, transportFailure(q.String(), err)
	}
	defer resp.Body.Close()

	accepted := []int{http.StatusOK, http.StatusCreated, q.accepts}
	if q.probe {
		accepted = append(accepted, http.StatusPartialContent, http.StatusFound, http.StatusSeeOther,
			http.StatusTemporaryRedirect, http.StatusPermanentRedirect)
	}
	if err := transport.CheckError(resp, accepted...); err != nil {
		if refused, ok := err.(*transport.Error); ok {
			return answer{}, answerFailure(q.String(), refused, resp.Header)
		}
		return answer{}, bodyFailure(q.String(), err)
	}
	if q.probe {
		return answer{status: resp.StatusCode, header: resp.Header, length: resp.ContentLength}, nil
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, q.limit+1))
	if err != nil {
		return answer{}, bodyFailure(q.String(), err)
	}
	if int64(len(body)) > q.limit && q.limit > 0 {
		return answer{}, &failure{op: q.String(), kind: ErrTooLarge, cause: fmt.Errorf("more than %d bytes", q.limit)}
	}
	return answer{status: resp.StatusCode, header: resp.Header, length: resp.ContentLength, body: body}, nil
}
