package buildspecs_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"archway/buildspecs"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const repository = "111122223333.dkr.ecr.eu-west-1.example.test/hello"

var buildEnvironment = map[string]string{
	"REPOSITORY_URI":                    repository,
	"CACHE_REF":                         "111122223333.dkr.ecr.eu-west-1.example.test/cache:arm64",
	"PLATFORM":                          "linux/arm64",
	"BUILD_CONTEXT":                     ".",
	"DOCKERFILE":                        "Dockerfile",
	"BUILD_ARGS":                        "{}",
	"IMAGE_LABELS":                      "{}",
	"SOURCE_URL":                        "https://git.example.test/hello",
	"BUILDKIT_IMAGES":                   "example.test/buildkit:1",
	"PIPELINE":                          "hello",
	"EXECUTION_ID":                      execution,
	"CODEBUILD_RESOLVED_SOURCE_VERSION": commit,
	"STUB_METADATA":                     `{"containerimage.digest": "` + digest("a") + `"}`,
}

// A build pushes by digest, and exports the digest.
func TestBuildPushesByDigest(t *testing.T) {
	r := run(t, buildspecs.Build, buildEnvironment)
	if !r.succeeded {
		t.Fatalf("the build failed:\n%s", r.log)
	}
	if diff := cmp.Diff(map[string]string{"IMAGE_DIGEST": digest("a")}, r.exported); diff != "" {
		t.Errorf("exported variables (-want +got):\n%s", diff)
	}
	got := r.command(t, "docker", "buildx", "build")
	for i := range got { // what differs from run to run
		got[i] = regexp.MustCompile(`^/.*/metadata.json$`).ReplaceAllString(got[i], "METADATA")
		got[i] = regexp.MustCompile(`created=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$`).ReplaceAllString(got[i], "created=NOW")
	}
	want := []string{
		"--progress", "plain",
		"--platform", "linux/arm64",
		"--file", "./Dockerfile",
		"--cache-from", "type=registry,ref=111122223333.dkr.ecr.eu-west-1.example.test/cache:arm64",
		"--cache-to",
		"type=registry,ref=111122223333.dkr.ecr.eu-west-1.example.test/cache:arm64,mode=max,image-manifest=true,oci-mediatypes=true,ignore-error=true",
		"--output",
		"type=image,name=" + repository +
			",push-by-digest=true,name-canonical=true,push=true,oci-mediatypes=true,oci-artifact=false",
		"--provenance=mode=max",
		"--metadata-file", "METADATA",
		"--label", "org.opencontainers.image.revision=0123456789abcdef0123456789abcdef01234567",
		"--label", "org.opencontainers.image.source=https://git.example.test/hello",
		"--label", "org.opencontainers.image.created=NOW",
		"./.",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("docker buildx build (-want +got):\n%s", diff)
	}
}

// A build makes a bill of materials only if it is asked to.
func TestBuildWithSBOM(t *testing.T) {
	const option, generator = "--sbom", "example.test/scanner:1@sha256:0123"
	for name, test := range map[string]struct {
		environment map[string]string
		want        []string
	}{
		"not asked": {map[string]string{}, nil},
		"empty":     {map[string]string{"SBOM_GENERATOR": ""}, nil},
		"asked":     {map[string]string{"SBOM_GENERATOR": generator}, []string{option + "=generator=" + generator}},
	} {
		t.Run(name, func(t *testing.T) {
			r := run(t, buildspecs.Build, with(buildEnvironment, test.environment))
			got := slices.DeleteFunc(r.command(t, "docker", "buildx", "build"),
				func(s string) bool { return !strings.HasPrefix(s, option) })
			if diff := cmp.Diff(test.want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("options (-want +got):\n%s", diff)
			}
		})
	}
}

