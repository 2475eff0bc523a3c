package registry_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/lambda/internal/fixture"
	"archway/lambda/internal/image/index"
	"archway/lambda/internal/image/registry"
)

func digests(found []specs.Descriptor) []digest.Digest {
	var all []digest.Digest
	for _, d := range found {
		all = append(all, d.Digest)
	}
	return all
}

// Referrers are found in every way that they are attached.
func TestReferrers(t *testing.T) {
	store := fixture.New()
	image := store.Linux("amd64", "")
	attached := store.Refer(image, index.DSSE, fixture.Envelope(store.Statement(image, nil), false))
	listed := store.Index(attached) // the form of the tag that stands for the API
	tag := strings.Replace(image.Digest.String(), ":", "-", 1)
	withoutAPI := func(code int) fixture.Fault {
		return func(w http.ResponseWriter, r *http.Request) bool {
			if !strings.Contains(r.URL.Path, "/referrers/") {
				return false
			}
			w.WriteHeader(code)
			return true
		}
	}
	for name, test := range map[string]struct {
		fault fixture.Fault
		tag   string
		to    digest.Digest
		want  []digest.Digest
	}{
		"the API": {nil, "", "", []digest.Digest{attached.Digest}},
		"the tag that stands for it": {withoutAPI(404), tag, listed.Digest,
			[]digest.Digest{attached.Digest}},
		"the tag, where the API is not allowed": {withoutAPI(405), tag, listed.Digest,
			[]digest.Digest{attached.Digest}},
		"cosign's tag": {withoutAPI(404), tag + ".att", attached.Digest,
			[]digest.Digest{attached.Digest}},
		"none":                                   {withoutAPI(404), "", "", nil},
		"what is no index under the tag":         {withoutAPI(404), tag, image.Digest, nil},
		"the API answers with something strange": {answers("/referrers/", 200, "<html>"), "", "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := fixture.Serve(t)
			s.Push(t, "app", store)
			if test.tag != "" {
				s.Tag(t, "app", test.tag, store, test.to)
			}
			if test.fault != nil {
				s.Misbehave(test.fault)
			}
			got, err := open(t, s).Referrers(t.Context(), image.Digest)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, digests(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// answers gives one answer to everything whose path holds something.
func answers(path string, code int, body string) fixture.Fault {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.Contains(r.URL.Path, path) {
			return false
		}
		w.WriteHeader(code)
		fmt.Fprint(w, body)
		return true
	}
}

func TestReferrersComeInPages(t *testing.T) {
	s, _, d := served(t)
	endless := 0
	s.Misbehave(func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.Contains(r.URL.Path, "/referrers/") {
			return false
		}
		endless++
		// An address elsewhere is not followed: only the query counts.
		w.Header().Set("Link", fmt.Sprintf(`<http://169.254.169.254/latest/meta-data?last=%d>; rel="next"`, endless))
		fmt.Fprintf(w, `{"manifests":[{"digest":%q}]}`, digest.FromString(r.URL.RawQuery))
		return true
	})
	got, err := open(t, s).Referrers(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	want := []digest.Digest{digest.FromString("")}
	for n := range 4 {
		want = append(want, digest.FromString(fmt.Sprintf("last=%d", n+1)))
	}
	if diff := cmp.Diff(want, digests(got)); diff != "" {
		t.Errorf("bounded to 5 pages of the same registry (-want +got):\n%s", diff)
	}
}

func TestLinksThatLeadNowhereEndTheList(t *testing.T) {
	for _, link := range []string{"", "next", `</v2/x?a=b>; rel="prev"`, `<%zz?a=b>; rel="next"`,
		`</v2/x>; rel="next"`} {
		s, _, d := served(t)
		asked := 0
		s.Misbehave(func(w http.ResponseWriter, r *http.Request) bool {
			if !strings.Contains(r.URL.Path, "/referrers/") {
				return false
			}
			asked++
			w.Header().Set("Link", link)
			fmt.Fprint(w, `{"manifests":[]}`)
			return true
		})
		if _, err := open(t, s).Referrers(t.Context(), d); err != nil || asked != 1 {
			t.Errorf("%q: asked %d times, %v", link, asked, err)
		}
	}
}

// Referrers tells that they couldn't be asked for.
func TestReferrersUnavailable(t *testing.T) {
	for name, test := range map[string]struct {
		path string
		code int
		want error
	}{
		"the API is denied":         {"/referrers/", 403, registry.ErrDenied},
		"the API fails":             {"/referrers/", 500, registry.ErrUnavailable},
		"cosign's tag is denied":    {".att", 403, registry.ErrDenied},
		"the tag for it all breaks": {"/manifests/sha256-", 500, registry.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			s, _, d := served(t)
			s.Misbehave(answers(test.path, test.code, ""))
			if strings.Contains(test.path, "manifests") {
				s.Misbehave(answers("/referrers/", 404, ""))
			}
			if _, err := open(t, s).Referrers(t.Context(), d); !errors.Is(err, test.want) {
				t.Errorf("error %v, want %v", err, test.want)
			}
		})
	}
	s, _, _ := served(t)
	if got, err := open(t, s).Referrers(t.Context(), "sha256:x"); got != nil || err != nil {
		t.Errorf("of what is no digest: %v, %v", got, err)
	}
}
