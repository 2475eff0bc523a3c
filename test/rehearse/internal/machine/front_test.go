package machine

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What is asked of an engine about an image that was pulled through the front is asked about the
// one that was loaded; everything else stays as it is, and each container has our label.
func TestFrontNames(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "s")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	engine := &http.Server{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = append(got, r.Method+" "+r.URL.Path+" "+string(body))
	})}
	go engine.Serve(listener)
	t.Cleanup(func() { engine.Close() })
	f := newFront(socket, "registry.test:1", "me", http.DefaultTransport)
	f.images["registry.test:1/app@sha256:0a"] = "me/0a:pulled"
	for _, request := range []struct{ method, path, body string }{
		{"POST", "/v1.41/containers/create", `{"Image":"registry.test:1/app@sha256:0a","Cmd":["x"]}`},
		{"POST", "/containers/create", `{"Image":"other","Labels":{"a":"b"}}`},
		{"GET", "/v1.41/images/registry.test:1/app@sha256:0a/json", ""},
		{"GET", "/v1.41/images/registry.test:1/app@sha256:0ab/json", ""},
		{"DELETE", "/v1.41/images/registry.test:1/app@sha256:0a", ""},
		{"DELETE", "/v1.41/images/registry.test:1/app@sha256:0a", ""},
		{"POST", "/v1.41/auth", `{"serveraddress":"elsewhere"}`},
	} {
		f.ServeHTTP(httptest.NewRecorder(),
			httptest.NewRequest(request.method, request.path, strings.NewReader(request.body)))
	}
	want := []string{
		`POST /v1.41/containers/create {"Cmd":["x"],"Image":"me/0a:pulled","Labels":{"archway.rehearsal":"me"}}`,
		`POST /containers/create {"Image":"other","Labels":{"a":"b","archway.rehearsal":"me"}}`,
		"GET /v1.41/images/me/0a:pulled/json ",
		"GET /v1.41/images/registry.test:1/app@sha256:0ab/json ",
		"DELETE /v1.41/images/me/0a:pulled ",
		"DELETE /v1.41/images/registry.test:1/app@sha256:0a ",
		`POST /v1.41/auth {"serveraddress":"elsewhere"}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// The registry says who may log in.
func TestFrontLogin(t *testing.T) {
	registry := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, password, _ := r.BasicAuth(); password != "right" {
			w.WriteHeader(http.StatusUnauthorized)
		}
	}))
	t.Cleanup(registry.Close)
	host := registry.Listener.Addr().String()
	f := newFront("/nowhere", host, "me", registry.Client().Transport)
	for password, status := range map[string]int{"right": http.StatusOK, "wrong": http.StatusUnauthorized} {
		body, err := json.Marshal(map[string]string{"username": "AWS", "password": password, "serveraddress": host})
		if err != nil {
			t.Fatal(err)
		}
		answer := httptest.NewRecorder()
		f.ServeHTTP(answer, httptest.NewRequest("POST", "/v1.41/auth", strings.NewReader(string(body))))
		if answer.Code != status {
			t.Errorf("%s: got HTTP %d %s, expected %d", password, answer.Code, answer.Body, status)
		}
	}
}
