package transfer_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"archway/lambda/internal/fixture"
	"archway/lambda/internal/image/transfer"
)

// interrupted gives a job with the token of its first half, and how many bytes that sent.
func interrupted(t *testing.T) (*world, transfer.Job, int64) {
	t.Helper()
	w := start(t, "no mounts", fixture.AMD64)
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	var seen atomic.Bool
	w.Misbehave(func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPatch && r.ContentLength == chunk {
			seen.Store(true)
		}
		return false
	})
	job := transfer.At(w.job(t, "release"), func() time.Time {
		if seen.Load() {
			return time.Now().Add(time.Hour)
		}
		return time.Now()
	})
	first := run(ctx, t, job)
	next := w.job(t, "release")
	next.Token = first.Next
	if !strings.Contains(next.Token, "/v2/release/blobs/uploads/") {
		t.Fatalf("the token carries no upload: %s", next.Token)
	}
	return w, next, first.Bytes
}

func TestHostileTokens(t *testing.T) {
	w, job, _ := interrupted(t)
	type upload struct {
		Digest string `json:"digest"`
		At     string `json:"at"`
		Offset int64  `json:"offset"`
	}
	var good struct {
		V       int      `json:"v"`
		Job     string   `json:"job"`
		Uploads []upload `json:"uploads"`
	}
	if err := json.Unmarshal([]byte(job.Token), &good); err != nil {
		t.Fatal(err)
	}
	u := good.Uploads[0]
	at := func(to string) string { return strings.Replace(job.Token, u.At, to, 1) }
	cases := map[string]string{
		"no JSON":      "x",
		"too long":     job.Token + strings.Repeat(" ", transfer.MaxToken),
		"more follows": job.Token + "{}",
		"key twice":    strings.Replace(job.Token, `"v":1`, `"v":1,"v":1`, 1),
		"other case":   strings.Replace(job.Token, `"v"`, `"V"`, 1),
		"unknown key":  strings.Replace(job.Token, `"v":1`, `"v":1,"w":1`, 1),
		"version":      strings.Replace(job.Token, `"v":1`, `"v":2`, 1),
		"other job":    strings.Replace(job.Token, good.Job, strings.Repeat("0", len(good.Job)), 1),
		"offset -1":    strings.Replace(job.Token, fmt.Sprintf(`"offset":%d`, u.Offset), `"offset":-1`, 1),
		"offset 2^63-1": strings.Replace(job.Token, fmt.Sprintf(`"offset":%d`, u.Offset),
			`"offset":9223372036854775807`, 1),
		"offset beyond": strings.Replace(job.Token, fmt.Sprintf(`"offset":%d`, u.Offset), `"offset":1000000`, 1),
		"no digest":     strings.Replace(job.Token, u.Digest, "latest", 1),
		"digest twice": strings.Replace(job.Token, `[`,
			fmt.Sprintf(`[{"digest":%q,"at":%q,"offset":0},`, u.Digest, u.At), 1),
	}
	for _, to := range []string{
		"", "/", "http://evil.example" + u.At, "//evil.example" + u.At, "/v2/release/manifests/latest",
		strings.Replace(u.At, "release", "other", 1), "/v2/release/blobs/uploads/",
		"/v2/release/blobs/uploads/..", "/v2/release/blobs/uploads/../../../x",
		"/v2/release/blobs/uploads/a/b", "/v2/release/blobs/uploads/%2e%2e", "/v2/release/blobs/uploads/a?x#y",
		"/v2/release/blobs/uploads/a?\\u0000",
		"/v2/release/blobs/uploads/a?\\u202e", "/v2/release/blobs/uploads/a b",
		"@evil.example/v2/release/blobs/uploads/a", ":80/v2/release/blobs/uploads/a",
	} {
		cases["at "+to] = at(to)
	}
	before := len(w.Requests())
	for name, token := range cases {
		if token == job.Token {
			t.Fatalf("%s: the token is unchanged", name)
		}
		job := job
		job.Token = token
		if _, err := transfer.Run(t.Context(), job); err == nil ||
			!strings.Contains(err.Error(), "continuation token") {
			t.Errorf("%s: error %v", name, err)
		}
	}
	for _, r := range w.Requests()[before:] {
		if method, _, _ := strings.Cut(r, " "); method == http.MethodPatch || method == http.MethodPut {
			t.Errorf("a refused token led to %s", r)
		}
	}
	// None of them did harm.
	run(t.Context(), t, job)
	w.same(t, "release")
}

// What a token says of an upload may be wrong, or no longer right: the bytes are right all the
// same.
func TestWrongTokens(t *testing.T) {
	for _, name := range []string{"gone", "another offset", "another blob"} {
		t.Run(name, func(t *testing.T) {
			w, job, _ := interrupted(t)
			good := job.Token
			switch name {
			case "gone":
				job.Token = strings.Replace(good, "/uploads/", "/uploads/0", 1)
			case "another offset":
				job.Token = strings.Replace(good, `"offset":16384`, `"offset":100`, 1)
			case "another blob": // what lies in the upload are not its bytes
				for d, b := range w.store.Blobs {
					if at := strings.Index(good, "sha256:"); len(b) < chunk {
						job.Token = strings.Replace(good[:at]+d.String()+good[at+len(d):], `"offset":16384`,
							`"offset":1`, 1)
					}
				}
			}
			if job.Token == good {
				t.Fatal("the token is unchanged")
			}
			run(t.Context(), t, job)
			w.same(t, "release")
		})
	}
}

// An upload goes on where it was: what was sent isn't sent again.
func TestTokenGoesOn(t *testing.T) {
	w, job, sent := interrupted(t)
	result := run(t.Context(), t, job)
	if sent+result.Bytes != w.bytes() {
		t.Errorf("%d and %d bytes were sent, want the %d once", sent, result.Bytes, w.bytes())
	}
	w.same(t, "release")
}
