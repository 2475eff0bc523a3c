package check

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"archway/lambda/internal/image/entrypoint"
	"archway/lambda/internal/image/executable"
	"archway/lambda/internal/image/index"
	layers "archway/lambda/internal/image/layer"
	"archway/lambda/internal/image/rootfs"
)

const (
	buildCure = "build or download it in the Dockerfile for $TARGETARCH (as in `ARG TARGETARCH` and " +
		"GOARCH=$TARGETARCH), or in a stage without --platform"
	copyCure = "correct the name, or copy the file into the last stage of the Dockerfile"
	modeCure = "copy it with `COPY --chmod=755`, or give it the mode in the repository (git update-index --chmod=+x)"
)

// fault is what is wrong with a file that is to be executed: a sentence's end after the file's
// name, and a cure.
type fault struct {
	text, cure string
	// weak says that it runs on most nodes all the same.
	weak bool
}

// faultOf judges the file that a step led to. Nil if all is well, or nothing is known against it.
func faultOf(e *index.Entry, s entrypoint.Step) *fault {
	if s.File.State != rootfs.Found {
		return unfound(s)
	}
	switch n := s.File.Node; {
	case s.Relative != "":
		return &fault{
			text: fmt.Sprintf("is found in %s, a folder of PATH that doesn't begin at the root; "+
				"runc and others refuse to start what is found there, whatever later folders have",
				asWritten(s.Relative)),
			cure: "let every folder in PATH begin with a slash and leave none empty, or name the program from the root",
		}
	case n.Kind == layers.Dir:
		return &fault{text: "is a folder, expected a program; probably the name lacks that of the file in it",
			cure: copyCure}
	case n.Kind != layers.File:
		return &fault{text: "is a device or pipe, expected a program", cure: copyCure}
	case !n.Exec:
		return &fault{text: "may not be executed by anybody (permission denied)", cure: modeCure}
	}
	return unfit(e, s)
}

// byShell reports whether a shell takes the file for a script that the kernel refuses to execute:
// so do shells themselves (POSIX, 2.9.1.4), and glibc's execvp, with which env, tini and their like
// execute what they are told (posix/execvpe.c). musl's and Go's don't.
func byShell(t entrypoint.Trace, s entrypoint.Step) bool {
	switch s.How {
	case entrypoint.Probable, entrypoint.Guessed:
		return true
	case entrypoint.Wrapped:
		wrapper := t.Steps[s.From].File.Node.Program
		return wrapper.Kind == executable.ELF && strings.Contains(wrapper.Loader, "/ld") &&
			!strings.Contains(wrapper.Loader, "musl")
	default:
		return false
	}
}

// unless gives a fault the weight that it has where it is only guessed that the file is executed.
func (f *fault) unless(guess bool) *fault {
	if f == nil || !guess {
		return f
	}
	return &fault{text: f.text, cure: "if the script only reads the file, leave it as it is; else " + f.cure,
		weak: true}
}

