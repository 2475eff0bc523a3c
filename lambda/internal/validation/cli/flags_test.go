package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/lambda/internal/fixture"
	"archway/lambda/internal/fixture/layertest"
	"archway/lambda/internal/image/registry"
	"archway/lambda/internal/validation/cli"
	"archway/lambda/internal/verdict/report"
)

// Images in a folder are judged without a registry.
func TestImagesInAFolder(t *testing.T) {
	store := fixture.New()
	good, lone := store.Good(), store.Index(store.Linux("amd64", ""))
	named := func(d specs.Descriptor, name string) specs.Descriptor {
		d.Annotations = map[string]string{specs.AnnotationRefName: name}
		return d
	}
	one, two := filepath.Join(t.TempDir(), "one"), filepath.Join(t.TempDir(), "two")
	empty := t.TempDir()
	if err := os.WriteFile(filepath.Join(empty, "index.json"), []byte(`{"schemaVersion":2,"manifests":[]}`),
		0o644); err != nil {
		t.Fatal(err)
	}
	store.Layout(t, one, good)
	store.Layout(t, two, named(good, "good"), named(lone, "docker.io/me/app:1"))
	for _, test := range []struct {
		image string
		code  int
		said  string
	}{
		{"oci:" + one, cli.Valid, "oci:" + one + ": valid"},
		{"oci:" + one + "@" + good.Digest.String(), cli.Valid, "valid"},
		{"oci:" + two + ":good", cli.Valid, "valid"},
		{"oci:" + two + ":docker.io/me/app:1", cli.Invalid, "error  platform-set"},
		{"oci:" + two, cli.Unknown, `several images: add a colon and the name of one, of "good", "docker.io/me/app:1"`},
		{"oci:" + two + ":bad", cli.Unknown, `no image called "bad", but "good"`},
		{"oci:" + filepath.Join(one, "none"), cli.Unknown, "wants a folder with an index.json"},
		{"oci:" + t.TempDir(), cli.Unknown, "wants a folder with an index.json"},
		{"oci:" + empty + ":app", cli.Unknown, "its index.json lists no image"},
		{"oci:", cli.Unknown, "names no folder, expected oci:FOLDER"},
		{one, cli.Valid, "oci:" + one + ": valid"},
		{two + ":good", cli.Valid, "oci:" + two + ":good: valid"},
		{"./one", cli.Unknown, "or, for an image in a folder, oci:./one, and in a tar file, oci-archive:./one\n"},
		{"https://ghcr.io/me/app:1", cli.Unknown, "is a URL, expected HOST/REPOSITORY:TAG"},
		{"UPPER/\x1b[31m", cli.Unknown, "\"UPPER/\\x1b[31m\" is no image reference, expected"},
	} {
		stdout, stderr, code := run(t, test.image)
		if code != test.code || !strings.Contains(stdout+stderr, test.said) {
			t.Errorf("%s: exit %d, want %d and %q\n%s%s", test.image, code, test.code, test.said, stdout, stderr)
		}
	}
	stdout, _, code := run(t, "oci:"+two+":docker.io/me/app:1", "--against", "good")
	if code != cli.Invalid || !strings.Contains(stdout, "error  regression") {
		t.Errorf("exit %d\n%s", code, stdout)
	}
}

// Downgrades are shown with their reasons.
func TestDowngradesAreShown(t *testing.T) {
	s, store := fixture.Serve(t), fixture.New()
	lone := store.Index(store.Linux("amd64", ""), store.Linux("s390x", ""))
	s.Push(t, "app", store)
	s.Tag(t, "app", "lone", store, lone.Digest)
	image := s.Host + "/app:lone"
	stdout, _, code := run(t, image, "--allow-platform", "linux/s390x", "--downgrade",
		"platform-set=warning:arm64 follows: see #7")
	if code != cli.Valid {
		t.Errorf("exit %d", code)
	}
	golden(t, "testdata/downgraded.txt", strings.ReplaceAll(stdout, s.Host, "localhost:5000"))

	stdout, _, _ = run(t, "-o", "json", image, "--allow-extra", "--downgrade", "platform-set=info:known")
	var document report.Document
	if err := json.Unmarshal([]byte(stdout), &document); err != nil {
		t.Fatal(err)
	}
	f := document.Images[0].Findings
	if !document.Valid || len(f) != 1 || f[0].Severity != "info" || f[0].Downgraded == nil ||
		f[0].Downgraded.From != "error" || f[0].Downgraded.Reason != "known" {
		t.Errorf("%s", stdout)
	}
}

