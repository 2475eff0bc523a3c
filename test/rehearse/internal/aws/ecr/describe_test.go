package ecr_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"archway/test/rehearse/internal/aws/ecr"
)

func TestDescribe(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 999, time.UTC)
	f := start(t, func(o *ecr.Options) { o.Now = func() time.Time { return now } })
	first, second := newImage(t), newImage(t)
	f.mustPush("mutable:1", first)
	now = now.Add(time.Minute)
	f.mustPush("mutable:2", second)
	// Neither the same push again, nor a tag more, nor the API's operation changes when an image
	// came.
	now = now.Add(time.Minute)
	f.mustPush("mutable:1", first)
	f.mustPush("mutable@"+digestOf(t, first), first)
	f.mustPush("mutable:latest", first)
	manifest, err := first.RawManifest()
	if err != nil {
		t.Fatal(err)
	}
	wantAPI(t, f.PutImage("mutable", "", manifest, "", "stable"), "")
	want := ecr.Image{
		Digest: digestOf(t, first), MediaType: string(types.OCIManifestSchema1),
		Tags: []string{"1", "latest", "stable"}, Pushed: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC),
	}
	for _, id := range []struct{ digest, tag string }{{want.Digest, ""}, {"", "stable"}, {want.Digest, "1"}} {
		got, err := f.Describe("mutable", id.digest, id.tag)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%v: %v (-want +got):\n%s", id, err, diff)
		}
	}
	if got, err := f.Describe("mutable", digestOf(t, second), ""); err != nil || got.Pushed.Minute() != 1 {
		t.Errorf("the second: got %v, %v", got.Pushed, err)
	}
	for _, id := range []struct{ repository, digest, tag, code string }{
		{"mutable", digestOf(t, newImage(t)), "", "ImageNotFoundException"},
		{"mutable", "", "none", "ImageNotFoundException"},
		{"mutable", digestOf(t, second), "1", "ImageNotFoundException"},
		{"frozen", digestOf(t, first), "", "ImageNotFoundException"},
		{"nowhere", "", "1", "RepositoryNotFoundException"},
	} {
		_, err := f.Describe(id.repository, id.digest, id.tag)
		wantAPI(t, err, id.code)
	}
}

// An image that PutImage brings has a time as well, and one that is refused has none.
func TestPutImageIsAPush(t *testing.T) {
	f := start(t, nil)
	image := newImage(t)
	f.mustPush("mutable@"+digestOf(t, image), image)
	manifest, err := image.RawManifest()
	if err != nil {
		t.Fatal(err)
	}
	pushed := append([]byte(" "), manifest...)
	wantAPI(t, f.PutImage("mutable", "", pushed, "", "new"), "")
	if got, err := f.Describe("mutable", "", "new"); err != nil || time.Since(got.Pushed) > time.Hour {
		t.Errorf("got %+v, %v", got, err)
	}
	wantAPI(t, f.PutImage("frozen", "", manifest, "", "new"), "LayersNotFoundException")
	_, err = f.Describe("frozen", digestOf(t, image), "")
	wantAPI(t, err, "ImageNotFoundException")
}
