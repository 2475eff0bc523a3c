package check_test

import (
	"archive/tar"
	"path"

	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/lambda/internal/fixture"
	lt "archway/lambda/internal/fixture/layertest"
	"archway/lambda/internal/verdict/check"
)

// needing is an index whose amd64 image has these layers above a small Debian, and is run as said.
func needing(run func(map[string]any), layers ...[]lt.Entry) func(*fixture.Store) digest.Digest {
	return func(s *fixture.Store) digest.Digest {
		spec := fixture.ImageSpec{Platform: fixture.AMD64, Layers: append([][]lt.Entry{bookworm()}, layers...),
			Run: run}
		return s.Index(s.Image(spec),
			s.Image(fixture.ImageSpec{Platform: fixture.ARM64, Run: run,
				Layers: [][]lt.Entry{everywhere("arm64")}})).Digest
	}
}

// everywhere has a good static program under every name that the cases start, and their users.
func everywhere(arch string) []lt.Entry {
	entries := []lt.Entry{lt.Plain("etc/passwd", []byte("root:x:0:0::/:\napp:x:1000:1000::/:\n")),
		lt.Plain("etc/group", []byte("web:x:33:\n"))}
	for _, name := range []string{"app", "bin/sh", "bin/java", "bin/python3", "bin/node", "bin/timeout", "bin/busybox",
		"bin/dotnet", "entry.sh", "app.jar", "srv/x.js", "srv/x.py", "x.dll", "root/app"} {
		entries = append(entries, lt.Exe(name, lt.Static(arch)))
	}
	return entries
}

// whole reads every layer: a static program lies in the last one, and what else counts is below.
var whole = check.Want{Deep: true}

const glibcLoader = "/lib64/ld-linux-x86-64.so.2"

// bookworm has glibc 2.36, as far as a loader needs it, and static programs beside it.
func bookworm() []lt.Entry {
	lib := "usr/lib/x86_64-linux-gnu/"
	versions := func(soname string, more ...string) *lt.Links {
		return &lt.Links{Soname: soname, Defines: append([]string{soname}, more...)}
	}
	return []lt.Entry{
		lt.Link("lib", "usr/lib"), lt.Link("lib64", "usr/lib64"), lt.Dir("etc"),
		lt.Plain("etc/passwd", []byte("root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000::/:/bin/sh\n")),
		lt.Plain("etc/group", []byte("web:x:33:\n")),
		lt.Exe(lib+"ld-linux-x86-64.so.2",
			lt.ELF{Links: versions("ld-linux-x86-64.so.2", "GLIBC_2.2.5", "GLIBC_PRIVATE")}.Bytes()),
		lt.Link("usr/lib64/ld-linux-x86-64.so.2", "../lib/x86_64-linux-gnu/ld-linux-x86-64.so.2"),
		lt.Exe(lib+"libc.so.6",
			lt.ELF{Links: versions("libc.so.6", "GLIBC_2.2.5", "GLIBC_2.4", "GLIBC_2.34", "GLIBC_2.36")}.Bytes()),
		lt.Plain(lib+"libz.so.1", lt.ELF{Links: &lt.Links{Soname: "libz.so.1", Needed: []string{"libc.so.6"}}}.Bytes()),
		lt.Plain(lib+"libssl.so.3",
			lt.ELF{Links: &lt.Links{Soname: "libssl.so.3", Needed: []string{"libc.so.6"}}}.Bytes()),
		lt.Exe("bin/sh", lt.Static("amd64")), lt.Exe("bin/java", lt.Static("amd64")),
		lt.Exe("bin/python3", lt.Static("amd64")),
		lt.Exe("bin/node", lt.Static("amd64")), lt.Exe("bin/timeout", lt.Static("amd64")),
		lt.Exe("bin/busybox", lt.Static("amd64")), lt.Exe("bin/dotnet", lt.Static("amd64")),
	}
}

// linked is a program of glibc with these links.
func linked(links lt.Links) []byte {
	if links.Needed == nil {
		links.Needed = []string{"libc.so.6"}
	}
	return lt.ELF{Loader: glibcLoader, Links: &links}.Bytes()
}

func exe(links lt.Links, more ...lt.Entry) []lt.Entry {
	return append([]lt.Entry{lt.Exe("app", linked(links))}, more...)
}

func library(name string, links lt.Links) lt.Entry {
	if links.Soname == "" {
		links.Soname = path.Base(name)
	}
	return lt.Plain(name, lt.ELF{Links: &links}.Bytes())
}