func TestFlagsThatSayNothingAreRefused(t *testing.T) {
	for _, test := range []struct{ flag, value, want string }{
		{"--downgrade", "platform-set", "expected CHECK=SEVERITY:REASON"},
		{"--downgrade", "platform-sett=info:x", `did you mean "platform-set"?`},
		{"--downgrade", "platform-set=error:x", `names the severity "error"`},
		{"--downgrade", "platform-set=info", "has no reason"},
		{"--downgrade", "limits=info:x", "can't be downgraded"},
		{"--allow-platform", "s390x", `--allow-platform: "s390x" is no platform`},
		{"--platform", "s390x", `--platform: "s390x" is no platform`},
		{"--revision", "", "no commit is given"}, // as "$(git rev-parse HEAD)" outside of a work tree
		{"--allow-network", "100.64.0.0", `"100.64.0.0" is no network, expected one such as 100.64.0.0/10`},
		{"--allow-network", "", `"" is no network`},
		{"--against", "", `"" is no tag, expected one such as latest`},
		{"--against", "latest, 1", `" 1" is no tag`},
	} {
		_, stderr, code := run(t, "app", test.flag, test.value)
		if code != cli.Unknown || !strings.Contains(stderr, test.want) {
			t.Errorf("%s %s: exit %d, %s, want %q", test.flag, test.value, code, stderr, test.want)
		}
	}
	_, stderr, code := run(t, "app", "--downgrade", "rootfs=info:x", "--downgrade", "rootfs=info:y")
	if code != cli.Unknown || !strings.Contains(stderr, "the check rootfs is downgraded twice") {
		t.Errorf("exit %d, %s", code, stderr)
	}
}

func TestTagsThatAreToMoveAreGuarded(t *testing.T) {
	s, store := fixture.Serve(t), fixture.New()
	good := store.Good()
	wider := store.Index(store.Linux("amd64", ""), store.Linux("arm64", ""), store.Linux("arm", "v7"))
	s.Push(t, "app", store)
	s.Tag(t, "app", "new", store, good.Digest)
	s.Tag(t, "app", "latest", store, wider.Digest)
	image := s.Host + "/app:new"
	stdout, _, code := run(t, image, "--against", "latest,none")
	if code != cli.Invalid || !strings.Contains(stdout, "linux/arm/v7 (") ||
		!strings.Contains(stdout, "latest (sha256:") {
		t.Errorf("exit %d\n%s", code, stdout)
	}
	if _, _, code := run(t, image, "--against", "none"); code != cli.Valid {
		t.Errorf("exit %d for a tag that isn't there yet", code)
	}
	s.Misbehave(fixture.Broken("/manifests/latest"))
	if _, stderr, code := run(t, image, "--against", "latest"); code != cli.Unknown ||
		!strings.Contains(stderr, "read what the tag latest serves") {
		t.Errorf("exit %d, %s", code, stderr)
	}
}

func TestProvenanceCanBeRequired(t *testing.T) {
	s, store := fixture.Serve(t), fixture.New()
	amd64, arm64 := store.Linux("amd64", ""), store.Linux("arm64", "")
	without, attached := store.Index(amd64, arm64), store.Index(amd64, arm64, store.Attest(amd64))
	s.Push(t, "app", store)
	s.Tag(t, "app", "without", store, without.Digest)
	s.Tag(t, "app", "attached", store, attached.Digest)
	if _, _, code := run(t, s.Host+"/app:without"); code != cli.Valid {
		t.Errorf("exit %d without the flag", code)
	}
	if stdout, _, code := run(t, "--require-provenance", s.Host+"/app:without"); code != cli.Invalid ||
		strings.Count(stdout, "error  provenance") != 2 {
		t.Errorf("exit %d\n%s", code, stdout)
	}
	// As cosign attaches it: under a tag named after the image.
	statement := fixture.Envelope(store.Statement(arm64, nil), false)
	attestation := store.Refer(arm64, "application/vnd.dsse.envelope.v1+json", statement)
	doc := store.Manifests[attestation.Digest]
	doc.MediaType = registry.OCIManifest
	s.Push(t, "app", store)
	s.Tag(t, "app", strings.Replace(arm64.Digest.String(), ":", "-", 1)+".att", store, attestation.Digest)
	if stdout, stderr, code := run(t, "--require-provenance", s.Host+"/app:attached"); code != cli.Valid {
		t.Errorf("exit %d\n%s%s", code, stdout, stderr)
	}
}

