package standin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

const (
	// connectLimit is for one connection, answerLimit for all that a registry is asked before the
	// first pull: far more than one takes that answers, and little enough to wait for where none
	// does.
	connectLimit = 3 * time.Second
	answerLimit  = 6 * time.Second
)

// upstream are the registries where the originals are, with the cache of what was pulled there.
type upstream struct {
	puller *remote.Puller
	store  *store
	// repositories are those that may be asked, by registry/repository.
	repositories map[string]name.Repository

	mu     sync.Mutex
	pulled map[v1.Hash]*sync.Mutex
}

func newUpstream(store *store, through http.RoundTripper) (*upstream, error) {
	if through == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.DialContext = (&net.Dialer{Timeout: connectLimit}).DialContext
		t.TLSHandshakeTimeout = connectLimit
		through = t
	}
	// Anonymously: who pulls here is not who builds on AWS. A registry that does not answer is not
	// asked again and again.
	puller, err := remote.NewPuller(remote.WithTransport(through), remote.WithUserAgent("archway-rehearsal"),
		remote.WithRetryBackoff(remote.Backoff{Duration: 100 * time.Millisecond, Steps: 1}))
	return &upstream{puller: puller, store: store, repositories: map[string]name.Repository{},
		pulled: map[v1.Hash]*sync.Mutex{}}, err
}

// answers reports whether an error is what a registry says about an image, such as that there is
// none. What is wrong with the registry itself, or with the way to it, is no answer; nor is that it
// has enough of us.
func answers(err error) bool {
	var said *transport.Error
	return errors.As(err, &said) && said.StatusCode/100 == 4 && said.StatusCode != http.StatusTooManyRequests &&
		(len(said.Errors) > 0 || said.StatusCode == http.StatusNotFound || said.StatusCode == http.StatusUnauthorized)
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(strings.TrimSpace(err.Error()), "\n")
	return line
}

// find brings a content into the cache, unless it is there.
func (u *upstream) find(ctx context.Context, repository string, digest v1.Hash, manifest bool) (string, error) {
	path := u.store.blobPath(digest)
	u.mu.Lock()
	one := u.pulled[digest]
	if one == nil {
		one = &sync.Mutex{}
		u.pulled[digest] = one
	}
	u.mu.Unlock()
	one.Lock() // who asks for the same waits
	defer one.Unlock()
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	from, ok := u.repositories[repository]
	if !ok {
		return "", fmt.Errorf("%s has no base image of this rehearsal", repository)
	}
	content, err := u.open(ctx, from.Digest(digest.String()), manifest)
	if err != nil {
		return "", err
	}
	defer content.Close()
	return path, u.keep(path, content)
}

// open reads a content; what is read is compared with its digest.
func (u *upstream) open(ctx context.Context, ref name.Digest, manifest bool) (io.ReadCloser, error) {
	if manifest {
		d, err := u.puller.Get(ctx, ref)
		if err != nil {
			return nil, err
		}
		return io.NopCloser(strings.NewReader(string(d.Manifest))), nil
	}
	layer, err := u.puller.Layer(ctx, ref)
	if err != nil {
		return nil, err
	}
	return layer.Compressed()
}

// keep writes a whole file or none.
func (u *upstream) keep(path string, content io.Reader) error {
	temp, err := os.CreateTemp(u.store.dir, "part-*")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name())
	_, err = io.Copy(temp, content)
	if err := errors.Join(err, temp.Chmod(0o644), temp.Close()); err != nil {
		return err
	}
	return os.Rename(temp.Name(), path)
}

func inBases(cache string) string { return filepath.Join(cache, "base-images") }
