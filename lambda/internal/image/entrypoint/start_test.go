package entrypoint_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	lt "archway/lambda/internal/fixture/layertest"
	"archway/lambda/internal/image/entrypoint"
	"archway/lambda/internal/image/executable"
	"archway/lambda/internal/image/layer"
	"archway/lambda/internal/image/rootfs"
)

func image(t testing.TB, layers ...[]lt.Entry) *rootfs.FS {
	t.Helper()
	blobs := map[digest.Digest][]byte{}
	var descriptors []specs.Descriptor
	for _, entries := range layers {
		b := lt.Tar(entries...)
		d := digest.FromBytes(b)
		blobs[d] = b
		descriptors = append(descriptors, specs.Descriptor{Digest: d, Size: int64(len(b))})
	}
	fs := rootfs.NewStore(func(_ context.Context, d digest.Digest) (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(blobs[d])), nil
	}, rootfs.Options{}).FS(descriptors)
	t.Cleanup(fs.Close)
	return fs
}

func fits(m executable.Machine) bool { return m.On("amd64", "") == executable.Runs }

// show writes a trace's steps as "how name: what is there".
func show(trace entrypoint.Trace) []string {
	hows := map[entrypoint.How]string{entrypoint.Entry: "entry", entrypoint.Interpreter: "interpreter",
		entrypoint.Loader: "loader", entrypoint.Wrapped: "wrapped",
		entrypoint.Probable: "probable", entrypoint.Guessed: "guessed"}
	states := map[rootfs.State]string{rootfs.Absent: "absent", rootfs.Circle: "circle",
		rootfs.TooManyLinks: "too many links", rootfs.NotFolder: "not a folder", rootfs.Outside: "outside"}
	var all []string
	for _, s := range trace.Steps {
		what := states[s.File.State]
		if s.File.State == rootfs.Found {
			what = s.File.Path
			switch n := s.File.Node; {
			case n.Kind == layer.Dir:
				what += " dir"
			case !n.Exec:
				what += " not executable"
			case n.Program.Kind == executable.ELF:
				what += " " + n.Program.Machine.String()
			case n.Program.Kind == executable.Script:
				what += " script"
			}
		}
		if s.Again {
			what += " again"
		}
		all = append(all, fmt.Sprintf("%s %s: %s", hows[s.How], s.Name, what))
	}
	return all
}

func follow(t *testing.T, c entrypoint.Command, layers ...[]lt.Entry) []string {
	t.Helper()
	c.Fits = fits
	trace, err := entrypoint.Follow(t.Context(), image(t, layers...), c)
	if err != nil {
		t.Fatal(err)
	}
	return show(trace)
}

const (
	glibc = "/lib64/ld-linux-x86-64.so.2"
	musl  = "/lib/ld-musl-x86_64.so.1"
)

// debian has merged /usr and a dynamic shell.
func debian(more ...lt.Entry) []lt.Entry {
	return append([]lt.Entry{
		lt.Link("bin", "usr/bin"), lt.Link("lib", "usr/lib"), lt.Link("lib64", "usr/lib64"),
		lt.Exe("usr/bin/dash", lt.Dynamic("amd64", glibc)), lt.Exe("usr/bin/env", lt.Dynamic("amd64", glibc)),
		lt.Link("usr/bin/sh", "dash"),
		lt.Exe("usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2", lt.ELF{}.Bytes()),
		lt.Link("usr/lib64/ld-linux-x86-64.so.2", "/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2"),
	}, more...)
}

// alpine has busybox behind symlinks, and musl's loader.
func alpine(more ...lt.Entry) []lt.Entry {
	return append([]lt.Entry{
		lt.Exe("bin/busybox", lt.Dynamic("amd64", musl)), lt.Link("bin/sh", "/bin/busybox"),
		lt.Link("usr/bin/env", "/bin/busybox"), lt.Exe("lib/ld-musl-x86_64.so.1", lt.ELF{}.Bytes()),
	}, more...)
}

var (
	static = lt.Static("amd64")
	shell  = []string{"interpreter /bin/sh: /usr/bin/dash amd64",
		"loader " + glibc + ": /usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2 amd64"}
	loader = shell[1]
)

