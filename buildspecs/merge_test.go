package buildspecs_test

import (
	"crypto/sha256"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"archway/buildspecs"

	"github.com/google/go-cmp/cmp"
)

// index is what imagetools shows: any JSON will do, its bytes are what counts.
const index = `{
  "schemaVersion": 2,
  "mediaType": "application/vnd.oci.image.index.v1+json",
  "manifests": []
}`

var (
	indexDigest = fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(index)))

	mergeEnvironment = map[string]string{
		"REPOSITORY_URI":                    "111122223333.dkr.ecr.eu-west-1.example.test/team/hello",
		"SOURCE_URL":                        "https://git.example.test/hello",
		"BUILDS":                            `{"linux/arm64": "hello-arm64", "linux/amd64": "hello-amd64"}`,
		"PIPELINE":                          "hello",
		"EXECUTION_ID":                      execution,
		"CODEBUILD_RESOLVED_SOURCE_VERSION": commit,
		"STUB_INDEX":                        index,
	}
)

// merging is the environment of a merge of what the builds put out.
func merging(t *testing.T, amd64, arm64 any) map[string]string {
	t.Helper()
	return with(mergeEnvironment, map[string]string{"STUB_HISTORY": history(t, bothBuilt(amd64, arm64))})
}

// A merge takes exactly the digests that it is given, in the order of their platforms.
func TestMergeTakesExactDigests(t *testing.T) {
	r := run(t, buildspecs.Merge, merging(t, digest("a"), digest("b")))
	if !r.succeeded {
		t.Fatalf("the merge failed:\n%s", r.log)
	}
	got := r.command(t, "docker", "buildx", "imagetools", "create")
	for i := range got {
		got[i] = regexp.MustCompile(`created=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$`).ReplaceAllString(got[i], "created=NOW")
	}
	want := []string{
		"--dry-run",
		"--annotation", "index:org.opencontainers.image.revision=0123456789abcdef0123456789abcdef01234567",
		"--annotation", "index:org.opencontainers.image.source=https://git.example.test/hello",
		"--annotation", "index:org.opencontainers.image.created=NOW",
		"111122223333.dkr.ecr.eu-west-1.example.test/team/hello@" + digest("a"),
		"111122223333.dkr.ecr.eu-west-1.example.test/team/hello@" + digest("b"),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("docker buildx imagetools create (-want +got):\n%s", diff)
	}
}

