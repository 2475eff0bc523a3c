package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/opencontainers/go-digest"

	"archway/lambda/internal/retry"
)

// Upload is a blob on its way into the registry, which keeps what came so far and takes what
// follows.
// https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-a-blob-in-chunks
type Upload struct {
	repository *Repository
	at         *url.URL
	offset     int64
	// unsure says that a request failed, or that another program sent it, so that more may have
	// arrived than is known.
	unsure bool
	// least is the smallest chunk that the registry takes before the last.
	least int64
}

// Mount asks for a blob of another repository of the same registry, and reports whether it was
// mounted. Where it wasn't, the registry may give an upload to send the blob by; one that refuses
// the question gives none.
func (r *Repository) Mount(ctx context.Context, d digest.Digest, from *Repository) (bool, *Upload, error) {
	if from.name.RegistryStr() != r.name.RegistryStr() {
		return false, nil, nil
	}
	q := r.beginning()
	q.query = url.Values{"mount": {d.String()}, "from": {from.name.RepositoryStr()}}.Encode()
	a, err := r.do(ctx, q)
	if answered(err) {
		return false, nil, nil
	}
	if err != nil {
		return false, nil, err
	}
	if a.status == http.StatusCreated {
		return true, nil, stored(q, a, Document{Digest: d})
	}
	u, err := r.begun(q, a)
	return false, u, err
}

// StartUpload begins an upload.
func (r *Repository) StartUpload(ctx context.Context) (*Upload, error) {
	q := r.beginning()
	a, err := r.do(ctx, q)
	if err != nil {
		return nil, err
	}
	return r.begun(q, a)
}

func (r *Repository) beginning() request {
	return request{
		method: http.MethodPost, kind: "blobs", id: "uploads/", accepts: http.StatusAccepted, missing: 1, limit: said,
	}
}

func (r *Repository) begun(q request, a answer) (*Upload, error) {
	u := &Upload{repository: r}
	u.least, _ = strconv.ParseInt(a.header.Get("OCI-Chunk-Min-Length"), 10, 64) // absent, or none that we could keep to
	return u, u.moved(q, a.header)
}

// TakeUp goes on with an upload of an earlier program. location and offset are what that one knew.
func (r *Repository) TakeUp(location string, offset int64) (*Upload, error) {
	at, err := r.own(location)
	if err != nil {
		return nil, err
	}
	if offset < 0 {
		return nil, fmt.Errorf("the offset of an upload is %d, expected 0 or more", offset)
	}
	return &Upload{repository: r, at: at, offset: offset, unsure: true}, nil
}

// Offset is how much of the blob the registry has, as far as known.
func (u *Upload) Offset() int64 { return u.offset }

// Least is the smallest chunk, before the last one, that the registry says it takes; often 0.
func (u *Upload) Least() int64 { return u.least }

// Location is the path and query by which another program can take the upload up, or "" if TakeUp
// wouldn't have them.
func (u *Upload) Location() string {
	location := u.at.RequestURI()
	if _, err := u.repository.own(location); err != nil {
		return ""
	}
	return location
}

const (
	// longestLocation bounds the address of an upload, in bytes. Distribution's are the longest
	// known, with about 500.
	longestLocation = 4096
	// said bounds what a registry may say in an answer that is about an upload, in bytes.
	said = 64 << 10
)

// own takes a location of an upload to this very repository, and nothing else.
func (r *Repository) own(location string) (*url.URL, error) {
	wrong := func(why string) (*url.URL, error) {
		return nil, fmt.Errorf("%q is no upload to %s: %s", presentable(location), r.Name(), why)
	}
	path, query, _ := strings.Cut(location, "?")
	id, ok := strings.CutPrefix(path, "/v2/"+r.name.RepositoryStr()+"/blobs/uploads/")
	switch {
	case len(location) > longestLocation:
		return wrong(fmt.Sprintf("it is longer than %d bytes", longestLocation))
	case !ok:
		return wrong("its path is another")
	case id == "" || strings.Trim(id, ".") == "" || strings.ContainsFunc(id, func(c rune) bool { return !isWord(c) }):
		return wrong("its last part is no name of an upload")
	case strings.ContainsFunc(query, func(c rune) bool { return c <= ' ' || c > '~' || c == '#' }):
		return wrong("its query holds other characters than addresses do")
	}
	return &url.URL{Scheme: r.name.Scheme(), Host: r.name.RegistryStr(), Path: path, RawQuery: query}, nil
}

