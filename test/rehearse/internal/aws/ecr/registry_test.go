package ecr_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"archway/test/rehearse/internal/aws/ecr"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

const (
	registryHost = "111122223333.dkr.ecr.eu-west-1.archway.test"
	blobHost     = "layers.archway.test"
)

func TestImageReadsBackByTagAndDigest(t *testing.T) {
	f := start(t, nil)
	img := newImage(t)
	f.mustPush("team/app:1", img)
	for _, reference := range []string{"team/app:1", "team/app@" + digestOf(t, img)} {
		got, err := remote.Image(f.ref(reference), f.options()...)
		if err != nil {
			t.Fatal(err)
		}
		if digestOf(t, got) != digestOf(t, img) {
			t.Errorf("%s has digest %s, expected %s", reference, digestOf(t, got), digestOf(t, img))
		}
		layers, err := got.Layers()
		if err != nil {
			t.Fatal(err)
		}
		for _, layer := range layers { // through the redirect; go-containerregistry verifies the digest
			rc, err := layer.Compressed()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, rc); err != nil {
				t.Error(err)
			}
			rc.Close()
		}
	}
}

func TestWithoutCredentialsIsChallenged(t *testing.T) {
	f := start(t, nil)
	for _, auth := range []authn.Authenticator{authn.Anonymous, &authn.Basic{Username: "AWS", Password: "wrong"},
		&authn.Basic{Username: "other", Password: "secret"}} {
		_, err := remote.Get(f.ref("mutable:x"), remote.WithTransport(f.transport), remote.WithAuth(auth))
		var e *transport.Error
		if !errors.As(err, &e) || e.StatusCode != http.StatusUnauthorized {
			t.Errorf("got error %v, expected HTTP 401", err)
		}
	}
	response, err := (&http.Client{Transport: f.transport}).Get("https://" + f.Host() + "/v2/")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	want := `Basic realm="https://` + f.Host() + `/",service="ecr.amazonaws.com"`
	if diff := cmp.Diff(want, response.Header.Get("Www-Authenticate")); diff != "" {
		t.Error(diff)
	}
}

func TestUnknownRepositoryIsRefused(t *testing.T) {
	f := start(t, nil)
	wantHTTP(t, f.push("nobody/made:1", newImage(t)), http.StatusNotFound, "NAME_UNKNOWN",
		"The repository with name 'nobody/made' does not exist in the registry with id '111122223333'")
	_, err := f.Tags("nobody/made")
	wantAPI(t, err, "RepositoryNotFoundException")
	wantAPI(t, f.PutImage("nobody/made", "", []byte("{}"), "", "x"), "RepositoryNotFoundException")
}

func TestTagMutability(t *testing.T) {
	tests := []struct {
		reference string
		again     bool
	}{
		{"mutable:1", true},
		{"frozen:1", false},
		{"team/app:0123abcd", false},
		{"team/app:latest", true},
		{"team/app:latest2", false},
		{"team/app:nightly-1", true},
		{"versions:v1", false},
		{"versions:main", true},
	}
	f := start(t, nil)
	for _, test := range tests {
		t.Run(test.reference, func(t *testing.T) {
			first, second := newImage(t), newImage(t)
			f.mustPush(test.reference, first)
			repository, tag, _ := strings.Cut(test.reference, ":")
			err := f.push(test.reference, second)
			want := digestOf(t, second)
			if !test.again {
				want = digestOf(t, first)
				wantHTTP(t, err, http.StatusBadRequest, "TAG_INVALID",
					"The image tag '"+tag+"' already exists in the '"+repository+
						"' repository and cannot be overwritten because the tag is immutable.")
			} else if err != nil {
				t.Error(err)
			}
			tags, err := f.Tags(repository)
			if err != nil {
				t.Fatal(err)
			}
			if tags[tag] != want {
				t.Errorf("tag %s is %s, expected %s", tag, tags[tag], want)
			}
		})
	}
}

