package check_test

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/lambda/internal/fixture"
	lt "archway/lambda/internal/fixture/layertest"
	"archway/lambda/internal/verdict/check"
)

// starting is an index whose arm64 image has these layers and starts so. The amd64 image is a good
// one that starts the same.
func starting(args []string, layers ...[]lt.Entry) func(*fixture.Store) digest.Digest {
	return on(fixture.ARM64, args, layers...)
}

func on(platform specs.Platform, args []string, layers ...[]lt.Entry) func(*fixture.Store) digest.Digest {
	return func(s *fixture.Store) digest.Digest {
		entrypoint := func(run map[string]any) { run["Entrypoint"] = args }
		good := fixture.ImageSpec{Platform: fixture.AMD64, Run: entrypoint,
			Layers: [][]lt.Entry{debian("amd64"), everything("amd64", args)}}
		return s.Index(s.Image(good),
			s.Image(fixture.ImageSpec{Platform: platform, Run: entrypoint, Layers: layers})).Digest
	}
}

// everything has a good program under each name in a command.
func everything(arch string, args []string) []lt.Entry {
	var entries []lt.Entry
	for _, name := range args {
		if !strings.HasPrefix(name, "/") {
			name = "/bin/" + name
		}
		entries = append(entries, lt.Exe(name, lt.Static(arch)))
	}
	return entries
}

var loaders = map[string]string{"amd64": "/lib64/ld-linux-x86-64.so.2", "arm64": "/lib/ld-linux-aarch64.so.1",
	"arm": "/lib/ld-linux-armhf.so.3", "386": "/lib/ld-linux.so.2", "s390x": "/lib/ld64.so.1"}

// debian has merged /usr, a shell, env and glibc's loader, all dynamic.
func debian(arch string, more ...lt.Entry) []lt.Entry {
	loader := loaders[arch]
	return append([]lt.Entry{
		lt.Link("bin", "usr/bin"), lt.Link("lib", "usr/lib"), lt.Link("lib64", "usr/lib64"),
		lt.Exe("usr/bin/dash", lt.Dynamic(arch, loader)), lt.Exe("usr/bin/env", lt.Dynamic(arch, loader)),
		lt.Link("usr/bin/sh", "dash"),
		lt.Exe("usr/lib/real/ld.so", lt.ELF{Arch: arch}.Bytes()), lt.Link("usr"+loader, "/lib/real/ld.so"),
	}, more...)
}

// alpine has busybox under many names, and musl's loader.
func alpine(arch string, more ...lt.Entry) []lt.Entry {
	loader := "/lib/ld-musl-" + arch + ".so.1"
	return append([]lt.Entry{
		lt.Exe("bin/busybox", lt.Dynamic(arch, loader)), lt.Link("bin/sh", "/bin/busybox"),
		lt.Link("usr/bin/env", "/bin/busybox"), lt.Exe(loader, lt.ELF{Arch: arch}.Bytes()),
	}, more...)
}

var app = []string{"/app"}

// portable begins as cosmopolitan's programs do, which are scripts to a shell.
var portable = []byte("MZqFpD='\n\n\x00\x10\x00\xf8\x00'\n#'\"\n\no=$(command -v \"$0\")\n")

// emulator is a script that is given a program.
var emulator = []string{"/run.sh", "/firmware"}

const wrongEntry = "error entry-elf linux/arm64"

var _ = about("entry-elf",
	testCase{name: "static", make: starting(app, []lt.Entry{lt.Exe("app", lt.Static("arm64"))})},
	testCase{name: "dynamic on Debian",
		make: starting(app, debian("arm64"), []lt.Entry{lt.Exe("app", lt.Dynamic("arm64", loaders["arm64"]))})},
	testCase{name: "dynamic on Alpine",
		make: starting(app, alpine("arm64", lt.Exe("app", lt.Dynamic("arm64", "/lib/ld-musl-arm64.so.1"))))},
	testCase{name: "busybox behind a link", make: starting([]string{"sh"}, alpine("arm64"))},
	testCase{name: "hard-linked busybox",
		make: starting([]string{"sh"}, []lt.Entry{lt.Exe("bin/[", lt.Static("arm64")), lt.Hard("bin/sh", "bin/[")})},
	testCase{name: "merged /usr", make: starting([]string{"/bin/sh", "-c", "true"}, debian("arm64"))},
	testCase{name: "distroless",
		make: starting(app, []lt.Entry{lt.Plain("./etc/passwd", nil), lt.Dir("./home")},
			[]lt.Entry{lt.Dir("."), lt.Exe("./app", lt.Static("arm64"))})},
	testCase{name: "Wolfi, as apko makes it", make: starting([]string{"/usr/bin/app"},
		[]lt.Entry{lt.Dir("usr"), lt.Dir("usr/lib"),
			lt.Exe("usr/lib/ld-linux-aarch64.so.1", lt.ELF{Arch: "arm64"}.Bytes()), lt.Link("lib", "usr/lib"),
			lt.Dir("usr/bin"), lt.Exe("usr/bin/app", lt.Dynamic("arm64", loaders["arm64"]))})},
	testCase{name: "Nix store", make: starting([]string{"/bin/app"},
		[]lt.Entry{lt.Exe("nix/store/a-glibc/lib/ld.so", lt.ELF{Arch: "arm64"}.Bytes())},
		[]lt.Entry{lt.Exe("nix/store/b-app/bin/app", lt.Dynamic("arm64", "/nix/store/a-glibc/lib/ld.so"))},
		[]lt.Entry{lt.Link("bin", "/nix/store/b-app/bin")})},
	testCase{name: "ko, without folders",
		make: starting([]string{"/ko-app/app"}, []lt.Entry{lt.Exe("/ko-app/app", lt.Static("arm64"))})},
	testCase{name: "a program of the wrong machine that was replaced",
		make: starting(app, []lt.Entry{lt.Exe("app", lt.Static("amd64"))},
			[]lt.Entry{lt.Exe("app", lt.Static("arm64"))})},
	testCase{name: "a program of the wrong machine that nothing starts",
		make: starting(app, []lt.Entry{lt.Exe("app", lt.Static("arm64")), lt.Exe("other", lt.Static("amd64"))})},
	testCase{name: "arguments that look like programs",
		make: starting([]string{"/qemu", "/guest"},
			[]lt.Entry{lt.Exe("qemu", lt.Static("arm64")), lt.Exe("guest", lt.Static("amd64"))})},
	testCase{name: "started by the runtime's own init", make: starting([]string{"/dev/init"}, nil)},
	testCase{name: "libraries of FreeBSD's number are no matter",
		make: starting(app, []lt.Entry{lt.Exe("app", lt.ELF{Arch: "arm64", System: 3}.Bytes())})},

	testCase{name: "no entrypoint", make: func(s *fixture.Store) digest.Digest {
		run := func(run map[string]any) { delete(run, "Entrypoint") }
		return s.Index(s.Image(fixture.ImageSpec{Platform: fixture.AMD64, Run: run}),
			s.Image(fixture.ImageSpec{Platform: fixture.ARM64, Run: run})).Digest
	}, report: []string{"warning entry-elf linux/amd64", "warning entry-elf linux/arm64"}},

	testCase{name: "built for amd64", make: starting(app, []lt.Entry{lt.Exe("app", lt.Static("amd64"))}),
		report: []string{wrongEntry}},
	testCase{name: "big endian", make: starting(app, []lt.Entry{lt.Exe("app", lt.Static("arm64be"))}),
		report: []string{wrongEntry}},
	testCase{name: "32-bit ARM", make: starting(app, []lt.Entry{lt.Exe("app", lt.Static("arm"))}),
		report: []string{wrongEntry}},
	testCase{name: "386 on amd64 is only unusual", make: func(s *fixture.Store) digest.Digest {
		return s.Index(s.Image(fixture.ImageSpec{Platform: fixture.AMD64,
			Layers: [][]lt.Entry{{lt.Exe("app", lt.Static("386"))}}}), s.Linux("arm64", "")).Digest
	}, report: []string{"warning entry-elf linux/amd64"}},
	testCase{name: "a shell of the wrong machine", make: starting([]string{"/bin/sh", "-c", "/app"}, debian("amd64")),
		report: []string{wrongEntry}},
	testCase{name: "the shell's program of the wrong machine",
		make: starting([]string{"/bin/sh", "-c", "exec server"}, debian("arm64"),
			[]lt.Entry{lt.Exe("usr/bin/server", lt.Static("amd64"))}), report: []string{wrongEntry}},
	testCase{name: "the entrypoint script's program of the wrong machine",
		make: starting([]string{"/entry.sh", "server"}, debian("arm64"),
			[]lt.Entry{lt.Script("entry.sh", "#!/bin/sh\nexec \"$@\"\n"),
				lt.Exe("usr/bin/server", lt.Static("amd64"))}), report: []string{wrongEntry}},
	testCase{name: "a program of another machine that the entrypoint script only reads",
		make: starting(emulator,
			debian("arm64", lt.Script("run.sh", "#!/bin/sh\nexec qemu-system-arm -kernel \"$1\"\n"),
				lt.Exe("firmware", lt.Static("arm")))),
		report: []string{"warning entry-elf linux/arm64"}},
	testCase{name: "a program of another machine that the entrypoint script executes",
		make: starting(emulator, debian("arm64", lt.Script("run.sh", "#!/bin/sh\nset -e\nexec gosu app \"$@\"\n"),
			lt.Exe("firmware", lt.Static("arm")))),
		report: []string{wrongEntry}},
	testCase{name: "a portable executable in a shell's command",
		make: starting([]string{"/bin/sh", "-c", "/app"}, debian("arm64", lt.Exe("app", portable)))},
	testCase{name: "a portable executable that the entrypoint script executes",
		make: starting([]string{"/run.sh", "/app"},
			debian("arm64", lt.Script("run.sh", "#!/bin/sh\nexec \"$@\"\n"), lt.Exe("app", portable)))},
	testCase{name: "a portable executable without a shell",
		make:   starting(app, debian("arm64", lt.Exe("app", portable))),
		report: []string{wrongEntry}},
	testCase{name: "a portable executable that tini starts, built with musl",
		make: starting([]string{"/tini", "--", "/app"}, alpine("arm64", lt.Exe("app", portable),
			lt.Exe("tini", lt.Dynamic("arm64", "/lib/ld-musl-arm64.so.1")))),
		report: []string{wrongEntry}},
	testCase{name: "a portable executable that tini starts, built with glibc, which gives it to a shell",
		make: starting([]string{"/tini", "--", "/app"}, debian("arm64", lt.Exe("app", portable),
			lt.Exe("tini", lt.Dynamic("arm64", loaders["arm64"]))))},
	testCase{name: "a program of Windows in a shell's command",
		make:   starting([]string{"/bin/sh", "-c", "/app"}, debian("arm64", lt.Exe("app", []byte("MZ\x90\x00")))),
		report: []string{wrongEntry}},
	testCase{name: "tini's program of the wrong machine",
		make: starting([]string{"/tini", "--", "/app"},
			[]lt.Entry{lt.Exe("tini", lt.Static("arm64")), lt.Exe("app", lt.Static("amd64"))}),
		report: []string{wrongEntry}},
	testCase{name: "tini's program is missing",
		make:   starting([]string{"/tini", "--", "/app"}, []lt.Entry{lt.Exe("tini", lt.Static("arm64"))}),
		report: []string{wrongEntry}},
	testCase{name: "not there", make: starting(app, []lt.Entry{lt.Exe("other", lt.Static("arm64"))}),
		report: []string{wrongEntry}},
	testCase{name: "not in PATH", make: starting([]string{"app"}, []lt.Entry{lt.Exe("app", lt.Static("arm64"))}),
		report: []string{wrongEntry}},
	testCase{name: "one word with blanks",
		make:   starting([]string{"node server.js"}, []lt.Entry{lt.Exe("bin/node", lt.Static("arm64"))}),
		report: []string{wrongEntry}},
	testCase{name: "taken away by an upper layer",
		make:   starting(app, []lt.Entry{lt.Exe("app", lt.Static("arm64"))}, []lt.Entry{lt.Gone("app")}),
		report: []string{wrongEntry}},
	testCase{name: "a link to nothing", make: starting(app, []lt.Entry{lt.Link("app", "/opt/app")}),
		report: []string{wrongEntry}},
	testCase{name: "behind a link to nothing", make: starting([]string{"/opt/app"}, []lt.Entry{lt.Link("opt", "/srv")}),
		report: []string{wrongEntry}},
	testCase{name: "below a file", make: starting([]string{"/app/run"}, []lt.Entry{lt.Exe("app", lt.Static("arm64"))}),
		report: []string{wrongEntry}},
	testCase{name: "links in a circle", make: starting(app, []lt.Entry{lt.Link("app", "app")}),
		report: []string{wrongEntry}},
	testCase{name: "through 41 links", make: starting([]string{"/l1"}, links(41)), report: []string{wrongEntry}},
	testCase{name: "through 40 links", make: starting([]string{"/l1"}, links(40))},
	testCase{name: "a library",
		make:   starting(app, []lt.Entry{lt.Exe("app", lt.ELF{Arch: "arm64", NoEntry: true}.Bytes())}),
		report: []string{wrongEntry}},
	testCase{name: "a folder", make: starting(app, []lt.Entry{lt.Dir("app")}), report: []string{wrongEntry}},
	testCase{name: "a pipe", make: starting(app, []lt.Entry{pipe("app")}), report: []string{wrongEntry}},
	testCase{name: "not executable", make: starting(app, []lt.Entry{lt.Plain("app", lt.Static("arm64"))}),
		report: []string{wrongEntry}},
	testCase{name: "empty", make: starting(app, []lt.Entry{lt.Exe("app", nil)}), report: []string{wrongEntry}},
	testCase{name: "for Windows", make: starting(app, []lt.Entry{lt.Script("app", "MZ\x90\x00")}),
		report: []string{wrongEntry}},
	testCase{name: "for macOS", make: starting(app, []lt.Entry{lt.Script("app", "\xcf\xfa\xed\xfe\x0c\x00\x00\x01")}),
		report: []string{wrongEntry}},
	testCase{name: "for FreeBSD",
		make:   starting(app, []lt.Entry{lt.Exe("app", lt.ELF{Arch: "arm64", System: 9}.Bytes())}),
		report: []string{wrongEntry}},
	testCase{name: "WebAssembly", make: starting(app, []lt.Entry{lt.Script("app", "\x00asm\x01\x00")}),
		report: []string{wrongEntry}},
	testCase{name: "an archive", make: starting(app, []lt.Entry{lt.Script("app", "\x1f\x8b\x08\x00")}),
		report: []string{wrongEntry}},
	testCase{name: "an object file",
		make:   starting(app, []lt.Entry{lt.Exe("app", lt.ELF{Arch: "arm64", Type: 1}.Bytes())}),
		report: []string{wrongEntry}},
	testCase{name: "a core dump",
		make:   starting(app, []lt.Entry{lt.Exe("app", lt.ELF{Arch: "arm64", Type: 4}.Bytes())}),
		report: []string{wrongEntry}},
	testCase{name: "cut short",
		make:   starting(app, []lt.Entry{lt.Exe("app", lt.ELF{Arch: "arm64", Size: 9000}.Bytes()[:5000])}),
		report: []string{wrongEntry}},
)

