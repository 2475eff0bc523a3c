package registry

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	specs "github.com/opencontainers/image-spec/specs-go/v1"
)

func TestEntriesOfAPageAreTakenOneByOne(t *testing.T) {
	many := `{"manifests":[` + strings.Repeat(`{"size":1},`, 1000) + `{}]}`
	large := `{"manifests":[{"annotations":{"x":"` + strings.Repeat("x", maxEntry) + `"}},{"size":2}]}`
	for _, test := range []struct {
		name, body string
		sizes      []int64
	}{
		{"an index", `{"mediaType":"x","manifests":[{"size":1},{"size":2}],"annotations":{}}`, []int64{1, 2}},
		{"no entries", `{"manifests":[]}`, nil},
		{"nothing", `{"manifests":null}`, nil},
		{"no list", `{"manifests":{"size":1}}`, nil},
		{"an entry of another shape", `{"manifests":[5,{"size":"x"},{"size":3}]}`, []int64{3}},
		{"a huge entry", large, []int64{2}},
		{"no document", `<html>`, nil},
	} {
		var sizes []int64
		for _, d := range descriptors([]byte(test.body)) {
			sizes = append(sizes, d.Size)
		}
		if diff := cmp.Diff(test.sizes, sizes); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
	if n := len(descriptors([]byte(many))); n != maxListed {
		t.Errorf("%d of 1001 entries, want %d", n, maxListed)
	}
}

func FuzzReferrers(f *testing.F) {
	for _, body := range []string{
		"", "null", "{", `{"manifests":null}`, `{"manifests":{}}`, `{"manifests":[{"size":1},5,{}]}`,
		`{"Manifests":[{}],"manifests":[{}]}`,
		`{"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2,"artifactType":"application/vnd.in-toto+json","data":"e30="}]}`,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		found := descriptors(b)
		if len(found) > maxListed {
			t.Errorf("%d entries", len(found))
		}
		// What json itself takes as an index is taken as that too.
		var plain struct {
			Manifests []specs.Descriptor `json:"manifests"`
		}
		if len(b) < maxEntry && json.Unmarshal(b, &plain) == nil && len(plain.Manifests) <= maxListed &&
			bytes.Count(bytes.ToLower(b), []byte("manifests")) == 1 {
			if diff := cmp.Diff(len(plain.Manifests), len(found)); diff != "" {
				t.Errorf("entries (-want +got):\n%s", diff)
			}
		}
	})
}

func FuzzNextPage(f *testing.F) {
	for _, link := range []string{"", `</v2/app/referrers/sha256:x?n=1&last=2>; rel="next"`,
		`<https://elsewhere/?a=b>;rel=next`, "<", ">", `<%zz>; rel="next"`, `<?a> rel="prev"`} {
		f.Add(link)
	}
	f.Fuzz(func(t *testing.T, link string) {
		query := nextPage(link)
		if u, err := url.Parse("https://registry.example/?" + query); query != "" &&
			(err != nil || u.Host != "registry.example") {
			t.Errorf("the query %q of %q leads to %v (%v)", query, link, u, err)
		}
	})
}