var x = lt.Links{Needed: []string{"libx.so.1", "libc.so.6"}}

func env(variables ...any) func(map[string]any) {
	return func(run map[string]any) { run["Env"] = append([]any{"PATH=/bin"}, variables...) }
}

const (
	lacks    = "error elf-needed linux/amd64"
	unsure   = "warning elf-needed linux/amd64"
	outdated = "error elf-version linux/amd64"
)

var _ = about("elf-needed",
	testCase{name: "all there", make: needing(nil, exe(lt.Links{Needed: []string{"libz.so.1", "libc.so.6"}}))},
	testCase{name: "the loader itself is needed",
		make: needing(nil, exe(lt.Links{Needed: []string{"libc.so.6", "ld-linux-x86-64.so.2"}}))},
	testCase{name: "beside the program, by RUNPATH",
		make: needing(nil,
			exe(lt.Links{Needed: x.Needed, RunPath: "/nowhere:$ORIGIN/opt"}, library("opt/libx.so.1", lt.Links{})))},
	testCase{name: "by LD_LIBRARY_PATH",
		make: needing(env("LD_LIBRARY_PATH=/opt/x"), exe(x, library("opt/x/libx.so.1", lt.Links{})))},
	testCase{name: "by RPATH of what loads it",
		make: needing(nil,
			exe(lt.Links{Needed: []string{"libz.so.1"}, RPath: "/opt"}, library("opt/libz.so.1", x),
				library("opt/libx.so.1", lt.Links{})))},
	testCase{name: "in a default folder", make: needing(nil, exe(x, library("usr/lib/libx.so.1", lt.Links{})))},
	testCase{name: "in the cache's place",
		make: needing(nil,
			exe(x, library("usr/local/lib/libx.so.1", lt.Links{}), cached("libx.so.1", "/usr/local/lib/libx.so.1")))},
	testCase{name: "by another name of a loaded one",
		make: needing(nil,
			exe(lt.Links{Needed: []string{"libfirst.so", "libx.so.1"}},
				library("usr/lib/libfirst.so", lt.Links{Soname: "libx.so.1"})))},
	testCase{name: "for newer processors alone",
		make: needing(nil, exe(x, library("usr/lib/x86_64-linux-gnu/glibc-hwcaps/x86-64-v3/libx.so.1", lt.Links{})))},
	testCase{name: "by $LIB, which isn't followed",
		make: needing(nil, exe(lt.Links{Needed: x.Needed, RunPath: "/opt/$LIB"}))},
	testCase{name: "a cache that can't be read",
		make: needing(nil, exe(x, lt.Plain("etc/ld.so.cache", []byte("some other cache"))))},
	testCase{name: "a loader of Nix searches elsewhere", make: needing(nil, []lt.Entry{
		lt.Exe("app", lt.ELF{Loader: "/nix/ld.so", Links: &x}.Bytes()),
		lt.Exe("nix/ld.so", lt.ELF{Links: &lt.Links{Defines: []string{"GLIBC_PRIVATE"}}}.Bytes()),
	})},
	testCase{name: "musl is each of its libraries, and ignores versions", make: needing(nil, musl(lt.Links{
		Needed: []string{"libc.musl-x86_64.so.1", "libm.so.6", "libx.so.1"},
		Wants:  map[string][]string{"libx.so.1": {"X_9"}},
	}, library("usr/local/lib/libx.so.1", lt.Links{Defines: []string{"X_1"}})))},
	testCase{name: "musl, in the folders of its own file",
		make: needing(nil,
			musl(x, library("opt/libx.so.1", lt.Links{}),
				lt.Plain("etc/ld-musl-x86_64.path", []byte("/lib\n/opt\n"))))},

	testCase{name: "not there", make: needing(nil, exe(x)), report: []string{lacks}},
	testCase{name: "not there, needed by a library",
		make:   needing(nil, exe(lt.Links{Needed: []string{"liby.so"}}, library("usr/lib/liby.so", x))),
		report: []string{lacks}},
	testCase{name: "where ldconfig would have seen it",
		make: needing(nil,
			exe(x, library("usr/local/lib/libx.so.1", lt.Links{}),
				cached("libz.so.1", "/usr/lib/x86_64-linux-gnu/libz.so.1"))), report: []string{lacks}},
	testCase{name: "only for another machine",
		make:   needing(nil, exe(x, lt.Plain("usr/lib/libx.so.1", lt.ELF{Arch: "arm64"}.Bytes()))),
		report: []string{lacks}},
	testCase{name: "taken away",
		make: needing(nil, exe(lt.Links{Needed: []string{"libz.so.1"}}),
			[]lt.Entry{lt.Gone("usr/lib/x86_64-linux-gnu/libz.so.1")}), report: []string{lacks}},
	testCase{name: "a link to nothing", make: needing(nil, exe(x, lt.Link("usr/lib/libx.so.1", "libx.so.1.2"))),
		report: []string{lacks}},
	testCase{name: "RUNPATH doesn't hold for libraries",
		make: needing(nil,
			exe(lt.Links{Needed: []string{"libz.so.1"}, RunPath: "/opt"}, library("opt/libz.so.1", x),
				library("opt/libx.so.1", lt.Links{}))), report: []string{lacks}},
	testCase{name: "musl, not there", want: whole, make: needing(nil, musl(x)), report: []string{lacks}},
	testCase{name: "started by a shell, which may set variables",
		make: needing(launch("/bin/sh", "-c", "/app"), exe(x)), report: []string{unsure}},
	testCase{name: "something is loaded before", make: needing(env("LD_PRELOAD=/opt/all.so"), exe(x)),
		report: []string{unsure}},
	testCase{name: "many",
		make:   needing(nil, exe(lt.Links{Needed: []string{"liba.so", "libb.so", "libc1.so", "libd.so", "libe.so"}})),
		report: []string{lacks}},
)