func TestABillOfMaterialsCanBeRequired(t *testing.T) {
	s, store := fixture.Serve(t), fixture.New()
	amd64, arm64 := store.Linux("amd64", ""), store.Linux("arm64", "")
	bill := func(of specs.Descriptor) specs.Descriptor {
		return store.AttestWith(of,
			func(statement map[string]any) { statement["predicateType"] = "https://spdx.dev/Document" })
	}
	for tag, index := range map[string]specs.Descriptor{
		"provenance": store.Index(amd64, arm64, store.Attest(amd64), store.Attest(arm64)),
		"one":        store.Index(amd64, arm64, bill(amd64)),
		"both":       store.Index(amd64, arm64, bill(amd64), bill(arm64)),
	} {
		s.Push(t, "app", store)
		s.Tag(t, "app", tag, store, index.Digest)
	}
	for tag, missing := range map[string]int{"provenance": 2, "one": 1, "both": 0} {
		stdout, stderr, code := run(t, "--require-sbom", s.Host+"/app:"+tag)
		if (code == cli.Valid) != (missing == 0) || strings.Count(stdout, "error  sbom") != missing {
			t.Errorf("%s: exit %d\n%s%s", tag, code, stdout, stderr)
		}
		if _, _, code := run(t, s.Host+"/app:"+tag); code != cli.Valid {
			t.Errorf("%s: exit %d without the flag", tag, code)
		}
	}
}

func TestAMisspelledFlagIsNamedRightly(t *testing.T) {
	for flag, want := range map[string]string{
		"--plattform":  "there is no flag --plattform: did you mean --platform?",
		"--xyzzyplugh": "there is no flag --xyzzyplugh\n",
	} {
		if _, stderr, code := run(t, flag, "app"); code != cli.Unknown || !strings.Contains(stderr, want) {
			t.Errorf("%s: exit %d, %s", flag, code, stderr)
		}
	}
}

// What is no reference is told how one looks.
func TestReferenceThatIsNone(t *testing.T) {
	for _, image := range []string{"UPPER/x:1", "app@sha256:short", "a b"} {
		if _, stderr, code := run(t, image); code != cli.Unknown || !strings.Contains(stderr,
			"expected HOST/REPOSITORY:TAG") {
			t.Errorf("%s: exit %d, %s", image, code, stderr)
		}
	}
}

// The table shows what starts, as far as it is known.
func TestTableOfStarts(t *testing.T) {
	s, store := fixture.Serve(t), fixture.New()
	entry := func(args ...any) fixture.ImageSpec {
		return fixture.ImageSpec{Platform: fixture.ARM64, Run: func(run map[string]any) { run["Entrypoint"] = args }}
	}
	long := entry("/a/very/long/name/of/a/program/that/is/not/there")
	deep := entry("/app")
	deep.Layers = [][]layertest.Entry{{layertest.Plain(strings.Repeat("d/", 300)+"f", nil)}}
	for tag, spec := range map[string]fixture.ImageSpec{"nothing": entry(), "long": long, "deep": deep} {
		d := store.Index(store.Linux("amd64", ""), store.Image(spec)).Digest
		s.Push(t, "app", store)
		s.Tag(t, "app", tag, store, d)
	}
	for tag, want := range map[string]string{
		"nothing": "  -  ", "long": "  /a/very/long/name/of/a/progr…  ", "deep": "  not proven  ",
	} {
		if stdout, stderr, _ := run(t, s.Host+"/app:"+tag); !strings.Contains(stdout, want) {
			t.Errorf("%s: no %q\n%s%s", tag, want, stdout, stderr)
		}
	}
}

// The table shows in full what nodes pull. A name that is cut tells nobody which image a node
// pulls.
func TestTableOfPulls(t *testing.T) {
	store, folder := fixture.New(), t.TempDir()
	old := fixture.AMD64
	old.OSVersion = "6.1.0-with-a-long-name"
	store.Layout(t, folder, store.Index(store.Image(fixture.ImageSpec{Platform: old}), store.Linux("arm64", "")))
	if stdout, _, _ := run(t, "oci:"+folder); !strings.Contains(stdout,
		"  linux/amd64   linux/amd64 6.1.0-with-a-long-name   ") {
		t.Errorf("%s", stdout)
	}
}

// A folder has no tags, no registry and no lifecycle rules.
func TestCuresInAFolderWorkThere(t *testing.T) {
	store, folder := fixture.New(), t.TempDir()
	amd64, arm64 := store.Linux("amd64", ""), store.Linux("arm64", "")
	store.Layout(t, folder, amd64)
	stdout, _, code := run(t, "oci:"+folder)
	if code != cli.Invalid || !strings.Contains(stdout, "one image, for linux/amd64 only") ||
		!strings.Contains(stdout, "--output type=oci") ||
		strings.Contains(stdout, "the tag") {
		t.Errorf("exit %d\n%s", code, stdout)
	}
	root := store.Index(amd64, arm64)
	store.Forget(arm64.Digest)
	folder = t.TempDir()
	store.Layout(t, folder, root)
	stdout, _, code = run(t, "oci:"+folder)
	if code != cli.Invalid ||
		!strings.Contains(strings.Join(strings.Fields(stdout), " "), "the folder doesn't have it") ||
		strings.Contains(stdout, "lifecycle") {
		t.Errorf("exit %d\n%s", code, stdout)
	}
}