func TestBuildEndsWithOneReadableLine(t *testing.T) {
	r := run(t, buildspecs.Build, buildEnvironment)
	lines := strings.Split(strings.TrimSpace(r.log), "\n")
	want := regexp.MustCompile(`^Pushed linux/arm64 of commit 0123456789abcdef0123456789abcdef01234567 as ` +
		regexp.QuoteMeta(repository) + `@sha256:a{64} in \d+ s$`)
	if last := lines[len(lines)-1]; !want.MatchString(last) {
		t.Errorf("the last line is %q, want it to match %s", last, want)
	}
}

func TestBuildLogsInByStandardInput(t *testing.T) {
	r := run(t, buildspecs.Build, buildEnvironment)
	want := []string{"--username", "AWS", "--password-stdin", "111122223333.dkr.ecr.eu-west-1.example.test"}
	if diff := cmp.Diff(want, r.command(t, "docker", "login")); diff != "" {
		t.Errorf("docker login (-want +got):\n%s", diff)
	}
	if got := strings.TrimSpace(r.login); got != password {
		t.Errorf("docker login read %q, want the password", got)
	}
}

func TestBuildPassesValuesUnchanged(t *testing.T) {
	r := run(t, buildspecs.Build, with(buildEnvironment, map[string]string{
		"BUILD_ARGS":    `{"EMPTY": "", "LINES": "one\ntwo", "QUOTED": "it's \"$HOME\" \\ * --target x", "UNICODE": "Grüße"}`,
		"IMAGE_LABELS":  `{"com.example.note": "a = b; $(false)"}`,
		"BUILD_TARGET":  "release",
		"BUILD_CONTEXT": "services/api",
		"DOCKERFILE":    "docker/Dockerfile.prod",
	}))
	if !r.succeeded {
		t.Fatalf("the build failed:\n%s", r.log)
	}
	call := r.command(t, "docker", "buildx", "build")
	want := map[string][]string{
		"--build-arg": {"EMPTY=", "LINES=one\ntwo", `QUOTED=it's "$HOME" \ * --target x`, "UNICODE=Grüße"},
		"--target":    {"release"},
		"--file":      {"./services/api/docker/Dockerfile.prod"},
	}
	for option, values := range want {
		if diff := cmp.Diff(values, valuesOf(call, option)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", option, diff)
		}
	}
	if got := valuesOf(call, "--label")[0]; got != "com.example.note=a = b; $(false)" {
		t.Errorf("the first label is %q: the image's own labels come first, unchanged", got)
	}
	if got := call[len(call)-1]; got != "./services/api" {
		t.Errorf("the context is %q, want ./services/api", got)
	}
}

func valuesOf(call []string, option string) []string {
	var values []string
	for i, word := range call[:len(call)-1] {
		if word == option {
			values = append(values, call[i+1])
		}
	}
	return values
}