// unfound says why a name leads to no file.
func unfound(s entrypoint.Step) *fault {
	f := s.File
	switch {
	case f.State == rootfs.Outside:
		return nil // the runtime puts it there
	case f.State == rootfs.TooManyLinks:
		return &fault{text: "is behind more than 40 symbolic links, which is more than Linux follows",
			cure: "name the file itself, or let the link " + f.Missing + " point at it"}
	case f.State == rootfs.Circle && f.Missing == "":
		return &fault{text: "is a script whose interpreters are scripts in turn, one too many for the kernel, which " +
			"reports \"too many levels of symbolic links\"",
			cure: "let the first line name a program"}
	case f.State == rootfs.Circle:
		return &fault{text: "leads in a circle of symbolic links", cure: "correct the link " + f.Missing}
	case f.State == rootfs.NotFolder:
		return &fault{text: fmt.Sprintf("can't be there: %s is a file, not a folder", f.Missing), cure: copyCure}
	case f.Dangling:
		text := "is a symbolic link to " + f.Target
		if f.Link != s.Name {
			text = fmt.Sprintf("leads to the symbolic link %s, which points to %s", f.Link, f.Target)
		}
		if f.Missing == f.Target {
			text += ", which is not in the image"
		} else {
			text += fmt.Sprintf(", but %s is not in the image", f.Missing)
		}
		return &fault{text: text, cure: "copy what the link points at along"}
	case strings.Contains(s.Name, "$") && !strings.ContainsAny(s.Name, " \t"):
		return &fault{text: "is not in the image" + unexpanded(s.Name),
			cure: "write the value, or use the shell form with `exec`"}
	case s.Merged != "":
		top, _, _ := strings.Cut(strings.TrimPrefix(s.Name, "/"), "/")
		return &fault{text: fmt.Sprintf("is not in the image, but %s is: "+
			"a layer with a folder /%s of its own hides the base's link from /%[2]s to /usr/%[2]s", s.Merged, top),
			cure: fmt.Sprintf("copy to /usr/%s what is copied to /%[1]s now, and make no folder /%[1]s", top)}
	case strings.ContainsAny(s.Name, " \t"):
		return &fault{text: "is not in the image; all of it is taken for one name, the blanks too",
			cure: `write every word as an element of its own, as in ["program", "argument"]`}
	case s.Name != "" && !strings.Contains(s.Name, "/") && len(s.Searched) == 0:
		cure := "name it from the root with a slash, or set PATH with ENV"
		return &fault{text: "is called by its name alone, and PATH is empty", cure: cure}
	case len(s.Searched) > 0:
		return &fault{text: "is in no folder of PATH (" + strings.Join(s.Searched, ":") + ")",
			cure: copyCure + ", or set PATH with ENV"}
	case f.Via != "" && f.Missing != "":
		return &fault{text: fmt.Sprintf("is not in the image: %s is missing (%s)", f.Missing, f.Via), cure: copyCure}
	default:
		return &fault{text: "is not in the image", cure: copyCure}
	}
}

// unfit judges what a file is.
func unfit(e *index.Entry, s entrypoint.Step) *fault {
	p, want := s.File.Node.Program, e.Platform()
	arch := want.Architecture
	follows := refused
	if byShell(e.Start.Trace, s) {
		follows = "the shell takes it for a script, and fails"
		if p.Kind == executable.Empty {
			follows = "the shell takes it for a script that does nothing"
		}
	}
	no := func(what, cure string) *fault {
		return &fault{text: fmt.Sprintf("is %s, expected a Linux program for %s; %s", what, arch, follows), cure: cure}
	}
	switch p.Kind {
	case executable.Portable:
		if byShell(e.Start.Trace, s) {
			return nil
		}
		return no("an Actually Portable Executable, which a shell starts and Linux doesn't",
			`start it through a shell, as in ["/bin/sh", "-c", "exec /app"], or make an ELF file of it with cosmopolitan's assimilate`)
	case executable.Empty:
		return no("an empty file, probably of a build or download that failed",
			"let the step that makes it fail where it gets nothing (`set -e`, `curl --fail`), and build the image again")
	case executable.Windows:
		return no("a program for Windows", "build it with GOOS=linux or the like, or copy the one for Linux")
	case executable.MacOS:
		return no("a program for macOS, probably built on the host and copied in", buildCure)
	case executable.Wasm:
		return no("a WebAssembly module",
			"start it through a WebAssembly runtime in the image, or offer the image for wasi/wasm")
	case executable.Data:
		return no("neither a program nor a script, probably an archive or another download",
			"unpack it in the Dockerfile if it is an archive, and copy the program that it holds")
	case executable.Script, executable.Text:
		return nil // for the check of first lines
	}
	if system := p.System.Foreign(); system != "" {
		return &fault{text: fmt.Sprintf("is a program for %s, expected Linux; it crashes at its first system call",
			system),
			cure: "build it with GOOS=linux or the like, or copy the one for Linux"}
	}
	switch p.Machine.On(arch, want.Variant) {
	case executable.Fails:
		return wrongMachine(e, s)
	case executable.RunsInCompat:
		return &fault{
			text: fmt.Sprintf(
				"is built for %s, expected %s; it runs only on nodes whose kernel has support for 32-bit programs",
				p.Machine, arch),
			cure: buildCure, weak: true,
		}
	}
	switch {
	case p.Type == executable.Object:
		return no("an object file that was never linked", "link it (gcc or ld without -c or -r), and copy the result")
	case !p.Loadable():
		return no("an ELF file that is no program", copyCure)
	case p.Fault != "":
		return &fault{text: p.Fault, cure: "build it again, and copy it whole"}
	case p.NoEntry:
		return &fault{
			text: "is a library: it has no first instruction (its entry point is 0), so that every start crashes",
			cure: "name the program itself, or build one (without -shared, in Go without -buildmode=c-shared or plugin)",
		}
	}
	return nil
}

// refused is what runtimes report of a file that the kernel doesn't know how to execute.
const refused = "every start fails with \"exec format error\""

// ofBase are programs that come with base images, and that nobody copies in.
var ofBase = regexp.MustCompile(`^(/usr)?/bin/(sh|bash|dash|ash|busybox|env|coreutils)$`)

// fixed gives examples of how a Dockerfile names a machine.
func fixed(m executable.Machine) string {
	name := m.String()
	also := map[string]string{"amd64": " or x86_64", "arm64": " or aarch64"}[name]
	if strings.ContainsAny(name, " ()") { // none that a platform is called by
		return ""
	}
	return fmt.Sprintf(" (GOARCH=%s, or a download with linux-%[1]s%s in its name)", name, also)
}

// wrongMachine is the fault that this program exists for. Of the Dockerfiles in public that make
// it, most name an architecture.
func wrongMachine(e *index.Entry, s entrypoint.Step) *fault {
	p, want := s.File.Node.Program, e.Platform()
	expected := want.Architecture
	if p.Machine.String() == want.Architecture { // differs in its variant only
		expected = want.Architecture + "/" + want.Variant + " (without a unit for floating-point numbers)"
	}
	follows := "every start on such a node fails with \"exec format error\""
	if byShell(e.Start.Trace, s) {
		follows = "every start on such a node fails: the shell says \"exec format error\", " +
			"or takes the file for a script with an error in its syntax"
	}
	text := fmt.Sprintf("is built for %s, expected %s; %s; ", p.Machine, expected, follows)
	if e.Config != nil && e.Config.Architecture == p.Machine.String() && e.Config.Architecture != want.Architecture {
		return &fault{
			text: text + "so is the whole image, by its config",
			cure: "offer it for the platform that its config names, and take the image that was built for " +
				index.Name(&want),
		}
	}
	text += "probably "
	if ofBase.MatchString(s.File.Path) {
		return &fault{
			text: text +
				"the base image is one architecture's (FROM amd64/… or arm64v8/…, a tag or digest of one platform), " +
				"or the last stage has a --platform of its own (FROM --platform=$BUILDPLATFORM)",
			cure: "name a base image for all platforms in the last FROM, by a tag or the digest of its index, and use no --platform there",
		}
	}
	return &fault{
		text: text + "the Dockerfile names a fixed architecture" + fixed(p.Machine) +
			", its last stage has a --platform of its own " +
			"(FROM --platform=$BUILDPLATFORM), or the file was built on the host and copied in",
		cure: buildCure + "; keep --platform=$BUILDPLATFORM for stages that only cross-compile",
	}
}

// called is a step's name as a person knows it: as it was written, with the real file where that is
// another one.
func called(s entrypoint.Step) string {
	name := asWritten(s.Name)
	if s.File.State == rootfs.Found && s.File.Path != s.Name {
		return name + " (" + s.File.Path + ")"
	}
	return name
}

// asWritten puts a name into quotation marks that would be misread without.
func asWritten(name string) string {
	if name == "" || strings.ContainsAny(name, " \t\r") {
		return fmt.Sprintf("%q", name)
	}
	return name
}

// ofScript reports whether a step is a script's interpreter, or what env starts as one.
func ofScript(t entrypoint.Trace, s entrypoint.Step) bool {
	return s.How == entrypoint.Interpreter || s.How == entrypoint.Wrapped &&
		t.Steps[s.From].How == entrypoint.Interpreter
}

// started gives the images of which it is known what starts, in their order.
func started(i *index.Image) []*index.Entry {
	return slices.DeleteFunc(i.Images(), func(e *index.Entry) bool { return e.Start == nil || !e.Start.Proven })
}

func (r *report) fault(about Subject, f *fault, format string, args ...any) {
	severity := Error
	if f.weak {
		severity = Warning
	}
	r.add(severity, about, f.cure, "%s %s", fmt.Sprintf(format, args...), f.text)
}