func TestWhatStartsIsFollowedToItsEnd(t *testing.T) {
	for _, test := range []struct {
		name   string
		c      entrypoint.Command
		layers [][]lt.Entry
		want   []string
	}{
		{"nothing", entrypoint.Command{}, nil, nil},
		{"static program", entrypoint.Command{Entrypoint: []string{"/app"}}, [][]lt.Entry{{lt.Exe("app", static)}},
			[]string{"entry /app: /app amd64"}},
		{"Cmd alone", entrypoint.Command{Cmd: []string{"/app", "-x"}}, [][]lt.Entry{{lt.Exe("app", static)}},
			[]string{"entry /app: /app amd64"}},
		{"arguments in Cmd", entrypoint.Command{Entrypoint: []string{"/app"}, Cmd: []string{"/data"}},
			[][]lt.Entry{{lt.Exe("app", static), lt.Exe("data", static)}}, []string{"entry /app: /app amd64"}},
		{"dynamic on Debian", entrypoint.Command{Cmd: []string{"dash"}}, [][]lt.Entry{debian()},
			[]string{"entry dash: /usr/bin/dash amd64", loader}},
		{"dynamic on Alpine", entrypoint.Command{Cmd: []string{"sh"}}, [][]lt.Entry{alpine()},
			[]string{"entry sh: /bin/busybox amd64", "loader " + musl + ": /lib/ld-musl-x86_64.so.1 amd64"}},
		{"loader is missing", entrypoint.Command{Cmd: []string{"/app"}},
			[][]lt.Entry{alpine(lt.Exe("app", lt.Dynamic("amd64", glibc)))},
			[]string{"entry /app: /app amd64", "loader " + glibc + ": absent"}},
		{"loader of the Nix store", entrypoint.Command{Cmd: []string{"/bin/hello"}},
			[][]lt.Entry{{lt.Exe("nix/store/a-glibc/lib/ld.so", lt.ELF{}.Bytes())},
				{lt.Exe("nix/store/b-hello/bin/hello", lt.Dynamic("amd64", "/nix/store/a-glibc/lib/ld.so"))},
				{lt.Link("bin", "/nix/store/b-hello/bin")}},
			[]string{"entry /bin/hello: /nix/store/b-hello/bin/hello amd64",
				"loader /nix/store/a-glibc/lib/ld.so: /nix/store/a-glibc/lib/ld.so amd64"}},
		{"wrong machine ends it", entrypoint.Command{Cmd: []string{"/app"}},
			[][]lt.Entry{{lt.Exe("app", lt.Dynamic("arm64", "/lib/ld-linux-aarch64.so.1"))}},
			[]string{"entry /app: /app arm64"}},

		{"PATH of the image", entrypoint.Command{Cmd: []string{"app"}, Env: []string{"A=1", "PATH=/nowhere:/opt/bin"}},
			[][]lt.Entry{{lt.Exe("opt/bin/app", static), lt.Exe("usr/bin/app", lt.Static("arm64"))}},
			[]string{"entry app: /opt/bin/app amd64"}},
		{"the last PATH counts", entrypoint.Command{Cmd: []string{"app"}, Env: []string{"PATH=/a", "PATH=/b"}},
			[][]lt.Entry{{lt.Exe("b/app", static)}}, []string{"entry app: /b/app amd64"}},
		{"default PATH", entrypoint.Command{Cmd: []string{"app"}}, [][]lt.Entry{{lt.Exe("usr/local/bin/app", static)}},
			[]string{"entry app: /usr/local/bin/app amd64"}},
		{"empty PATH entry is the working folder",
			entrypoint.Command{Cmd: []string{"app"}, Env: []string{"PATH=/a::/b"}, WorkingDir: "/w"},
			[][]lt.Entry{{lt.Exe("w/app", static), lt.Exe("b/app", lt.Static("arm64"))}},
			[]string{"entry app: /w/app amd64"}},
		{"PATH passes over what can't be executed", entrypoint.Command{Cmd: []string{"app"}},
			[][]lt.Entry{{lt.Dir("usr/local/sbin/app"), lt.Plain("usr/local/bin/app", static),
				lt.Exe("bin/app", static)}}, []string{"entry app: /bin/app amd64"}},
		{"what can't be executed is named", entrypoint.Command{Cmd: []string{"app"}},
			[][]lt.Entry{{lt.Plain("usr/local/bin/app", static)}},
			[]string{"entry app: /usr/local/bin/app not executable"}},
		{"a link to nothing is named", entrypoint.Command{Cmd: []string{"app"}},
			[][]lt.Entry{{lt.Link("usr/bin/app", "../lib/app")}}, []string{"entry app: absent"}},
		{"not in PATH", entrypoint.Command{Cmd: []string{"app"}}, [][]lt.Entry{{lt.Exe("app", static)}},
			[]string{"entry app: absent"}},
		{"an empty name", entrypoint.Command{Entrypoint: []string{""}}, nil, []string{"entry : absent"}},
		{"a folder", entrypoint.Command{Entrypoint: []string{"/app"}}, [][]lt.Entry{{lt.Dir("app")}},
			[]string{"entry /app: /app dir"}},
		{"relative to the working folder", entrypoint.Command{Cmd: []string{"./app"}, WorkingDir: "/srv"},
			[][]lt.Entry{{lt.Exe("srv/app", static)}}, []string{"entry ./app: /srv/app amd64"}},
		{"working folder without a slash", entrypoint.Command{Cmd: []string{"bin/app"}, WorkingDir: "srv"},
			[][]lt.Entry{{lt.Exe("srv/bin/app", static)}}, nil},
		{"working folder without a slash, program with one",
			entrypoint.Command{Cmd: []string{"/srv/bin/app"}, WorkingDir: "srv"},
			[][]lt.Entry{{lt.Exe("srv/bin/app", static)}}, []string{"entry /srv/bin/app: /srv/bin/app amd64"}},
		{"env searches relative folders", entrypoint.Command{Cmd: []string{"/env", "app"}, Env: []string{"PATH=:bin"}},
			[][]lt.Entry{{lt.Exe("env", static), lt.Exe("bin/app", static)}},
			[]string{"entry /env: /env amd64", "wrapped app: /bin/app amd64"}},
		{"an empty PATH has no folders for a runtime, and one for env",
			entrypoint.Command{Cmd: []string{"env"}, Env: []string{"PATH="}}, [][]lt.Entry{{lt.Exe("env", static)}},
			[]string{"entry env: absent"}},
		{"an empty PATH for env", entrypoint.Command{Cmd: []string{"/env", "app"}, Env: []string{"PATH="}},
			[][]lt.Entry{{lt.Exe("env", static), lt.Exe("app", static)}},
			[]string{"entry /env: /env amd64", "wrapped app: /app amd64"}},
		{"folders of PATH are cleaned before they are asked for",
			entrypoint.Command{Cmd: []string{"app"}, Env: []string{"PATH=/none/../bin"}},
			[][]lt.Entry{{lt.Exe("bin/app", static)}}, []string{"entry app: /bin/app amd64"}},
		{"and not so by env", entrypoint.Command{Cmd: []string{"/env", "app"}, Env: []string{"PATH=/none/../bin"}},
			[][]lt.Entry{{lt.Exe("env", static), lt.Exe("bin/app", static)}},
			[]string{"entry /env: /env amd64", "wrapped app: absent"}},
		{"from the runtime", entrypoint.Command{Entrypoint: []string{"/dev/init", "--", "/app"}}, nil,
			[]string{"entry /dev/init: outside"}},

		{"script", entrypoint.Command{Cmd: []string{"/run.sh"}},
			[][]lt.Entry{debian(lt.Script("run.sh", "#!/bin/sh\n"))},
			append([]string{"entry /run.sh: /run.sh script"}, shell...)},
		{"script with Windows line ends", entrypoint.Command{Cmd: []string{"/run.sh"}},
			[][]lt.Entry{debian(lt.Script("run.sh", "#!/bin/sh\r\n"))},
			[]string{"entry /run.sh: /run.sh script", "interpreter /bin/sh\r: absent"}},
		{"script of a script", entrypoint.Command{Cmd: []string{"/a"}},
			[][]lt.Entry{debian(lt.Script("a", "#!/b\n"), lt.Script("b", "#!/bin/sh\n"))},
			append([]string{"entry /a: /a script", "interpreter /b: /b script"}, shell...)},
		{"script of itself", entrypoint.Command{Cmd: []string{"/a"}}, [][]lt.Entry{{lt.Script("a", "#!/a\n")}},
			[]string{"entry /a: /a script", "interpreter /a: /a script", "interpreter /a: /a script",
				"interpreter /a: /a script", "interpreter /a: /a script", "interpreter /a: /a script",
				"interpreter /a: circle"}},
		{"relative interpreter", entrypoint.Command{Cmd: []string{"/a"}, WorkingDir: "/w"},
			[][]lt.Entry{{lt.Script("a", "#!node\n"), lt.Exe("w/node", static)}},
			[]string{"entry /a: /a script", "interpreter node: /w/node amd64"}},
		{"a line without interpreter", entrypoint.Command{Cmd: []string{"/a"}}, [][]lt.Entry{{lt.Script("a", "#!\n")}},
			[]string{"entry /a: /a script"}},
		{"script without a first line", entrypoint.Command{Cmd: []string{"/a"}},
			[][]lt.Entry{{lt.Script("a", "echo\n")}}, []string{"entry /a: /a"}},
		{"env in a script", entrypoint.Command{Cmd: []string{"/a"}},
			[][]lt.Entry{alpine(lt.Script("a", "#!/usr/bin/env node\n"), lt.Exe("usr/local/bin/node", static))},
			[]string{"entry /a: /a script", "interpreter /usr/bin/env: /bin/busybox amd64",
				"loader " + musl + ": /lib/ld-musl-x86_64.so.1 amd64", "wrapped node: /usr/local/bin/node amd64"}},
		{"env -S in a script", entrypoint.Command{Cmd: []string{"/a"}},
			[][]lt.Entry{{lt.Exe("usr/bin/env", static), lt.Script("a", "#!/usr/bin/env -S A=1 node --x\n")}},
			[]string{"entry /a: /a script", "interpreter /usr/bin/env: /usr/bin/env amd64", "wrapped node: absent"}},
		{"env without -S takes all as one name", entrypoint.Command{Cmd: []string{"/a"}},
			[][]lt.Entry{{lt.Exe("usr/bin/env", static), lt.Exe("bin/node", static),
				lt.Script("a", "#!/usr/bin/env node --x\n")}},
			[]string{"entry /a: /a script", "interpreter /usr/bin/env: /usr/bin/env amd64",
				"wrapped node --x: absent"}},
		{"env leads to a script", entrypoint.Command{Cmd: []string{"/a"}},
			[][]lt.Entry{debian(lt.Script("a", "#!/usr/bin/env b\n"), lt.Script("usr/bin/b", "#!/bin/sh\n"))},
			append([]string{"entry /a: /a script", "interpreter /usr/bin/env: /usr/bin/env amd64", loader,
				"wrapped b: /usr/bin/b script"}, shell...)},

		{"env that names nothing, so that it gets the script", entrypoint.Command{Cmd: []string{"/a"}},
			[][]lt.Entry{{lt.Exe("usr/bin/env", static), lt.Script("a", "#!/usr/bin/env\n")}},
			[]string{"entry /a: /a script", "interpreter /usr/bin/env: /usr/bin/env amd64",
				"wrapped /a: /a script again"}},
		{"env -i that names nothing", entrypoint.Command{Cmd: []string{"/a"}},
			[][]lt.Entry{{lt.Exe("usr/bin/env", static), lt.Script("a", "#!/usr/bin/env -i\n")}},
			[]string{"entry /a: /a script", "interpreter /usr/bin/env: /usr/bin/env amd64",
				"wrapped /a: /a script again"}},
		{"env -u X that names nothing", entrypoint.Command{Cmd: []string{"/a"}},
			[][]lt.Entry{{lt.Exe("usr/bin/env", static), lt.Script("a", "#!/usr/bin/env -u X\n")}},
			[]string{"entry /a: /a script", "interpreter /usr/bin/env: /usr/bin/env amd64",
				"wrapped /a: /a script again"}},
		{"env that names the script", entrypoint.Command{Cmd: []string{"/a"}},
			[][]lt.Entry{{lt.Exe("usr/bin/env", static), lt.Script("a", "#!/usr/bin/env -S A=1 /a\n")}},
			[]string{"entry /a: /a script", "interpreter /usr/bin/env: /usr/bin/env amd64",
				"wrapped /a: /a script again"}},
		{"env with a blank among its options", entrypoint.Command{Cmd: []string{"/a"}},
			[][]lt.Entry{{lt.Exe("usr/bin/env", static), lt.Script("a", "#!/usr/bin/env -i sh\n")}},
			[]string{"entry /a: /a script", "interpreter /usr/bin/env: /usr/bin/env amd64"}},
		{"scripts whose env leads to each other", entrypoint.Command{Cmd: []string{"/a"}},
			[][]lt.Entry{{lt.Exe("env", static), lt.Script("a", "#!/env /b\n"), lt.Link("c", "a"),
				lt.Script("b", "#!/env /c\n")}},
			[]string{"entry /a: /a script", "interpreter /env: /env amd64", "wrapped /b: /b script",
				"interpreter /env: /env amd64", "wrapped /c: /a script again"}},
		{"a shell that takes the script for a command", entrypoint.Command{Cmd: []string{"/a"}},
			[][]lt.Entry{{lt.Exe("bin/sh", static), lt.Script("a", "#!/bin/sh -c\n")}},
			[]string{"entry /a: /a script", "interpreter /bin/sh: /bin/sh amd64", "wrapped /a: /a script again"}},
		{"a script that is its own command", entrypoint.Command{Cmd: []string{"/a", "/a"}},
			[][]lt.Entry{debian(lt.Script("a", "#!/bin/sh\nexec \"$@\"\n"))},
			append(append([]string{"entry /a: /a script"}, shell...),
				append([]string{"probable /a: /a script"}, shell...)...)},

		{"env in the command", entrypoint.Command{Cmd: []string{"env", "A=1", "app", "x"}},
			[][]lt.Entry{{lt.Exe("bin/env", static), lt.Exe("bin/app", static)}},
			[]string{"entry env: /bin/env amd64", "wrapped app: /bin/app amd64"}},
		{"tini",
			entrypoint.Command{Entrypoint: []string{"/sbin/tini", "-g", "-p", "SIGTERM", "--"}, Cmd: []string{"app"}},
			[][]lt.Entry{{lt.Exe("sbin/tini", static), lt.Exe("bin/app", static)}},
			[]string{"entry /sbin/tini: /sbin/tini amd64", "wrapped app: /bin/app amd64"}},
		{"tini without an end of options", entrypoint.Command{Entrypoint: []string{"tini", "-s", "app", "-x"}},
			[][]lt.Entry{{lt.Exe("sbin/tini", static), lt.Exe("bin/app", static)}},
			[]string{"entry tini: /sbin/tini amd64", "wrapped app: /bin/app amd64"}},
		{"tini with nothing to start", entrypoint.Command{Entrypoint: []string{"tini", "--"}},
			[][]lt.Entry{{lt.Exe("sbin/tini", static)}}, []string{"entry tini: /sbin/tini amd64"}},
		{"tini with options alone", entrypoint.Command{Entrypoint: []string{"tini", "--version"}},
			[][]lt.Entry{{lt.Exe("sbin/tini", static)}}, []string{"entry tini: /sbin/tini amd64"}},
		{"dumb-init, then gosu",
			entrypoint.Command{Entrypoint: []string{"dumb-init", "--rewrite", "1:2", "gosu", "app", "server"}},
			[][]lt.Entry{{lt.Exe("bin/dumb-init", static), lt.Exe("bin/gosu", static), lt.Exe("bin/server", static)}},
			[]string{"entry dumb-init: /bin/dumb-init amd64", "wrapped gosu: /bin/gosu amd64",
				"wrapped server: /bin/server amd64"}},
		{"gosu's own options", entrypoint.Command{Entrypoint: []string{"gosu", "--version", "x"}},
			[][]lt.Entry{{lt.Exe("bin/gosu", static)}}, []string{"entry gosu: /bin/gosu amd64"}},
		{"tini of a name that isn't there", entrypoint.Command{Entrypoint: []string{"tini", "app"}},
			[][]lt.Entry{{lt.Exe("sbin/tini", static)}},
			[]string{"entry tini: /sbin/tini amd64", "wrapped app: absent"}},

		{"shell form", entrypoint.Command{Cmd: []string{"/bin/sh", "-c", "exec server --x"}},
			[][]lt.Entry{{lt.Exe("bin/sh", static), lt.Exe("bin/server", static)}},
			[]string{"entry /bin/sh: /bin/sh amd64", "probable server: /bin/server amd64"}},
		{"shell form with a variable",
			entrypoint.Command{Cmd: []string{"/bin/sh", "-c", "A=1 B=x/y ./server"}, WorkingDir: "/w"},
			[][]lt.Entry{{lt.Exe("bin/sh", static), lt.Exe("w/server", static)}},
			[]string{"entry /bin/sh: /bin/sh amd64", "probable ./server: /w/server amd64"}},
		{"shell form with options",
			entrypoint.Command{Cmd: []string{"/bin/bash", "-o", "pipefail", "-eo", "nounset", "-ec", "server"}},
			[][]lt.Entry{{lt.Exe("bin/bash", static), lt.Exe("bin/server", static)}},
			[]string{"entry /bin/bash: /bin/bash amd64", "probable server: /bin/server amd64"}},
		{"shell form of a builtin", entrypoint.Command{Cmd: []string{"/bin/sh", "-c", "cd /app && ./server"}},
			[][]lt.Entry{{lt.Exe("bin/sh", static), lt.Exe("app/server", lt.Static("arm64"))}},
			[]string{"entry /bin/sh: /bin/sh amd64"}},
		{"shell form that only a shell understands",
			entrypoint.Command{Cmd: []string{"/bin/sh", "-c", `"$HOME"/server`}},
			[][]lt.Entry{{lt.Exe("bin/sh", static)}}, []string{"entry /bin/sh: /bin/sh amd64"}},
		{"shell form of variables alone", entrypoint.Command{Cmd: []string{"/bin/sh", "-c", `A=1`}},
			[][]lt.Entry{{lt.Exe("bin/sh", static)}}, []string{"entry /bin/sh: /bin/sh amd64"}},
		{"shell form of what is mounted later", entrypoint.Command{Cmd: []string{"/bin/sh", "-c", "/mnt/server"}},
			[][]lt.Entry{{lt.Exe("bin/sh", static)}}, []string{"entry /bin/sh: /bin/sh amd64"}},
		{"shell alone", entrypoint.Command{Cmd: []string{"/bin/sh"}}, [][]lt.Entry{{lt.Exe("bin/sh", static)}},
			[]string{"entry /bin/sh: /bin/sh amd64"}},
		{"shell with a script", entrypoint.Command{Cmd: []string{"/bin/sh", "/run.sh"}},
			[][]lt.Entry{{lt.Exe("bin/sh", static)}}, []string{"entry /bin/sh: /bin/sh amd64"}},

		{"entrypoint script and command, as in official images",
			entrypoint.Command{Entrypoint: []string{"docker-entrypoint.sh"}, Cmd: []string{"node", "server.js"}},
			[][]lt.Entry{debian(),
				{lt.Script("usr/local/bin/docker-entrypoint.sh", "#!/bin/sh\nset -e\nexec \"$@\"\n"),
					lt.Exe("usr/local/bin/node", lt.Static("arm64"))}, {lt.Plain("app/server.js", nil)}},
			append(append([]string{"entry docker-entrypoint.sh: /usr/local/bin/docker-entrypoint.sh script"}, shell...),
				"probable node: /usr/local/bin/node arm64")},
		{"entrypoint script and option", entrypoint.Command{Entrypoint: []string{"/e"}, Cmd: []string{"-v"}},
			[][]lt.Entry{debian(lt.Script("e", "#!/bin/sh\n"))}, append([]string{"entry /e: /e script"}, shell...)},
		{"entrypoint script and a word of its own",
			entrypoint.Command{Entrypoint: []string{"/e"}, Cmd: []string{"serve"}},
			[][]lt.Entry{debian(lt.Script("e", "#!/bin/sh\n"))}, append([]string{"entry /e: /e script"}, shell...)},
		{"script of another language takes its arguments itself",
			entrypoint.Command{Entrypoint: []string{"/e"}, Cmd: []string{"sh"}},
			[][]lt.Entry{{lt.Exe("bin/python", static), lt.Exe("bin/sh", lt.Static("arm64")),
				lt.Script("e", "#!/bin/python\n")}},
			[]string{"entry /e: /e script", "interpreter /bin/python: /bin/python amd64"}},
		{"bash found by env", entrypoint.Command{Entrypoint: []string{"/e", "app"}},
			[][]lt.Entry{{lt.Exe("usr/bin/env", static), lt.Exe("bin/bash", static), lt.Exe("bin/app", static),
				lt.Script("e", "#!/usr/bin/env bash\nexec \"$@\"\n")}},
			[]string{"entry /e: /e script", "interpreter /usr/bin/env: /usr/bin/env amd64",
				"wrapped bash: /bin/bash amd64", "probable app: /bin/app amd64"}},
		{"entrypoint script that doesn't say what it does with a program",
			entrypoint.Command{Entrypoint: []string{"/e", "app"}},
			[][]lt.Entry{{lt.Exe("bin/sh", static), lt.Exe("bin/app", static),
				lt.Script("e", "#!/bin/sh\nobjdump -d \"$1\"\n")}},
			[]string{"entry /e: /e script", "interpreter /bin/sh: /bin/sh amd64", "guessed app: /bin/app amd64"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, follow(t, test.c, test.layers...)); diff != "" {
				t.Errorf("steps (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWorkingFolders(t *testing.T) {
	fs := image(t, []lt.Entry{lt.Exe("app", static), lt.Link("void", "none"), lt.Dir("srv")})
	for folder, good := range map[string]bool{
		"":        true,
		"/":       true,
		"/srv":    true,
		"/new":    true,
		"/proc/x": true,
		"srv":     false,
		".":       false,
		"/app":    false,
		"/void":   false,
	} {
		trace, err := entrypoint.Follow(t.Context(), fs,
			entrypoint.Command{Cmd: []string{"/app"}, WorkingDir: folder, Fits: fits})
		if err != nil || trace.Folder.Good() != good || len(trace.Steps) != 1 || trace.Smooth(fits) != good {
			t.Errorf("%q: %+v, %v; want good %v", folder, trace, err, good)
		}
	}
}

func TestRelativeFoldersOfPATH(t *testing.T) {
	fs := image(t, []lt.Entry{lt.Exe("bin/app", static)})
	for search, want := range map[string]string{
		"/bin":       "",
		"bin":        "bin",
		"bin:/bin":   "bin",
		".:/bin":     "",
		"x:/bin:bin": "",
		"./bin":      "./bin",
		"/x:../bin":  "../bin",
	} {
		trace, err := entrypoint.Follow(t.Context(), fs,
			entrypoint.Command{Cmd: []string{"app"}, Env: []string{"PATH=" + search}, Fits: fits})
		if err != nil || len(trace.Steps) != 1 || trace.Steps[0].Relative != want ||
			trace.Smooth(fits) != (want == "") {
			t.Errorf("%q: %+v, %v; want %q", search, trace, err, want)
		}
	}
}

func TestOptionsThatBusyBoxLacks(t *testing.T) {
	fs := image(t, []lt.Entry{
		lt.Exe("bin/busybox", static), lt.Link("bin/env", "busybox"), lt.Exe("gnu/env", static),
		lt.Exe("bin/app", static),
		lt.Script("box.sh", "#!/bin/env -S app x\n"), lt.Script("gnu.sh", "#!/gnu/env -S app x\n"),
	})
	for command, want := range map[string]string{
		"/bin/env -S app": "-S", "/gnu/env -S app": "", "/bin/env app -S": "", "/bin/env A=1 app -v": "",
		"/bin/env -u X -v app": "-v",
		"/bin/env -i /bin/app": "", "/box.sh": "-S", "/gnu.sh": "",
	} {
		trace, err := entrypoint.Follow(t.Context(), fs, entrypoint.Command{Cmd: strings.Fields(command), Fits: fits})
		refused := ""
		for _, s := range trace.Steps {
			refused += s.Refuses
		}
		if err != nil || refused != want || trace.Smooth(fits) != (want == "") {
			t.Errorf("%s: %+v, %v; want %q", command, trace, err, want)
		}
	}
}

func TestStepsKnowWhereTheyComeFrom(t *testing.T) {
	c := entrypoint.Command{Cmd: []string{"/a"}, Fits: fits}
	trace, err := entrypoint.Follow(t.Context(),
		image(t, debian(lt.Script("a", "#!/usr/bin/env b\n"), lt.Script("usr/bin/b", "#!/bin/sh\n"))), c)
	if err != nil {
		t.Fatal(err)
	}
	var from []int
	for _, s := range trace.Steps {
		from = append(from, s.From)
	}
	// script, its env, env's loader, what env starts, that script's shell, the shell's loader
	if diff := cmp.Diff([]int{-1, 0, 1, 1, 3, 4}, from); diff != "" {
		t.Error(diff)
	}
}

type failing struct{}

var errFailing = errors.New("not reached")

func (failing) Resolve(context.Context, string, string) (rootfs.File, error) {
	return rootfs.File{}, errFailing
}

func (failing) Folder(context.Context, string) (rootfs.File, error) { return rootfs.File{}, errFailing }

func TestErrorsOfReadingEndTheTrace(t *testing.T) {
	for _, args := range [][]string{{"/app"}, {"app"}} {
		trace, err := entrypoint.Follow(t.Context(), failing{}, entrypoint.Command{Cmd: args, Fits: fits})
		if !errors.Is(err, errFailing) || len(trace.Steps) != 0 || len(trace.Args) != 1 {
			t.Errorf("%v: %+v, %v", args, trace, err)
		}
	}
}

// after answers so many questions before it fails.
type after struct {
	fs   *rootfs.FS
	left int
}

func (a *after) Resolve(ctx context.Context, folder, name string) (rootfs.File, error) {
	if a.left--; a.left < 0 {
		return rootfs.File{}, errFailing
	}
	return a.fs.Resolve(ctx, folder, name)
}

func (a *after) Folder(ctx context.Context, name string) (rootfs.File, error) {
	if a.left--; a.left < 0 {
		return rootfs.File{}, errFailing
	}
	return a.fs.Folder(ctx, name)
}

// What was followed before an error is kept.
func TestTraceBeforeAnError(t *testing.T) {
	fs := image(t, debian(lt.Script("a", "#!/usr/bin/env b\n"), lt.Script("usr/bin/b", "#!/bin/sh\n")))
	for left := range 20 {
		trace, err := entrypoint.Follow(t.Context(), &after{fs, left},
			entrypoint.Command{Cmd: []string{"/a"}, Fits: fits})
		if err == nil {
			if len(trace.Steps) != 6 {
				t.Errorf("%d steps", len(trace.Steps))
			}
			return
		}
		if !errors.Is(err, errFailing) || len(trace.Steps) > left {
			t.Errorf("after %d answers: %d steps, %v", left, len(trace.Steps), err)
		}
	}
	t.Error("20 questions were not enough")
}

func TestChainsEnd(t *testing.T) {
	args := strings.Fields(strings.Repeat("env ", 1000) + "x")
	if got := follow(t, entrypoint.Command{Cmd: args}, []lt.Entry{lt.Exe("bin/env", static)}); len(got) != 40 {
		t.Errorf("%d steps", len(got))
	}
	got := follow(t, entrypoint.Command{Cmd: []string{"/bin/sh", "-c", "/bin/sh"}},
		[]lt.Entry{lt.Exe("bin/sh", static)})
	if len(got) != 2 {
		t.Errorf("%d steps", len(got))
	}
	scripts := []lt.Entry{lt.Exe("env", static)}
	for n := range 1000 {
		scripts = append(scripts, lt.Script(fmt.Sprint("s", n), fmt.Sprintf("#!/env /s%d\n", n+1)))
	}
	if got := follow(t, entrypoint.Command{Cmd: []string{"/s0"}}, scripts); len(got) > 42 {
		t.Errorf("%d steps", len(got))
	}
}

func FuzzFollow(f *testing.F) {
	f.Add("/a", "x y", "PATH=/bin", "/", "#!/usr/bin/env b\n", "#!/a")
	f.Add("sh", "-c|exec a", "PATH=", "w", "#!a", "echo")
	f.Add("env", "-S|a b", "", "", "\x7fELF", "MZ")
	f.Add("tini", "-p|--|/a", "PATH=::", "..", "#!/bin/b -x\r\n", "#!\n")
	f.Add("/a", "/bin/b", "", "", "#!/bin/env sh\nexec \"$@\"\n", "#!/lib64/x\n")
	f.Add("/a", "", "", "", "#!/bin/env /bin/b\n", "#!/bin/env /a\n")
	f.Add("/a", "", "", "", "#!/bin/env -i\n", "#!/bin/env")
	f.Fuzz(func(t *testing.T, entry, cmd, env, folder, a, b string) {
		if strings.ContainsRune(entry+cmd+env+folder, 0) {
			return
		}
		fs := image(t,
			[]lt.Entry{lt.Exe("a", []byte(a)), lt.Exe("bin/b", []byte(b)), lt.Exe("bin/env", static),
				lt.Link("bin/sh", "env"), lt.Link("bin/tini", "/bin/env")})
		trace, err := entrypoint.Follow(t.Context(), fs,
			entrypoint.Command{Entrypoint: []string{entry}, Cmd: strings.Split(cmd, "|"), Env: []string{env},
				WorkingDir: folder, Fits: fits})
		if err != nil || len(trace.Steps) > 100 {
			t.Errorf("%d steps, %v", len(trace.Steps), err)
		}
		for i, s := range trace.Steps {
			if s.From >= i {
				t.Errorf("step %d comes from step %d", i, s.From)
			}
			if s.Merged != "" && (s.File.State != rootfs.Absent || s.Merged != "/usr"+s.Name) {
				t.Errorf("step %d is at %q, not at %q: %+v", i, s.Merged, s.Name, s.File)
			}
			trace.Guess(s)
		}
	})
}

// What Linux would not take is not followed. What a config holds comes from a registry: megabytes
// of folders or of names are not taken apart.
func TestTooLongForLinux(t *testing.T) {
	fs := image(t, []lt.Entry{lt.Exe("bin/app", lt.Static("amd64"))})
	_, err := entrypoint.Follow(t.Context(), fs,
		entrypoint.Command{Entrypoint: []string{"app"}, Env: []string{"PATH=/bin" + strings.Repeat(":", 128<<10)},
			Fits: fits})
	if limit, beyond := rootfs.Beyond(err); !beyond || limit.Cure == "" || !strings.Contains(limit.Reason, "PATH") {
		t.Errorf("error %v", err)
	}
	long := strings.Repeat("/.", 1<<20)
	for _, c := range []entrypoint.Command{
		{Entrypoint: []string{long + "/bin/app"}},
		{Entrypoint: []string{"./app"}, WorkingDir: "/bin" + long},
	} {
		c.Fits = fits
		trace, err := entrypoint.Follow(t.Context(), fs, c)
		if err != nil || len(trace.Steps) != 1 || trace.Steps[0].File.State != rootfs.Absent ||
			len(trace.Steps[0].File.Missing) > 300 {
			t.Errorf("error %v, %d steps", err, len(trace.Steps))
		}
	}
}

func TestFollowingEndsWithTheContext(t *testing.T) {
	fs := image(t, []lt.Entry{lt.Exe("bin/app", lt.Static("amd64"))})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := entrypoint.Follow(ctx, fs,
		entrypoint.Command{Entrypoint: []string{"/bin/app"}, Fits: fits}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}