// An immutable tag is refused even with the same digest.
func TestImmutableTag(t *testing.T) {
	f := start(t, nil)
	img := newImage(t)
	f.mustPush("frozen:1", img)
	// go-containerregistry would look first and skip the write: put it by hand.
	manifest, err := img.RawManifest()
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequest(http.MethodPut, "https://"+f.Host()+"/v2/frozen/manifests/1",
		strings.NewReader(string(manifest)))
	if err != nil {
		t.Fatal(err)
	}
	request.SetBasicAuth("AWS", "secret")
	request.Header.Set("Content-Type", string(types.OCIManifestSchema1))
	response, err := f.transport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	wantHTTP(t, transport.CheckError(response, http.StatusCreated), http.StatusBadRequest, "TAG_INVALID",
		"cannot be overwritten")

	f.mustPush("frozen@"+digestOf(t, img), img) // by digest it is no tag's business
}

// Only one of many writers gets an immutable tag.
func TestRaceForAnImmutableTag(t *testing.T) {
	f := start(t, nil)
	const writers = 8
	var wg sync.WaitGroup
	errs := make([]error, writers)
	for i := range writers {
		img := newImage(t)
		f.mustPush("frozen@"+digestOf(t, img), img)
		wg.Go(func() { errs[i] = remote.Tag(f.ref("frozen:raced").(name.Tag), img, f.options()...) })
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
			continue
		}
		wantHTTP(t, err, http.StatusBadRequest, "TAG_INVALID", "immutable")
	}
	if won != 1 {
		t.Errorf("%d writers got the tag, expected 1", won)
	}
}

func TestIndexNeedsItsChildren(t *testing.T) {
	f := start(t, nil)
	img := newImage(t)
	index := mutate.AppendManifests(mutate.IndexMediaType(empty.Index, types.OCIImageIndex),
		mutate.IndexAddendum{Add: img})
	manifest, err := index.RawManifest()
	if err != nil {
		t.Fatal(err)
	}
	wantAPI(t, f.PutImage("team/app", string(types.OCIImageIndex), manifest, "", ""),
		"ReferencedImagesNotFoundException")

	ref := f.ref("team/app:x").(name.Tag)
	wantHTTP(t, remote.Put(ref, index, f.options()...), http.StatusBadRequest, "MANIFEST_BLOB_UNKNOWN", "")

	f.mustPush("team/app@"+digestOf(t, img), img)
	wantAPI(t, f.PutImage("team/app", string(types.OCIImageIndex), manifest, digestOf(t, index), ""), "")
	got, err := remote.Index(f.ref("team/app@"+digestOf(t, index)), f.options()...)
	if err != nil {
		t.Fatal(err)
	}
	if digestOf(t, got) != digestOf(t, index) {
		t.Errorf("got %s, expected %s", digestOf(t, got), digestOf(t, index))
	}
	tags, err := f.Tags("team/app")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{}, tags); diff != "" {
		t.Errorf("an index put by digest got a tag: %s", diff)
	}
}