func musl(links lt.Links, more ...lt.Entry) []lt.Entry {
	const loader = "/lib/ld-musl-x86_64.so.1"
	return append([]lt.Entry{lt.Exe("app", lt.ELF{Loader: loader, Links: &links}.Bytes()),
		lt.Exe(loader, lt.ELF{Links: &lt.Links{Soname: "libc.musl-x86_64.so.1"}}.Bytes())}, more...)
}

func cached(name, path string) lt.Entry { return lt.Plain("etc/ld.so.cache", lt.Cache(name, path)) }

func launch(args ...any) func(map[string]any) {
	return func(run map[string]any) { run["Entrypoint"] = args }
}

func wants(library string, versions ...string) lt.Links {
	return lt.Links{Wants: map[string][]string{library: versions}}
}

var _ = about("elf-version",
	testCase{name: "all defined", make: needing(nil, exe(wants("libc.so.6", "GLIBC_2.34", "GLIBC_2.2.5")))},
	testCase{name: "weak ones needn't be",
		make: needing(nil, exe(lt.Links{Weak: map[string][]string{"libc.so.6": {"GLIBC_2.99"}}}))},
	testCase{name: "a library without versions",
		make: needing(nil,
			exe(lt.Links{Needed: []string{"libz.so.1"}, Wants: map[string][]string{"libz.so.1": {"ZLIB_1.2"}}}))},
	testCase{name: "of a library that isn't loaded", make: needing(nil, exe(wants("libz.so.1", "ZLIB_1.2")))},
	testCase{name: "newer glibc", make: needing(nil, exe(wants("libc.so.6", "GLIBC_2.34", "GLIBC_2.38", "GLIBC_2.4"))),
		report: []string{outdated}},
	testCase{name: "wanted by a library",
		make:   needing(nil, exe(x, library("usr/lib/libx.so.1", wants("libc.so.6", "GLIBC_2.38", "GLIBC_2.39")))),
		report: []string{outdated}},
	testCase{name: "started by a shell",
		make:   needing(launch("/bin/sh", "-c", "/app"), exe(wants("libc.so.6", "GLIBC_2.38"))),
		report: []string{"warning elf-version linux/amd64"}},
)

