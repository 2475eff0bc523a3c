package standin

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

var mirrorRoute = regexp.MustCompile(`^/v2/(.+)/(manifests|blobs)/([^/]+)$`)

// mirror answers the reading half of the distribution protocol from a store.
type mirror struct {
	store *store
	// tags are by repository:tag.
	tags map[string]v1.Hash
}

func (m *mirror) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/v2/" {
		return
	}
	match := mirrorRoute.FindStringSubmatch(r.URL.Path)
	if match == nil || (r.Method != http.MethodGet && r.Method != http.MethodHead) {
		http.Error(w, "this mirror only answers GET and HEAD of manifests and blobs", http.StatusNotFound)
		return
	}
	repository, kind, reference := match[1], match[2], match[3]
	digest, err := v1.NewHash(reference)
	if err != nil && kind == "manifests" {
		var ok bool
		if digest, ok = m.tags[repository+":"+reference]; !ok {
			notFound(w, "MANIFEST_UNKNOWN",
				fmt.Sprintf("%s:%s has no stand-in; there are %s", repository, reference, String()))
			return
		}
	}
	if digest.Algorithm != "sha256" {
		notFound(w, "BLOB_UNKNOWN", "no digest: "+reference)
		return
	}
	f, err := os.Open(m.store.blobPath(digest))
	if err != nil {
		notFound(w, "BLOB_UNKNOWN", reference+" is not of a stand-in")
		return
	}
	defer f.Close()
	w.Header().Set("Docker-Content-Digest", digest.String())
	w.Header().Set("Content-Type", "application/octet-stream")
	if kind == "manifests" {
		var manifest struct {
			MediaType string `json:"mediaType"`
		}
		if err := json.NewDecoder(f).Decode(&manifest); err != nil || manifest.MediaType == "" {
			notFound(w, "MANIFEST_UNKNOWN", reference+" is not a manifest")
			return
		}
		w.Header().Set("Content-Type", manifest.MediaType)
	}
	http.ServeContent(w, r, "", time.Time{}, f)
}

func notFound(w http.ResponseWriter, code, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusNotFound)
	json.NewEncoder(w).Encode(map[string]any{"errors": []any{map[string]string{"code": code, "message": message}}})
}
