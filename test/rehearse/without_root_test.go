package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"archway/test/internal/assembly"
	"archway/test/internal/tools"
	"archway/test/rehearse/internal/rehearsal"
)

const (
	// someone is a user, with a group of its own, that no machine has.
	someone = 61234
	// builderImage is BuildKit's own, made from its Go modules: no registry is needed.
	builderImage = "archway.test/buildkit:local"

	// assemblyOf and engineOf tell the test of a user what root has prepared.
	assemblyOf, engineOf = "ARCHWAY_TEST_ASSEMBLY", "DOCKER_HOST"
)

// Somebody without root, who may use a Docker engine, rehearses too; and nothing is written but in
// folders of theirs.
func TestWithoutRoot(t *testing.T) {
	needsMachine(t)
	if os.Geteuid() != 0 {
		t.Fatal("this test starts the engine, and then is somebody else")
	}
	// Its engine is what is wanted of it.
	r := deploy(t, stacks(t, helloGo))
	home, err := os.MkdirTemp("", "archway-user-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(home) })
	socket := filepath.Join(home, "engine.sock")
	forward(t, socket, strings.TrimPrefix(r.Machine().DockerHost, "unix://"))
	importBuilder(t, r.Machine().DockerHost)
	script := filepath.Join(home, "start")
	if err := os.WriteFile(script, []byte(asSomeone), 0o755); err != nil {
		t.Fatal(err)
	}
	buildx, err := filepath.EvalSymlinks(r.Machine().BuildxPlugin)
	if err != nil {
		t.Fatal(err)
	}
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	source, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	// Its own mounts: the modules and what was compiled are in a folder that is root's alone.
	c := exec.CommandContext(t.Context(), "unshare", "--mount", "bash", script)
	c.Env = append(os.Environ(), "WHO="+fmt.Sprint(someone), "HOME="+home, "BUILDX="+buildx, "TEST="+binary,
		"ROOT="+source, assemblyOf+"="+filepath.Dir(stacks(t, helloGo)[0].TemplateFile),
		engineOf+"=unix://"+socket, "MODULES="+goEnv(t, "GOMODCACHE"), "COMPILED="+goEnv(t, "GOCACHE"))
	out, err := c.CombinedOutput()
	t.Logf("%s", out)
	if err != nil || !bytes.Contains(out, []byte("--- PASS: TestAsSomeone")) {
		t.Errorf("as somebody without root: %v", err)
	}
}

// asSomeone becomes the user, in a mount namespace in which they find this repository and Go's
// caches, which may be in folders of root. What the user compiles stays in memory: not every file
// system can be the upper one of an overlay.
const asSomeone = `set -euo pipefail
mkdir "$HOME"/{source,modules,compiled,memory,tmp} && mkdir -p "$HOME/cache/tools"
mount --bind "$ROOT" "$HOME/source"
mount --bind "$MODULES" "$HOME/modules"
mount -t tmpfs tmpfs "$HOME/memory" && mkdir "$HOME"/memory/{up,work}
mount -t overlay overlay -o "lowerdir=$COMPILED,upperdir=$HOME/memory/up,workdir=$HOME/memory/work" "$HOME/compiled"
cp -r "${BUILDX%/*}" "$HOME/cache/tools/"
cp "$TEST" "$HOME/rehearse.test"
cp -r "$ARCHWAY_TEST_ASSEMBLY" "$HOME/assembly"
chown "$WHO:$WHO" "$HOME" "$HOME/engine.sock" "$HOME/compiled" "$HOME"/compiled/* "$HOME/tmp"
chown -R "$WHO:$WHO" "$HOME/cache" "$HOME/assembly"
cd "$HOME/source/test/rehearse"
exec setpriv --reuid "$WHO" --regid "$WHO" --clear-groups --no-new-privs --inh-caps=-all --bounding-set=-all -- \
  env GOMODCACHE="$HOME/modules" GOCACHE="$HOME/compiled" GOFLAGS='-mod=mod -buildvcs=false' ARCHWAY_CACHE="$HOME/cache" \
  ARCHWAY_TEST_ASSEMBLY="$HOME/assembly" TMPDIR="$HOME/tmp" \
  "$HOME/rehearse.test" -test.v -test.timeout 20m -test.run '^TestAsSomeone$'
`

// TestAsSomeone is what TestWithoutRoot starts.
func TestAsSomeone(t *testing.T) {
	dir := os.Getenv(assemblyOf)
	if dir == "" {
		return // by itself it has no engine
	}
	if os.Geteuid() != someone {
		t.Fatalf("this is user %d, expected %d", os.Geteuid(), someone)
	}
	a, err := assembly.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	greet(t, a.Stacks, rehearsal.Options{BuildKitImage: builderImage, StandInCLI: true})
}

func goEnv(t *testing.T, name string) string {
	t.Helper()
	out, err := exec.Command("go", "env", name).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// forward lets who may use one socket use another.
func forward(t *testing.T, from, to string) {
	t.Helper()
	listener, err := net.Listen("unix", from)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer client.Close()
				engine, err := net.Dial("unix", to)
				if err != nil {
					return
				}
				defer engine.Close()
				go func() {
					io.Copy(engine, client)
					engine.(*net.UnixConn).CloseWrite()
				}()
				io.Copy(client, engine)
			}()
		}
	}()
}

// importBuilder makes an image of BuildKit, with runc and its libraries of this machine.
func importBuilder(t *testing.T, host string) {
	t.Helper()
	cache, err := tools.CacheDir()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	c := exec.CommandContext(t.Context(), "bash", "-c", `set -euo pipefail
		setup() { ARCHWAY_CACHE="$CACHE" "$ROOT/scripts/setup.sh" "$@"; }
		mkdir -p "$DIR"/usr/bin "$DIR"/etc/ssl/certs "$DIR"/tmp
		cp "$(setup --buildkit v0.31.1)" "$(setup --buildctl v0.31.1)" "$(command -v runc)" "$DIR/usr/bin/"
		cp /etc/ssl/certs/ca-certificates.crt "$DIR/etc/ssl/certs/"
		ldd "$(command -v runc)" | grep -o '/[^ ]*' | xargs -I{} cp --parents --dereference {} "$DIR"
		tar -C "$DIR" -c . | docker --host "$HOST" import --change 'ENTRYPOINT ["/usr/bin/buildkitd"]' \
			--change 'ENV PATH=/usr/bin' - "$IMAGE"`)
	c.Env = append(os.Environ(), "CACHE="+cache, "ROOT="+root, "DIR="+dir, "HOST="+host, "IMAGE="+builderImage)
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Cleanup(func() {
		for _, remove := range [][]string{{"rmi", "--force", builderImage},
			{"volume", "rm", "--force", fmt.Sprint("archway-rehearsal-", someone)}} {
			c := exec.Command("docker", append([]string{"--host", host}, remove...)...)
			if out, err := c.CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, out)
			}
		}
	})
}