// The names of Go's architectures are those of platforms: each is right for its own platform, and
// wrong for each other.
func TestProgramsOfPlatforms(t *testing.T) {
	for _, platform := range lt.Architectures {
		for _, arch := range lt.Compiled {
			s := fixture.New()
			image := s.Image(fixture.ImageSpec{Platform: specs.Platform{OS: "linux", Architecture: platform},
				Layers: [][]lt.Entry{{lt.Exe("app", lt.Go(t, arch))}}})
			want := check.Want{Platforms: []specs.Platform{*image.Platform}}
			findings := check.Run(read(t, s, s.Index(image).Digest, nil, want), want)
			var wrong []string
			for _, f := range findings {
				if f.Check == "entry-elf" && f.Severity == check.Error {
					wrong = append(wrong, f.Message())
				}
			}
			if good := platform == arch || platform == "amd64" && arch == "386"; good != (len(wrong) == 0) {
				t.Errorf("%s on %s: %q", arch, platform, wrong)
			}
		}
	}
}

func pipe(name string) lt.Entry {
	e := lt.Dir(name)
	e.Typeflag, e.Name = '6', name
	return e
}

const wrongLoader = "error elf-interp linux/arm64"

var _ = about("elf-interp",
	testCase{name: "behind links of links",
		make: starting(app, debian("arm64", lt.Exe("app", lt.Dynamic("arm64", loaders["arm64"]))))},
	testCase{name: "32 bits with its own loader", make: func(s *fixture.Store) digest.Digest {
		layers := [][]lt.Entry{{lt.Exe("app", lt.Dynamic("386", "/lib/ld-linux.so.2")),
			lt.Exe("lib/ld-linux.so.2", lt.ELF{Arch: "386"}.Bytes())}}
		return s.Index(s.Image(fixture.ImageSpec{Platform: fixture.AMD64, Layers: layers}), s.Linux("arm64", "")).Digest
	}, report: []string{"warning entry-elf linux/amd64"}},
	testCase{name: "hard-float program, loader that doesn't say", make: func(s *fixture.Store) digest.Digest {
		layers := [][]lt.Entry{{lt.Exe("app", lt.ELF{Arch: "arm", Flags: 0x05000400, Loader: "/lib/ld.so"}.Bytes()),
			lt.Exe("lib/ld.so", lt.ELF{Arch: "arm", Flags: 0x05000000}.Bytes())}}
		return s.Index(s.Linux("amd64", ""), s.Linux("arm64", ""),
			s.Image(fixture.ImageSpec{Platform: specs.Platform{OS: "linux", Architecture: "arm", Variant: "v7"},
				Layers: layers})).Digest
	}, want: extra},
	testCase{name: "glibc program on Alpine",
		make:   starting(app, alpine("arm64", lt.Exe("app", lt.Dynamic("arm64", loaders["arm64"])))),
		report: []string{wrongLoader}},
	testCase{name: "musl program on Debian",
		make:   starting(app, debian("arm64", lt.Exe("app", lt.Dynamic("arm64", "/lib/ld-musl-aarch64.so.1")))),
		report: []string{wrongLoader}},
	testCase{name: "dynamic program on scratch",
		make:   starting(app, []lt.Entry{lt.Exe("app", lt.Dynamic("arm64", loaders["arm64"]))}),
		report: []string{wrongLoader}},
	testCase{name: "Nix program without its store",
		make:   starting(app, []lt.Entry{lt.Exe("app", lt.Dynamic("arm64", "/nix/store/a-glibc/lib/ld.so"))}),
		report: []string{wrongLoader}},
	testCase{name: "loader of another machine",
		make: starting(app,
			[]lt.Entry{lt.Exe("app", lt.Dynamic("arm64", "/lib/ld.so")), lt.Exe("lib/ld.so", lt.ELF{}.Bytes())}),
		report: []string{wrongLoader}},
	testCase{name: "loader not executable",
		make: starting(app,
			[]lt.Entry{lt.Exe("app", lt.Dynamic("arm64", "/lib/ld.so")),
				lt.Plain("lib/ld.so", lt.ELF{Arch: "arm64"}.Bytes())}), report: []string{wrongLoader}},
	testCase{name: "loader is a script",
		make: starting(app,
			[]lt.Entry{lt.Exe("app", lt.Dynamic("arm64", "/lib/own")), lt.Script("lib/own", "#!/bin/sh\n")}),
		report: []string{wrongLoader}},
	testCase{name: "loader of 64 bits for a program of 32", make: func(s *fixture.Store) digest.Digest {
		layers := [][]lt.Entry{{lt.Exe("app", lt.Dynamic("386", "/lib/ld.so")), lt.Exe("lib/ld.so", lt.ELF{}.Bytes())}}
		return s.Index(s.Image(fixture.ImageSpec{Platform: fixture.AMD64, Layers: layers}), s.Linux("arm64", "")).Digest
	}, report: []string{"error elf-interp linux/amd64", "warning entry-elf linux/amd64"}},
	testCase{name: "the interpreter's loader",
		make: starting([]string{"/run.sh"},
			[]lt.Entry{lt.Script("run.sh", "#!/bin/sh\n"), lt.Exe("bin/sh", lt.Dynamic("arm64", loaders["arm64"]))}),
		report: []string{wrongLoader}},
	testCase{name: "its own loader", make: starting(app, []lt.Entry{lt.Exe("app", lt.Dynamic("arm64", "/app"))}),
		report: []string{wrongLoader}},
	testCase{name: "its own loader behind a link",
		make: starting(app,
			[]lt.Entry{lt.Exe("app", lt.Dynamic("arm64", "/lib/ld.so")), lt.Link("lib/ld.so", "../app")}),
		report: []string{wrongLoader}},
	testCase{name: "a loader that has a loader",
		make: starting(app,
			[]lt.Entry{lt.Exe("app", lt.Dynamic("arm64", "/lib/ld.so")),
				lt.Exe("lib/ld.so", lt.Dynamic("arm64", "/app"))}), report: []string{"warning elf-interp linux/arm64"}},
	testCase{name: "a loader at an odd place",
		make: starting(app,
			[]lt.Entry{lt.Exe("app",
				lt.ELF{Arch: "arm64", Loader: "/lib/ld.so", LoaderAt: 20_000, HeadersAt: 40_000}.Bytes())}),
		report: []string{"warning elf-interp linux/arm64"}},
)

