package cli_test

import (
	"bytes"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/lambda/internal/fixture"
	"archway/lambda/internal/fixture/layertest"
	"archway/lambda/internal/image/index"
	"archway/lambda/internal/validation/cli"
)

var update = flag.Bool("update", false, "write the golden files anew")

// run runs the command line in process, without anybody's credentials.
func run(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	t.Setenv("HOME", t.TempDir())
	t.Setenv("DOCKER_CONFIG", "")
	t.Setenv("XDG_RUNTIME_DIR", "")
	t.Setenv("REGISTRY_AUTH_FILE", "")
	var out, err bytes.Buffer
	code = cli.Run(t.Context(), args, &out, &err)
	return out.String(), err.String(), code
}

func TestTextIsMadeForPeople(t *testing.T) {
	s, store := fixture.Serve(t), fixture.New()
	for tag, d := range map[string]digest.Digest{
		"good":   store.Good().Digest,
		"single": store.Linux("amd64", "").Digest,
		"bad":    bad(store),
	} {
		s.Push(t, "app", store)
		s.Tag(t, "app", tag, store, d)
	}
	for _, tag := range []string{"good", "single", "bad", "none"} {
		t.Run(tag, func(t *testing.T) {
			stdout, stderr, _ := run(t, s.Host+"/app:"+tag)
			if stderr != "" {
				t.Errorf("stderr: %s", stderr)
			}
			for line := range strings.Lines(stdout) {
				if n := len([]rune(line)); n > 101 && !strings.Contains(line, s.Host) {
					t.Errorf("a line of %d characters: %s", n, line)
				}
			}
			golden(t, "testdata/"+tag+".txt", strings.ReplaceAll(stdout, s.Host, "localhost:5000"))
		})
	}
}

// bad has a bit of everything, and a registry that tries to steer the terminal.
func bad(s *fixture.Store) digest.Digest {
	amd64 := s.Linux("amd64", "")
	arm64 := s.Image(fixture.ImageSpec{
		Platform: fixture.ARM64,
		Config:   func(doc map[string]any) { doc["architecture"] = "amd64" },
		Run: func(run map[string]any) {
			run["Entrypoint"] = []any{"/\x1b[31mred"}
			run["Labels"] = map[string]any{index.RevisionLabel: "\x1b[2Jfedcba987654321"}
		},
	})
	gone := s.Linux("s390x", "")
	s.Forget(gone.Digest)
	attestation := s.Attest(gone)
	attestation.Annotations[index.ReferenceDigest] = digest.FromString("elsewhere").String()
	return s.Index(amd64, arm64, gone, attestation,
		specs.Descriptor{MediaType: index.CacheConfig, Digest: s.PutBlob([]byte("{}")), Size: 2}).Digest
}

func TestHelpIsForPeople(t *testing.T) {
	stdout, stderr, code := run(t, "--help")
	if code != 0 || stderr != "" {
		t.Errorf("exit %d, stderr %q", code, stderr)
	}
	golden(t, "testdata/help.txt", stdout)
}

func TestCredentialsAreDockers(t *testing.T) {
	s, store := fixture.Serve(t), fixture.New()
	d := store.Good().Digest
	s.Push(t, "app", store)
	s.Tag(t, "app", "latest", store, d)
	s.Misbehave(fixture.Locked("me", "my-password"))
	image := s.Host + "/app@" + d.String()
	if _, stderr, code := run(t, image); code != cli.Unknown || !strings.Contains(stderr, "docker login") {
		t.Errorf("without credentials: exit %d, stderr %q", code, stderr)
	} else if !strings.Contains(stderr, "has no credentials for "+s.Host) {
		t.Errorf("without credentials: %s", stderr)
	}
	folder := t.TempDir()
	config := `{"auths":{"` + s.Host + `":{"auth":"bWU6bXktcGFzc3dvcmQ="}}}`
	if err := os.WriteFile(filepath.Join(folder, "config.json"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HOME", t.TempDir())
	t.Setenv("DOCKER_CONFIG", folder)
	var out, err bytes.Buffer
	if code := cli.Run(t.Context(), []string{image}, &out, &err); code != cli.Valid {
		t.Errorf("with credentials: exit %d, %s%s", code, out.String(), err.String())
	}
	s.Misbehave(fixture.Locked("me", "another"))
	if code := cli.Run(t.Context(), []string{image}, &out, &err); code != cli.Unknown ||
		!strings.Contains(err.String(), "credentials for "+s.Host+" were refused") {
		t.Errorf("with old credentials: exit %d, %s", code, err.String())
	}
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got, -update writes it anew):\n%s", file, diff)
	}
}

// Whatever a registry serves, in every place of which something is printed.
func TestNothingSteersTheTerminal(t *testing.T) {
	const hostile = "\x1b[2J\u009b2J\u202ea\u2066\u200b"
	s, store := fixture.Serve(t), fixture.New()
	image := store.Image(fixture.ImageSpec{
		Platform: specs.Platform{OS: "linux", Architecture: "arm64", Variant: hostile},
		Run: func(run map[string]any) {
			run["Entrypoint"], run["User"], run["Env"] = []any{hostile}, hostile,
				[]any{hostile + "=1", "PATH=" + hostile}
			run["Labels"] = map[string]any{index.RevisionLabel: hostile}
		},
		Layers: [][]layertest.Entry{{layertest.Script("run", "#!"+hostile+"\n"), layertest.Link(hostile, "run")}},
	})
	odd := image
	odd.MediaType, odd.Digest, odd.Annotations = hostile, digest.Digest(hostile),
		map[string]string{index.ReferenceType: hostile}
	about := store.Attest(image)
	about.Annotations = map[string]string{index.ReferenceType: hostile, index.ReferenceDigest: hostile}
	root := store.IndexWith(func(doc map[string]any) { doc[hostile], doc["mediaType"] = 1, hostile },
		store.Linux("amd64", ""), image, odd, about)
	s.Push(t, "app", store)
	s.Tag(t, "app", "bad", store, root.Digest)
	s.Misbehave(func(w http.ResponseWriter, r *http.Request) bool {
		refused := strings.Contains(r.URL.Path, "/refused/")
		if refused {
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprintf(w, `{"errors":[{"code":"DENIED","message":%q}]}`, hostile)
		}
		return refused
	})
	folder := t.TempDir()
	store.Layout(t, folder,
		specs.Descriptor{Digest: root.Digest, Annotations: map[string]string{specs.AnnotationRefName: hostile}}, image)
	for _, args := range [][]string{
		{s.Host + "/app:bad"}, {"-o", "json", s.Host + "/app:bad"}, {s.Host + "/refused/app:bad"},
		{"-o", "json", s.Host + "/refused/app:bad"},
		{"oci:" + folder}, {"oci:" + folder + ":" + hostile}, {"oci:" + hostile}, {hostile}, {"--" + hostile},
		{"--platform", hostile, "x"},
	} {
		stdout, stderr, code := run(t, args...)
		if code == cli.Valid {
			t.Errorf("%q: exit %d", args, code)
		}
		for _, r := range stdout + stderr {
			if strings.ContainsRune(hostile, r) && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) {
				t.Errorf("%q: %q is left in\n%q", args, r, stdout+stderr)
				break
			}
		}
	}
}
