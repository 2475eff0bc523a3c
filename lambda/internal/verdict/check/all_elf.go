package check

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/lambda/internal/image/index"
	"archway/lambda/internal/image/rootfs"
)

// allELF looks at every program and library of an image, where that was asked for (minideb#241):
// one that is built for another machine fails when something needs it, perhaps days after the
// start. In folders that the system searches, that is an error. Elsewhere such files can be right,
// as they are in cross-compilers and packages that bring binaries for every machine: a warning. So
// is one whose name says its machine, such as tool-amd64 beside tool-arm64, of which a script
// starts the right one.
var allELF = Check{Name: "all-elf", About: "with --deep: any program or library built for another machine",
	run: func(in Input, r *report) {
		for _, e := range started(in.Image) {
			c := e.Start.Census
			if c == nil {
				continue
			}
			if c.More > 0 {
				r.add(Error, about(e), buildCure,
					"%d programs or libraries in its layers are built for other machines than %s; they were not all looked at",
					c.More+len(c.Strays), e.Platform().Architecture)
			}
			searched, elsewhere := sorted(e, c.Strays)
			if len(searched) > 0 {
				r.add(Error, about(e), buildCure,
					"%s; whatever needs them fails; probably the Dockerfile names a fixed architecture where it gets them, or "+
						"copies them from another platform's image or from the host", strays(searched, e.Platform()))
			}
			if len(elsewhere) > 0 {
				r.add(Warning, about(e), "leave out of the image what is for other machines, unless it is meant",
					"%s, outside the folders where the system looks for programs and libraries, or named after their machines",
					strays(elsewhere, e.Platform()))
			}
		}
	}}

// strays names some files with their machines.
func strays(files []rootfs.Stray, want specs.Platform) string {
	const most = 3
	var named []string
	for _, s := range files[:min(most, len(files))] {
		named = append(named, fmt.Sprintf("%s (%s)", s.Path, s.Machine))
	}
	text := strings.Join(named, ", ")
	if more := len(files) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	what := "1 program or library is"
	if n := len(files); n > 1 {
		what = fmt.Sprintf("%d programs or libraries are", n)
	}
	return what + " built for another machine than " + want.Architecture + ": " + text
}

// systemFolders are where programs and libraries are searched without anybody naming a folder.
var systemFolders = []string{
	"/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin",
	"/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/local/lib64",
}

// multiarch are the folders that Debian keeps each machine's libraries in.
var multiarch = regexp.MustCompile(`^(/usr)?/lib/([a-z0-9_]+)-linux-(gnu|musl)[a-z0-9]*$`)

// triplets begin the names of those folders.
var triplets = map[string]string{
	"386": "i386", "amd64": "x86_64", "arm": "arm", "arm64": "aarch64", "ppc64le": "powerpc64le", "riscv64": "riscv64",
	"s390x": "s390x",
}

// spellings are how the names of files say what machine they are for.
var spellings = map[string][]string{
	"386": {"386", "486", "586", "686", "x86"}, "amd64": {"amd64", "x86_64", "x86-64", "x64"},
	"arm":   {"armv", "armhf", "armel", "-arm", "_arm"},
	"arm64": {"arm64", "aarch64"}, "ppc64le": {"ppc64le", "powerpc64le"}, "riscv64": {"riscv64"}, "s390x": {"s390x"},
}

func namesMachine(f rootfs.Stray) bool {
	name := strings.ToLower(path.Base(f.Path))
	return slices.ContainsFunc(spellings[f.Machine.String()],
		func(spelling string) bool { return strings.Contains(name, spelling) })
}

// sorted parts the files in folders that the platform's system searches from the others.
func sorted(e *index.Entry, files []rootfs.Stray) (searched, elsewhere []rootfs.Stray) {
	folders := slices.Clone(systemFolders)
	for _, variable := range e.Config.Run.Env {
		if value, ok := strings.CutPrefix(variable, "PATH="); ok {
			folders = append(folders, strings.Split(value, ":")...)
		}
	}
	for _, f := range files {
		folder := path.Dir(f.Path)
		own := false
		if m := multiarch.FindStringSubmatch(folder); m != nil {
			own = m[2] == triplets[e.Platform().Architecture]
		}
		if (own || slices.Contains(folders, folder)) && !namesMachine(f) {
			searched = append(searched, f)
		} else {
			elsewhere = append(elsewhere, f)
		}
	}
	return searched, elsewhere
}