const wrongScript = "error shebang linux/arm64"

var run = []string{"/run.sh"}

var _ = about("shebang",
	testCase{name: "shell", make: starting(run, debian("arm64", lt.Script("run.sh", "#! /bin/sh -e\n")))},
	testCase{name: "without a line end", make: starting(run, alpine("arm64", lt.Script("run.sh", "#!/bin/sh")))},
	testCase{name: "env",
		make: starting(run,
			alpine("arm64", lt.Script("run.sh", "#!/usr/bin/env node\n"), lt.Exe("bin/node", lt.Static("arm64"))))},
	testCase{name: "env -S",
		make: starting(run,
			debian("arm64", lt.Script("run.sh", "#!/usr/bin/env -S node --x\n"),
				lt.Exe("usr/bin/node", lt.Static("arm64"))))},
	testCase{name: "a script of a script",
		make: starting(run, alpine("arm64", lt.Script("run.sh", "#!/outer\n"), lt.Script("outer", "#!/bin/sh\n")))},
	testCase{name: "a text that a shell runs",
		make: starting([]string{"/bin/sh", "-c", "/run.sh"}, alpine("arm64", lt.Script("run.sh", "echo hello\n")))},
	testCase{name: "the carriage return is part of a file's name",
		make: starting(run, []lt.Entry{lt.Script("run.sh", "#!/bin/sh\r\n"), lt.Exe("bin/sh\r", lt.Static("arm64"))})},

	testCase{name: "interpreter is missing", make: starting(run, alpine("arm64", lt.Script("run.sh", "#!/bin/bash\n"))),
		report: []string{wrongScript}},
	testCase{name: "Windows line ends", make: starting(run, alpine("arm64", lt.Script("run.sh", "#!/bin/sh\r\n"))),
		report: []string{wrongScript}},
	testCase{name: "Windows line ends with env",
		make: starting(run,
			alpine("arm64", lt.Script("run.sh", "#!/usr/bin/env node\r\n"), lt.Exe("bin/node", lt.Static("arm64")))),
		report: []string{wrongScript}},
	testCase{name: "env without a program",
		make:   starting(run, debian("arm64", lt.Script("run.sh", "#!/usr/bin/env -i\n"))),
		report: []string{wrongScript}},
	testCase{name: "a shell's -c without a command",
		make: starting(run, debian("arm64", lt.Script("run.sh", "#!/bin/sh -c\n"))), report: []string{wrongScript}},
	testCase{name: "scripts that env starts in a circle",
		make: starting(run, debian("arm64", lt.Script("run.sh", "#!/usr/bin/env /x\n"),
			lt.Script("x", "#!/usr/bin/env /run.sh\n"))),
		report: []string{wrongScript}},
	testCase{name: "env with a blank among its options",
		make:   starting(run, debian("arm64", lt.Script("run.sh", "#!/usr/bin/env -i sh\n"))),
		report: []string{wrongScript}},
	testCase{name: "no first line", make: starting(run, alpine("arm64", lt.Script("run.sh", "echo hello\n"))),
		report: []string{wrongScript}},
	testCase{name: "no first line, by env",
		make: starting([]string{"env", "/run.sh"}, debian("arm64", lt.Script("run.sh", "echo hello\n")))},
	testCase{name: "no first line, by env of musl",
		make:   starting([]string{"/usr/bin/env", "/run.sh"}, alpine("arm64", lt.Script("run.sh", "echo hello\n"))),
		report: []string{wrongScript}},
	testCase{name: "byte order mark",
		make:   starting(run, alpine("arm64", lt.Script("run.sh", "\xef\xbb\xbf#!/bin/sh\n"))),
		report: []string{wrongScript}},
	testCase{name: "empty first line", make: starting(run, alpine("arm64", lt.Script("run.sh", "#!\n"))),
		report: []string{wrongScript}},
	testCase{name: "too long",
		make:   starting(run, alpine("arm64", lt.Script("run.sh", "#!/"+strings.Repeat("x", 300)))),
		report: []string{wrongScript}},
	testCase{name: "interpreter of another machine",
		make:   starting(run, []lt.Entry{lt.Script("run.sh", "#!/bin/sh\n"), lt.Exe("bin/sh", lt.Static("amd64"))}),
		report: []string{wrongScript}},
	testCase{name: "interpreter of 32 bits", make: func(s *fixture.Store) digest.Digest {
		layers := [][]lt.Entry{{lt.Script("app", "#!/bin/sh\n"), lt.Exe("bin/sh", lt.Static("386"))}}
		return s.Index(s.Image(fixture.ImageSpec{Platform: fixture.AMD64, Layers: layers}), s.Linux("arm64", "")).Digest
	}, report: []string{"warning shebang linux/amd64"}},
	testCase{name: "interpreter not executable",
		make:   starting(run, []lt.Entry{lt.Script("run.sh", "#!/bin/sh\n"), lt.Plain("bin/sh", lt.Static("arm64"))}),
		report: []string{wrongScript}},
	testCase{name: "env without -S",
		make: starting(run,
			alpine("arm64", lt.Script("run.sh", "#!/usr/bin/env node --x\n"), lt.Exe("bin/node", lt.Static("arm64")))),
		report: []string{wrongScript}},
	testCase{name: "BusyBox's env with -S",
		make: starting(run,
			alpine("arm64", lt.Script("run.sh", "#!/usr/bin/env -S node --x\n"),
				lt.Exe("bin/node", lt.Static("arm64")))), report: []string{wrongScript}},
	testCase{name: "carriage return behind a shell's option",
		make: starting(run, alpine("arm64", lt.Script("run.sh", "#!/bin/sh -e\r\n"))), report: []string{wrongScript}},
	testCase{name: "carriage return behind another program's option",
		make:   starting(run, []lt.Entry{lt.Script("run.sh", "#!/own -e\r\n"), lt.Exe("own", lt.Static("arm64"))}),
		report: []string{"warning shebang linux/arm64"}},
	testCase{name: "env finds nothing",
		make:   starting(run, alpine("arm64", lt.Script("run.sh", "#!/usr/bin/env node\n"))),
		report: []string{wrongScript}},
	testCase{name: "env finds another machine's",
		make: starting(run,
			alpine("arm64", lt.Script("run.sh", "#!/usr/bin/env node\n"), lt.Exe("bin/node", lt.Static("amd64")))),
		report: []string{wrongScript}},
	testCase{name: "script of itself", make: starting(run, []lt.Entry{lt.Script("run.sh", "#!/run.sh\n")}),
		report: []string{wrongScript}},
	testCase{name: "the inner script's interpreter",
		make:   starting(run, []lt.Entry{lt.Script("run.sh", "#!/outer\n"), lt.Script("outer", "#!/bin/sh\n")}),
		report: []string{wrongScript}},
	testCase{name: "the command's script",
		make: starting([]string{"/entry", "serve"},
			debian("arm64", lt.Script("entry", "#!/bin/sh\nexec \"$@\"\n"),
				lt.Script("usr/bin/serve", "#!/usr/bin/python3\n"))), report: []string{wrongScript}},
	testCase{name: "no first line, and Debian's env, whose C library gives it to a shell",
		make: starting([]string{"/usr/bin/env", "/run.sh"}, debian("arm64", lt.Script("run.sh", "echo\n")))},
	testCase{name: "no first line, and Alpine's env",
		make:   starting([]string{"/usr/bin/env", "/run.sh"}, alpine("arm64", lt.Script("run.sh", "echo\n"))),
		report: []string{wrongScript}},
	testCase{name: "no first line, and gosu, which is written in Go",
		make: starting([]string{"/gosu", "app", "/run.sh"},
			debian("arm64", lt.Script("run.sh", "echo\n"), lt.Exe("gosu", lt.Static("arm64")))),
		report: []string{wrongScript}},
	testCase{name: "the script that another one may only read",
		make: starting([]string{"/entry", "/notes"}, debian("arm64",
			lt.Script("entry", "#!/bin/sh\nwc \"$1\"\n"), lt.Script("notes", "#!/usr/bin/python3\n"))),
		report: []string{"warning shebang linux/arm64"}},
	testCase{name: "a broken first line that another script may only read",
		make: starting([]string{"/entry", "/notes"}, debian("arm64",
			lt.Script("entry", "#!/bin/sh\nwc \"$1\"\n"), lt.Script("notes", "#!\n"))),
		report: []string{"warning shebang linux/arm64"}},
)

