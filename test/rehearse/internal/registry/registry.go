package registry

import (
	"errors"
	"net/http"
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
	// Port to listen on; 0 takes a free one.
	Port int
	// Intercept, if set, wraps the whole registry: tests inject faults here.
	Intercept func(http.Handler) http.Handler
}

// Repository is one repository as a template declares it.
type Repository struct {
	Name string
	// Mutability is MUTABLE (also if empty), IMMUTABLE, MUTABLE_WITH_EXCLUSION
	// or IMMUTABLE_WITH_EXCLUSION.
	Mutability string
	// Exclusions are wildcard filters: tags that match one of them are the
	// exception from Mutability. Only for the two …_WITH_EXCLUSION.
	Exclusions []string
}

// Registry is a running registry.
type Registry struct{}

// Start runs a registry until Close.
func Start(options Options) (*Registry, error) { return nil, errors.New("not built yet") }

// Close stops the registry; its data stays in Options.Dir.
func (r *Registry) Close() error { return nil }

// Port is the port that the registry listens on (all names, TLS).
func (r *Registry) Port() int { return 0 }

// Host is the first name of Options.Hosts with the port.
func (r *Registry) Host() string { return "" }

// CAFile is a bundle of this machine's root certificates and the registry's own.
func (r *Registry) CAFile() string { return "" }

// AddRepository creates a repository; a push to any other name is refused.
func (r *Registry) AddRepository(repository Repository) error { return nil }

// Authorize accepts this user and password from now on.
func (r *Registry) Authorize(user, password string) {}

// PutImage is ECR's PutImage: it stores a manifest, and points tag at it unless
// tag is empty. If digest is not empty the manifest must have it. The error is
// an *Error with ECR's name for it as Code.
func (r *Registry) PutImage(repository, mediaType string, manifest []byte, digest, tag string) error {
	return nil
}

// Manifest reads a manifest by tag or digest without credentials.
func (r *Registry) Manifest(repository, reference string) (manifest []byte, mediaType string, err error) {
	return nil, "", nil
}

// Tags returns the digest that each tag of a repository points at.
func (r *Registry) Tags(repository string) (map[string]string, error) { return nil, nil }

// Error is a refusal with the name that ECR has for it, such as
// ImageTagAlreadyExistsException.
type Error struct {
	Code    string
	Message string
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }
