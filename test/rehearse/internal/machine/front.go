package machine

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strings"
	"sync"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// front stands before a Docker engine that is not ours: it can neither find the rehearsal's
// registry nor trust it, for both would be settings of root's. So whoever logs in there, or pulls
// there, is answered here, with the same questions to the registry: what is pulled is loaded into
// the engine under a name of ours, and requests that say the other name get that one. All else is
// the engine's. https://docs.docker.com/reference/api/engine/
type front struct {
	registry  string // host:port
	transport http.RoundTripper
	// label is put on each container that is made, and owner starts the names of images.
	label, owner string

	engine *httputil.ReverseProxy
	client *http.Client

	mu     sync.Mutex
	images map[string]string // our names by the references that were pulled
}

func newFront(socket, registry, owner string, transport http.RoundTripper) *front {
	through := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", socket)
	}}
	return &front{
		registry: registry, transport: transport, label: "archway.rehearsal", owner: owner,
		client: &http.Client{Transport: through}, images: map[string]string{},
		engine: &httputil.ReverseProxy{
			Transport: through, FlushInterval: -1, // logs are read while they come
			Rewrite: func(p *httputil.ProxyRequest) { p.SetURL(&url.URL{Scheme: "http", Host: "docker"}) },
		},
	}
}

var apiVersion = regexp.MustCompile(`^/v[0-9.]+`)

func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := apiVersion.ReplaceAllString(r.URL.Path, "")
	image := r.URL.Query().Get("fromImage")
	var err error
	switch {
	case path == "/auth":
		if done, err := f.login(w, r); done || err != nil {
			said(w, http.StatusUnauthorized, err)
			return
		}
	case path == "/images/create" && strings.HasPrefix(image, f.registry+"/"):
		f.pull(w, r, image)
		return
	case path == "/containers/create":
		err = f.create(r)
	case strings.HasPrefix(path, "/images/"):
		f.rename(r, path)
	}
	if err != nil {
		said(w, http.StatusBadRequest, err)
		return
	}
	f.engine.ServeHTTP(w, r)
}

// said answers with an error as the engine does; nil needs no answer.
func said(w http.ResponseWriter, status int, err error) {
	if err != nil {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		json.NewEncoder(w).Encode(map[string]string{"message": err.Error()})
	}
}

// login asks our registry whether it knows the user; done is false for any other registry.
func (f *front) login(w http.ResponseWriter, r *http.Request) (done bool, err error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return false, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	var as struct{ Username, Password, ServerAddress string }
	if err := json.Unmarshal(body, &as); err != nil {
		return false, err
	}
	if as.ServerAddress != f.registry {
		return false, nil
	}
	request, err := http.NewRequestWithContext(r.Context(), http.MethodGet, "https://"+f.registry+"/v2/", nil)
	if err != nil {
		return false, err
	}
	request.SetBasicAuth(as.Username, as.Password)
	response, err := f.transport.RoundTrip(request)
	if err != nil {
		return false, err
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return false, fmt.Errorf("login attempt to https://%s/v2/ failed with status: %s", f.registry, response.Status)
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]string{"Status": "Login Succeeded"})
	return true, nil
}

// pull answers a pull with the stream of lines that it is.
func (f *front) pull(w http.ResponseWriter, r *http.Request, image string) {
	w.Header().Set("Content-Type", "application/json")
	digest, err := f.load(r, image)
	line := map[string]any{"status": "Digest: " + digest}
	if err != nil {
		line = map[string]any{"error": err.Error(), "errorDetail": map[string]string{"message": err.Error()}}
	}
	json.NewEncoder(w).Encode(line)
}

// load brings an image into the engine.
func (f *front) load(r *http.Request, image string) (digest string, err error) {
	reference := image
	if tag := r.URL.Query().Get("tag"); strings.HasPrefix(tag, "sha256:") {
		reference += "@" + tag
	} else if tag != "" {
		reference += ":" + tag
	}
	ref, err := name.ParseReference(reference)
	if err != nil {
		return "", err
	}
	options := []remote.Option{remote.WithContext(r.Context()), remote.WithTransport(f.transport),
		remote.WithAuth(credentials(r.Header.Get("X-Registry-Auth")))}
	if text := r.URL.Query().Get("platform"); text != "" {
		p, err := v1.ParsePlatform(text)
		if err != nil {
			return "", err
		}
		options = append(options, remote.WithPlatform(*p))
	}
	img, err := remote.Image(ref, options...)
	if err != nil {
		return "", err
	}
	hash, err := img.Digest()
	if err != nil {
		return "", err
	}
	ours, err := name.NewTag(f.owner + "/" + hash.Hex[:40] + ":pulled")
	if err != nil {
		return "", err
	}
	if err := f.send(r.Context(), ours, img); err != nil {
		return "", fmt.Errorf("load %s into the Docker engine: %w", reference, err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.images[reference] = ours.RepositoryStr() + ":" + ours.TagStr()
	return hash.String(), nil
}

// send writes an image to the engine.
func (f *front) send(ctx context.Context, ours name.Tag, img v1.Image) error {
	archive, w := io.Pipe()
	go func() { w.CloseWithError(tarball.Write(ours, img, w)) }()
	defer archive.Close()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://docker/images/load?quiet=1", archive)
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/x-tar")
	response, err := f.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && (response.StatusCode != http.StatusOK || bytes.Contains(body, []byte(`"error"`))) {
		err = errors.New(response.Status + ": " + strings.TrimSpace(string(body)))
	}
	return err
}

// credentials are those that a client sends along with a pull.
func credentials(header string) authn.Authenticator {
	var as struct{ Username, Password string }
	text, err := base64.URLEncoding.DecodeString(header)
	if err != nil || json.Unmarshal(text, &as) != nil || as.Username == "" {
		return authn.Anonymous
	}
	return &authn.Basic{Username: as.Username, Password: as.Password}
}

func (f *front) ours(reference string) (string, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	image, ok := f.images[reference]
	return image, ok
}

// create puts our name of the image into the request for a container, and our label on that.
func (f *front) create(r *http.Request) error {
	var config map[string]json.RawMessage
	if err := json.NewDecoder(r.Body).Decode(&config); err != nil {
		return err
	}
	var image string
	labels := map[string]string{}
	err := json.Unmarshal(config["Image"], &image)
	if len(config["Labels"]) > 0 {
		err = errors.Join(err, json.Unmarshal(config["Labels"], &labels))
	}
	if err != nil {
		return err
	}
	if ours, ok := f.ours(image); ok {
		image = ours
	}
	if labels == nil {
		labels = map[string]string{}
	}
	labels[f.label] = f.owner
	imageText, imageErr := json.Marshal(image)
	labelText, labelErr := json.Marshal(labels)
	config["Image"], config["Labels"] = imageText, labelText
	body, err := json.Marshal(config)
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	r.Header.Del("Content-Length")
	return errors.Join(imageErr, labelErr, err)
}

// rename puts our name of an image into the path of a request about it.
func (f *front) rename(r *http.Request, path string) {
	rest := strings.TrimPrefix(path, "/images/")
	f.mu.Lock()
	defer f.mu.Unlock()
	for reference, ours := range f.images {
		if after, ok := strings.CutPrefix(rest, reference); ok && (after == "" || after[0] == '/') {
			version := strings.TrimSuffix(r.URL.Path, path)
			r.URL.Path, r.URL.RawPath = version+"/images/"+ours+after, ""
			if r.Method == http.MethodDelete {
				delete(f.images, reference)
			}
			return
		}
	}
}
