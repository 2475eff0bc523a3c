package ecr

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Options says where a registry keeps its data and by which names it is reached.
type Options struct {
	// Dir holds the blobs, the certificate and the bundle of trusted roots. Required.
	Dir string
	// Hosts are the names, or IP addresses, that the certificate is made for. The
	// first is the registry's own: its first label is the account. Required.
	Hosts []string
	// BlobHost, if set, is another name of the same listener: blobs are not
	// answered by the registry, but redirected to a signed address there, and an
	// Authorization header that comes along is refused, as S3 does it for ECR.
	BlobHost string
	// Port is the one to listen on; 0 takes a free one.
	Port int
	// Mount lets blobs be mounted from other repositories, as the setting BLOB_MOUNTING of an
	// account does.
	Mount bool
	// Now, if set, tells the time of a push: tests that order pushes set it.
	Now func() time.Time
	// Log gets what goes wrong below HTTP, such as a client that does not trust
	// the certificate; nothing if nil.
	Log io.Writer
	// Intercept, if set, wraps the whole registry: tests inject faults here.
	Intercept func(http.Handler) http.Handler
}

// Registry is a running registry.
type Registry struct {
	options    Options
	port       int
	caFile     string
	backend    *backend
	server     *http.Server
	signingKey []byte

	mu           sync.Mutex
	passwords    map[string]map[string]Guard // user → passwords → what their owner may do
	repositories map[string]*repository
	caches       map[string]PullThrough // by prefix
	cached       map[string]bool        // repositories and manifests that were pulled through a cache
	scanned      map[string]Scan        // by digest
}

// Start runs a registry until Close.
func Start(options Options) (*Registry, error) {
	if options.Dir == "" || len(options.Hosts) == 0 {
		return nil, errors.New("registry: Dir and at least one of Hosts are required")
	}
	if err := os.MkdirAll(options.Dir, 0o755); err != nil {
		return nil, fmt.Errorf("registry: %w", err)
	}
	names := options.Hosts
	if options.BlobHost != "" {
		names = append(append([]string(nil), names...), options.BlobHost)
	}
	config, caFile, err := makeCertificates(options.Dir, names)
	if err != nil {
		return nil, fmt.Errorf("registry: make certificates in %s: %w", options.Dir, err)
	}
	backend, err := newBackend(options.Dir)
	if err != nil {
		return nil, fmt.Errorf("registry: %w", err)
	}
	// Only this machine: the names resolve to 127.0.0.1 during a rehearsal.
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(options.Port)))
	if err != nil {
		backend.close()
		return nil, fmt.Errorf("registry: %w", err)
	}
	r := &Registry{
		options:      options,
		port:         listener.Addr().(*net.TCPAddr).Port,
		caFile:       caFile,
		backend:      backend,
		signingKey:   []byte(rand.Text()),
		passwords:    map[string]map[string]Guard{},
		repositories: map[string]*repository{},
		caches:       map[string]PullThrough{},
		cached:       map[string]bool{},
		scanned:      map[string]Scan{},
	}
	if r.options.Now == nil {
		r.options.Now = time.Now
	}
	var handler http.Handler = http.HandlerFunc(r.serve)
	if options.Intercept != nil {
		handler = options.Intercept(handler)
	}
	out := options.Log
	if out == nil {
		out = io.Discard
	}
	r.server = &http.Server{Handler: handler, TLSConfig: config, ErrorLog: log.New(out, "registry: ", log.LstdFlags)}
	go r.server.ServeTLS(listener, "", "")
	return r, nil
}

// Close stops the registry; its data stays in Options.Dir.
func (r *Registry) Close() error {
	err := r.server.Close()
	r.backend.close()
	return err
}

// Port is the port that the registry listens on (all names, TLS).
func (r *Registry) Port() int { return r.port }

// Host is the first name of Options.Hosts with the port.
func (r *Registry) Host() string {
	return net.JoinHostPort(r.options.Hosts[0], strconv.Itoa(r.port))
}

// CAFile is a bundle of this machine's root certificates and the registry's own.
func (r *Registry) CAFile() string { return r.caFile }

// ID is the account that the registry belongs to.
func (r *Registry) ID() string {
	id, _, _ := strings.Cut(r.options.Hosts[0], ".")
	return id
}

// Guard tells whether a caller may do what a request needs: an action of ECR on a
// repository. The error says why not.
type Guard func(action, repository string) error

// Authorize accepts this user and password from now on, for everything.
func (r *Registry) Authorize(user, password string) {
	r.AuthorizeFor(user, password, func(string, string) error { return nil })
}

// AuthorizeFor accepts this user and password from now on, for what the guard allows.
func (r *Registry) AuthorizeFor(user, password string, guard Guard) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.passwords[user] == nil {
		r.passwords[user] = map[string]Guard{}
	}
	r.passwords[user][password] = guard
}

// guard is what stands behind a password; nil if it is none.
func (r *Registry) guard(user, password string) Guard {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.passwords[user][password]
}