var _ = about("cpu-level",
	testCase{name: "every processor", make: needing(nil, exe(lt.Links{Level: 1}))},
	testCase{name: "of the variant", make: func(s *fixture.Store) digest.Digest {
		v3 := specs.Platform{OS: "linux", Architecture: "amd64", Variant: "v3"}
		return s.Index(s.Linux("amd64", ""), s.Linux("arm64", ""),
			s.Image(fixture.ImageSpec{Platform: v3,
				Layers: [][]lt.Entry{{lt.Exe("app", lt.ELF{Links: &lt.Links{Level: 3}}.Bytes())}}})).Digest
	}, want: extra},
	testCase{name: "hwcaps are taken by those who can",
		make: needing(nil,
			exe(lt.Links{Needed: []string{"libz.so.1"}},
				library("usr/lib/x86_64-linux-gnu/glibc-hwcaps/x86-64-v4/libz.so.1", lt.Links{Level: 4})))},
	testCase{name: "arm64 has no such levels",
		make: starting(app, []lt.Entry{lt.Exe("app", lt.ELF{Arch: "arm64", Links: &lt.Links{Level: 3}}.Bytes())})},
	testCase{name: "every cloud has level 2", make: needing(nil, exe(lt.Links{Level: 2})),
		report: []string{"info cpu-level linux/amd64"}},
	testCase{name: "a distribution's library",
		make:   needing(nil, exe(x, library("usr/lib/libx.so.1", lt.Links{Level: 3}))),
		report: []string{"warning cpu-level linux/amd64"}},
	testCase{name: "Go's own code, all read", want: whole,
		make:   needing(nil, []lt.Entry{lt.Exe("app", lt.ELF{GoLevel: "v3"}.Bytes())}),
		report: []string{"warning cpu-level linux/amd64"}},
	testCase{name: "Go's own code, dynamic", want: whole,
		make: needing(nil, []lt.Entry{lt.Exe("app", lt.ELF{Loader: glibcLoader, GoLevel: "v2",
			Links: &lt.Links{Needed: []string{"libc.so.6"}}}.Bytes())}),
		report: []string{"info cpu-level linux/amd64"}},
	testCase{name: "Go's own code, not all read",
		make: needing(nil, []lt.Entry{lt.Exe("app", lt.ELF{GoLevel: "v3"}.Bytes())})},
	testCase{name: "Go's own code for every processor", want: whole,
		make: needing(nil, []lt.Entry{lt.Exe("app", lt.ELF{GoLevel: "v1"}.Bytes())})},
	testCase{name: "static", make: needing(nil, []lt.Entry{lt.Exe("app", lt.ELF{Links: &lt.Links{Level: 3}}.Bytes())}),
		report: []string{"warning cpu-level linux/amd64"}},
	testCase{name: "a library", make: needing(nil, exe(x, library("usr/lib/libx.so.1", lt.Links{Level: 4}))),
		report: []string{"warning cpu-level linux/amd64"}},
)

var _ = about("ca-certificates",
	testCase{name: "no TLS", make: needing(nil, exe(lt.Links{}))},
	testCase{name: "installed",
		make: needing(nil,
			exe(lt.Links{Needed: []string{"libssl.so.3"}},
				lt.Plain("etc/ssl/certs/ca-certificates.crt", []byte("x"))))},
	testCase{name: "named by a variable",
		make: needing(env("SSL_CERT_FILE=/certs.pem"), exe(lt.Links{Needed: []string{"libssl.so.3"}}))},
	testCase{name: "none", make: needing(nil, exe(lt.Links{Needed: []string{"libssl.so.3"}})),
		report: []string{"info ca-certificates linux/amd64"}},
)

func as(user string) func(map[string]any) {
	return func(run map[string]any) { run["User"] = user }
}

const nobody = "error user linux/amd64"

var static = []lt.Entry{lt.Exe("app", lt.Static("amd64"))}

var _ = about("user",
	testCase{name: "root by name", make: needing(as("root"), static)},
	testCase{name: "a number that nobody has", make: needing(as("4711:4712"), static)},
	testCase{name: "number and group", make: needing(as("1000:web"), static)},
	testCase{name: "a name", make: needing(as("app"), static),
		report: []string{"warning user linux/amd64", "warning user linux/arm64"}},
	testCase{name: "a name in a file that a link leads to",
		make: needing(as("app"), static,
			[]lt.Entry{lt.Link("etc/passwd", "/opt/passwd"), lt.Plain("opt/passwd", nil)}),
		report: []string{"warning user linux/amd64", "warning user linux/arm64"}},
	testCase{name: "no such user", want: whole, make: needing(as("none"), static),
		report: []string{nobody, "error user linux/arm64"}},
	testCase{name: "no such user any more",
		make:   needing(as("app"), static, []lt.Entry{lt.Plain("etc/passwd", []byte("root:x:0:0::/:\n"))}),
		report: []string{nobody, "warning user linux/arm64"}},
	testCase{name: "no such user, in a layer that isn't read", make: needing(as("none"), static),
		report: []string{"warning user linux/amd64", "error user linux/arm64"}},
	testCase{name: "no such group", want: whole, make: needing(as("1000:none"), static),
		report: []string{nobody, "error user linux/arm64"}},
	testCase{name: "no passwd", want: whole, make: needing(as("app"), static, []lt.Entry{lt.Gone("etc/passwd")}),
		report: []string{nobody, "warning user linux/arm64"}},
	testCase{name: "root, who isn't there", want: whole,
		make:   needing(as("root"), static, []lt.Entry{lt.Gone("etc/passwd")}),
		report: []string{nobody}},
	testCase{name: "beyond all numbers", make: needing(as("4294967295"), static),
		report: []string{nobody, "error user linux/arm64"}},
)

