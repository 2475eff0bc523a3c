package registry

import "net/http"

// startUpload begins the upload of a blob, unless the client asks to mount it from another
// repository and that can be done. Who mounts needs a permission on the repository that has the
// blob.
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/blob-mounting.html
func (r *Registry) startUpload(w http.ResponseWriter, request *http.Request, guard Guard, target *repository) {
	query := request.URL.Query()
	from := query.Get("from")
	mount := r.options.Mount && from != "" && query.Get("mount") != ""
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

// mounts tells whether blobs of one repository can be mounted into another. What is pulled through
// a cache can't.
func (r *Registry) mounts(target *repository, from string) bool {
	source, err := r.repository(from)
	return err == nil && source.encryption == target.encryption
}
