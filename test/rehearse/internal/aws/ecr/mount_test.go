package ecr_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"archway/test/rehearse/internal/aws/ecr"
)

// post asks to mount a blob, and returns the answer's status and text.
func post(f *fixture, password, target, query string, agent ...string) (int, string) {
	f.t.Helper()
	request, err := http.NewRequest(http.MethodPost, "https://"+f.Host()+"/v2/"+target+"/blobs/uploads/?"+query, nil)
	if err != nil {
		f.t.Fatal(err)
	}
	request.SetBasicAuth("AWS", password)
	request.Header["User-Agent"] = agent
	answer, err := f.transport.RoundTrip(request)
	if err != nil {
		f.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		f.t.Fatal(err)
	}
	if answer.StatusCode == http.StatusAccepted && answer.Header.Get("Location") == "" {
		f.t.Error("an upload begins without an address")
	}
	return answer.StatusCode, string(text)
}

// Blobs are mounted where the account has it on.
func TestMount(t *testing.T) {
	const encryption = "KMS arn:aws:kms:eu-west-1:111122223333:key/1"
	tests := map[string]struct {
		off          bool
		target, from string
		other        bool // a digest that nobody pushed
		want         int
	}{
		"on":                              {target: "frozen", from: "mutable", want: http.StatusCreated},
		"off":                             {off: true, target: "frozen", from: "mutable", want: http.StatusAccepted},
		"no source":                       {target: "frozen", want: http.StatusAccepted},
		"a source that isn't there":       {target: "frozen", from: "nowhere", want: http.StatusAccepted},
		"a source without the blob":       {target: "frozen", from: "versions", want: http.StatusAccepted},
		"a blob that nobody has":          {target: "frozen", from: "mutable", other: true, want: http.StatusAccepted},
		"another key":                     {target: "encrypted", from: "mutable", want: http.StatusAccepted},
		"into a repository that is not":   {target: "nowhere", from: "mutable", want: http.StatusNotFound},
		"from what came through a cache":  {target: "frozen", from: "cache/library/app", want: http.StatusAccepted},
		"from itself, as some clients do": {target: "mutable", from: "mutable", want: http.StatusCreated},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f := start(t, func(o *ecr.Options) { o.Mount = !test.off })
			if err := errors.Join(f.AddRepository(ecr.Repository{Name: "encrypted", Encryption: encryption}),
				f.AddPullThrough(ecr.PullThrough{Prefix: "cache", Mirror: "127.0.0.1:1"})); err != nil {
				t.Fatal(err)
			}
			image := newImage(t)
			f.mustPush("mutable:1", image)
			config, err := image.ConfigName()
			if err != nil {
				t.Fatal(err)
			}
			digest := config.String()
			if test.other {
				digest = "sha256:" + strings.Repeat("0", 64)
			}
			asked := asked(f, "mounts", "")
			query := "mount=" + digest
			if test.from != "" {
				query += "&from=" + test.from
			}
			status, text := post(f, "mounts", test.target, query)
			if status != test.want {
				t.Errorf("got HTTP %d %s, expected %d", status, text, test.want)
			}
			want := "ecr:InitiateLayerUpload " + test.target
			if !test.off && test.from != "" && test.want != http.StatusNotFound {
				want += ", ecr:GetDownloadUrlForLayer " + test.from
			}
			if got := strings.Join(*asked, ", "); got != want {
				t.Errorf("asked for %s, expected %s", got, want)
			}
			head, err := http.NewRequest(http.MethodHead, "https://"+f.Host()+"/v2/"+test.target+"/blobs/"+digest, nil)
			if err != nil {
				t.Fatal(err)
			}
			head.SetBasicAuth("AWS", "secret")
			answer, err := f.transport.RoundTrip(head)
			if err != nil {
				t.Fatal(err)
			}
			answer.Body.Close()
			if found := answer.StatusCode == http.StatusOK; found != (test.want == http.StatusCreated) {
				t.Errorf("HEAD of the blob: got HTTP %d", answer.StatusCode)
			}
		})
	}
}

// Who may not read a repository takes no blob out of it.
func TestMountNeedsTheSource(t *testing.T) {
	f := start(t, func(o *ecr.Options) { o.Mount = true })
	image := newImage(t)
	f.mustPush("mutable:1", image)
	config, err := image.ConfigName()
	if err != nil {
		t.Fatal(err)
	}
	asked(f, "mounts", "ecr:GetDownloadUrlForLayer")
	status, text := post(f, "mounts", "frozen", "from=mutable&mount="+config.String())
	if status != http.StatusForbidden ||
		!strings.Contains(text, "is not authorized to perform: ecr:GetDownloadUrlForLayer") {
		t.Errorf("got HTTP %d %s", status, text)
	}
}

// The one BuildKit of all builds knows more than that of a build on AWS, which is new.
func TestBuildKitMountsNothing(t *testing.T) {
	f := start(t, func(o *ecr.Options) { o.Mount = true })
	image := newImage(t)
	f.mustPush("mutable:1", image)
	config, err := image.ConfigName()
	if err != nil {
		t.Fatal(err)
	}
	all := asked(f, "mounts", "ecr:GetDownloadUrlForLayer")
	status, text := post(f, "mounts", "frozen", "from=mutable&mount="+config.String(), "buildkit/v0.31")
	if status != http.StatusAccepted || len(*all) != 1 {
		t.Errorf("got HTTP %d %s, asked for %q", status, text, *all)
	}
}