// owned is a file or folder with a mode and an owner.
func owned(e lt.Entry, mode int64, uid, gid int) lt.Entry {
	e.Mode, e.Uid, e.Gid = mode, uid, gid
	return e
}

const (
	denied      = "error access linux/amd64"
	perhapsOpen = "warning access linux/amd64"
)

var _ = about("access",
	testCase{name: "one's own",
		make: needing(nil, []lt.Entry{owned(lt.Exe("app", lt.Static("amd64")), 0o700, 1000, 0)})},
	testCase{name: "one's group's",
		make: needing(nil, []lt.Entry{owned(lt.Exe("app", lt.Static("amd64")), 0o710, 0, 1000)})},
	testCase{name: "root's group, which a pod gets",
		make: needing(as("4711"), []lt.Entry{owned(lt.Exe("app", lt.Static("amd64")), 0o750, 0, 0)})},
	testCase{name: "root", make: needing(as(""), []lt.Entry{owned(lt.Exe("app", lt.Static("amd64")), 0o700, 7, 7)})},
	testCase{name: "folders without an entry",
		make: needing(launch("/root/app"), []lt.Entry{lt.Exe("root/app", lt.Static("amd64"))})},
	testCase{name: "with an access list",
		make: needing(nil, []lt.Entry{listed(owned(lt.Exe("app", lt.Static("amd64")), 0o700, 0, 0))})},
	testCase{name: "root's alone", want: whole,
		make:   needing(nil, []lt.Entry{owned(lt.Exe("app", lt.Static("amd64")), 0o700, 0, 0)}),
		report: []string{perhapsOpen}},
	testCase{name: "root's home", want: whole,
		make: needing(launch("/root/app"),
			[]lt.Entry{owned(lt.Dir("root"), 0o700, 0, 0), lt.Exe("root/app", lt.Static("amd64"))}),
		report: []string{perhapsOpen}},
	testCase{name: "a script that can't be read",
		make:   needing(launch("/entry.sh"), []lt.Entry{owned(lt.Script("entry.sh", "#!/bin/sh\n"), 0o711, 0, 0)}),
		report: []string{denied}},
	testCase{name: "root's script",
		make:   needing(launch("/entry.sh"), []lt.Entry{owned(lt.Script("entry.sh", "#!/bin/sh\n"), 0o700, 0, 0)}),
		report: []string{denied}},
	testCase{name: "root's alone, by a wrapper", want: whole,
		make: needing(launch("timeout", "10", "/app"),
			[]lt.Entry{owned(lt.Exe("app", lt.Static("amd64")), 0o700, 0, 0)}), report: []string{denied}},
	testCase{name: "the script's interpreter", want: whole,
		make: needing(launch("/entry.sh"),
			[]lt.Entry{lt.Script("entry.sh", "#!/own/sh\n"), owned(lt.Exe("own/sh", lt.Static("amd64")), 0o700, 0, 0)}),
		report: []string{perhapsOpen}},
)

func listed(e lt.Entry) lt.Entry {
	e.PAXRecords = map[string]string{"SCHILY.xattr.system.posix_acl_access": "x"}
	e.Format = tar.FormatPAX
	return e
}

const (
	notGiven      = "error given-file linux/amd64"
	perhapsGiven  = "warning given-file linux/amd64"
	notGivenThere = "error given-file linux/arm64"
)

func within(folder string, args ...any) func(map[string]any) {
	return func(run map[string]any) { run["Entrypoint"], run["WorkingDir"] = args, folder }
}

func mounting(volume string, args ...any) func(map[string]any) {
	return func(run map[string]any) {
		run["Entrypoint"], run["Volumes"] = args, map[string]any{volume: map[string]any{}}
	}
}