func TestPutImage(t *testing.T) {
	f := start(t, nil)
	first, second := newImage(t), newImage(t)
	for _, img := range []v1.Image{first, second} {
		f.mustPush("team/app@"+digestOf(t, img), img)
	}
	raw := func(img v1.Image) []byte {
		data, err := img.RawManifest()
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	const oci = string(types.OCIManifestSchema1)
	// In this order: each line sees what the earlier ones left.
	tests := []struct {
		behavior  string
		mediaType string
		manifest  []byte
		digest    string
		tag       string
		code      string
	}{
		{"a new tag is written", oci, raw(first), digestOf(t, first), "1", ""},
		{"the media type may come from the manifest", "", raw(first), "", "latest", ""},
		{"the same digest again is an error", oci, raw(first), "", "1", "ImageAlreadyExistsException"},
		{"also on a mutable tag", oci, raw(first), "", "latest", "ImageAlreadyExistsException"},
		{"also without a tag", oci, raw(first), "", "", "ImageAlreadyExistsException"},
		{"another digest on an immutable tag", oci, raw(second), "", "1", "ImageTagAlreadyExistsException"},
		{"another digest on an excluded tag", oci, raw(second), "", "latest", ""},
		{"a digest of something else", oci, raw(first), digestOf(t, second), "2", "ImageDigestDoesNotMatchException"},
		{"no digest at all", oci, raw(first), "first", "2", "InvalidParameterException"},
		{"a tag that is none", oci, raw(first), "", "a b", "InvalidParameterException"},
		{"no JSON", oci, []byte("{"), "", "2", "InvalidParameterException"},
		{"an empty object", "", []byte("{}"), "", "2", "InvalidParameterException"},
		{"an unknown media type", "text/plain", raw(first), "", "2", "InvalidParameterException"},
		{"another media type than the manifest says", string(types.OCIImageIndex), raw(first), "", "2",
			"InvalidParameterException"},
		{"layers that were never pushed", oci, raw(newImage(t)), "", "2", "LayersNotFoundException"},
	}
	for _, test := range tests {
		t.Run(test.behavior, func(t *testing.T) {
			wantAPI(t, f.PutImage("team/app", test.mediaType, test.manifest, test.digest, test.tag), test.code)
		})
	}
	tags, err := f.Tags("team/app")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"1": digestOf(t, first), "latest": digestOf(t, second)}, tags); diff != "" {
		t.Error(diff)
	}
	got, mediaType, err := f.Manifest("team/app", "1")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(raw(first)), string(got)); diff != "" || mediaType != oci {
		t.Errorf("media type %s, manifest %s", mediaType, diff)
	}
	_, _, err = f.Manifest("team/app", "none")
	wantAPI(t, err, "ImageNotFoundException")
}

func TestMissingLayersAreNamed(t *testing.T) {
	f := start(t, nil)
	image := newImage(t)
	manifest, err := image.RawManifest()
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := image.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	missing := f.PutImage("mutable", "", manifest, "", "2")
	wantAPI(t, missing, "LayersNotFoundException")
	for _, d := range append(parsed.Layers, parsed.Config) {
		if !strings.Contains(missing.Error(), d.Digest.String()) {
			t.Errorf("%v does not name %s", missing, d.Digest)
		}
	}
	wantAPI(t, f.PutImage("mutable", "", []byte("{}"), "", "2"), "InvalidParameterException")
	if err := f.PutImage("mutable", "", []byte("{}"), "", "2"); !strings.Contains(err.Error(),
		"'Invalid JSON syntax'") {
		t.Errorf("got %v", err)
	}
}

// Blobs are redirected to a signed address.
func TestBlobRedirects(t *testing.T) {
	f := start(t, nil)
	img := newImage(t)
	f.mustPush("mutable:1", img)
	config, err := img.ConfigName()
	if err != nil {
		t.Fatal(err)
	}
	get := func(address string, authorize bool) *http.Response {
		t.Helper()
		request, err := http.NewRequest(http.MethodGet, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		if authorize {
			request.SetBasicAuth("AWS", "secret")
		}
		response, err := f.transport.RoundTrip(request)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { response.Body.Close() })
		return response
	}
	blob := "https://" + f.Host() + "/v2/mutable/blobs/"
	redirect := get(blob+config.String(), true)
	location := redirect.Header.Get("Location")
	if redirect.StatusCode != http.StatusTemporaryRedirect || !strings.HasPrefix(location, "https://"+blobHost+":") {
		t.Fatalf("got HTTP %d to %q, expected a redirect to %s", redirect.StatusCode, location, blobHost)
	}
	other := strings.Replace(location, config.Hex, strings.Repeat("0", 64), 1)
	tests := []struct {
		behavior  string
		address   string
		authorize bool
		status    int
		body      string
	}{
		{"the signature is enough", location, false, http.StatusOK, `"rootfs"`},
		{"two ways of authorization are refused", location, true, http.StatusBadRequest,
			"Only one auth mechanism allowed"},
		{"a signature is for one blob", other, false, http.StatusForbidden, "SignatureDoesNotMatch"},
		{"without signature", strings.Split(location, "?")[0], false, http.StatusForbidden, "SignatureDoesNotMatch"},
		{"the registry's own paths are not there", "https://" + blobHost + "/v2/", false, http.StatusForbidden,
			"SignatureDoesNotMatch"},
		{"an unknown blob is not redirected", blob + "sha256:" + strings.Repeat("0", 64), true, http.StatusNotFound,
			"BLOB_UNKNOWN"},
	}
	for _, test := range tests {
		t.Run(test.behavior, func(t *testing.T) {
			response := get(test.address, test.authorize)
			body, err := io.ReadAll(response.Body)
			if err != nil {
				t.Fatal(err)
			}
			if response.StatusCode != test.status || !strings.Contains(string(body), test.body) {
				t.Errorf("got HTTP %d %s, expected %d with %q", response.StatusCode, body, test.status, test.body)
			}
		})
	}
}