var deep = check.Want{Deep: true}

var _ = about("all-elf",
	testCase{name: "only its own",
		make: starting(app, debian("arm64"),
			[]lt.Entry{lt.Exe("app", lt.Static("arm64")), lt.Plain("usr/lib/libx.so", lt.ELF{Arch: "arm64"}.Bytes())}),
		want: deep},
	testCase{name: "another machine's, not asked for",
		make: starting(app,
			[]lt.Entry{lt.Exe("app", lt.Static("arm64")), lt.Plain("usr/lib/libx.so", lt.ELF{}.Bytes())})},
	testCase{name: "another machine's that an upper layer took away",
		make: starting(app, []lt.Entry{lt.Plain("usr/lib/libx.so", lt.ELF{}.Bytes())},
			[]lt.Entry{lt.Exe("app", lt.Static("arm64")), lt.Gone("usr/lib")}), want: deep},
	testCase{name: "another machine's that an upper layer replaced",
		make: starting(app, []lt.Entry{lt.Plain("usr/lib/libx.so", lt.ELF{}.Bytes())},
			[]lt.Entry{lt.Exe("app", lt.Static("arm64")), lt.Plain("usr/lib/libx.so", lt.ELF{Arch: "arm64"}.Bytes())}),
		want: deep},
	testCase{name: "object files and the kernel's programs",
		make: starting(app,
			[]lt.Entry{lt.Exe("app", lt.Static("arm64")), lt.Plain("usr/lib/x.o", lt.ELF{Type: 1}.Bytes()),
				lt.Plain("usr/lib/bpf.o", lt.ELF{Arch: "bpf", Type: 1}.Bytes())}), want: deep},
	testCase{name: "programs of 32 bits on amd64", make: func(s *fixture.Store) digest.Digest {
		layers := [][]lt.Entry{{lt.Exe("app", lt.Static("amd64")),
			lt.Plain("lib/i386-linux-gnu/libx.so", lt.ELF{Arch: "386"}.Bytes())}}
		return s.Index(s.Image(fixture.ImageSpec{Platform: fixture.AMD64, Layers: layers}), s.Linux("arm64", "")).Digest
	}, want: deep},
	testCase{name: "a library where libraries are searched",
		make: starting(app,
			[]lt.Entry{lt.Exe("app", lt.Static("arm64")), lt.Plain("usr/lib/libx.so", lt.ELF{}.Bytes())}), want: deep,
		report: []string{"error all-elf linux/arm64"}},
	testCase{name: "a program in PATH",
		make: starting(app, []lt.Entry{lt.Exe("app", lt.Static("arm64")), lt.Exe("bin/tool", lt.Static("amd64"))}),
		want: deep, report: []string{"error all-elf linux/arm64"}},
	testCase{name: "in the platform's own multiarch folder",
		make: starting(app,
			[]lt.Entry{lt.Exe("app", lt.Static("arm64")),
				lt.Plain("usr/lib/aarch64-linux-gnu/libx.so", lt.ELF{}.Bytes())}), want: deep,
		report: []string{"error all-elf linux/arm64"}},
	testCase{name: "in another machine's multiarch folder",
		make: starting(app,
			[]lt.Entry{lt.Exe("app", lt.Static("arm64")),
				lt.Plain("usr/lib/x86_64-linux-gnu/libx.so", lt.ELF{}.Bytes())}), want: deep,
		report: []string{"warning all-elf linux/arm64"}},
	testCase{name: "binaries for every machine in a package",
		make: starting(app,
			[]lt.Entry{lt.Exe("app", lt.Static("arm64")),
				lt.Plain("app.d/prebuilds/linux-x64/a.node", lt.ELF{}.Bytes()),
				lt.Plain("app.d/prebuilds/linux-arm64/a.node", lt.ELF{Arch: "arm64"}.Bytes())}), want: deep,
		report: []string{"warning all-elf linux/arm64"}},
	testCase{name: "programs named after their machines", make: starting(app, []lt.Entry{
		lt.Exe("app", lt.Static("arm64")), lt.Exe("bin/tool-amd64", lt.Static("amd64")),
		lt.Exe("bin/tool-arm64", lt.Static("arm64")),
		lt.Exe("bin/tool_linux_i386", lt.Static("386")), lt.Exe("bin/tool-armv7", lt.Static("arm")),
	}), want: deep, report: []string{"warning all-elf linux/arm64"}},
	testCase{name: "another machine's named after the image's", make: starting(app, []lt.Entry{
		lt.Exe("app", lt.Static("arm64")), lt.Exe("bin/tool-arm64", lt.Static("amd64")),
	}), want: deep, report: []string{"error all-elf linux/arm64"}},
	testCase{name: "a cross-compiler's libraries",
		make: starting(app, append(many(600), lt.Exe("app", lt.Static("arm64")))),
		want: deep, report: []string{"warning all-elf linux/arm64"}},
	testCase{name: "more than are named", make: starting(app, append(many(2500), lt.Exe("app", lt.Static("arm64")))),
		want: deep, report: []string{"error all-elf linux/arm64", "warning all-elf linux/arm64"}},
)

