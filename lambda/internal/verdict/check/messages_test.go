package check_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/lambda/internal/fixture"
	lt "archway/lambda/internal/fixture/layertest"
	"archway/lambda/internal/validation"
	"archway/lambda/internal/verdict/check"
)

// What people read must name the file, both machines, and the usual mistake, with a cure that works
// there.
func TestMessagesSayWhatToDo(t *testing.T) {
	loader := loaders["arm64"]
	dynamic := lt.Exe("app", lt.Dynamic("arm64", loader))
	env := "#!/usr/bin/env node --x\n"
	for _, test := range []struct {
		name string
		make func(*fixture.Store) digest.Digest
		say  []string
		not  string
	}{
		{"wrong machine", starting(app, []lt.Entry{lt.Exe("app", lt.Static("amd64"))}), []string{
			"linux/arm64 (sha256:", "/app", "built for amd64, expected arm64", "exec format error", "copied in",
			"--platform=$BUILDPLATFORM",
			"a fixed architecture (GOARCH=amd64, or a download with linux-amd64 or x86_64 in its name)", "TARGETARCH",
		}, ""},
		{"wrong machine for amd64", func(s *fixture.Store) digest.Digest {
			layers := [][]lt.Entry{{lt.Exe("app", lt.Static("arm64"))}}
			return s.Index(s.Image(fixture.ImageSpec{Platform: fixture.AMD64, Layers: layers}),
				s.Linux("arm64", "")).Digest
		}, []string{"GOARCH=arm64, or a download with linux-arm64 or aarch64 in its name"}, ""},
		{"wrong machine behind a shell",
			starting([]string{"/bin/sh", "-c", "/app"}, debian("arm64", lt.Exe("app", lt.Static("amd64")))),
			[]string{"which /bin/sh is given to start, is built for amd64", "an error in its syntax"}, ""},
		{"32-bit ARM", starting(app, []lt.Entry{lt.Exe("app", lt.Static("arm"))}),
			[]string{"(GOARCH=arm, or a download with linux-arm in its name)"}, "amd64"},
		{"big endian", starting(app, []lt.Entry{lt.Exe("app", lt.Static("arm64be"))}),
			[]string{"names a fixed architecture, its last stage"}, "GOARCH=arm64be"},
		{"a shell of the wrong machine", starting([]string{"/bin/sh"}, debian("amd64")),
			[]string{"built for amd64, expected arm64", "the base image is one architecture's", "in the last FROM"},
			"TARGETARCH"},
		{"not in PATH", starting([]string{"app"}, []lt.Entry{lt.Exe("app", lt.Static("arm64"))}),
			[]string{"app", "no folder of PATH (/bin)", "ENV"}, ""},
		{"a folder", starting(app, []lt.Entry{lt.Exe("app/app", lt.Static("arm64"))}),
			[]string{"the name lacks that of the file in it"}, ""},
		{"empty", starting(app, []lt.Entry{lt.Exe("app", nil)}),
			[]string{"a build or download that failed", "curl --fail"}, "host"},
		{"an archive", starting(app, []lt.Entry{lt.Script("app", "\x1f\x8b\x08\x00")}),
			[]string{"probably an archive", "unpack it"}, "TARGETARCH"},
		{"for FreeBSD", starting(app, []lt.Entry{lt.Exe("app", lt.ELF{Arch: "arm64", System: 9}.Bytes())}),
			[]string{"GOOS=linux"}, "TARGETARCH"},
		{"macOS", starting(app, []lt.Entry{lt.Script("app", "\xcf\xfa\xed\xfe\x0c\x00\x00\x01")}),
			[]string{"macOS", "host"}, ""},

		{"dangling link", starting(app, []lt.Entry{lt.Link("app", "/opt/v1/app")}),
			[]string{"/app, is a symbolic link to /opt/v1/app, but /opt is not in the image"}, ""},
		{"dangling link to a file in its folder", starting(app, []lt.Entry{lt.Link("app", "/v1")}),
			[]string{"/app, is a symbolic link to /v1, which is not in the image"}, ""},
		{"dangling links",
			starting(app, []lt.Entry{lt.Link("app", "current"), lt.Link("current", "v1/app"), lt.Dir("v1")}),
			[]string{
				"/app, leads to the symbolic link /current, which points to v1/app, but /v1/app is not in the image"},
			""},
		{"links in a circle", starting(app, []lt.Entry{lt.Link("app", "x"), lt.Link("x", "app")}),
			[]string{"in a circle"}, "40"},
		{"41 links", starting([]string{"/l1"}, links(41)), []string{"more than 40 symbolic links", "/l41"}, "circle"},
		{"wrapped", starting([]string{"/tini", "--", "/app"}, []lt.Entry{lt.Exe("tini", lt.Static("arm64"))}),
			[]string{"/app, which /tini starts, is not in the image"}, ""},

		{"loader", starting(app, alpine("arm64", dynamic)),
			[]string{"/app", loader, "no such file or directory", "although the program itself is there", "glibc",
				"Alpine"}, ""},
		{"loader behind a folder that hides a link",
			starting(app, debian("arm64"), []lt.Entry{dynamic, lt.Dir("lib"), lt.Plain("lib/own.so", nil)}),
			[]string{"but /usr" + loader + " is",
				"a folder /lib of its own hides the base's link from /lib to /usr/lib", "copy to /usr/lib"}, "Alpine"},
		{"interpreter behind a folder that hides a link", starting(run, debian("arm64"), []lt.Entry{
			lt.Script("run.sh", "#!/bin/sh\n"), lt.Exe("bin/tool", lt.Static("arm64")),
		}), []string{"but /usr/bin/sh is", "hides the base's link from /bin to /usr/bin"}, "install"},
		{"loader of another machine",
			starting(app,
				[]lt.Entry{lt.Exe("app", lt.Dynamic("arm64", "/lib/ld.so")), lt.Exe("lib/ld.so", lt.ELF{}.Bytes())}),
			[]string{"built for amd64, expected arm64", "accessing a corrupted shared library"}, "exec format error"},
		{"loader that is a script",
			starting(app,
				[]lt.Entry{lt.Exe("app", lt.Dynamic("arm64", "/lib/own")), lt.Script("lib/own", "#!/bin/sh\n")}),
			[]string{"no ELF file", "accessing a corrupted shared library"}, "exec format error"},
		{"empty loader",
			starting(app, []lt.Entry{lt.Exe("app", lt.Dynamic("arm64", "/lib/ld.so")), lt.Exe("lib/ld.so", nil)}),
			[]string{"input/output error"}, "exec format error"},
		{"loader that is cut short", starting(app, []lt.Entry{
			lt.Exe("app", lt.Dynamic("arm64", "/lib/ld.so")),
			lt.Exe("lib/ld.so", lt.ELF{Arch: "arm64", Size: 9000}.Bytes()[:5000]),
		}), []string{"is cut short"}, "is built for"},
		{"loader that may not be executed", starting(app, []lt.Entry{
			lt.Exe("app", lt.Dynamic("arm64", "/lib/ld.so")), lt.Plain("lib/ld.so", lt.ELF{Arch: "arm64"}.Bytes()),
		}), []string{"permission denied", "with its mode"}, "cgo"},

		{"carriage return", starting(run, alpine("arm64", lt.Script("run.sh", "#!/bin/sh\r\n"))),
			[]string{"/run.sh", `"/bin/sh\r"`, "Windows line ends", "run.sh text eol=lf", ".gitattributes"}, ""},
		{"carriage return, another name",
			starting([]string{"/docker-entrypoint"}, alpine("arm64", lt.Script("docker-entrypoint", "#!/bin/sh\r\n"))),
			[]string{"docker-entrypoint text eol=lf"}, "*.sh"},
		{"env with an argument on Alpine", starting(run, alpine("arm64", lt.Script("run.sh", env))),
			[]string{"/run.sh", `"node --x"`, "#!/usr/bin/node --x", "BusyBox"}, "env -S"},
		{"env with an argument on Debian", starting(run, debian("arm64", lt.Script("run.sh", env))),
			[]string{"/run.sh", `"node --x"`, "#!/usr/bin/env -S node --x"}, "BusyBox"},
		{"env finds nothing", starting(run, debian("arm64", lt.Script("run.sh", "#!/usr/bin/env node\n"))),
			[]string{`env reports "node: No such file or directory"`, "install node"}, "kernel"},
		{"bash on Alpine", starting(run, alpine("arm64", lt.Script("run.sh", "#!/bin/bash\n"))),
			[]string{`the kernel reports "no such file or directory" about the script`, "apk add bash"}, ""},
		{"circle of interpreters", starting(run, []lt.Entry{lt.Script("run.sh", "#!/run.sh\n")}),
			[]string{"/run.sh", "too many"}, ""},
	} {
		s := fixture.New()
		want := check.Want{Platforms: []specs.Platform{fixture.AMD64, fixture.ARM64}}
		findings := check.Run(read(t, s, test.make(s), nil, check.Want{}), want)
		if len(findings) != 1 {
			t.Errorf("%s: %d findings: %v", test.name, len(findings), findings)
			continue
		}
		message := findings[0].Message()
		t.Log(message)
		for _, part := range test.say {
			if !strings.Contains(message, part) {
				t.Errorf("%s: %q is not in %q", test.name, part, message)
			}
		}
		if test.not != "" && strings.Contains(message, test.not) {
			t.Errorf("%s: %q is in %q", test.name, test.not, message)
		}
	}
}