func TestManifestsAreNotDeletedOverHTTP(t *testing.T) {
	f := start(t, nil)
	img := newImage(t)
	f.mustPush("mutable:1", img)
	wantHTTP(t, remote.Delete(f.ref("mutable@"+digestOf(t, img)), f.options()...), http.StatusMethodNotAllowed,
		"UNSUPPORTED", "")
}

func TestFaultsCanBeInjected(t *testing.T) {
	f := start(t, func(o *ecr.Options) {
		o.Intercept = func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if strings.HasSuffix(r.URL.Path, "/manifests/gone") {
					http.Error(w, `{"errors":[{"code":"TOOMANYREQUESTS","message":"slow down"}]}`,
						http.StatusTooManyRequests)
					return
				}
				next.ServeHTTP(w, r)
			})
		}
	})
	_, err := remote.Get(f.ref("mutable:gone"), append(f.options(), remote.WithRetryStatusCodes())...)
	wantHTTP(t, err, http.StatusTooManyRequests, "TOOMANYREQUESTS", "slow down")
}

func TestRepositoriesThatECRWouldRefuse(t *testing.T) {
	tests := []struct {
		behavior   string
		repository ecr.Repository
		code       string
	}{
		{"taken name", ecr.Repository{Name: "mutable"}, "RepositoryAlreadyExistsException"},
		{"capital letter", ecr.Repository{Name: "App"}, "InvalidParameterException"},
		{"one character", ecr.Repository{Name: "a"}, "InvalidParameterException"},
		{"unknown mutability", ecr.Repository{Name: "new", Mutability: "SOMETIMES"}, "InvalidParameterException"},
		{"filters without exclusion",
			ecr.Repository{Name: "new", Mutability: "IMMUTABLE", Exclusions: []string{"latest"}},
			"InvalidParameterException"},
		{"exclusion without filters", ecr.Repository{Name: "new", Mutability: "IMMUTABLE_WITH_EXCLUSION"},
			"InvalidParameterException"},
		{"six filters",
			ecr.Repository{Name: "new", Mutability: "IMMUTABLE_WITH_EXCLUSION",
				Exclusions: []string{"a", "b", "c", "d", "e", "f"}}, "InvalidParameterException"},
		{"three wildcards",
			ecr.Repository{Name: "new", Mutability: "IMMUTABLE_WITH_EXCLUSION", Exclusions: []string{"a*b*c*"}},
			"InvalidParameterException"},
		{"a filter that no tag can match",
			ecr.Repository{Name: "new", Mutability: "IMMUTABLE_WITH_EXCLUSION", Exclusions: []string{"feature/*"}},
			"InvalidParameterException"},
		{"two wildcards",
			ecr.Repository{Name: "new", Mutability: "IMMUTABLE_WITH_EXCLUSION", Exclusions: []string{"*a*"}}, ""},
	}
	f := start(t, nil)
	for _, test := range tests {
		t.Run(test.behavior, func(t *testing.T) { wantAPI(t, f.AddRepository(test.repository), test.code) })
	}
}