// A size of 2^63-1 once ended the whole program with a stack trace.
func TestAHostileSizeIsAFinding(t *testing.T) {
	store, folder := fixture.New(), t.TempDir()
	store.Layout(t, folder,
		store.Index(store.Image(fixture.ImageSpec{Platform: fixture.AMD64, Manifest: func(doc map[string]any) {
			doc["layers"].([]any)[1].(map[string]any)["size"] = int64(math.MaxInt64)
		}})))
	stdout, stderr, code := run(t, "oci:"+folder, "--platform", "linux/amd64")
	if code != cli.Invalid || stderr != "" || !strings.Contains(stdout, "no layer of more than 256 GiB is read") {
		t.Errorf("exit %d\n%s%s", code, stdout, stderr)
	}
}

// sparse is a layout whose upper layer is a sparse file: an archive's end, and then hours of zeros.
func sparse(t *testing.T, size int64) string {
	t.Helper()
	store, folder := fixture.New(), t.TempDir()
	empty := digest.FromString("sparse")
	store.Layout(t, folder,
		store.Index(store.Image(fixture.ImageSpec{Platform: fixture.AMD64, Manifest: func(doc map[string]any) {
			top := doc["layers"].([]any)[1].(map[string]any)
			top["digest"], top["size"], top["mediaType"] = empty, size, specs.MediaTypeImageLayer
		}})))
	name := filepath.Join(folder, "blobs", "sha256", empty.Encoded())
	if err := errors.Join(os.WriteFile(name, nil, 0o644), os.Truncate(name, size)); err != nil {
		t.Fatal(err)
	}
	return folder
}

func TestASparseLayerEndsWithTheTime(t *testing.T) {
	stdout, stderr, code := run(t, "oci:"+sparse(t, 200<<30), "--platform", "linux/amd64", "--timeout", "300ms")
	if code != cli.Invalid || !strings.Contains(stdout, "not proven (the time limit was") {
		t.Errorf("exit %d\n%s%s", code, stdout, stderr)
	}
	stdout, stderr, code = run(t, "oci:"+sparse(t, 1<<40), "--platform", "linux/amd64")
	if code != cli.Invalid || !strings.Contains(stdout, "no layer of more than 256 GiB") {
		t.Errorf("exit %d\n%s%s", code, stdout, stderr)
	}
}

// A signal cancels the program's context.
func TestASparseLayerEndsWithASignal(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var out, err bytes.Buffer
	folder := sparse(t, 200<<30)
	time.AfterFunc(200*time.Millisecond, cancel)
	if code := cli.Run(ctx, []string{"oci:" + folder, "--platform", "linux/amd64"}, &out, &err); code != cli.Unknown ||
		!strings.Contains(err.String(), "interrupted") {
		t.Errorf("exit %d\n%s%s", code, out.String(), err.String())
	}
}

func TestNetworksCanBeAllowed(t *testing.T) {
	s, store := fixture.Serve(t), fixture.New()
	d := store.Good().Digest
	s.Push(t, "app", store)
	elsewhere := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, blob, _ := strings.Cut(r.URL.Path, "/blobs/")
		_, _ = w.Write(store.Blobs[digest.Digest(blob)])
	})}
	l, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		l, err = net.Listen("tcp", "127.0.0.3:0") // a machine without IPv6
	}
	if err != nil {
		t.Fatal(err)
	}
	go elsewhere.Serve(l) // it ends with the test
	defer elsewhere.Close()
	s.Misbehave(func(w http.ResponseWriter, r *http.Request) bool {
		blob := strings.Contains(r.URL.Path, "/blobs/") && r.Method == http.MethodGet
		if blob {
			http.Redirect(w, r, "http://"+l.Addr().String()+r.URL.Path, http.StatusTemporaryRedirect)
		}
		return blob
	})
	// That the registry's own address is allowed makes it one that is elsewhere.
	image := s.Host + "/app@" + d.String()
	if _, stderr, code := run(t, image, "--allow-network", "127.0.0.1/32"); code != cli.Unknown ||
		!strings.Contains(stderr, "--allow-network allows it") {
		t.Errorf("exit %d, %s", code, stderr)
	}
	if stdout, stderr, code := run(t, image, "--allow-network", "127.0.0.0/8,::1/128"); code != cli.Valid {
		t.Errorf("exit %d\n%s%s", code, stdout, stderr)
	}
}
