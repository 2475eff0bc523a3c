package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"archway/test/internal/assembly"
	"archway/test/rehearse/internal/aws/codepipeline"
)

// A build that fails on one architecture leaves everything as it was.
func TestFailedArchitecture(t *testing.T) {
	r := rehearse(t, helloGo)
	push, err := r.PushSeed(t.Context(), "hello-go", func(dir string) error {
		return prepend(filepath.Join(dir, "Dockerfile"),
			"FROM public.ecr.aws/docker/library/golang:1.26-bookworm AS check\n"+
				"RUN test \"$(uname -m)\" = x86_64 && touch /passed\n", "COPY --from=check /passed /passed\n")
	})
	result := only(t, push, err)
	wantStages(t, result, map[string]codepipeline.Status{
		"Source": codepipeline.Succeeded, "Build": codepipeline.Failed,
		"Merge": codepipeline.DidNotRun, "Validate": codepipeline.DidNotRun, "SmokeTest": codepipeline.DidNotRun,
		"Promote": codepipeline.DidNotRun,
	})
	// The sibling goes on to its end.
	if a := result.Action("Build", "hello-go-amd64"); a.Status != codepipeline.Succeeded ||
		a.Variables["IMAGE_DIGEST"] == "" {
		t.Errorf("amd64: got %s with %v, expected success with a digest", a.Status, a.Variables)
	}
	arm := result.Action("Build", "hello-go-arm64")
	if arm.Status != codepipeline.Failed || !strings.Contains(arm.Message, "Phase: BUILD") || len(arm.Variables) > 0 {
		t.Errorf("arm64: got %s, %q, %v, expected a failed build without variables", arm.Status, arm.Message,
			arm.Variables)
	}
	wantTags(t, r, "hello-go", map[string]string{})
}

// An image with another architecture's config is not promoted. BuildKit writes the platform that it
// was told into the config, whatever the Dockerfile says; so the wrong config comes from a build
// that is wrong itself.
func TestWrongConfig(t *testing.T) {
	needsMachine(t)
	tool := filepath.Join(t.TempDir(), "miscast")
	if out, err := exec.Command("go", "build", "-o", tool, "./testdata/miscast").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	r := deploy(t, patched(t, helloGo, `export IMAGE_DIGEST=\"$digest\"`,
		// Only the second commit's arm64 image is wrong.
		`[ $PLATFORM = linux/amd64 ] || [ ! -e wrong ] || digest=\"$(`+tool+
			` \"$REPOSITORY_URI@$digest\" amd64)\"; export IMAGE_DIGEST=\"$digest\"`,
		// The tool reads the config of what was pushed; the real build reads nothing.
		`"ecr:BatchCheckLayerAvailability"`, `"ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer"`))
	push, err := r.PushSeed(t.Context(), "hello-go", nil)
	if good := only(t, push, err); good.Status != codepipeline.Succeeded {
		t.Fatalf("the good commit: %s", good.Status)
	}
	before := tags(t, r, "hello-go")
	push, err = r.Push(t.Context(), "hello-go", "main", write("wrong", ""))
	wantRefused(t, only(t, push, err), "linux/arm64", "config", "linux/amd64")
	wantTags(t, r, "hello-go", before)
}

// A build for arm64 that yields amd64 is not promoted.
func TestWrongArchitecture(t *testing.T) {
	needsMachine(t)
	r := deploy(t, patched(t, helloGo, `"Value":"linux/arm64"`, `"Value":"linux/amd64"`))
	push, err := r.PushSeed(t.Context(), "hello-go", nil)
	wantRefused(t, only(t, push, err), "linux/arm64")
	wantTags(t, r, "hello-go", map[string]string{})
}

// A last stage of a fixed platform is not promoted. The mistake that nothing but a look at the
// program notices: BuildKit writes arm64 into the config all the same.
func TestFixedLastStage(t *testing.T) {
	r := rehearse(t, helloGo)
	push, err := r.PushSeed(t.Context(), "hello-go", nil)
	if good := only(t, push, err); good.Status != codepipeline.Succeeded {
		t.Fatalf("the good commit: %s", good.Status)
	}
	before := tags(t, r, "hello-go")
	push, err = r.Push(t.Context(), "hello-go", "main",
		write("Dockerfile", "FROM --platform=linux/amd64 public.ecr.aws/docker/library/golang:1.26-bookworm\n"+
			"WORKDIR /src\nCOPY go.mod *.go ./\nRUN CGO_ENABLED=0 go build -o /hello .\nENTRYPOINT [\"/hello\"]\n"))
	wantRefused(t, only(t, push, err), "entry-elf", "linux/arm64", "/hello, is built for amd64, expected arm64",
		"--platform")
	wantTags(t, r, "hello-go", before)
}

// wantRefused: everything went well until validation, whose message has the words.
func wantRefused(t *testing.T, result codepipeline.Result, words ...string) {
	t.Helper()
	wantStages(t, result, map[string]codepipeline.Status{
		"Source": codepipeline.Succeeded, "Build": codepipeline.Succeeded, "Merge": codepipeline.Succeeded,
		"Validate": codepipeline.Failed, "SmokeTest": codepipeline.DidNotRun, "Promote": codepipeline.DidNotRun,
	})
	message := result.Action("Validate", "hello-go").Message
	for _, word := range words {
		if !strings.Contains(message, word) {
			t.Errorf("message: got %q, expected it to name %s", message, word)
		}
	}
}

// patched is an app's stacks with texts of the template replaced: pairs of old and new.
func patched(t *testing.T, cdkJSON string, oldNew ...string) []*assembly.Stack {
	t.Helper()
	list := slices.Clone(stacks(t, cdkJSON))
	for i, stack := range list {
		changed := *stack
		for pair := range slices.Chunk(oldNew, 2) {
			if !bytes.Contains(changed.Template, []byte(pair[0])) {
				t.Fatalf("the template of %s has no %q", stack.Name, pair[0])
			}
			changed.Template = bytes.ReplaceAll(changed.Template, []byte(pair[0]), []byte(pair[1]))
		}
		list[i] = &changed
	}
	return list
}

func prepend(file, head, tail string) error {
	content, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	return os.WriteFile(file, []byte(head+string(content)+tail), 0o644)
}
