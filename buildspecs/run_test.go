package buildspecs_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"archway/buildspecs"

	"github.com/google/go-cmp/cmp"
)

// password is what the registry's login is given; no command line and no log may show it.
const password = "s3cret-of-the-registry"

// result is what a build leaves behind.
type result struct {
	succeeded bool
	log       string
	exported  map[string]string
	calls     [][]string // of docker and aws, in order, each with its arguments
	login     string     // what docker login read from stdin
	manifest  string     // what was put into the registry
	builder   string     // the configuration that the builder was created with
	files     []string   // in the source folder, afterwards
}

// command returns the arguments of the only call that begins with these words, or nil.
func (r result) command(t *testing.T, words ...string) []string {
	t.Helper()
	var found []string
	for _, call := range r.calls {
		if len(call) >= len(words) && strings.Join(call[:len(words)], " ") == strings.Join(words, " ") {
			if found != nil {
				t.Errorf("%s is called more than once", strings.Join(words, " "))
			}
			found = call[len(words):]
		}
	}
	return found
}

// stubs stand for the programs that reach out of the machine. They record their calls and answer as
// the test's environment says.
var stubs = map[string]string{
	"docker": `
record docker "$@"
case "$1 $2" in
  "login "*) cat > "$RECORDS/login" ;;
  "buildx create")
    while [ $# -gt 0 ]; do
      if [ "$1" = --buildkitd-config ]; then cp "$2" "$RECORDS/builder"; fi
      shift
    done
    ;;
  "buildx build")
    [ "${STUB_BUILD_STATUS:-0}" -eq 0 ] || exit "$STUB_BUILD_STATUS"
    while [ "$1" != --metadata-file ]; do shift; done
    printf '%s' "$STUB_METADATA" > "$2"
    ;;
  "buildx imagetools")
    [ "${STUB_IMAGETOOLS_STATUS:-0}" -eq 0 ] || exit "$STUB_IMAGETOOLS_STATUS"
    printf '%s\n' "$STUB_INDEX"
    ;;
  "pull "*)
    case " ${STUB_UNREACHABLE:-} " in *" ${!#} "*) echo "no route to host" >&2; exit 1 ;; esac
    exit "${STUB_PULL_STATUS:-0}"
    ;;
  "create "*) echo "the container's id" ;;
  "start --attach")
    printf '%s' "${STUB_OUTPUT:-}"
    if [ -n "${STUB_OUTPUT_FILE:-}" ]; then cat "$STUB_OUTPUT_FILE"; fi
    exit "${STUB_EXIT_CODE:-0}" ;;
  "start "*)
    [ "${STUB_START_STATUS:-0}" -eq 0 ] || { echo "no such device" >&2; exit 1; }
    ;;
  "inspect --format")
    case "$3" in
      *Running*) echo "${STUB_RUNNING:-false}" ;;
      *ExitCode*) echo "${STUB_EXIT_CODE:-0}" ;;
      *Error*) echo "${STUB_ERROR:-}" ;;
    esac
    ;;
  "port "*) echo "$STUB_PORT" ;;
  "logs "*) echo "a line of the container's log" ;;
  "rm "* | "image rm") ;;
  *) echo "unexpected: docker $*" >&2; exit 99 ;;
esac
`,
	"aws": `
record aws "$@"
case "$1 $2" in
  "ecr get-login-password")
    [ "${STUB_LOGIN_STATUS:-0}" -eq 0 ] || exit "$STUB_LOGIN_STATUS"
    echo "$STUB_PASSWORD"
    ;;
  "ecr put-image")
    if [ -n "${STUB_PUT_ERROR:-}" ]; then
      echo "$STUB_PUT_ERROR" >&2
      exit 254
    fi
    while [ "$1" != --image-manifest ]; do shift; done
    cat "${2#file://}" > "$RECORDS/manifest"
    echo '{"image": {}}'
    ;;
  "codepipeline get-pipeline-execution")
    [ "${STUB_EXECUTION_STATUS:-0}" -eq 0 ] || { echo "AccessDeniedException" >&2; exit "$STUB_EXECUTION_STATUS"; }
    if [ -n "${STUB_EXECUTION_FILE:-}" ]; then cat "$STUB_EXECUTION_FILE"; else printf '%s\n' "$STUB_EXECUTION"; fi
    ;;
  "codepipeline list-action-executions")
    # The answer of this look, or the last one that there is
    looks="$(find "$RECORDS" -name 'call-*' -exec grep --files-with-matches --text list-action-executions {} + | wc --lines)"
    while [ ! -e "$STUB_HISTORY/$looks" ]; do looks=$((looks - 1)); done
    cat "$STUB_HISTORY/$looks"
    ;;
  *) echo "unexpected: aws $*" >&2; exit 99 ;;
esac
`,
}

// sleepStub is for the pauses of whole seconds, which no test waits for.
const sleepStub = `
case "$1" in
  0.*) exec /bin/sleep "$@" ;;
  *) record sleep "$@" ;;
esac
`

const stubHead = `#!/bin/bash
record() {
  # The programs of a pipe run at the same time.
  printf '%s\0' "$@" > "$RECORDS/call-$(date +%s%N)-$$"
}
`

// finish writes down what is exported, however a build ends.
const finish = `
finish() {
  status=$?
  for name in $EXPORTED; do
    if printenv "$name" > /dev/null; then printf '%s' "${!name}" > "$RECORDS/exported-$name"; fi
  done
  exit "$status"
}
trap finish EXIT
`

