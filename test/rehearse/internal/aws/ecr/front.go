package ecr

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// route splits a path of the distribution protocol; a repository's name may
// itself contain the words, so the last one counts.
var route = regexp.MustCompile(`^/v2/(.+)/(manifests|blobs|tags|referrers)/(.*)$`)

// maxManifest is the limit of the distribution specification, and ECR's.
const maxManifest = 4 << 20

func (r *Registry) serve(w http.ResponseWriter, request *http.Request) {
	if r.isBlobHost(request.Host) {
		r.serveSigned(w, request)
		return
	}
	user, password, _ := request.BasicAuth()
	guard := r.guard(user, password)
	if guard == nil {
		w.Header().Set("Www-Authenticate",
			fmt.Sprintf(`Basic realm="https://%s/",service="ecr.amazonaws.com"`, r.Host()))
		http.Error(w, "Not Authorized", http.StatusUnauthorized)
		return
	}
	w.Header().Set("Docker-Distribution-Api-Version", "registry/2.0")
	match := route.FindStringSubmatch(request.URL.Path)
	if match == nil {
		r.serveRoot(w, request, guard)
		return
	}
	name, kind, rest := match[1], match[2], match[3]
	if err := allowed(guard, request.Method, name, kind, rest); err != nil {
		refuse(w, http.StatusForbidden, "DENIED", err)
		return
	}
	if rule, upstream, ok := r.pullThrough(name); ok {
		r.serveCache(w, request, guard, rule, name, upstream, kind, rest)
		return
	}
	repo, err := r.repository(name)
	if err != nil {
		refuse(w, http.StatusNotFound, "NAME_UNKNOWN", err)
		return
	}
	switch {
	case kind == "referrers":
		http.NotFound(w, request)
	case kind == "manifests" && request.Method == http.MethodPut:
		r.putManifest(w, request, repo, name, rest)
	case kind == "blobs" && request.Method == http.MethodGet && r.options.BlobHost != "" &&
		strings.HasPrefix(rest, "sha256:"):
		r.redirectBlob(w, request, name, rest)
	case kind == "blobs" && request.Method == http.MethodPost:
		r.startUpload(w, request, guard, repo)
	default:
		r.backend.ServeHTTP(w, request)
	}
}

// serveRoot answers what is about no repository: only whether the credentials are
// valid, for which nobody needs a permission.
func (r *Registry) serveRoot(w http.ResponseWriter, request *http.Request, guard Guard) {
	if request.URL.Path == "/v2/" {
		r.backend.ServeHTTP(w, request)
		return
	}
	refuse(w, http.StatusForbidden, "DENIED", allowed(guard, request.Method, "the registry", request.URL.Path, ""))
}

// putManifest lets a manifest pass unless its tag is immutable and taken.
func (r *Registry) putManifest(w http.ResponseWriter, request *http.Request, repo *repository, name, reference string) {
	body, err := io.ReadAll(http.MaxBytesReader(w, request.Body, maxManifest))
	if err != nil {
		refuse(w, http.StatusRequestEntityTooLarge, "SIZE_INVALID", err)
		return
	}
	if err := unsupported(body); err != nil {
		refuse(w, http.StatusMethodNotAllowed, "UNSUPPORTED", err)
		return
	}
	request.Body = io.NopCloser(bytes.NewReader(body))
	repo.writing.Lock()
	defer repo.writing.Unlock()
	if !isDigest(reference) {
		current, err := r.backend.digest(name, reference)
		if err != nil {
			refuse(w, http.StatusInternalServerError, "UNKNOWN", err)
			return
		}
		if current != "" && repo.immutable(reference) {
			refuse(w, http.StatusBadRequest, "TAG_INVALID", errors.New(taken(name, reference)))
			return
		}
	}
	answer := &statusOf{ResponseWriter: w}
	if r.backend.ServeHTTP(answer, request); answer.status == http.StatusCreated {
		r.remember(repo, body)
	}
}

// statusOf is a response whose status is looked at.
type statusOf struct {
	http.ResponseWriter
	status int
}

func (s *statusOf) WriteHeader(status int) {
	s.status = status
	s.ResponseWriter.WriteHeader(status)
}

// taken is ECR's wording, seen in osscontainertools/kaniko#204.
func taken(repository, tag string) string {
	return fmt.Sprintf("The image tag '%s' already exists in the '%s' repository and cannot be overwritten because the tag is immutable.",
		tag, repository)
}

func isDigest(reference string) bool { return strings.Contains(reference, ":") }

// refuse answers an error in the distribution protocol's form.
func refuse(w http.ResponseWriter, status int, code string, err error) {
	message := err.Error()
	if e := (*Error)(nil); errors.As(err, &e) {
		message = e.Message
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]any{"errors": []any{map[string]string{"code": code, "message": message}}})
}

// hostname is a Host header without its port.
func hostname(host string) string { return (&url.URL{Host: host}).Hostname() }
