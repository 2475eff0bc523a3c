package check_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/lambda/internal/fixture"
	lt "archway/lambda/internal/fixture/layertest"
	"archway/lambda/internal/verdict/check"
)

// refusing are the checks that find errors, each once.
func refusing(findings []check.Finding) []string {
	checks := []string{}
	for _, f := range findings {
		if f.Severity == check.Error {
			checks = append(checks, f.Check)
		}
	}
	slices.Sort(checks)
	return slices.Compact(checks)
}

// Images that are put together in ways that mislead a reader of layers: what counts is what a
// container would see.
func TestOddImages(t *testing.T) {
	right, wrong, loader := lt.Static("arm64"), lt.Static("amd64"), loaders["arm64"]
	type layers = [][]lt.Entry
	type settings = map[string]any
	for _, test := range []struct {
		name   string
		args   []string
		run    settings
		layers layers
		want   []string
	}{
		{"an upper layer takes the loader's folder away", app, nil,
			layers{debian("arm64", lt.Exe("app", lt.Dynamic("arm64", loader))), {lt.Gone("usr/lib/real")}},
			[]string{"elf-interp"}},
		{"the program's own layer takes the loader away", app, nil,
			layers{debian("arm64"), {lt.Exe("app", lt.Dynamic("arm64", loader)), lt.Gone("usr/lib/real/ld.so")}},
			[]string{"elf-interp"}},
		{"an upper layer replaces the loader by another machine's", app, nil,
			layers{debian("arm64", lt.Exe("app", lt.Dynamic("arm64", loader))),
				{lt.Exe("usr/lib/real/ld.so", lt.ELF{}.Bytes())}}, []string{"elf-interp"}},
		{"two links lead to each other through two layers", []string{"/a"}, nil,
			layers{{lt.Link("a", "b")}, {lt.Link("b", "/a")}}, []string{"entry-elf"}},
		{"an interpreter that links to itself", run, nil,
			layers{{lt.Script("run.sh", "#!/bin/sh\n"), lt.Link("bin/sh", "sh")}}, []string{"shebang"}},

		{"no PATH: the runtime's own counts", []string{"app"}, settings{"Env": nil},
			layers{{lt.Exe("usr/local/bin/app", right)}}, nil},
		{"no PATH, wrong program", []string{"app"}, settings{"Env": nil}, layers{{lt.Exe("usr/local/bin/app", wrong)}},
			[]string{"entry-elf"}},
		{"an empty PATH", []string{"app"}, settings{"Env": []string{"PATH="}, "WorkingDir": "/bin/x"},
			layers{{lt.Exe("bin/app", right)}}, []string{"entry-elf"}},
		{"the wrong one comes later in PATH", []string{"app"}, settings{"Env": []string{"PATH=/a:/b"}},
			layers{{lt.Exe("a/app", right), lt.Exe("b/app", wrong)}}, nil},
		{"the wrong one comes first in PATH", []string{"app"}, settings{"Env": []string{"PATH=/a:/b"}},
			layers{{lt.Exe("a/app", wrong), lt.Exe("b/app", right)}}, []string{"entry-elf"}},
		{"what may not be executed doesn't count in PATH", []string{"app"}, settings{"Env": []string{"PATH=/a:/b"}},
			layers{{lt.Plain("a/app", wrong), lt.Exe("b/app", right)}}, nil},
		{"the last of two PATHs counts", []string{"app"}, settings{"Env": []string{"PATH=/a", "PATH=/b"}},
			layers{{lt.Exe("a/app", right), lt.Exe("b/app", wrong)}}, []string{"entry-elf"}},

		{"a shell's command that only a shell understands", []string{"sh", "-c", "cd /srv && exec ./app \"$@\""}, nil,
			layers{debian("arm64")}, nil},
		{"a shell that isn't there", []string{"sh", "-c", "app"}, nil, layers{{lt.Exe("bin/app", right)}},
			[]string{"entry-elf"}},
		{"a shell's command by its path", []string{"/bin/sh", "-c", "/opt/app --flag"}, nil,
			layers{debian("arm64", lt.Exe("opt/app", wrong))}, []string{"entry-elf"}},
		{"env with settings before the interpreter", run, nil,
			layers{debian("arm64", lt.Script("run.sh", "#!/usr/bin/env -S A=b node --x=1\n"),
				lt.Exe("usr/bin/node", right))}, nil},
		{"env with settings, interpreter missing", run, nil,
			layers{debian("arm64", lt.Script("run.sh", "#!/usr/bin/env -S A=b node --x=1\n"))}, []string{"shebang"}},
		{"env that empties the environment", run, nil,
			layers{debian("arm64", lt.Script("run.sh", "#!/usr/bin/env -S -i /opt/node\n"), lt.Exe("opt/node", wrong))},
			[]string{"shebang"}},
		{"env as the entrypoint", []string{"env", "A=b", "node"}, nil,
			layers{debian("arm64", lt.Exe("usr/bin/node", wrong))}, []string{"entry-elf"}},
		{"env that unsets a variable", []string{"/usr/bin/env", "-u", "X", "node"}, nil,
			layers{debian("arm64", lt.Exe("usr/bin/node", wrong))}, []string{"entry-elf"}},
		{"gosu", []string{"gosu", "node", "app"}, nil,
			layers{debian("arm64", lt.Exe("usr/bin/gosu", right), lt.Exe("usr/bin/app", wrong))},
			[]string{"entry-elf"}},
		{"tabs in a first line", run, nil, layers{debian("arm64", lt.Script("run.sh", "#!\t/bin/sh\t-e\n"))}, nil},

		{"a hard link to a file of a lower layer", app, nil,
			layers{{lt.Exe("opt/x", right)}, {lt.Hard("app", "opt/x")}}, []string{"layer-digest"}},
		{"a hard link that nothing starts to a file of a lower layer", app, nil,
			layers{{lt.Exe("opt/x", right)}, {lt.Exe("app", right), lt.Hard("opt/y", "opt/x")}},
			[]string{"layer-digest"}},
		{"a hard link to a copy of a file of a lower layer", app, nil,
			layers{{lt.Exe("opt/x", wrong)}, {lt.Exe("opt/x", right), lt.Hard("app", "opt/x")}}, nil},
		{"a hard link before its file", app, nil, layers{{lt.Hard("app", "opt/x"), lt.Exe("opt/x", right)}},
			[]string{"layer-digest"}},
		{"a hard link to a wrong file", app, nil, layers{{lt.Exe("opt/x", wrong), lt.Hard("app", "opt/x")}},
			[]string{"entry-elf"}},
		{"a hard link whose other name is replaced in the same layer", app, nil,
			layers{{lt.Exe("opt/x", right), lt.Hard("app", "opt/x"), lt.Exe("opt/x", wrong)}}, nil},
		{"a hard link whose other name is replaced above", app, nil,
			layers{{lt.Exe("opt/x", right), lt.Hard("app", "opt/x")}, {lt.Exe("opt/x", wrong)}}, nil},
		{"a hard link through a linked folder", app, nil,
			layers{{lt.Link("bin", "usr/bin"), lt.Exe("usr/bin/x", right), lt.Hard("app", "bin/x")}}, nil},
		{"an opaque folder hides the program", []string{"/opt/app"}, nil,
			layers{{lt.Exe("opt/app", right)}, {lt.Opaque("opt"), lt.Exe("opt/other", right)}}, []string{"entry-elf"}},
		{"an opaque folder with the program anew", []string{"/opt/app"}, nil,
			layers{{lt.Exe("opt/app", wrong)}, {lt.Exe("opt/app", right), lt.Opaque("opt")}}, nil},
		{"a file that a folder replaces", []string{"/opt/app"}, nil,
			layers{{lt.Exe("opt", wrong)}, {lt.Dir("opt"), lt.Exe("opt/app", right)}}, nil},
		{"a folder that a file replaces", []string{"/opt/app"}, nil,
			layers{{lt.Exe("opt/app", right)}, {lt.Exe("opt", right)}}, []string{"entry-elf"}},
		{"the program that a folder replaces", app, nil, layers{{lt.Exe("app", right)}, {lt.Dir("app")}},
			[]string{"entry-elf"}},
		{"a folder that a link replaces", []string{"/srv/app"}, nil,
			layers{{lt.Exe("srv/app", wrong), lt.Exe("opt/app", right)}, {lt.Link("srv", "opt")}}, nil},
		{"a link that a folder replaces", []string{"/bin/sh"}, nil,
			layers{debian("arm64"), {lt.Dir("bin"), lt.Exe("bin/app", right)}}, []string{"entry-elf"}},
		{"a whiteout before the new file", app, nil,
			layers{{lt.Exe("app", wrong)}, {lt.Gone("app"), lt.Exe("app", right)}}, nil},
		{"a whiteout behind the new file", app, nil,
			layers{{lt.Exe("app", wrong)}, {lt.Exe("app", right), lt.Gone("app")}}, []string{"layer-digest"}},
		{"a whiteout in a folder that is gone", app, nil,
			layers{{lt.Exe("app", right)}, {lt.Gone("etc"), lt.Gone("etc/group")}}, []string{"layer-digest"}},
		{"a folder that is gone and there again", []string{"/opt/app"}, nil,
			layers{{lt.Exe("opt/app", right)}, {lt.Gone("opt"), lt.Dir("opt")}}, nil},
		{"two files of one name, the last one wrong", app, nil, layers{{lt.Exe("app", right), lt.Exe("app", wrong)}},
			[]string{"entry-elf"}},
		{"two files of one name, the last one right", app, nil, layers{{lt.Exe("app", wrong), lt.Exe("app", right)}},
			nil},
		{"names that climb out of the archive", app, nil, layers{{lt.Exe("../../app", right)}}, nil},

		{"a program in a volume", []string{"/data/app"}, settings{"Volumes": map[string]any{"/data": map[string]any{}}},
			layers{{lt.Exe("data/app", right)}}, nil},
		{"relative to the working directory", []string{"./app"}, settings{"WorkingDir": "/srv"},
			layers{{lt.Exe("srv/app", right)}}, nil},
		{"relative to a linked working directory", []string{"./app"}, settings{"WorkingDir": "/current"},
			layers{{lt.Link("current", "releases/1"), lt.Exe("releases/1/app", right)}}, nil},
		{"relative to a working directory that the runtime makes", []string{"../../app"},
			settings{"WorkingDir": "/no/where"}, layers{{lt.Exe("app", right)}}, nil},
		{"relative, and wrong", []string{"bin/app"}, settings{"WorkingDir": "/srv"},
			layers{{lt.Exe("srv/bin/app", wrong)}}, []string{"entry-elf"}},
		{"a relative working directory", app, settings{"WorkingDir": "srv"},
			layers{{lt.Exe("app", right), lt.Dir("srv")}}, []string{"entry-elf"}},
		{"a working directory that is a dot", app, settings{"WorkingDir": "."}, layers{{lt.Exe("app", right)}},
			[]string{"entry-elf"}},
		{"a working directory that is a file", app, settings{"WorkingDir": "/app"}, layers{{lt.Exe("app", right)}},
			[]string{"entry-elf"}},
		{"a working directory below a file", app, settings{"WorkingDir": "/app/x"}, layers{{lt.Exe("app", right)}},
			[]string{"entry-elf"}},
		{"a working directory that links to nothing", app, settings{"WorkingDir": "/srv"},
			layers{{lt.Exe("app", right), lt.Link("srv", "/no")}}, []string{"entry-elf"}},
		{"a working directory below a link to nothing", app, settings{"WorkingDir": "/srv/x"},
			layers{{lt.Exe("app", right), lt.Link("srv", "/no")}}, []string{"entry-elf"}},
		{"a working directory in a circle", app, settings{"WorkingDir": "/srv"},
			layers{{lt.Exe("app", right), lt.Link("srv", "srv")}}, []string{"entry-elf"}},
		{"a working directory behind a link", app, settings{"WorkingDir": "/srv/"},
			layers{{lt.Exe("app", right), lt.Link("srv", "/opt"), lt.Dir("opt")}}, nil},
		{"a working directory in a file system of the runtime", app, settings{"WorkingDir": "/dev/shm"},
			layers{{lt.Exe("app", right)}}, nil},

		{"a relative folder in PATH", []string{"app"}, settings{"Env": []string{"PATH=bin:/bin"}},
			layers{{lt.Exe("bin/app", right)}}, []string{"entry-elf"}},
		{"an empty folder in PATH", []string{"app"},
			settings{"Env": []string{"PATH=/usr/bin::/bin"}, "WorkingDir": "/bin"}, layers{{lt.Exe("bin/app", right)}},
			[]string{"entry-elf"}},
		{"a relative folder in PATH that has nothing", []string{"app"}, settings{"Env": []string{"PATH=sbin::/bin"}},
			layers{{lt.Exe("bin/app", right)}}, nil},
		{"a relative folder behind the one that counts", []string{"app"}, settings{"Env": []string{"PATH=/bin:bin:"}},
			layers{{lt.Exe("bin/app", right)}}, nil},
		{"a relative folder in PATH, program by its whole name", []string{"/bin/app"},
			settings{"Env": []string{"PATH=bin"}}, layers{{lt.Exe("bin/app", right)}}, nil},
		{"a relative folder in PATH, as env searches", []string{"/bin/env", "app"},
			settings{"Env": []string{"PATH=bin"}}, layers{{lt.Exe("bin/app", right), lt.Exe("bin/env", right)}}, nil},
		{"an empty PATH in the program's folder", []string{"app"},
			settings{"Env": []string{"PATH="}, "WorkingDir": "/bin"}, layers{{lt.Exe("bin/app", right)}},
			[]string{"entry-elf"}},
		{"a pipe in PATH", []string{"app"}, settings{"Env": []string{"PATH=/a:/b"}},
			layers{{executablePipe("a/app"), lt.Exe("b/app", right)}}, []string{"entry-elf"}},

		{"a slash behind a program", []string{"/app/"}, nil, layers{{lt.Exe("app", right)}}, []string{"entry-elf"}},
		{"a slash behind a link's target", []string{"/app"}, nil,
			layers{{lt.Link("app", "real/"), lt.Exe("real", right)}}, []string{"entry-elf"}},
		{"a slash behind an interpreter", run, nil, layers{{lt.Script("run.sh", "#!/app/\n"), lt.Exe("app", right)}},
			[]string{"shebang"}},
		{"a slash behind a loader", app, nil,
			layers{{lt.Exe("app", lt.Dynamic("arm64", "/ld/")), lt.Exe("ld", lt.ELF{Arch: "arm64"}.Bytes())}},
			[]string{"elf-interp"}},
		{"a slash behind a linked folder on the way", []string{"/opt//app"}, nil,
			layers{{lt.Link("opt", "srv/"), lt.Exe("srv/app", right)}}, nil},

		{"BusyBox's env with -S", []string{"/usr/bin/env", "-S", "app x"}, nil,
			layers{alpine("arm64", lt.Exe("bin/app", right))}, []string{"entry-elf"}},
		{"BusyBox's env", []string{"/usr/bin/env", "A=1", "app", "-S"}, nil,
			layers{alpine("arm64", lt.Exe("bin/app", right))}, nil},
		{"BusyBox's env with its own options", []string{"/usr/bin/env", "-u", "-S", "app"}, nil,
			layers{alpine("arm64", lt.Exe("bin/app", right))}, nil},
		{"a script for BusyBox's env with -S", run, nil,
			layers{alpine("arm64", lt.Script("run.sh", "#!/usr/bin/env -S sh -e\n"))}, []string{"shebang"}},
		{"a script for BusyBox's env", run, nil, layers{alpine("arm64", lt.Script("run.sh", "#!/usr/bin/env sh\n"))},
			nil},
		{"a script for a hard-linked BusyBox's env with -S", run, nil,
			layers{{lt.Exe("bin/[", right), lt.Hard("bin/busybox", "bin/["), lt.Hard("bin/env", "bin/["),
				lt.Script("run.sh", "#!/bin/env -vS sh -e\n")}}, []string{"shebang"}},
		{"GNU's env beside BusyBox", run, nil,
			layers{alpine("arm64"), {lt.Exe("usr/bin/env", right), lt.Script("run.sh", "#!/usr/bin/env -S sh -e\n")}},
			nil},

		{"a carriage return behind a shell's option", run, nil,
			layers{alpine("arm64", lt.Script("run.sh", "#!/bin/sh -e\r\n"))}, []string{"shebang"}},
		{"a carriage return behind Python's option", run, nil,
			layers{{lt.Exe("usr/bin/python3.12", right), lt.Script("run.sh", "#!/usr/bin/python3.12 -u\r\n")}},
			[]string{"shebang"}},
		{"a carriage return behind Perl's option", run, nil,
			layers{{lt.Exe("usr/bin/perl", right), lt.Script("run.sh", "#!/usr/bin/perl -w\r\n")}}, nil},
		{"a carriage return that GNU's env splits off", run, nil,
			layers{debian("arm64", lt.Script("run.sh", "#!/usr/bin/env -S sh -e\r\n"))}, nil},

		{"a text that glibc's env hands to a shell", []string{"env", "/text"}, nil,
			layers{debian("arm64", lt.Script("text", "echo\n"))}, nil},
		{"a text that musl's env doesn't", []string{"env", "/text"}, nil,
			layers{alpine("arm64", lt.Script("text", "echo\n"), lt.Link("bin/env", "busybox"))}, []string{"shebang"}},
		{"a text that a runtime starts", []string{"/text"}, nil, layers{debian("arm64", lt.Script("text", "echo\n"))},
			[]string{"shebang"}},
		{"a library", app, nil, layers{{lt.Exe("app", lt.ELF{Arch: "arm64", NoEntry: true}.Bytes())}},
			[]string{"entry-elf"}},
		{"a library as an interpreter", run, nil,
			layers{{lt.Script("run.sh", "#!/app\n"), lt.Exe("app", lt.ELF{Arch: "arm64", NoEntry: true}.Bytes())}},
			[]string{"shebang"}},
		{"a library as a loader", app, nil,
			layers{{lt.Exe("app", lt.Dynamic("arm64", "/ld")),
				lt.Exe("ld", lt.ELF{Arch: "arm64", NoEntry: true}.Bytes())}}, []string{"elf-interp"}},
		{"an empty name", []string{""}, nil, layers{{lt.Exe("app", right)}}, []string{"entry-elf"}},
		{"arguments that are no programs", []string{"/app"}, settings{"Cmd": []string{"--flag", "/missing"}},
			layers{{lt.Exe("app", right)}}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := fixture.New()
			image := s.Image(fixture.ImageSpec{Platform: fixture.ARM64, Layers: test.layers,
				Run: func(config map[string]any) {
					config["Entrypoint"] = test.args
					for key, value := range test.run {
						config[key] = value
					}
				}})
			got := refusing(findings(t, s, s.Index(s.Linux("amd64", ""), image).Digest,
				check.Want{Platforms: []specs.Platform{fixture.AMD64, fixture.ARM64}}, nil))
			if diff := cmp.Diff(append([]string{}, test.want...), got); diff != "" {
				t.Errorf("refused by (-want +got):\n%s", diff)
			}
		})
	}
}

