package ecr_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"

	"archway/test/rehearse/internal/aws/ecr"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// fixture is a registry and a client that finds its names and trusts it.
type fixture struct {
	*ecr.Registry
	t         *testing.T
	transport *http.Transport
}

func start(t *testing.T, change func(*ecr.Options)) *fixture {
	t.Helper()
	options := ecr.Options{Dir: t.TempDir(), Hosts: []string{registryHost}, BlobHost: blobHost}
	if change != nil {
		change(&options)
	}
	r, err := ecr.Start(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	r.Authorize("AWS", "secret")
	for _, repository := range []ecr.Repository{
		{Name: "mutable"},
		{Name: "team/app", Mutability: "IMMUTABLE_WITH_EXCLUSION", Exclusions: []string{"latest", "nightly-*"}},
		{Name: "frozen", Mutability: "IMMUTABLE"},
		{Name: "versions", Mutability: "MUTABLE_WITH_EXCLUSION", Exclusions: []string{"v*"}},
	} {
		if err := r.AddRepository(repository); err != nil {
			t.Fatal(err)
		}
	}
	bundle, err := os.ReadFile(r.CAFile())
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(bundle)
	dial := func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, net.JoinHostPort("127.0.0.1", strconv.Itoa(r.Port())))
	}
	client := &http.Transport{DialContext: dial, TLSClientConfig: &tls.Config{RootCAs: roots}}
	t.Cleanup(client.CloseIdleConnections)
	return &fixture{Registry: r, t: t, transport: client}
}

func (f *fixture) ref(reference string) name.Reference {
	f.t.Helper()
	ref, err := name.ParseReference(f.Host() + "/" + reference)
	if err != nil {
		f.t.Fatal(err)
	}
	return ref
}

func (f *fixture) options() []remote.Option {
	return []remote.Option{remote.WithTransport(f.transport),
		remote.WithAuth(&authn.Basic{Username: "AWS", Password: "secret"})}
}

// push writes an image and returns its digest.
func (f *fixture) push(reference string, img v1.Image) error {
	return remote.Write(f.ref(reference), img, f.options()...)
}

func (f *fixture) mustPush(reference string, img v1.Image) {
	f.t.Helper()
	if err := f.push(reference, img); err != nil {
		f.t.Fatal(err)
	}
}

func newImage(t *testing.T) v1.Image {
	t.Helper()
	img, err := random.Image(512, 2)
	if err != nil {
		t.Fatal(err)
	}
	return mutate.MediaType(img, types.OCIManifestSchema1)
}

func digestOf(t *testing.T, x interface{ Digest() (v1.Hash, error) }) string {
	t.Helper()
	d, err := x.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return d.String()
}

// wantHTTP checks the status and the code that the distribution protocol answers.
func wantHTTP(t *testing.T, err error, status int, code, message string) {
	t.Helper()
	var e *transport.Error
	if !errors.As(err, &e) {
		t.Fatalf("got error %v, expected HTTP %d %s", err, status, code)
	}
	if e.StatusCode != status || len(e.Errors) != 1 || string(e.Errors[0].Code) != code ||
		!strings.Contains(e.Errors[0].Message, message) {
		t.Errorf("got HTTP %d %+v, expected %d, code %s and a message with %q", e.StatusCode, e.Errors, status, code,
			message)
	}
}

func wantAPI(t *testing.T, err error, code string) {
	t.Helper()
	var e *ecr.Error
	if code == "" && err == nil {
		return
	}
	if !errors.As(err, &e) || e.Code != code {
		t.Errorf("got error %v, expected %q", err, code)
	}
}