// What is wrong with the bytes of a layer, and with documents, in the words of those who have to
// mend it.
func TestMessagesAboutBytes(t *testing.T) {
	layer := func(b []byte) func(*fixture.Store) digest.Digest {
		return image(fixture.ImageSpec{Compress: func([]byte) []byte { return b }})
	}
	for name, test := range map[string]struct {
		make func(*fixture.Store) digest.Digest
		say  string
	}{
		"bzip2": {layer([]byte("BZh91AY&SY")), "can't be unpacked: it is compressed with bzip2 or xz"},
		"no archive": {layer([]byte(strings.Repeat("this is no archive ", 100))),
			"can't be unpacked: it is no tar archive"},
		"cut gzip": {layer(lt.Gzip(lt.Tar(lt.Plain("x", make([]byte, 9000))))[:40]),
			"can't be unpacked: it breaks off in the middle"},
		"no object": {image(fixture.ImageSpec{Config: func(doc map[string]any) { doc["config"] = []any{} }}),
			`its field "config" holds a JSON array, expected an object`},
		"no object, all": {merged(func(s *fixture.Store, _, arm64 *specs.Descriptor) {
			arm64.Digest = s.PutManifest(arm64.MediaType, []byte("[]"))
		}), "it is a JSON array, expected an object"},
	} {
		s := fixture.New()
		var all []string
		for _, f := range findings(t, s, test.make(s), check.Want{}, nil) {
			all = append(all, f.Message())
		}
		if !slices.ContainsFunc(all, func(m string) bool { return strings.Contains(m, test.say) }) {
			t.Errorf("%s: no %q in %q", name, test.say, all)
		}
	}
}