func isWord(c rune) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("-_.~=", c)
}

// moved takes the address of the next request from an answer. It stays on the registry's host, and
// on its scheme: credentials go along, and a registry behind a proxy may believe that it speaks
// plain HTTP.
func (u *Upload) moved(q request, header http.Header) error {
	value := header.Get("Location")
	if value == "" && u.at != nil {
		return nil
	}
	base := u.at
	if base == nil {
		base = &url.URL{Scheme: u.repository.name.Scheme(), Host: u.repository.name.RegistryStr(), Path: "/"}
	}
	fail := func(why string) error {
		cause := fmt.Errorf("it sent the upload to %q: %s", value, why)
		return &failure{op: q.String(), kind: ErrUnavailable, cause: cause, reason: retry.Final}
	}
	to, err := base.Parse(value)
	switch {
	case err != nil || value == "" || len(value) > longestLocation:
		return fail("expected an address")
	case to.Scheme != "http" && to.Scheme != "https" || to.User != nil || !strings.HasPrefix(to.Path, "/"):
		return fail("expected an address of HTTP without a user")
	case !strings.EqualFold(withoutPort(to), withoutPort(base)):
		return fail("expected the registry's own host, " + base.Host)
	}
	u.at = &url.URL{Scheme: base.Scheme, Host: base.Host, Path: to.Path, RawPath: to.RawPath, RawQuery: to.RawQuery}
	return nil
}

// withoutPort is an address's host without the port that its scheme has anyway.
func withoutPort(u *url.URL) string {
	return strings.TrimSuffix(u.Host, map[string]string{"http": ":80", "https": ":443"}[u.Scheme])
}

// Append sends the next chunk, of at most n bytes, of a blob of a size. from gives the blob's bytes
// from an offset on; it is asked once for each attempt, at the place that the registry wants.
// Append fails with ErrUploadLost if only a new upload helps.
func (u *Upload) Append(ctx context.Context, n, size int64,
	from func(context.Context, int64) (io.Reader, error)) error {
	policy := u.repository.policy
	policy.Each = 0 // a chunk may take long as long as it moves
	return policy.Do(ctx, func(ctx context.Context) error {
		blind := false
		if u.unsure {
			known, err := u.ask(ctx, size)
			if err != nil {
				return err
			}
			blind = !known
		}
		n := min(n, size-u.offset)
		if n <= 0 {
			u.unsure = false
			return nil
		}
		body, err := from(ctx, u.offset)
		if err != nil {
			return err
		}
		err = u.patch(ctx, body, n)
		if refused := answered(err) && !errors.Is(err, ErrDenied); !refused {
			u.unsure = err != nil
			return err
		} else if blind && !errors.Is(err, ErrNotFound) {
			// It has this chunk already, and only the answer was lost. If not, Complete will tell.
			u.offset, u.unsure = u.offset+n, false
			return nil
		}
		return lost(err)
	})
}

// lost is an answer that says that an upload can't go on. It is not repeated.
func lost(err error) error { return fmt.Errorf("%w: %s", ErrUploadLost, err) }