// executablePipe is a pipe that may be executed, which no system makes of itself.
func executablePipe(name string) lt.Entry {
	e := pipe(name)
	e.Mode = 0o755
	return e
}

// Indexes with platforms and fields that only some tools write. What counts is what nodes pull.
func TestOddIndexes(t *testing.T) {
	platforms := func(names ...string) func(*fixture.Store) digest.Digest {
		return func(s *fixture.Store) digest.Digest {
			var entries []specs.Descriptor
			for _, name := range names {
				name, version, _ := strings.Cut(name, " ")
				parts := append(strings.Split(name, "/"), "")
				entries = append(entries,
					s.Image(fixture.ImageSpec{Platform: specs.Platform{OS: parts[0], Architecture: parts[1],
						Variant: parts[2], OSVersion: version}}))
			}
			return s.Index(entries...).Digest
		}
	}
	elsewhere := map[string]any{"mediaType": specs.MediaTypeImageManifest, "digest": digest.FromString("elsewhere"),
		"size": 5}
	for _, test := range []struct {
		name string
		make func(*fixture.Store) digest.Digest
		want []string
	}{
		{"all of ARM", platforms("linux/amd64", "linux/arm64", "linux/arm/v5", "linux/arm/v6", "linux/arm/v7"), nil},
		{"arm is arm/v7", platforms("linux/amd64", "linux/arm64", "linux/arm", "linux/arm/v7"),
			[]string{"platform-dup"}},
		{"newer variants beside the ordinary ones",
			platforms("linux/amd64", "linux/amd64/v2", "linux/amd64/v3", "linux/arm64", "linux/arm64/v9"), nil},
		{"only a newer amd64", platforms("linux/amd64/v3", "linux/arm64"), []string{"platform-set"}},
		{"only a newer arm64", platforms("linux/amd64", "linux/arm64/v9"), []string{"platform-set"}},
		{"the first amd64 is amd64", platforms("linux/amd64/v1", "linux/arm64"), nil},
		{"arm64 is arm64/v8", platforms("linux/amd64", "linux/arm64", "linux/arm64/v8"), []string{"platform-dup"}},
		{"a version of Linux, which no runtime looks at", platforms("linux/amd64 5.10", "linux/arm64"), nil},
		{"two versions of Linux", platforms("linux/amd64", "linux/amd64 5.10", "linux/arm64"),
			[]string{"platform-dup"}},
		{"two versions of Windows",
			platforms("linux/amd64", "linux/arm64", "windows/amd64 10.0.20348.1", "windows/amd64 10.0.26100.1"), nil},
		{"every other machine",
			platforms("linux/amd64", "linux/arm64", "linux/386", "linux/ppc64le", "linux/riscv64", "linux/s390x"), nil},

		{"no schema version", document(func(doc map[string]any) { delete(doc, "schemaVersion") }),
			[]string{"media-type"}},
		{"another schema version", document(func(doc map[string]any) { doc["schemaVersion"] = 3 }),
			[]string{"media-type"}},
		{"a schema version in words", document(func(doc map[string]any) { doc["schemaVersion"] = "2" }),
			[]string{"media-type"}},
		{"an image without schema version",
			image(fixture.ImageSpec{Manifest: func(doc map[string]any) { delete(doc, "schemaVersion") }}),
			[]string{"media-type"}},
		{"no entries", document(func(doc map[string]any) { doc["manifests"] = []any{} }), []string{"platform-set"}},
		{"entries are nothing", document(func(doc map[string]any) { doc["manifests"] = nil }),
			[]string{"tag-is-index"}},
		{"an index about something else", document(func(doc map[string]any) { doc["subject"] = elsewhere }), nil},
		{"an image about something else",
			image(fixture.ImageSpec{Manifest: func(doc map[string]any) { doc["subject"] = elsewhere }}), nil},
		{"an image with an artifact's type",
			image(fixture.ImageSpec{
				Manifest: func(doc map[string]any) { doc["artifactType"] = "application/vnd.example" }}), nil},
		{"addresses of an entry",
			document(func(doc map[string]any) {
				fixture.Entry(doc,
					1)["urls"] = []any{"https://example.com/manifest"}
			}), nil},
		{"a digest in capitals", document(func(doc map[string]any) {
			fixture.Entry(doc, 1)["digest"] = strings.ToUpper(fixture.Entry(doc, 1)["digest"].(string))
		}), []string{"descriptor"}},
		{"one layer twice", image(fixture.ImageSpec{
			Manifest: func(doc map[string]any) { doc["layers"] = append(doc["layers"].([]any), layerOf(doc, 0)) },
			Config: func(doc map[string]any) {
				fs := doc["rootfs"].(map[string]any)
				fs["diff_ids"] = append(fs["diff_ids"].([]any), fs["diff_ids"].([]any)[0])
			},
		}), nil},
		{"gzip under the name of zstd",
			image(fixture.ImageSpec{Manifest: func(doc map[string]any) {
				layerOf(doc,
					1)["mediaType"] = specs.MediaTypeImageLayerZstd
			}}), nil},
		{"a layer's type that nobody knows",
			image(fixture.ImageSpec{LayerType: "application/vnd.oci.image.layer.v1.tar.gzip"}), []string{"layer-type"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := fixture.New()
			got := refusing(findings(t, s, test.make(s),
				check.Want{Platforms: []specs.Platform{fixture.AMD64, fixture.ARM64}, AllowExtra: true}, nil))
			if diff := cmp.Diff(append([]string{}, test.want...), got); diff != "" {
				t.Errorf("refused by (-want +got):\n%s", diff)
			}
		})
	}
}