// many are so many libraries of another machine.
func many(n int) []lt.Entry {
	var entries []lt.Entry
	for i := range n {
		entries = append(entries, lt.Plain("opt/"+strings.Repeat("x", 1+i%50)+string(rune('a'+i/50)), lt.ELF{}.Bytes()))
	}
	return entries
}

// layerChanged is an index in which the arm64 image's last layer has other bytes than its digest
// names.
func layerChanged(change func([]byte) []byte) func(*fixture.Store) digest.Digest {
	return merged(func(s *fixture.Store, _, arm64 *specs.Descriptor) {
		layers := parsed(s, arm64.Digest).Layers
		d := layers[len(layers)-1].Digest
		s.Replace(d, change(bytes.Clone(s.Blobs[d])))
	})
}

var _ = about("layer-digest",
	testCase{name: "as pushed", make: merged(nil)},
	testCase{name: "zstd", make: image(fixture.ImageSpec{LayerType: specs.MediaTypeImageLayerZstd})},
	testCase{name: "one byte is another", make: layerChanged(func(b []byte) []byte { b[len(b)/2] ^= 1; return b }),
		report: []string{"error layer-digest linux/arm64"}},
	testCase{name: "another layer's bytes", make: layerChanged(func(b []byte) []byte {
		other := lt.Gzip(lt.Tar(lt.Exe("app", lt.Static("arm64")), lt.Plain("number", []byte("image number 0"))))
		return append(other, make([]byte, max(0, len(b)-len(other)))...)[:len(b)]
	}), report: []string{"error layer-digest linux/arm64"}},
	testCase{name: "the config lists another archive", make: image(fixture.ImageSpec{Config: func(doc map[string]any) {
		doc["rootfs"].(map[string]any)["diff_ids"].([]any)[1] = digest.FromString("another")
	}}), report: []string{"error layer-digest linux/arm64"}},
	testCase{name: "no archive", make: func(s *fixture.Store) digest.Digest {
		junk := []byte(strings.Repeat("this is no archive ", 100))
		d := s.PutBlob(junk)
		return image(fixture.ImageSpec{
			Manifest: func(doc map[string]any) { layerOf(doc, 1)["digest"], layerOf(doc, 1)["size"] = d, len(junk) },
			Config:   func(doc map[string]any) { doc["rootfs"].(map[string]any)["diff_ids"].([]any)[1] = d },
		})(s)
	}, report: []string{"error layer-digest linux/arm64"}},
)

