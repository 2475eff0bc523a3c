package ecr_test

import (
	"errors"
	"net/http/httptest"
	"net/url"
	"testing"

	"archway/test/rehearse/internal/aws/ecr"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	ggcr "github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// cached is a registry that caches another one, which has library/debian:12, under "hub".
func cached(t *testing.T) (*fixture, v1.Image) {
	t.Helper()
	upstream := httptest.NewServer(ggcr.New())
	t.Cleanup(upstream.Close)
	address, err := url.Parse(upstream.URL)
	if err != nil {
		t.Fatal(err)
	}
	ref, err := name.NewTag(address.Host + "/library/debian:12")
	if err != nil {
		t.Fatal(err)
	}
	img := newImage(t)
	if err := remote.Write(ref, img); err != nil {
		t.Fatal(err)
	}
	f := start(t, nil)
	if err := f.AddPullThrough(ecr.PullThrough{Prefix: "hub", Mirror: address.Host}); err != nil {
		t.Fatal(err)
	}
	return f, img
}

// A cache answers for the other registry.
func TestCacheAnswers(t *testing.T) {
	f, img := cached(t)
	for _, reference := range []string{"hub/library/debian:12", "hub/library/debian@" + digestOf(t, img)} {
		got, err := remote.Image(f.ref(reference), f.options()...)
		if err != nil {
			t.Fatal(err)
		}
		if digestOf(t, got) != digestOf(t, img) {
			t.Errorf("%s has the digest %s, want %s", reference, digestOf(t, got), digestOf(t, img))
		}
		if _, err := got.RawConfigFile(); err != nil {
			t.Error(err)
		}
	}
	wantHTTP(t, f.push("hub/library/debian:13", newImage(t)), 405, "UNSUPPORTED", "nothing is pushed into it")
	_, err := remote.Head(f.ref("hub/library/other:1"), f.options()...)
	if err == nil {
		t.Error("an image is found that the other registry lacks")
	}
	wantAPI(t, f.AddPullThrough(ecr.PullThrough{Prefix: "hub"}), "PullThroughCacheRuleAlreadyExistsException")
}

// The first pull of a repository creates it, the first of an image imports it. First pulls through
// a cache need more permissions.
func TestFirstPulls(t *testing.T) {
	f, _ := cached(t)
	var asked []string
	forbidden := map[string]bool{"ecr:CreateRepository": true, "ecr:BatchImportUpstreamImage": true}
	f.AuthorizeFor("AWS", "builder", func(action, repository string) error {
		if repository != "hub/library/debian" {
			t.Errorf("asked about %s", repository)
		}
		asked = append(asked, action)
		if forbidden[action] {
			return errors.New("not authorized: " + action)
		}
		return nil
	})
	pull := func() error {
		_, err := remote.Get(f.ref("hub/library/debian:12"), remote.WithTransport(f.transport),
			remote.WithAuth(&authn.Basic{Username: "AWS", Password: "builder"}))
		return err
	}
	wantHTTP(t, pull(), 403, "DENIED", "ecr:CreateRepository")
	delete(forbidden, "ecr:CreateRepository")
	wantHTTP(t, pull(), 403, "DENIED", "ecr:BatchImportUpstreamImage")
	delete(forbidden, "ecr:BatchImportUpstreamImage")
	for range 2 {
		if err := pull(); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{
		"ecr:BatchGetImage", "ecr:CreateRepository",
		"ecr:BatchGetImage", "ecr:CreateRepository", "ecr:BatchImportUpstreamImage",
		"ecr:BatchGetImage", "ecr:BatchImportUpstreamImage",
		"ecr:BatchGetImage",
	}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
