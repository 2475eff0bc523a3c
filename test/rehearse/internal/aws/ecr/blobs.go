package ecr

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// signedFor is how long a signed address may be used.
const signedFor = time.Hour

func (r *Registry) isBlobHost(host string) bool {
	return r.options.BlobHost != "" && strings.EqualFold(hostname(host), r.options.BlobHost)
}

// redirectBlob sends a client to the signed address of a blob that exists.
func (r *Registry) redirectBlob(w http.ResponseWriter, request *http.Request, repository, digest string) {
	if status := r.blobStatus(repository, digest); status != http.StatusOK {
		r.backend.ServeHTTP(w, request) // it knows how to say what is wrong
		return
	}
	expires := strconv.FormatInt(time.Now().Add(signedFor).Unix(), 10)
	path := "/" + repository + "/" + digest
	address := url.URL{
		Scheme: "https",
		Host:   net.JoinHostPort(r.options.BlobHost, strconv.Itoa(r.port)),
		Path:   path,
		RawQuery: url.Values{
			"X-Amz-Algorithm": {"AWS4-HMAC-SHA256"},
			"X-Amz-Expires":   {expires},
			"X-Amz-Signature": {r.sign(path, expires)},
		}.Encode(),
	}
	w.Header().Set("Location", address.String())
	w.WriteHeader(http.StatusTemporaryRedirect)
}

// serveSigned answers a blob to whoever has a signed address, and nothing else.
func (r *Registry) serveSigned(w http.ResponseWriter, request *http.Request) {
	query := request.URL.Query()
	expires := query.Get("X-Amz-Expires")
	seconds, err := strconv.ParseInt(expires, 10, 64)
	slash := strings.LastIndex(request.URL.Path, "/")
	switch {
	case request.Header.Get("Authorization") != "":
		refuseXML(w, http.StatusBadRequest, "InvalidArgument",
			"Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified")
	case request.Method != http.MethodGet:
		refuseXML(w, http.StatusMethodNotAllowed, "MethodNotAllowed",
			"The specified method is not allowed against this resource.")
	case err != nil || slash < 1 ||
		!hmac.Equal([]byte(query.Get("X-Amz-Signature")), []byte(r.sign(request.URL.Path, expires))):
		refuseXML(w, http.StatusForbidden, "SignatureDoesNotMatch",
			"The request signature we calculated does not match the signature you provided.")
	case time.Now().Unix() > seconds:
		refuseXML(w, http.StatusForbidden, "AccessDenied", "Request has expired")
	default:
		repository, digest := request.URL.Path[1:slash], request.URL.Path[slash+1:]
		request.URL = &url.URL{Path: "/v2/" + repository + "/blobs/" + digest}
		r.backend.ServeHTTP(w, request)
	}
}

func (r *Registry) sign(path, expires string) string {
	mac := hmac.New(sha256.New, r.signingKey)
	mac.Write([]byte(path + "\n" + expires))
	return hex.EncodeToString(mac.Sum(nil))
}

// blobStatus asks the backend whether it has a blob.
func (r *Registry) blobStatus(repository, digest string) int {
	var answer statusOnly
	r.backend.ServeHTTP(&answer, httptest.NewRequest(http.MethodHead, "/v2/"+repository+"/blobs/"+digest, nil))
	return answer.status
}

// statusOnly is a response of which only the status is kept.
type statusOnly struct {
	header http.Header
	status int
}

func (s *statusOnly) Header() http.Header {
	if s.header == nil {
		s.header = http.Header{}
	}
	return s.header
}

func (s *statusOnly) WriteHeader(status int) {
	if s.status == 0 {
		s.status = status
	}
}

func (s *statusOnly) Write(p []byte) (int, error) {
	s.WriteHeader(http.StatusOK)
	return len(p), nil
}

// refuseXML answers an error as S3 does.
func refuseXML(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	fmt.Fprintf(w, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>%s</Code><Message>%s</Message></Error>",
		code, message)
}
