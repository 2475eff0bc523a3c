package ecr_test

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// asked notes what a password's guard is asked, and lets everything pass but one action.
func asked(f *fixture, password, refuse string) *[]string {
	var actions []string
	f.AuthorizeFor("AWS", password, func(action, repository string) error {
		if actions = append(actions, action+" "+repository); action == refuse {
			return errors.New("User: somebody is not authorized to perform: " + action)
		}
		return nil
	})
	return &actions
}

func with(f *fixture, password string) []remote.Option {
	return []remote.Option{
		remote.WithTransport(f.transport),
		remote.WithAuth(authn.FromConfig(authn.AuthConfig{Username: "AWS", Password: password})),
		remote.WithRetryPredicate(func(error) bool { return false }),
	}
}

func TestRequestsAreActionsOfECR(t *testing.T) {
	f := start(t, nil)
	image, err := random.Image(64, 1)
	if err != nil {
		t.Fatal(err)
	}
	pushed := asked(f, "push", "")
	if err := remote.Write(f.ref("mutable:v1"), image, with(f, "push")...); err != nil {
		t.Fatal(err)
	}
	pulled := asked(f, "pull", "")
	got, err := remote.Image(f.ref("mutable:v1"), with(f, "pull")...)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := got.ConfigFile(); err != nil {
		t.Fatal(err)
	}
	listed := asked(f, "list", "")
	if _, err := remote.List(f.ref("mutable:v1").Context(), with(f, "list")...); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ got, want []string }{
		"push": {*pushed, []string{
			"ecr:BatchCheckLayerAvailability mutable", "ecr:BatchGetImage mutable", "ecr:CompleteLayerUpload mutable",
			"ecr:InitiateLayerUpload mutable", "ecr:PutImage mutable", "ecr:UploadLayerPart mutable",
		}},
		"pull": {*pulled, []string{"ecr:BatchGetImage mutable", "ecr:GetDownloadUrlForLayer mutable"}},
		"list": {*listed, []string{"ecr:ListImages mutable"}},
	} {
		slices.Sort(test.got)
		if diff := cmp.Diff(test.want, slices.Compact(test.got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// Refused requests are answered as ECR answers them.
func TestRefusedRequests(t *testing.T) {
	f := start(t, nil)
	image, err := random.Image(64, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, action := range []string{"ecr:InitiateLayerUpload", "ecr:UploadLayerPart", "ecr:CompleteLayerUpload",
		"ecr:PutImage"} {
		asked(f, action, action)
		err := remote.Write(f.ref("mutable:v1"), image, with(f, action)...)
		var refused *transport.Error
		if !errors.As(err, &refused) || refused.StatusCode != http.StatusForbidden || len(refused.Errors) != 1 ||
			refused.Errors[0].Code != transport.DeniedErrorCode ||
			!strings.Contains(refused.Errors[0].Message, "is not authorized to perform: "+action) {
			t.Errorf("%s: got %v", action, err)
		}
	}
	if tags, err := f.Tags("mutable"); err != nil || len(tags) > 0 {
		t.Errorf("got the tags %v, %v, expected none", tags, err)
	}
	// Who may not read a repository does not learn whether it is there.
	asked(f, "read", "ecr:BatchGetImage")
	for _, reference := range []string{"mutable:v1", "nowhere:v1"} {
		_, err := remote.Get(f.ref(reference), with(f, "read")...)
		var refused *transport.Error
		if !errors.As(err, &refused) || refused.StatusCode != http.StatusForbidden {
			t.Errorf("%s: got %v", reference, err)
		}
	}
}

// A request that no action is known for is refused.
func TestUnknownAction(t *testing.T) {
	f := start(t, nil)
	for _, target := range []string{"DELETE /v2/mutable/tags/v1", "GET /v2/_catalog"} {
		method, path, _ := strings.Cut(target, " ")
		request, err := http.NewRequest(method, "https://"+f.Host()+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.SetBasicAuth("AWS", "secret")
		answer, err := f.transport.RoundTrip(request)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		if err != nil || answer.StatusCode != http.StatusForbidden ||
			!strings.Contains(string(text), "does not know which action of ECR") {
			t.Errorf("%s: got %s, %s, %v", target, answer.Status, text, err)
		}
	}
}
