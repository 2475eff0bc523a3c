// Package registry reads and writes manifests over the OCI distribution protocol and keeps their
// exact bytes: what is served, under which declared type, and whether it is what the digest names.
// Authentication is go-containerregistry's.
package registry

import (
	"context"
	"net/http"
	"net/netip"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"archway/lambda/internal/retry"
)

const (
	// MaxManifest is the largest manifest that ECR stores (and that the distribution specification
	// asks registries to take).
	MaxManifest = 4 << 20
	// MaxConfig bounds an image's config. The largest seen in practice are some hundred kilobytes
	// of history.
	MaxConfig = 4 << 20
	// requests at the same time to one repository.
	concurrency = 8
)

var (
	// InPipeline waits long enough for what ECR may need after a push, and for throttling.
	InPipeline = retry.Policy{Attempts: 6, Missing: 6, First: 300 * time.Millisecond, Each: 30 * time.Second,
		Longest: 30 * time.Second}
	// AtTerminal answers sooner: a person waits.
	AtTerminal = retry.Policy{Attempts: 4, Missing: 3, First: 200 * time.Millisecond, Each: time.Minute,
		Longest: 15 * time.Second}
)

// Repository is one repository of one registry, with credentials.
type Repository struct {
	name   name.Repository
	client *http.Client
	// prober follows no redirects.
	prober *http.Client
	// noHead remembers that blobs can't be asked for by HEAD.
	noHead atomic.Bool
	policy retry.Policy
	slots  chan struct{}
}

// Option says more about opening a repository.
type Option func(*opening)

type opening struct {
	repository name.Repository
	scopes     []string
	allowed    []netip.Prefix
}

// Allow names networks that the registry may lead to although they are this machine's own or a
// neighbour's.
func Allow(networks ...netip.Prefix) Option {
	return func(o *opening) { o.allowed = append(o.allowed, networks...) }
}

// MountFrom names repositories that blobs are to be mounted from. A token of a registry that gives
// bearer tokens opens what it was asked for alone; ECR's opens all that the role may use.
func MountFrom(sources ...name.Repository) Option {
	return func(o *opening) {
		for _, s := range sources {
			if s.RegistryStr() == o.repository.RegistryStr() && s.RepositoryStr() != o.repository.RepositoryStr() {
				o.scopes = append(o.scopes, s.Scope(transport.PullScope))
			}
		}
	}
}

// Open asks the registry how it wants to be authenticated to, and gets a token where it wants one.
// access is transport.PullScope, or transport.PushScope for writing.
func Open(ctx context.Context, repository name.Repository, auth authn.Authenticator, access string,
	policy retry.Policy, more ...Option) (*Repository, error) {
	o := opening{repository: repository, scopes: []string{repository.Scope(access)}}
	for _, option := range more {
		option(&o)
	}
	u := url.URL{Host: repository.RegistryStr()}
	g := &gate{host: u.Hostname(), allowed: o.allowed}
	base := newTransport(g, auth == authn.Anonymous, http.ProxyFromEnvironment)
	var tripper http.RoundTripper
	err := policy.Do(ctx, func(ctx context.Context) error {
		var err error
		tripper, err = transport.NewWithContext(ctx, repository.Registry, auth, base, o.scopes)
		if err != nil {
			return transportFailure("log in to "+repository.RegistryStr(), err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &Repository{
		name:   repository,
		client: &http.Client{Transport: tripper, CheckRedirect: checkRedirect},
		prober: &http.Client{Transport: tripper, CheckRedirect: noRedirect},
		policy: policy,
		slots:  make(chan struct{}, concurrency),
	}, nil
}

// Name is the repository with its registry's host.
func (r *Repository) Name() string { return r.name.Name() }