// A build refuses wrong values before it does anything.
func TestBuildRefusals(t *testing.T) {
	all := map[string]string{"BUILDX_BUILDER": "", "BUILDKIT_IMAGES": ""}
	for _, name := range strings.Fields(
		"REPOSITORY_URI CACHE_REF PLATFORM BUILD_CONTEXT DOCKERFILE BUILD_ARGS IMAGE_LABELS SOURCE_URL " +
			"PIPELINE EXECUTION_ID CODEBUILD_RESOLVED_SOURCE_VERSION") {
		all[name] = ""
	}
	all["RULES"] = rules
	tests := []struct {
		name    string
		changes map[string]string
		want    []string
	}{
		{"no environment at all", all, []string{
			"REPOSITORY_URI is missing", "CACHE_REF is missing", "PLATFORM is missing", "BUILD_CONTEXT is missing",
			"DOCKERFILE is missing",
			"BUILD_ARGS is missing", "IMAGE_LABELS is missing", "SOURCE_URL is missing", "PIPELINE is missing",
			`EXECUTION_ID is ""`, `CODEBUILD_RESOLVED_SOURCE_VERSION is ""`,
			"neither BUILDX_BUILDER"}},
		{"a revision that is no commit", map[string]string{"CODEBUILD_RESOLVED_SOURCE_VERSION": "main"},
			[]string{`is "main", expected a commit`}},
		{"an execution that is none",
			map[string]string{"RULES": rules, "EXECUTION_ID": "#{codepipeline.PipelineExecutionId}"},
			[]string{"expected the id of an execution"}},
		{"a secret that is empty", map[string]string{"BUILD_SECRETS": `{"npmrc": "MOUNT_1"}`, "MOUNT_1": ""},
			[]string{"the secret npmrc is empty"}},
		{"build arguments that are no JSON", map[string]string{"BUILD_ARGS": "A=1"},
			[]string{"BUILD_ARGS is not a JSON object of strings: got A=1"}},
		{"build arguments that are no strings", map[string]string{"BUILD_ARGS": `{"A":1}`},
			[]string{`BUILD_ARGS is not a JSON object of strings: got {"A":1}`}},
		{"labels in a list", map[string]string{"IMAGE_LABELS": `["a"]`},
			[]string{"IMAGE_LABELS is not a JSON object of strings"}},
		{"no Dockerfile", map[string]string{"BUILD_CONTEXT": "services", "DOCKERFILE": "Dockerfile"},
			[]string{"has no file Dockerfile in the folder services"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := run(t, buildspecs.Build, with(buildEnvironment, test.changes))
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

// A build exports nothing after a failure.
func TestFailedBuildExportsNothing(t *testing.T) {
	tests := []struct {
		name    string
		changes map[string]string
		want    string
	}{
		{"of the build", map[string]string{"STUB_BUILD_STATUS": "1"}, ""},
		{"of the login, at the beginning of a pipe", map[string]string{"STUB_LOGIN_STATUS": "255"}, ""},
		{"to report a digest", map[string]string{"STUB_METADATA": "{}"},
			`ERROR: the build reports no digest of what it pushed: got ""`},
		{"to report a whole digest", map[string]string{"STUB_METADATA": `{"containerimage.digest": "sha256:abc"}`},
			`got "sha256:abc"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := run(t, buildspecs.Build, with(buildEnvironment, test.changes))
			if r.succeeded || len(r.exported) > 0 {
				t.Errorf("succeeded %v, exported %v: want a failure and no variable\n%s", r.succeeded, r.exported,
					r.log)
			}
			if !strings.Contains(r.log, test.want) {
				t.Errorf("the log does not say %q:\n%s", test.want, r.log)
			}
			if strings.Contains(r.log, "Pushed") {
				t.Errorf("the log claims success:\n%s", r.log)
			}
		})
	}
}

func TestBuildDoesNotBuildWithoutALogin(t *testing.T) {
	r := run(t, buildspecs.Build, with(buildEnvironment, map[string]string{"STUB_LOGIN_STATUS": "255"}))
	if call := r.command(t, "docker", "buildx", "build"); call != nil {
		t.Errorf("docker buildx build was called: %q", call)
	}
}

// rules are what the build rules of a pipeline change.
const rules = `{"main": {}, "release": {"context": "services/api", "dockerfile": "docker/Dockerfile.prod", "buildArgs": {"B": "2", "C": "it's \"3\""}, "noCache": true}, "pr": {"skip": true}}`

// Secrets are handed over by the names of variables. A value on a command line can be read by every
// process of the machine.
func TestSecretsByVariable(t *testing.T) {
	r := run(t, buildspecs.Build, with(buildEnvironment, map[string]string{
		"BUILD_SECRETS": `{"npmrc": "MOUNT_2", "ca.pem": "MOUNT_1"}`, "MOUNT_1": "one two", "MOUNT_2": "$(three)",
	}))
	if !r.succeeded {
		t.Fatalf("the build failed:\n%s", r.log)
	}
	var got []string
	arguments := r.command(t, "docker", "buildx", "build")
	for i, argument := range arguments {
		if argument == "--secret" {
			got = append(got, arguments[i+1])
		}
	}
	slices.Sort(got)
	if diff := cmp.Diff([]string{"id=ca.pem,env=MOUNT_1", "id=npmrc,env=MOUNT_2"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, text := range append(arguments, r.log) {
		if strings.Contains(text, "one two") || strings.Contains(text, "three") {
			t.Errorf("a secret stands in %q", text)
		}
	}
}

// metadata is what buildx reports of a build that took these base images, as BuildKit names them in
// its provenance.
func metadata(uris ...string) string {
	materials := []string{}
	for _, uri := range uris {
		materials = append(materials, `{"uri": "`+uri+`", "digest": {"sha256": "0123"}}`)
	}
	return `{"containerimage.digest": "` + digest("a") +
		`", "buildx.build.provenance": {"buildType": "https://mobyproject.org/buildkit@v1", "materials": [` +
		strings.Join(materials, ", ") + `]}}`
}

// Base images without a digest are reported or refused.
func TestUnpinnedBaseImages(t *testing.T) {
	const (
		tagged = "pkg:docker/debian@bookworm-slim?platform=linux%2Farm64"
		pinned = "pkg:docker/public.ecr.aws/docker/library/golang@1.26?digest=sha256:0123&platform=linux%2Farm64"
		source = "https://example.test/archive.tar.gz"
	)
	// What buildx 0.15.1 and 0.23.0 make of the provenance of BuildKit 0.28.1.
	hollow := `{"containerimage.digest": "` + digest("a") +
		`", "buildx.build.provenance": {"buildType": "", "invocation": {}}}`
	for name, test := range map[string]struct {
		metadata string
		pinned   bool
		succeeds bool
		said     []string
	}{
		"reported": {metadata(tagged, pinned, source), false, true,
			[]string{"Base image without a digest: debian:bookworm-slim\n"}},
		"refused": {metadata(pinned, tagged), true, false,
			[]string{"Base image without a digest: debian:bookworm-slim\n", "ERROR: base images must be pinned"}},
		"all are pinned": {metadata(pinned, source), true, true, nil},
		"no base image":  {metadata(), true, true, nil},
		"newer predicate": {strings.NewReplacer(`{"buildType"`, `{"buildDefinition": {"buildType"`,
			`"materials"`, `"resolvedDependencies"`, "]}}", "]}}}").Replace(metadata(tagged)), true, false,
			[]string{"debian:bookworm-slim"}},
		"nothing is known, and asked": {`{"containerimage.digest": "` + digest("a") + `"}`, true, false,
			[]string{"does not report its provenance"}},
		"nothing is known, nor asked": {`{"containerimage.digest": "` + digest("a") + `"}`, false, true,
			[]string{"Base images are not known"}},
		"hollow, and asked": {hollow, true, false,
			[]string{"does not report its provenance", "buildx 0.32 or newer"}},
		"hollow, nor asked": {hollow, false, true, []string{"Base images are not known"}},
	} {
		t.Run(name, func(t *testing.T) {
			environment := with(buildEnvironment, map[string]string{"STUB_METADATA": test.metadata})
			if test.pinned {
				environment["BASE_IMAGES"] = "pinned"
			}
			r := run(t, buildspecs.Build, environment)
			if r.succeeded != test.succeeds || (r.exported["IMAGE_DIGEST"] != "") != test.succeeds {
				t.Errorf("succeeded %v, exported %v, want %v:\n%s", r.succeeded, r.exported, test.succeeds, r.log)
			}
			for _, text := range test.said {
				if !strings.Contains(r.log, text) {
					t.Errorf("the log lacks %q:\n%s", text, r.log)
				}
			}
			if got := strings.Count(r.log, "Base image without"); got > 1 || test.said == nil && got > 0 {
				t.Errorf("%d base images are reported:\n%s", got, r.log)
			}
		})
	}
}