// ask finds out how much arrived. ECR has been seen to know nothing of uploads that it goes on with
// (404, dotnet/sdk#33019), so that an answer that says no tells nothing.
func (u *Upload) ask(ctx context.Context, size int64) (known bool, err error) {
	q := request{
		method: http.MethodGet, kind: "blobs", id: "uploads", at: u.at, accepts: http.StatusNoContent, limit: said,
	}
	a, err := u.repository.once(ctx, q)
	if answered(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	var last int64
	_, err = fmt.Sscanf(strings.TrimPrefix(a.header.Get("Range"), "bytes="), "0-%d", &last)
	if err != nil || last < 0 || last >= size {
		return false, nil
	}
	if err := u.moved(q, a.header); err != nil {
		return false, err
	}
	// 0-0 is what registries say of an empty upload too.
	u.offset = last + 1
	if last == 0 {
		u.offset = 0
	}
	return true, nil
}

// patch sends a chunk.
func (u *Upload) patch(ctx context.Context, content io.Reader, n int64) error {
	r := u.repository
	select {
	case r.slots <- struct{}{}:
		defer func() { <-r.slots }()
	case <-ctx.Done():
		return transportFailure("PATCH blobs uploads", ctx.Err())
	}
	q := request{method: http.MethodPatch, kind: "blobs", id: "uploads"}
	quiet := 2 * max(r.policy.Each, silence) // the source has its own, shorter bound
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	body := &chunk{rest: io.LimitReader(content, n), quiet: quiet, watch: time.AfterFunc(quiet, cancel)}
	defer body.leave()
	req, err := http.NewRequestWithContext(ctx, q.method, u.at.String(), body)
	if err != nil {
		return transportFailure(q.String(), err)
	}
	req.ContentLength = n
	req.Header.Set("Content-Type", "application/octet-stream")
	req.Header.Set("Content-Range", fmt.Sprintf("%d-%d", u.offset, u.offset+n-1))
	resp, err := r.prober.Do(req)
	if err != nil {
		if wrong := body.leave(); wrong != nil {
			return wrong
		}
		return transportFailure(q.String(), err)
	}
	defer resp.Body.Close()
	// ECR answers 201 where the specification has 202, and its Range stays at the end of the first
	// chunk although all chunks arrive (aws/containers-roadmap#2831): what was sent and accepted
	// counts.
	err = transport.CheckError(resp, http.StatusAccepted, http.StatusCreated, http.StatusNoContent, http.StatusOK)
	if err != nil {
		if refused, ok := err.(*transport.Error); ok {
			return answerFailure(q.String(), refused, resp.Header)
		}
		return bodyFailure(q.String(), err)
	}
	if err := u.moved(q, resp.Header); err != nil {
		return err
	}
	u.offset += n
	return nil
}

// chunk is the body of a request. The transport may go on reading it for a while after its answer
// or error.
type chunk struct {
	quiet time.Duration
	watch *time.Timer

	mu   sync.Mutex
	rest io.Reader
	err  error
}

// Read implements io.Reader.
func (c *chunk) Read(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.rest == nil {
		return 0, errors.New("the request is over")
	}
	c.watch.Reset(c.quiet)
	n, err := c.rest.Read(p)
	if err != nil && err != io.EOF {
		c.err = err
	}
	return n, err
}

// leave ends the reading, so that the content is the caller's again, and says what was wrong with
// it.
func (c *chunk) leave() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rest = nil
	c.watch.Stop()
	return c.err
}

// Complete ends an upload: the registry compares what it has with the digest. ErrUploadLost says
// that it has something else, or doesn't know the upload.
func (u *Upload) Complete(ctx context.Context, d digest.Digest) error {
	at := *u.at
	query := at.Query()
	query.Set("digest", d.String())
	at.RawQuery = query.Encode()
	q := request{
		method: http.MethodPut, kind: "blobs", id: "uploads", at: &at, contentType: "application/octet-stream",
		missing: 1, limit: said,
	}
	a, err := u.repository.do(ctx, q)
	if err == nil {
		return stored(q, a, Document{Digest: d})
	}
	if ctx.Err() == nil {
		// It may have been completed by a request whose answer was lost, or by somebody else.
		if there, asked := u.repository.HasBlob(ctx, d); asked == nil && there {
			return nil
		}
	}
	if answered(err) && !errors.Is(err, ErrDenied) {
		return lost(err)
	}
	return err
}

// answered reports whether an error is the registry's own no, which stays the same however often it
// is asked.
func answered(err error) bool {
	var advice retry.Advice
	var no *transport.Error
	if !errors.As(err, &no) || !errors.As(err, &advice) {
		return false
	}
	reason, _ := advice.Retry()
	return reason != retry.Passing && no.StatusCode >= 400 && no.StatusCode < 500
}
