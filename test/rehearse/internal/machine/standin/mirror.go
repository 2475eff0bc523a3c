package standin

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

var mirrorRoute = regexp.MustCompile(`^/v2/(.+)/(manifests|blobs)/([^/]+)$`)

// mirror answers the reading half of the distribution protocol from a store of stand-ins, and from
// the registries where the originals are.
type mirror struct {
	store *store
	// tags are by repository:tag; those of originals by registry/repository:tag.
	tags map[string]v1.Hash
	// upstream is nil if there are stand-ins only.
	upstream *upstream
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
	// Who asks a mirror says for which registry.
	original := r.URL.Query().Get("ns") + "/" + repository
	digest, err := v1.NewHash(reference)
	if err != nil && kind == "manifests" {
		var ok bool
		if digest, ok = m.tags[original+":"+reference]; !ok {
			digest, ok = m.tags[repository+":"+reference]
		}
		if !ok {
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
	if err != nil && m.upstream != nil {
		var path string
		if path, err = m.upstream.find(r.Context(), original, digest, kind == "manifests"); err == nil {
			f, err = os.Open(path)
		}
	}
	if err != nil {
		notFound(w, "BLOB_UNKNOWN", reference+" is not of a stand-in, nor of an original that can be pulled")
		return
	}
	defer f.Close()
	w.Header().Set("Docker-Content-Digest", digest.String())
	w.Header().Set("Content-Type", "application/octet-stream")
	if kind == "manifests" {
		var manifest struct {
			MediaType         string `json:"mediaType"`
			Manifests, Layers []json.RawMessage
		}
		if err := json.NewDecoder(f).Decode(&manifest); err != nil {
			notFound(w, "MANIFEST_UNKNOWN", reference+" is not a manifest")
			return
		}
		switch { // the Image Specification does not ask for the field
		case manifest.MediaType != "":
		case len(manifest.Manifests) > 0:
			manifest.MediaType = string(types.OCIImageIndex)
		case len(manifest.Layers) > 0:
			manifest.MediaType = string(types.OCIManifestSchema1)
		default:
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