// links are a program behind so many symbolic links.
func links(n int) []lt.Entry {
	var entries []lt.Entry
	name := func(i int) string { return "l" + strings.TrimLeft(string(rune('0'+i/10))+string(rune('0'+i%10)), "0") }
	for i := 1; i <= n; i++ {
		entries = append(entries, lt.Link(name(i), name(i+1)))
	}
	return append(entries, lt.Exe(name(n+1), lt.Static("arm64")))
}

// A cure works only where it is read: a folder has no tags and no registry, a pipeline merges by
// itself, and neither has the command line's flags.
func TestMessagesFitThePlace(t *testing.T) {
	foreign := map[check.Place]*regexp.Regexp{
		check.Registry: regexp.MustCompile(
			`FOLDER|cdk\.json|run the pipeline|retry the stage|the folder (holds|has|doesn)`),
		check.Folder: regexp.MustCompile(
			`the registry (serves|has|doesn)|the tag|imagetools|lifecycle|push the|push that|cdk\.json|run the pipeline|merge again|retry the stage`),
		check.Pipeline: regexp.MustCompile(`FOLDER|imagetools|--platform or|--allow-platform|--downgrade|--timeout|push the|push that|merge again|the folder (holds|has|doesn)`),
	}
	// What is about a tag, or the builds of a pipeline, is no matter of a folder.
	elsewhere := []string{"regression", "same-revision"}
	for _, c := range all() {
		store := fixture.New()
		root, builds := c.render(store)
		verdict, err := validation.Of(t.Context(), store, root, c.want, builds)
		if err != nil {
			t.Fatal(err)
		}
		for place, pattern := range foreign {
			if place == check.Folder &&
				slices.ContainsFunc(elsewhere, func(name string) bool { return strings.HasPrefix(c.name, name+"/") }) {
				continue
			}
			c.want.Place = place
			for _, f := range check.Run(verdict.Image, c.want) {
				if found := pattern.FindString(f.Message()); found != "" {
					t.Errorf("%s in place %d: %q is in %q", c.name, place, found, f.Message())
				}
				wellFormed(t, f.Message())
			}
		}
	}
}

// wellFormed refuses a sentence that says a thing twice, or isn't whole.
func wellFormed(t *testing.T, message string) {
	t.Helper()
	for _, odd := range []string{"can't be unpacked: it can't", "%!", "; ;", " ,", "..", "  ", ": ;", "%d", "%s"} {
		if strings.Contains(strings.ReplaceAll(message, "../", ""), odd) {
			t.Errorf("%q is in %q", odd, message)
		}
	}
}
