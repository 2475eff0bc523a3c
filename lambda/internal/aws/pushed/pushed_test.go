package pushed_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/opencontainers/go-digest"

	"archway/lambda/internal/aws/pushed"
	"archway/lambda/internal/retry"
)

// answering is an ECR that gives these answers, one after the other, and the last one again.
func answering(t *testing.T, answers ...func(images []string) (status int, body string)) (
	times pushed.Times, asked *[]int) {
	t.Helper()
	cfg, asked := configured(t, answers...)
	return pushed.ECR(cfg, retry.Policy{Missing: 4, First: time.Millisecond}), asked
}

func configured(t *testing.T, answers ...func(images []string) (status int, body string)) (aws.Config, *[]int) {
	t.Helper()
	asked := new([]int)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			RepositoryName string
			ImageIDs       []struct{ ImageDigest, ImageTag string }
		}
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil || in.RepositoryName != "staging/app" ||
			!strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".DescribeImages") {
			t.Errorf("asked %s %+v, %v", r.Header.Get("X-Amz-Target"), in, err)
		}
		var images []string
		for _, id := range in.ImageIDs {
			images = append(images, id.ImageDigest)
		}
		answer := answers[min(len(*asked), len(answers)-1)]
		*asked = append(*asked, len(images))
		status, body := answer(images)
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}))
	t.Cleanup(s.Close)
	return aws.Config{
		Region: "eu-west-1", BaseEndpoint: aws.String(s.URL),
		Credentials: credentials.NewStaticCredentialsProvider("AKID", "secret", ""),
	}, asked
}

// all lists every image as pushed at the 7th second of 1970.
func all(images []string) (int, string) {
	var details []string
	for _, d := range images {
		details = append(details, fmt.Sprintf(`{"imageDigest":%q,"imagePushedAt":7.0}`, d))
	}
	return 200, `{"imageDetails":[` + strings.Join(details, ",") + `]}`
}

func none([]string) (int, string) {
	return 400,
		`{"__type":"ImageNotFoundException","message":"The image with imageId {imageDigest:'x'} does not exist"}`
}

func most(images []string) (int, string) { return all(images[1:]) }

func digests(n int) (images []digest.Digest) {
	for i := range n {
		images = append(images, digest.FromString(fmt.Sprint(i)))
	}
	return images
}

func TestTimes(t *testing.T) {
	times, asked := answering(t, all)
	got, err := times(t.Context(), "staging/app", digests(101))
	if err != nil || len(got) != 101 || !got[digests(1)[0]].Equal(time.Unix(7, 0)) {
		t.Errorf("%d times, %v", len(got), err)
	}
	if fmt.Sprint(*asked) != "[100 1]" {
		t.Errorf("asked for %v images at once, expected at most 100", *asked)
	}
}

func TestListedLate(t *testing.T) {
	for name, late := range map[string]func([]string) (int, string){"none": none, "most": most} {
		times, asked := answering(t, late, late, late, all)
		if got, err := times(t.Context(), "staging/app", digests(3)); err != nil || len(got) != 3 || len(*asked) != 4 {
			t.Errorf("%s: %v, %v, asked %v", name, got, err, *asked)
		}
		times, asked = answering(t, late)
		_, err := times(t.Context(), "staging/app", digests(3))
		if !errors.Is(err, pushed.ErrUnlisted) || !strings.Contains(err.Error(), "images of staging/app") ||
			len(*asked) != 4 {
			t.Errorf("%s: never listed: %v, asked %v", name, err, *asked)
		}
	}
}

// Of an image that ECR doesn't list, even after a while, no tag is known.
func TestTags(t *testing.T) {
	tagged := func(images []string) (int, string) {
		return 200, fmt.Sprintf(`{"imageDetails":[{"imageDigest":%q,"imageTags":["1.2.3","v1"]}]}`, images[0])
	}
	for name, test := range map[string]struct {
		answers []func([]string) (int, string)
		want    string
	}{
		"listed": {[]func([]string) (int, string){tagged}, "[1.2.3 v1]"},
		"late":   {[]func([]string) (int, string){none, none, tagged}, "[1.2.3 v1]"},
		"never":  {[]func([]string) (int, string){none}, "[]"},
	} {
		cfg, _ := configured(t, test.answers...)
		got, err := pushed.ECRTags(cfg, retry.Policy{Missing: 4, First: time.Millisecond})(t.Context(), "staging/app",
			digests(1)[0])
		if err != nil || fmt.Sprint(got) != test.want {
			t.Errorf("%s: %v, %v, want %s", name, got, err, test.want)
		}
	}
	cfg, _ := configured(t,
		func([]string) (int, string) { return 400, `{"__type":"AccessDeniedException","message":"no"}` })
	if _, err := pushed.ECRTags(cfg, retry.Policy{})(t.Context(), "staging/app", digests(1)[0]); err == nil ||
		!strings.Contains(err.Error(), "which tags an image of staging/app has") {
		t.Errorf("error %v", err)
	}
}

func TestOtherErrors(t *testing.T) {
	times, asked := answering(t,
		func([]string) (int, string) { return 400, `{"__type":"AccessDeniedException","message":"no"}` })
	_, err := times(t.Context(), "staging/app", digests(1))
	if err == nil || errors.Is(err, pushed.ErrUnlisted) || !strings.Contains(err.Error(), "AccessDeniedException") ||
		len(*asked) != 1 {
		t.Errorf("%v, asked %v", err, *asked)
	}
}
