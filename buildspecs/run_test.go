package buildspecs_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"archway/buildspecs"
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

// stubs stand for the programs that reach out of the machine. They record their calls and answer as the test's environment
// says.
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
  "pull "*) exit "${STUB_PULL_STATUS:-0}" ;;
  "create "*) echo "the container's id" ;;
  "start --attach") printf '%s' "${STUB_OUTPUT:-}"; exit "${STUB_EXIT_CODE:-0}" ;;
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
  *) echo "unexpected: aws $*" >&2; exit 99 ;;
esac
`,
}

const stubHead = `#!/bin/bash
record() {
  # The programs of a pipe run at the same time.
  printf '%s\0' "$@" > "$RECORDS/call-$(date +%s%N)-$$"
}
`

// driver runs the commands as CodeBuild does for version 0.2: in one shell, one after the other, until one fails. What is
// exported is read at the end, however that comes.
const driver = `
finish() {
  status=$?
  for name in $EXPORTED; do
    if [ -n "${!name+set}" ]; then printf '%s' "${!name}" > "$RECORDS/exported-$name"; fi
  done
  exit "$status"
}
trap finish EXIT
for item in "$RECORDS"/item-*; do
  . "$item" || exit
done
`

// run runs a buildspec in a source folder with a Dockerfile in ".", "services/api" and "docker".
func run(t *testing.T, spec buildspecs.Spec, env map[string]string) result {
	t.Helper()
	source, bin, records := t.TempDir(), t.TempDir(), t.TempDir()
	for _, name := range []string{"Dockerfile", "services/api/Dockerfile", "services/api/docker/Dockerfile.prod"} {
		write(t, filepath.Join(source, name), "FROM scratch\n", 0o644)
	}
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
	cmd := exec.Command("bash", "-c", driver)
	cmd.Dir = source
	cmd.Env = []string{
		"PATH=" + bin + ":" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "TMPDIR=" + t.TempDir(),
		"RECORDS=" + records, "STUB_PASSWORD=" + password, "EXPORTED=" + strings.Join(spec.Env.ExportedVariables, " "),
	}
	for name, value := range env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	log, err := cmd.CombinedOutput()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	r := result{succeeded: err == nil, log: string(log), exported: map[string]string{}}
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
	return r
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
