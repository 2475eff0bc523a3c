package buildspecs_test

import (
	"path/filepath"
	"strings"
	"testing"

	"archway/buildspecs"

	"github.com/google/go-cmp/cmp"
)

// sources are what a merge was made of.
func sources(t *testing.T, r result) []string {
	t.Helper()
	var digests []string
	for _, word := range r.command(t, "docker", "buildx", "imagetools", "create") {
		if _, of, ok := strings.Cut(word, "/team/hello@"); ok {
			digests = append(digests, of)
		}
	}
	return digests
}

func pauses(r result) int {
	count := 0
	for _, call := range r.calls {
		if call[0] == "sleep" {
			count++
		}
	}
	return count
}

func TestMergeAsksForThisExecution(t *testing.T) {
	r := run(t, buildspecs.Merge, merging(t, digest("a"), digest("b")))
	want := []string{"--pipeline-name", "hello", "--filter", "pipelineExecutionId=" + execution, "--output", "json"}
	if diff := cmp.Diff(want, r.command(t, "aws", "codepipeline", "list-action-executions")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestNewestAttemptCounts(t *testing.T) {
	other := built("hello-amd64", "Succeeded", "59", digest("e"))
	other.execution = "99999999-2222-3333-4444-555555555555"
	namesake := built("hello-amd64", "Succeeded", "59", digest("f"))
	namesake.stage = "Promote"
	done := func(second, digit string) attempt { return built("hello-amd64", "Succeeded", second, digest(digit)) }
	failed := built("hello-amd64", "Failed", "05", digest("c"))
	for name, look := range map[string][]attempt{
		"the first of the list": {done("09", "a"), failed},
		"the last of the list":  {failed, done("09", "a")},
		"fractions of a second": {done("05.250", "c"), done("05.5", "a")},
		"a whole second":        {done("05", "c"), done("05.001", "a")},
		"another execution":     {other, done("05", "a")},
		"another stage":         {namesake, done("05", "a")},
	} {
		t.Run(name, func(t *testing.T) {
			look := append(look, built("hello-arm64", "Succeeded", "05", digest("b")))
			r := run(t, buildspecs.Merge, with(mergeEnvironment, map[string]string{"STUB_HISTORY": history(t, look)}))
			if diff := cmp.Diff([]string{digest("a"), digest("b")}, sources(t, r)); diff != "" {
				t.Errorf("(-want +got):\n%s\n%s", diff, r.log)
			}
		})
	}
}

// The history was seen to lag behind the state.
func TestMergeWaitsForTheHistory(t *testing.T) {
	r := run(t, buildspecs.Merge, with(mergeEnvironment, map[string]string{"STUB_HISTORY": history(t,
		[]attempt{},
		[]attempt{built("hello-amd64", "InProgress", "05", ""), built("hello-arm64", "Succeeded", "05", digest("b"))},
		bothBuilt(digest("a"), digest("b")),
	)}))
	if !r.succeeded || pauses(r) != 2 {
		t.Fatalf("succeeded %v after %d pauses:\n%s", r.succeeded, pauses(r), r.log)
	}
	for _, want := range []string{
		"Look 1 of 10 at the history of the stage Build: hello-arm64 is not there, hello-amd64 is not there; the next",
		"Look 2 of 10 at the history of the stage Build: hello-amd64 is InProgress; the next one is in ",
	} {
		if !strings.Contains(r.log, want) {
			t.Errorf("the log does not say %q:\n%s", want, r.log)
		}
	}
}

func TestWaitEnds(t *testing.T) {
	lagging := bothBuilt(digest("a"), digest("b"))
	lagging[1].status = "Failed"
	merge := run(t, buildspecs.Merge, with(mergeEnvironment, map[string]string{"STUB_HISTORY": history(t, lagging)}))
	smoke := run(t, buildspecs.SmokeTest,
		with(smokeEnvironment, map[string]string{"STUB_HISTORY": history(t, lagging)}))
	for want, r := range map[string]result{
		"the stage Build succeeded, after 10 looks: hello-amd64 is Failed": merge,
		"the stage Validate succeeded, after 10 looks: hello is not there": smoke,
	} {
		if r.succeeded || len(r.exported) > 0 || pauses(r) != 9 || !strings.Contains(r.log, want) {
			t.Errorf("succeeded %v after %d pauses, want %q in\n%s", r.succeeded, pauses(r), want, r.log)
		}
	}
}

// With many images and retries it is longer than what a command line or a variable may hold.
func TestLongHistoryIsRead(t *testing.T) {
	look := bothBuilt(digest("a"), digest("b"))
	for range 2000 {
		look = append(look, built("other", "Succeeded", "05", strings.Repeat("y", 1000)))
	}
	r := run(t, buildspecs.Merge, with(mergeEnvironment, map[string]string{"STUB_HISTORY": history(t, look)}))
	if diff := cmp.Diff([]string{digest("a"), digest("b")}, sources(t, r)); diff != "" {
		t.Errorf("(-want +got):\n%s\n%s", diff, r.log)
	}
}

func TestPartOfAHistoryIsRefused(t *testing.T) {
	dir := history(t, bothBuilt(digest("a"), digest("b")))
	write(t, filepath.Join(dir, "1"), `{"actionExecutionDetails": [], "nextToken": "more"}`, 0o644)
	r := run(t, buildspecs.Merge, with(mergeEnvironment, map[string]string{"STUB_HISTORY": dir}))
	if r.succeeded || pauses(r) > 0 || !strings.Contains(r.log, "only the first page of the history was read") {
		t.Errorf("succeeded %v:\n%s", r.succeeded, r.log)
	}
}

// Both look at the history, and what is mended in one is to be mended in the other.
func TestBothAskAlike(t *testing.T) {
	asks := func(spec buildspecs.Spec) string {
		for _, command := range spec.Phases["pre_build"].Commands {
			if strings.HasPrefix(command, "# Ask CodePipeline") {
				return command
			}
		}
		return ""
	}
	if diff := cmp.Diff(asks(buildspecs.Merge), asks(buildspecs.SmokeTest)); diff != "" ||
		asks(buildspecs.Merge) == "" {
		t.Errorf("(-merge.yml +smoke-test.yml):\n%s", diff)
	}
}

func TestLongOutputIsCompared(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "output"), strings.Repeat("x", 300_000)+"end", 0o644)
	r := run(t, buildspecs.SmokeTest, with(smoking(t, both), map[string]string{
		"STUB_OUTPUT_FILE": filepath.Join(dir, "output"), "EXPECT_MATCH": "contains", "EXPECT_TEXT": "xend",
	}))
	if !r.succeeded {
		t.Errorf("it failed:\n%.3000s", r.log)
	}
}
