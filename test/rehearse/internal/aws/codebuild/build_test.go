package codebuild

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"archway/test/internal/archive"
)

// log collects what a build prints.
type log struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// printed returns the lines that the commands printed, without the agent's.
func (l *log) printed() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var lines []string
	for line := range strings.Lines(l.text.String()) {
		if !strings.HasPrefix(line, "[Container]") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}

// phases returns what the agent said about the ends of phases.
func (l *log) phases() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var lines []string
	for line := range strings.Lines(l.text.String()) {
		if _, said, ok := strings.Cut(strings.TrimSuffix(line, "\n"), " Phase "); ok {
			lines = append(lines, "Phase "+said)
		}
	}
	return lines
}

func run(t *testing.T, ctx context.Context, spec string, change func(*Request, *Host)) (Build, *log) {
	t.Helper()
	parsed, err := ParseBuildSpec(spec)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	source := filepath.Join(dir, "source")
	if err := os.Mkdir(source, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(source, "file"), []byte("content"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := archive.Pack(source, filepath.Join(dir, "source.zip")); err != nil {
		t.Fatal(err)
	}
	l := &log{}
	host := Host{Dir: filepath.Join(dir, "builds"), Account: "111122223333", Region: "eu-west-1",
		Path: "/usr/local/bin:/usr/bin:/bin"}
	request := Request{
		Project: &Project{Name: "project", BuildSpec: parsed, Timeout: time.Minute},
		Source: Source{Name: "SourceCode", File: filepath.Join(dir, "source.zip"), Revision: "abc",
			Location: "bucket/key"},
		Initiator: "codepipeline/app",
		Log:       l,
	}
	if change != nil {
		change(&request, &host)
	}
	return NewRunner(host).Run(ctx, request), l
}

const head = `
version: 0.2
env: {shell: bash, exported-variables: [OUT]}
phases:
`

// ends is how a build ends.
type ends struct {
	printed  []string
	exported map[string]string
	failure  string // part of the error; empty if the build succeeds
}

// otherwise are those of TestPhases that end in another way where each command has a shell of its
// own: variables survive, exported or not; functions and options do not.
var otherwise = map[string]ends{
	"commands share variables, folder, functions and options": {[]string{"/usr", "no f"},
		map[string]string{"OUT": "o1"}, ""},
	"set -e reaches the next command": {[]string{"never"}, map[string]string{}, ""},
	"post_build runs in a new shell if set -e ended the first": {
		[]string{"kept lost gone /usr 0"}, nil, "Phase: BUILD",
	},
	"a variable that is not exported has no value": {nil, map[string]string{"OUT": "x"}, ""},
}

func TestPhases(t *testing.T) {
	tests := map[string]struct {
		spec     string
		printed  []string
		exported map[string]string
		failure  string // part of the error; empty if the build succeeds
	}{
		"commands share variables, folder, functions and options": {
			head + `
  install:
    commands: ["cd /usr && X=1; f() { echo f $X; }", "set -u"]
  build:
    commands: ["pwd; f 2>&- || echo no f", "export OUT=o$X"]
`, []string{"/usr", "f 1"}, map[string]string{"OUT": "o1"}, "",
		},
		"the source is the first folder": {
			head + `
  build: {commands: ["echo \"$(cat file)\"", "[ \"$PWD\" = \"$CODEBUILD_SRC_DIR\" ]"]}
`, []string{"content"}, map[string]string{}, "",
		},
		"a failing command skips the rest of its phase": {
			head + `
  build: {commands: ["echo one", "exit_with() { return 3; }; exit_with", "echo never"]}
`, []string{"one"}, nil,
			"Phase: BUILD, Code: COMMAND_EXECUTION_ERROR, Message: Error while executing command: exit_with() { return 3; }; exit_with. Reason: exit status 3",
		},
		"only the last status of a block counts": {
			head + `
  build:
    commands:
      - |
        false
        echo goes on
`, []string{"goes on"}, map[string]string{}, "",
		},
		"set -e in a block makes an earlier failure count": {
			head + `
  build:
    commands:
      - |
        set -e
        (exit 7)
        echo never
`, nil, nil, "Reason: exit status 7",
		},
		"set -e reaches the next command": {
			head + `
  build: {commands: ["set -e", "(exit 8); echo never"]}
`, nil, nil, "Reason: exit status 8",
		},
		"post_build runs after a failed build and knows it": {
			head + `
  build: {commands: ["false"]}
  post_build: {commands: ["echo succeeding=$CODEBUILD_BUILD_SUCCEEDING", "export OUT=x"]}
`, []string{"succeeding=0"}, nil, "Phase: BUILD",
		},
		"post_build runs in a new shell if set -e ended the first": {
			head + `
  pre_build: {commands: ["export KEPT=kept; LOST=lost; cd /usr"]}
  build: {commands: ["set -eu; export HALF=half; false"]}
  post_build: {commands: ["echo $KEPT ${LOST-gone} ${HALF-gone} $PWD $CODEBUILD_BUILD_SUCCEEDING"]}
`, []string{"kept gone gone /usr 0"}, nil, "Phase: BUILD",
		},
		"post_build does not run after a failed pre_build": {
			head + `
  pre_build: {commands: ["false"]}
  build: {commands: ["echo never"]}
  post_build: {commands: ["echo never"]}
`, nil, nil, "Phase: PRE_BUILD",
		},
		"ABORT keeps post_build from running": {
			head + `
  build: {on-failure: ABORT, commands: ["false"]}
  post_build: {commands: ["echo never"]}
`, nil, nil, "Phase: BUILD",
		},
		"CONTINUE goes on, and the build has failed": {
			head + `
  pre_build: {on-failure: CONTINUE, commands: ["false"]}
  build: {commands: ["echo on"]}
`, []string{"on"}, nil, "Phase: PRE_BUILD",
		},
		"finally runs after a failure": {
			head + `
  build: {commands: ["false"], finally: ["echo finally $CODEBUILD_BUILD_SUCCEEDING"]}
`, []string{"finally 0"}, nil, "Phase: BUILD",
		},
		"a failure in finally fails the phase": {
			head + `
  build: {commands: ["true"], finally: ["exit 4"]}
`, nil, nil, "Reason: exit status 4",
		},
		"a failed post_build fails the build": {
			head + `
  build: {commands: ["export OUT=x"]}
  post_build: {commands: ["false"]}
`, nil, nil, "Phase: POST_BUILD",
		},
		"exit 0 ends the shell, not the build": {
			head + `
  build: {commands: ["exit 0", "echo next"]}
`, []string{"next"}, map[string]string{}, "",
		},
		"a variable that is not exported has no value": {
			head + `
  build: {commands: ["OUT=x"]}
`, nil, map[string]string{}, "",
		},
		"commands have an empty standard input": {
			head + `
  build: {commands: ["cat; echo read $?"]}
`, []string{"read 0"}, map[string]string{}, "",
		},
		"sh is the default shell": {
			`
version: "0.2"
phases:
  build: {commands: ['echo "${BASH_VERSION-no bash}"']}
`, []string{"no bash"}, map[string]string{}, "",
		},
	}
	for name := range otherwise {
		if _, ok := tests[name]; !ok {
			t.Errorf("there is no test %q", name)
		}
	}
	for name, test := range tests {
		for model, fresh := range models {
			t.Run(name+"/"+model, func(t *testing.T) {
				t.Parallel()
				want := ends{test.printed, test.exported, test.failure}
				if other, ok := otherwise[name]; ok && fresh {
					want = other
				}
				got, l := run(t, t.Context(), test.spec, func(_ *Request, h *Host) { h.FreshShell = fresh })
				if diff := cmp.Diff(want.printed, l.printed()); diff != "" {
					t.Errorf("printed (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(want.exported, got.Exported); diff != "" {
					t.Errorf("exported (-want +got):\n%s", diff)
				}
				switch {
				case want.failure == "" && got.Err != nil:
					t.Errorf("got %v, expected success", got.Err)
				case want.failure != "" && (got.Err == nil || !strings.Contains(got.Err.Error(), want.failure)):
					t.Errorf("got %v, expected %q", got.Err, want.failure)
				}
			})
		}
	}
}

// models are the two in which commands may run.
var models = map[string]bool{"one shell": false, "a shell for each": true}

// What follows a failed command was recorded:
// https://docs.aws.amazon.com/codebuild/latest/userguide/view-build-details-phases.html has the
// names of the phases.
func TestFailureSaysWhatCodeBuildSays(t *testing.T) {
	for _, fresh := range models {
		got, l := run(t, t.Context(), head+`
  build: {commands: ["exit 7", "echo never"], finally: ["echo finally"]}
  post_build: {commands: ["echo post_build"]}
`, func(_ *Request, h *Host) { h.FreshShell = fresh })
		if diff := cmp.Diff([]string{"finally", "post_build"}, l.printed()); diff != "" {
			t.Errorf("printed (-want +got):\n%s", diff)
		}
		const want = "Phase: BUILD, Code: COMMAND_EXECUTION_ERROR, Message: Error while executing command: exit 7. Reason: exit status 7"
		if got.Err == nil || got.Err.Error() != want {
			t.Errorf("got %v", got.Err)
		}
		if diff := cmp.Diff([]string{
			"Phase complete: BUILD State: FAILED",
			"Phase context status code: COMMAND_EXECUTION_ERROR Message: Error while executing command: exit 7. Reason: exit status 7",
			"Phase complete: POST_BUILD State: SUCCEEDED", "Phase context status code:  Message: ",
			"Phase complete: UPLOAD_ARTIFACTS State: SUCCEEDED", "Phase context status code:  Message: ",
			"Phase complete: FINALIZING State: SUCCEEDED", "Phase context status code:  Message: ",
		}, l.phases()); diff != "" {
			t.Errorf("log (-want +got):\n%s", diff)
		}
	}
}

// A value of 128 KiB is more than Linux takes as one variable of a program: it may be set, and
// where that exports it no program starts any more. In a file it does no harm.
func TestLargeValueIsForAFile(t *testing.T) {
	tests := map[string]struct {
		commands string
		fails    bool // where variables are exported
	}{
		"in a variable": {`["large=$(head -c 200000 /dev/zero | tr '\\0' x)", "/bin/true"]`, true},
		"in a file":     {`["head -c 200000 /dev/zero >large", "/bin/true"]`, false},
	}
	for name, test := range tests {
		for _, fresh := range models {
			got, _ := run(t, t.Context(), head+"  build: {commands: "+test.commands+"}\n",
				func(_ *Request, h *Host) { h.FreshShell = fresh })
			if failed := got.Err != nil; failed != (fresh && test.fails) {
				t.Errorf("%s, a shell for each %v: got %v", name, fresh, got.Err)
			}
		}
	}
}

// Whether the build is failing is told anew to each command, whatever the one before has set.
func TestSucceedingIsTold(t *testing.T) {
	for _, fresh := range models {
		_, l := run(t, t.Context(), head+`
  pre_build: {on-failure: CONTINUE, commands: ["echo $CODEBUILD_BUILD_SUCCEEDING; CODEBUILD_BUILD_SUCCEEDING=2", "echo $CODEBUILD_BUILD_SUCCEEDING; false"]}
  build: {commands: ["echo $CODEBUILD_BUILD_SUCCEEDING"]}
`, func(_ *Request, h *Host) { h.FreshShell = fresh })
		if diff := cmp.Diff([]string{"1", "1", "0"}, l.printed()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

// The start's variables come before the project's, and those before the buildspec's.
func TestPrecedenceOfVariables(t *testing.T) {
	_, l := run(t, t.Context(), `
version: 0.2
env: {shell: bash, variables: {A: spec, B: spec, C: spec}}
phases: {build: {commands: ["echo $A $B $C"]}}
`, func(r *Request, _ *Host) {
		r.Project.Environment.Variables = []Variable{{Name: "B", Value: "project"}, {Name: "C", Value: "project"}}
		r.Overrides = []Variable{{Name: "C", Value: "start"}}
	})
	if diff := cmp.Diff([]string{"spec project start"}, l.printed()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Only privileged builds find a Docker daemon.
func TestPrivilegedBuilds(t *testing.T) {
	for _, privileged := range []bool{true, false} {
		_, l := run(t, t.Context(), head+`
  build: {commands: ["echo $DOCKER_HOST ${BUILDX_BUILDER-none}"]}
`, func(r *Request, h *Host) {
			r.Project.Environment.Privileged = privileged
			h.Docker = Docker{Host: "unix:///engine.sock", Builder: "builder", BuildxConfig: "/config"}
		})
		got := strings.Join(l.printed(), "\n")
		if found := got == "unix:///engine.sock builder"; found != privileged {
			t.Errorf("privileged %v: got %q", privileged, got)
		}
	}
}

func TestBuildVariables(t *testing.T) {
	got, l := run(t, t.Context(), head+`
  build: {commands: ["echo $CODEBUILD_BUILD_ID $CODEBUILD_BUILD_NUMBER $CODEBUILD_INITIATOR $CODEBUILD_RESOLVED_SOURCE_VERSION $AWS_REGION"]}
`, nil)
	want := []string{got.ID + " 1 codepipeline/app abc eu-west-1"}
	if diff := cmp.Diff(want, l.printed()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A timeout ends the build, and what it started.
func TestTimeout(t *testing.T) {
	for model, fresh := range models {
		t.Run(model, func(t *testing.T) {
			t.Parallel()
			timesOut(t, fresh)
		})
	}
}

func timesOut(t *testing.T, fresh bool) {
	number := filepath.Join(t.TempDir(), "process")
	// Longer than tests may take.
	got, l := run(t, t.Context(), head+`
  build: {commands: ["(echo $BASHPID > `+number+`; exec sleep 3600) & echo", "sleep 3600"], finally: ["echo never"]}
  post_build: {commands: ["echo never"]}
`, func(r *Request, h *Host) { r.Project.Timeout, h.FreshShell = 2*time.Second, fresh })
	if want := "Phase: BUILD, Code: BUILD_TIMED_OUT, Message: Build has timed out. "; got.Err == nil ||
		got.Err.Error() != want {
		t.Errorf("got %v, expected %s", got.Err, want)
	}
	if diff := cmp.Diff([]string{"Phase complete: BUILD State: TIMED_OUT",
		"Phase context status code: BUILD_TIMED_OUT Message: Build has timed out. "}, l.phases()[:2]); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{""}, l.printed()); diff != "" {
		t.Errorf("printed (-want +got):\n%s", diff)
	}
	process, err := os.ReadFile(number)
	if err != nil {
		t.Fatal(err)
	}
	// A process that has ended, but that nobody asked about, has no command line any more.
	command, err := os.ReadFile(filepath.Join("/proc", strings.TrimSpace(string(process)), "cmdline"))
	if err == nil && len(command) > 0 {
		t.Errorf("a program that the build left in the background still runs: %q", command)
	}
}

func TestCancelEndsTheBuild(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	got, _ := run(t, ctx, head+`
  build: {commands: ["sleep 3600"]}
`, nil)
	if got.Err == nil {
		t.Error("got success")
	}
}

func TestParseBuildSpecRefusesByName(t *testing.T) {
	tests := map[string]string{
		"version: 0.1\nphases: {build: {commands: [x]}}":                                     "buildspec.version",
		"version: 0.2\nphases: {deploy: {commands: [x]}}":                                    "buildspec.phases.deploy",
		"version: 0.2\nphases: {build: {commands: [x], run-as: u}}":                          "buildspec.phases.build.run-as",
		"version: 0.2\nphases: {build: {commands: []}}":                                      "buildspec.phases.build.commands",
		"version: 0.2\nphases: {build: {commands: [\"a: b\", {a: b}]}}":                      "buildspec.phases.build.commands[1]",
		"version: 0.2\nphases: {build: {commands: [x], on-failure: RETRY}}":                  "buildspec.phases.build.on-failure",
		"version: 0.2\nenv: {parameter-store: {}}\nphases: {build: {commands: [x]}}":         "buildspec.env.parameter-store",
		"version: 0.2\nenv: {exported-variables: [AWS_X]}\nphases: {build: {commands: [x]}}": "AWS_X",
		"version: 0.2\nartifacts: {files: [x]}\nphases: {build: {commands: [x]}}":            "buildspec.artifacts",
		"version: 0.2": "buildspec.phases",
	}
	for spec, want := range tests {
		if _, err := ParseBuildSpec(spec); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, expected %s to be named", spec, err, want)
		}
	}
}