// models are the ways in which CodeBuild is said to run the commands of a buildspec of version 0.2,
// one after the other until one fails: in one shell, or each in a new one, where only what is
// exported and the folder survive. A shell with allexport hands every variable to every program,
// which takes no value of more than 128 KiB.
var models = []struct{ name, driver string }{
	{"one shell", finish + `
for item in "$RECORDS"/item-*; do
  . "$item"
  status=$?
  [ "$status" -eq 0 ] || exit "$status"
done
`},
	{"a new shell for each command", finish + `
for item in "$RECORDS"/item-*; do
  bash -c '. "$1"; status=$?; export -p > "$RECORDS/state"; pwd > "$RECORDS/folder"; exit "$status"' bash "$item" || exit
  . "$RECORDS/state"
  cd "$(cat "$RECORDS/folder")"
done
`},
	{"a new shell that exports all", finish + `
for item in "$RECORDS"/item-*; do
  bash -c 'set -a; . "$1"; status=$?; export -p > "$RECORDS/state"; pwd > "$RECORDS/folder"; exit "$status"' bash "$item" || exit
  . "$RECORDS/state"
  cd "$(cat "$RECORDS/folder")"
done
`},
}

// run runs a buildspec in every model of the shell. They must agree; the result is that of the
// first.
func run(t *testing.T, spec buildspecs.Spec, env map[string]string, prepare ...func(source string)) result {
	t.Helper()
	var ends []func() result
	for i := range models {
		ends = append(ends, start(t, i, spec, env, prepare...))
	}
	first := ends[0]()
	for i, end := range ends[1:] {
		r := end()
		if diff := cmp.Diff(first.outcome(), r.outcome()); diff != "" {
			t.Errorf("(-%s +%s):\n%s\nlog of the second:\n%s", models[0].name, models[i+1].name, diff, r.log)
		}
	}
	return first
}

var containerName = regexp.MustCompile(`archway-smoke-test-[0-9a-f-]+`)

// outcome is what may not depend on how the shell works. How often a server is asked may.
func (r result) outcome() map[string]any {
	calls := map[string]bool{}
	for _, call := range r.calls {
		if call[0] == "sleep" { // as long as chance has it
			call = call[:1]
		}
		calls[containerName.ReplaceAllString(strings.Join(call[:min(3, len(call))], " "), "CONTAINER")] = true
	}
	return map[string]any{
		"succeeded": r.succeeded, "exported": r.exported, "login": r.login, "manifest": r.manifest,
		"builder": r.builder, "files": r.files,
		"calls": calls,
	}
}

// start starts a buildspec in one model of the shell, and in a source folder with a Dockerfile in
// ".", "services/api" and "docker". It returns how to wait for the end.
func start(t *testing.T, model int, spec buildspecs.Spec, env map[string]string,
	prepare ...func(source string)) func() result {
	t.Helper()
	source, bin, records := t.TempDir(), t.TempDir(), t.TempDir()
	for _, name := range []string{"Dockerfile", "services/api/Dockerfile", "services/api/docker/Dockerfile.prod"} {
		write(t, filepath.Join(source, name), "FROM scratch\n", 0o644)
	}
	for _, do := range prepare {
		do(source)
	}
	write(t, filepath.Join(bin, "sleep"), stubHead+sleepStub, 0o755)
	for name, script := range stubs {
		write(t, filepath.Join(bin, name), stubHead+script, 0o755)
	}
	number := 0
	for _, phase := range []string{"install", "pre_build", "build", "post_build"} {
		for _, command := range spec.Phases[phase].Commands {
			write(t, filepath.Join(records, fmt.Sprintf("item-%03d", number)), command, 0o644)
			number++
		}
	}
	cmd := exec.Command("bash", "-c", models[model].driver)
	cmd.Dir = source
	cmd.Env = []string{
		"PATH=" + bin + ":" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "TMPDIR=" + t.TempDir(),
		"RECORDS=" + records, "STUB_PASSWORD=" + password, "EXPORTED=" + strings.Join(spec.Env.ExportedVariables, " "),
	}
	for name, value := range env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return func() result {
		t.Helper()
		err := cmd.Wait()
		if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		r := result{succeeded: err == nil, log: log.String(), exported: map[string]string{}}
		r.collect(t, records)
		r.files = filesIn(t, source)
		return r
	}
}

// collect reads what the stubs and the driver have written down.
func (r *result) collect(t *testing.T, records string) {
	t.Helper()
	entries, err := os.ReadDir(records)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries { // in the order of their names
		data, err := os.ReadFile(filepath.Join(records, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		switch kind, name, _ := strings.Cut(entry.Name(), "-"); kind {
		case "call":
			var call []string
			for word := range bytes.SplitSeq(bytes.TrimSuffix(data, []byte{0}), []byte{0}) {
				call = append(call, string(word))
			}
			r.calls = append(r.calls, call)
		case "exported":
			r.exported[name] = string(data)
		case "login":
			r.login = string(data)
		case "manifest":
			r.manifest = string(data)
		case "builder":
			r.builder = string(data)
		}
	}
	if strings.Contains(r.log, password) {
		t.Errorf("the log shows the password:\n%s", r.log)
	}
	for _, call := range r.calls {
		if strings.Contains(strings.Join(call, " "), password) {
			t.Errorf("a command line shows the password: %q", call)
		}
	}
}

func filesIn(t *testing.T, dir string) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			files = append(files, strings.TrimPrefix(path, dir+"/"))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func write(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

// with returns a copy of the environment with some entries changed; an empty value removes one.
func with(env map[string]string, changes map[string]string) map[string]string {
	changed := map[string]string{}
	for name, value := range env {
		changed[name] = value
	}
	for name, value := range changes {
		if changed[name] = value; value == "" {
			delete(changed, name)
		}
	}
	return changed
}

func digest(digit string) string { return "sha256:" + strings.Repeat(digit, 64) }