// A merge puts the index by its digest, without a tag.
func TestMergePutsByDigest(t *testing.T) {
	r := run(t, buildspecs.Merge, merging(t, digest("a"), digest("b")))
	if !r.succeeded {
		t.Fatalf("the merge failed:\n%s", r.log)
	}
	got := r.command(t, "aws", "ecr", "put-image")
	for i := range got {
		got[i] = regexp.MustCompile(`^file:///.*/index.json$`).ReplaceAllString(got[i], "FILE")
	}
	want := []string{
		"--registry-id", "111122223333",
		"--repository-name", "team/hello",
		"--image-manifest", "FILE",
		"--image-manifest-media-type", "application/vnd.oci.image.index.v1+json",
		"--image-digest", indexDigest,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("aws ecr put-image (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(index, r.manifest); diff != "" {
		t.Errorf("the manifest that is put (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"INDEX_DIGEST": indexDigest}, r.exported); diff != "" {
		t.Errorf("exported variables (-want +got):\n%s", diff)
	}
}

func TestMergeEndsWithOneReadableLine(t *testing.T) {
	r := run(t, buildspecs.Merge, merging(t, digest("a"), digest("b")))
	lines := strings.Split(strings.TrimSpace(r.log), "\n")
	want := regexp.MustCompile(
		`^Merged linux/amd64 linux/arm64 of commit 0123456789abcdef0123456789abcdef01234567 as ` +
			`\S+/team/hello@` + indexDigest + ` in \d+ s$`)
	if last := lines[len(lines)-1]; !want.MatchString(last) {
		t.Errorf("the last line is %q, want it to match %s", last, want)
	}
}

func TestMergeOfASingleArchitecture(t *testing.T) {
	r := run(t, buildspecs.Merge,
		with(merging(t, digest("a"), digest("b")), map[string]string{"BUILDS": `{"linux/arm64": "hello-arm64"}`}))
	if !r.succeeded || r.exported["INDEX_DIGEST"] != indexDigest {
		t.Errorf("succeeded %v, exported %v:\n%s", r.succeeded, r.exported, r.log)
	}
}

// A merge of what exists already succeeds.
func TestMergeOfExistingIndex(t *testing.T) {
	r := run(t, buildspecs.Merge, with(merging(t, digest("a"), digest("b")), map[string]string{
		"STUB_PUT_ERROR": "An error occurred (ImageAlreadyExistsException) when calling the PutImage operation: Image with digest already exists",
	}))
	if !r.succeeded || r.exported["INDEX_DIGEST"] != indexDigest {
		t.Errorf("succeeded %v, exported %v:\n%s", r.succeeded, r.exported, r.log)
	}
}

// A merge refuses wrong values before it does anything.
func TestMergeRefusals(t *testing.T) {
	tests := []struct {
		name    string
		changes map[string]string
		want    []string
	}{
		{"no environment at all", map[string]string{
			"REPOSITORY_URI": "", "SOURCE_URL": "", "BUILDS": "", "PIPELINE": "", "EXECUTION_ID": "",
			"CODEBUILD_RESOLVED_SOURCE_VERSION": "",
		}, []string{
			"REPOSITORY_URI is missing", "SOURCE_URL is missing", "BUILDS is missing", "PIPELINE is missing",
			"EXECUTION_ID is missing",
			`CODEBUILD_RESOLVED_SOURCE_VERSION is ""`}},
		{"a revision that is no commit", map[string]string{"CODEBUILD_RESOLVED_SOURCE_VERSION": commit + "0"},
			[]string{"expected a commit"}},
		{"an execution that is none", map[string]string{"EXECUTION_ID": execution + ",latestInPipelineExecution={}"},
			[]string{"expected the id of an execution"}},
		{"builds that are no object", map[string]string{"BUILDS": `["hello-amd64"]`},
			[]string{`BUILDS is not a JSON object of strings`}},
		{"no builds", map[string]string{"BUILDS": `{}`}, []string{`BUILDS is not a JSON object of strings`}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := run(t, buildspecs.Merge, with(merging(t, digest("a"), digest("b")), test.changes))
			if r.succeeded || len(r.calls) > 0 || len(r.exported) > 0 {
				t.Errorf("succeeded %v, calls %q, exported %v: want a failure and nothing else", r.succeeded, r.calls,
					r.exported)
			}
			for _, want := range test.want {
				if !strings.Contains(r.log, want) {
					t.Errorf("the log does not say %q:\n%s", want, r.log)
				}
			}
		})
	}
}

// A merge puts and exports nothing after a failure.
func TestFailedMergeExportsNothing(t *testing.T) {
	tests := []struct {
		name    string
		changes map[string]string
		want    string
	}{
		{"of the login", map[string]string{"STUB_LOGIN_STATUS": "255"}, ""},
		{"of imagetools", map[string]string{"STUB_IMAGETOOLS_STATUS": "1"}, ""},
		{"to make an index",
			map[string]string{"STUB_INDEX": `{"mediaType": "application/vnd.oci.image.manifest.v1+json"}`},
			"the merge gives no OCI image index"},
		{"to put the index",
			map[string]string{"STUB_PUT_ERROR": "An error occurred (ReferencedImagesNotFoundException)"},
			"ReferencedImagesNotFoundException"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := run(t, buildspecs.Merge, with(merging(t, digest("a"), digest("b")), test.changes))
			if r.succeeded || len(r.exported) > 0 || r.manifest != "" {
				t.Errorf("succeeded %v, exported %v, put %q: want a failure, no variable and nothing put\n%s",
					r.succeeded, r.exported, r.manifest, r.log)
			}
			if !strings.Contains(r.log, test.want) {
				t.Errorf("the log does not say %q:\n%s", test.want, r.log)
			}
			if strings.Contains(r.log, "Merged") {
				t.Errorf("the log claims success:\n%s", r.log)
			}
		})
	}
}

// A merge leaves out what the rule leaves out.
func TestMergeFollowsItsRule(t *testing.T) {
	r := run(t, buildspecs.Merge, merging(t, "none", digest("b")))
	call := r.command(t, "docker", "buildx", "imagetools", "create")
	if !r.succeeded || len(call) == 0 || !strings.HasSuffix(call[len(call)-1], "@"+digest("b")) ||
		strings.Contains(strings.Join(call, " "), "none") {
		t.Errorf("succeeded %v, call %q\n%s", r.succeeded, call, r.log)
	}
	if !strings.Contains(r.log, "Merged linux/arm64 of commit") {
		t.Errorf("the log does not name the platforms:\n%s", r.log)
	}
}
