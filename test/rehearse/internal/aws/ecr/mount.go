package ecr

import (
	"net/http"
	"strings"
)

// startUpload begins the upload of a blob, unless the client asks to mount it from another
// repository and that can be done. Who mounts needs a permission on the repository that has the
// blob.
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/blob-mounting.html
//
// All builds of a rehearsal share one BuildKit, which asks to mount what other builds have pushed
// elsewhere. A build on AWS begins with an empty one, which knows of no other repository but those
// of a pull-through cache, from which ECR mounts nothing.
func (r *Registry) startUpload(w http.ResponseWriter, request *http.Request, guard Guard, target *repository) {
	query := request.URL.Query()
	from := query.Get("from")
	shared := strings.HasPrefix(request.UserAgent(), "buildkit/")
	mount := r.options.Mount && from != "" && query.Get("mount") != "" && !shared
	if mount {
		if err := guard("ecr:GetDownloadUrlForLayer", from); err != nil {
			refuse(w, http.StatusForbidden, "DENIED", err)
			return
		}
	}
	if !mount || !r.mounts(target, from) {
		query.Del("mount")
		query.Del("from")
		request.URL.RawQuery = query.Encode()
	}
	// If the other repository lacks the blob, this begins an upload as well.
	r.backend.ServeHTTP(w, request)
}

// mounts reports whether blobs of one repository can be mounted into another. What is pulled
// through a cache can't.
func (r *Registry) mounts(target *repository, from string) bool {
	source, err := r.repository(from)
	return err == nil && source.encryption == target.encryption
}