var _ = about("given-file",
	testCase{name: "there",
		make: needing(launch("java", "-Xmx1g", "-cp", "/x", "-jar", "/app.jar"), []lt.Entry{lt.Plain("app.jar", nil)})},
	testCase{name: "in the working directory",
		make: needing(within("/srv", "python3", "-u", "x.py"), []lt.Entry{lt.Plain("srv/x.py", nil)})},
	testCase{name: "node adds the ending",
		make: needing(within("/srv", "node", "--enable=1", "x"), []lt.Entry{lt.Plain("srv/x.js", nil)})},
	testCase{name: "in a volume", make: needing(mounting("/data", "java", "-jar", "/data/app.jar"))},
	testCase{name: "a module", make: needing(launch("python3", "-m", "server"))},
	testCase{name: "an option that isn't known", make: needing(launch("node", "--unknown", "y.js"))},
	testCase{name: "a shell's own command", make: needing(launch("/bin/sh", "-c", "true"))},
	testCase{name: "a shell's longer command", make: needing(launch("/bin/sh", "-c", "/none || true"))},
	testCase{name: "from the shell's input", make: needing(launch("/bin/sh", "-"))},
	testCase{name: "java", make: needing(launch("java", "-jar", "/none.jar")),
		report: []string{notGiven, notGivenThere}},
	testCase{name: "dotnet", make: needing(within("/srv", "dotnet", "None.dll")),
		report: []string{notGiven, notGivenThere}},
	testCase{name: "python", make: needing(within("/srv", "/bin/python3", "none.py")),
		report: []string{notGiven, notGivenThere}},
	testCase{name: "a shell's script", make: needing(launch("sh", "-e", "/none.sh")),
		report: []string{notGiven, notGivenThere}},
	testCase{name: "the program of a shell's command", make: needing(launch("/bin/sh", "-c", "exec /none --flag=1")),
		report: []string{notGiven, notGivenThere}},
	testCase{name: "what a shell's command gives to java", make: needing(launch("/bin/sh", "-c", "java -jar none.jar")),
		report: []string{notGiven, notGivenThere}},
	testCase{name: "BusyBox's shell", make: needing(launch("busybox", "sh", "-c", "/none")),
		report: []string{notGiven, notGivenThere}},
	testCase{name: "within time", make: needing(launch("timeout", "-k", "5", "10", "sh", "/none")),
		report: []string{notGiven, notGivenThere}},
	testCase{name: "by an entrypoint script",
		make: needing(launch("/entry.sh", "java", "-jar", "/none.jar"),
			[]lt.Entry{lt.Script("entry.sh", "#!/bin/sh\n")}), report: []string{perhapsGiven}},
	testCase{name: "in a base for others", make: needing(func(run map[string]any) {
		run["Entrypoint"], run["OnBuild"] = []any{"java", "-jar", "/none.jar"}, []any{"COPY app.jar /none.jar"}
	}), report: []string{perhapsGiven, "warning given-file linux/arm64"}},
)

var _ = about("shell-form",
	testCase{name: "a command", make: needing(launch("/bin/sh", "-c", "/app"), static)},
	testCase{name: "a test in brackets", make: needing(launch("/bin/sh", "-c", `[ "$MODE" ]`))},
	testCase{name: "a longer test", make: needing(launch("/bin/sh", "-c", `[ "a" = "b" ]`))},
	testCase{name: "single quotes", make: needing(launch("/bin/sh", "-c", "['/app', '--flag']"), static),
		report: []string{"error shell-form linux/amd64", "error shell-form linux/arm64"}},
	testCase{name: "typographic quotes", make: needing(launch("/bin/sh", "-c", "[“/app”]"), static),
		report: []string{"error shell-form linux/amd64", "error shell-form linux/arm64"}},
	testCase{name: "a comma too many",
		make: needing(launch("/bin/bash", "-c", `["/app",]`), static,
			[]lt.Entry{lt.Exe("bin/bash", lt.Static("amd64"))}),
		report: []string{"error shell-form linux/amd64", "error shell-form linux/arm64",
			"error entry-elf linux/arm64"}},
)

var _ = about("entry-elf",
	testCase{name: "within time, good", make: needing(launch("timeout", "-s", "KILL", "5m", "/app"), static)},
	testCase{name: "within time, missing", make: needing(launch("timeout", "5m", "/none")),
		report: []string{"error entry-elf linux/amd64", "error entry-elf linux/arm64"}},
	testCase{name: "BusyBox's own programs are no names", make: needing(launch("busybox", "httpd", "-f"))},
	testCase{name: "BusyBox's timeout of a missing program", make: needing(launch("busybox", "timeout", "5", "/none")),
		report: []string{"error entry-elf linux/amd64", "error entry-elf linux/arm64"}},
	testCase{name: "a variable that nobody expands", make: needing(launch("$HOME/app")),
		report: []string{"error entry-elf linux/amd64", "error entry-elf linux/arm64"}},
)