// running is an index whose arm64 image runs with these settings, and has /bin/app.
func running(settings map[string]any) func(*fixture.Store) digest.Digest {
	return func(s *fixture.Store) digest.Digest {
		return s.Index(s.Linux("amd64", ""), s.Image(fixture.ImageSpec{
			Platform: fixture.ARM64,
			Layers: [][]lt.Entry{{lt.Exe("bin/app", lt.Static("arm64")), lt.Link("void", "/none"),
				lt.Link("round", "round")}},
			Run: func(run map[string]any) {
				run["Entrypoint"] = []string{"/bin/app"}
				maps.Copy(run, settings)
			},
		})).Digest
	}
}

// What people read of how runtimes start things must name the place and the cure.
func TestMessagesOfStarts(t *testing.T) {
	for _, test := range []struct {
		name string
		make func(*fixture.Store) digest.Digest
		say  []string
	}{
		{"a library", starting(app, []lt.Entry{lt.Exe("app", lt.ELF{Arch: "arm64", NoEntry: true}.Bytes())}),
			[]string{"/app, is a library", "crashes", "-shared"}},
		{"a slash behind it", running(map[string]any{"Entrypoint": []string{"/bin/app/"}}),
			[]string{"/bin/app/, can't be there: /bin/app is a file, not a folder"}},
		{"BusyBox's env as a program", starting([]string{"/usr/bin/env", "-S", "sh"}, alpine("arm64")),
			[]string{"/usr/bin/env (/bin/busybox), is BusyBox, whose env has no option -S", "apk add coreutils"}},
		{"BusyBox's env", starting(run, alpine("arm64", lt.Script("run.sh", "#!/usr/bin/env -S sh -e\n"))),
			[]string{"/run.sh", "/usr/bin/env (/bin/busybox), is BusyBox, whose env has no option -S",
				"name the interpreter itself"}},
		{"carriage return behind an option", starting(run, alpine("arm64", lt.Script("run.sh", "#!/bin/sh -e\r\n"))),
			[]string{"/run.sh", `/bin/sh is given the argument "-e\r", which it refuses`, "Windows line ends",
				".gitattributes"}},
		{"a hard link",
			starting(app, []lt.Entry{lt.Exe("opt/x", lt.Static("arm64"))}, []lt.Entry{lt.Hard("app", "opt/x")}),
			[]string{
				"can't be unpacked: /app is a hard link to /opt/x, which doesn't stand before it in the same layer"}},
		{"a relative PATH", running(map[string]any{"Entrypoint": []string{"app"}, "Env": []string{"PATH=bin"}}),
			[]string{"the program that starts, app (/bin/app), is found in bin, a folder of PATH that doesn't begin at the root",
				"slash"}},
		{"an empty part of PATH",
			running(map[string]any{"Entrypoint": []string{"app"}, "Env": []string{"PATH=:/x"}, "WorkingDir": "/bin"}),
			[]string{"found in ., a folder of PATH", "leave none empty"}},
		{"an empty PATH", running(map[string]any{"Entrypoint": []string{"app"}, "Env": []string{"PATH="}}),
			[]string{"app, is called by its name alone, and PATH is empty"}},
		{"a relative folder", running(map[string]any{"WorkingDir": "srv"}),
			[]string{"the working folder, srv, doesn't begin at the root", "no container", "WORKDIR"}},
		{"a folder that is a file", running(map[string]any{"WorkingDir": "/bin/app/x"}),
			[]string{"the working folder, /bin/app/x, can't be entered: /bin/app is a file"}},
		{"a folder that links to nothing", running(map[string]any{"WorkingDir": "/void"}),
			[]string{"the working folder, /void, can't be entered: /void → /none, and /none is not in the image"}},
		{"a folder in a circle", running(map[string]any{"WorkingDir": "/round"}),
			[]string{"the working folder, /round, can't be entered: it leads in a circle of symbolic links"}},
	} {
		s := fixture.New()
		findings := check.Run(read(t, s, test.make(s), nil, check.Want{}),
			check.Want{Platforms: []specs.Platform{fixture.AMD64, fixture.ARM64}})
		findings = slices.DeleteFunc(findings, func(f check.Finding) bool { return f.Check == "config-parity" })
		if len(findings) != 1 {
			t.Errorf("%s: %d findings: %v", test.name, len(findings), findings)
			continue
		}
		for _, part := range test.say {
			if !strings.Contains(findings[0].Message(), part) {
				t.Errorf("%s: %q is not in %q", test.name, part, findings[0].Message())
			}
		}
	}
}
