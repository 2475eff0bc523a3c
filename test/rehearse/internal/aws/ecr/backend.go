package ecr

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"

	"github.com/distribution/distribution/v3/configuration"
	"github.com/distribution/distribution/v3/registry/handlers"
	_ "github.com/distribution/distribution/v3/registry/storage/driver/filesystem" // the only storage used
	"github.com/sirupsen/logrus"
)

// backend is the registry proper, which the front calls without HTTP between.
type backend struct {
	app *handlers.App
}

// Distribution logs every request, and only to logrus's global logger; nothing
// else in this program uses that.
var quiet = sync.OnceFunc(func() { logrus.SetOutput(io.Discard) })

func newBackend(dir string) (*backend, error) {
	quiet()
	settings, err := json.Marshal(map[string]any{ // JSON is YAML
		"version": "0.1",
		"storage": map[string]any{
			"filesystem": map[string]any{"rootdirectory": filepath.Join(dir, "data")},
			// No background work: a rehearsal is over before anything is old.
			"maintenance": map[string]any{"uploadpurging": map[string]any{"enabled": false}},
		},
		"http": map[string]any{"secret": rand.Text()},
	})
	if err != nil {
		return nil, err
	}
	config, err := configuration.Parse(bytes.NewReader(settings))
	if err != nil {
		return nil, fmt.Errorf("configuration of the registry: %w", err)
	}
	return &backend{app: handlers.NewApp(context.Background(), config)}, nil
}

func (b *backend) close() { b.app.Shutdown() }

func (b *backend) ServeHTTP(w http.ResponseWriter, r *http.Request) { b.app.ServeHTTP(w, r) }

// acceptAll are the media types that a manifest may have here.
var acceptAll = []string{
	"application/vnd.oci.image.index.v1+json",
	"application/vnd.oci.image.manifest.v1+json",
	"application/vnd.docker.distribution.manifest.list.v2+json",
	"application/vnd.docker.distribution.manifest.v2+json",
}

// manifest makes a request about a manifest, by tag or digest.
func (b *backend) manifest(method, repository, reference, mediaType string, body []byte) *httptest.ResponseRecorder {
	request := httptest.NewRequest(method, "/v2/"+repository+"/manifests/"+reference, bytes.NewReader(body))
	request.Header["Accept"] = acceptAll
	if mediaType != "" {
		request.Header.Set("Content-Type", mediaType)
	}
	answer := httptest.NewRecorder()
	b.ServeHTTP(answer, request)
	return answer
}

// digest returns the digest of a tag or digest; it is empty if there is no such manifest.
func (b *backend) digest(repository, reference string) (string, error) {
	answer := b.manifest(http.MethodHead, repository, reference, "", nil)
	switch answer.Code {
	case http.StatusOK:
		return answer.Header().Get("Docker-Content-Digest"), nil
	case http.StatusNotFound:
		return "", nil
	}
	return "", fmt.Errorf("registry: HEAD of %s in %s: HTTP %d: %s", reference, repository, answer.Code, answer.Body)
}

// tags returns the names of all tags.
func (b *backend) tags(repository string) ([]string, error) {
	answer := httptest.NewRecorder()
	b.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/v2/"+repository+"/tags/list", nil))
	if answer.Code == http.StatusNotFound { // nothing was ever pushed
		return nil, nil
	}
	var list struct{ Tags []string }
	if err := json.Unmarshal(answer.Body.Bytes(), &list); err != nil || answer.Code != http.StatusOK {
		return nil, fmt.Errorf("registry: list tags of %s: HTTP %d: %s", repository, answer.Code, answer.Body)
	}
	return list.Tags, nil
}
