package check

import (
	"fmt"
	"slices"
	"strings"

	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/lambda/internal/image/entrypoint"
	"archway/lambda/internal/image/executable"
	"archway/lambda/internal/image/index"
	layers "archway/lambda/internal/image/layer"
	"archway/lambda/internal/image/rootfs"
)

const (
	buildCure = "build it inside the Dockerfile for the target platform (with GOARCH=$TARGETARCH, or in a stage without --platform), and copy nothing in that was built on the host"
	copyCure  = "correct the name, or copy the file into the last stage of the Dockerfile"
)

// fault is what is wrong with a file that is to be executed: a sentence's end after the file's name, and a cure.
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
				"runc and others refuse to start what is found there, whatever later folders have", asWritten(s.Relative)),
			cure: "let every folder in PATH begin with a slash and leave none empty, or name the program from the root",
		}
	case n.Kind == layers.Dir:
		return &fault{text: "is a folder, expected a program", cure: copyCure}
	case n.Kind != layers.File:
		return &fault{text: "is a device or pipe, expected a program", cure: copyCure}
	case !n.Exec:
		return &fault{text: "may not be executed by anybody (permission denied)", cure: "copy it with `COPY --chmod=755`, or give it the mode in the repository (git update-index --chmod=+x)"}
	}
	return unfit(e, s.File.Node.Program)
}

// unfound says why a name leads to no file.
func unfound(s entrypoint.Step) *fault {
	f := s.File
	switch {
	case f.State == rootfs.Outside:
		return nil // the runtime puts it there
	case f.State == rootfs.Circle && f.Missing == "":
		return &fault{text: "is a script whose interpreters are scripts in turn, one too many for the kernel", cure: "let the first line name a program"}
	case f.State == rootfs.Chain:
		cure := "let the first link point at the file itself, and look at " + f.Missing + " for a circle"
		return &fault{text: linksOf(f), cure: cure}
	case f.State == rootfs.Circle:
		return &fault{text: linksOf(f), cure: "correct the link " + f.Missing}
	case f.State == rootfs.NotFolder:
		return &fault{text: fmt.Sprintf("can't be there: %s is a file, not a folder", f.Missing), cure: copyCure}
	case f.Dangling:
		return &fault{text: fmt.Sprintf("is a symbolic link to %s, which is not in the image", f.Missing), cure: "copy what the link points at along"}
	case strings.Contains(s.Name, "$") && !strings.ContainsAny(s.Name, " \t"):
		return &fault{text: "is not in the image" + unexpanded(s.Name), cure: "write the value, or use the shell form with `exec`"}
	case strings.ContainsAny(s.Name, " \t"):
		return &fault{text: "is not in the image; with the blanks in it it is one name", cure: `write every word as an element of its own, as in ["program", "argument"]`}
	case s.Name != "" && !strings.Contains(s.Name, "/") && len(s.Searched) == 0:
		cure := "name it from the root with a slash, or set PATH with ENV"
		return &fault{text: "is called by its name alone, and PATH is empty", cure: cure}
	case len(s.Searched) > 0:
		return &fault{text: "is in no folder of PATH (" + strings.Join(s.Searched, ":") + ")", cure: copyCure + ", or set PATH with ENV"}
	case f.Via != "" && f.Missing != "":
		return &fault{text: fmt.Sprintf("is not in the image: %s is missing (%s)", f.Missing, f.Via), cure: copyCure}
	default:
		return &fault{text: "is not in the image", cure: copyCure}
	}
}

// linksOf says what is wrong with too many symbolic links.
func linksOf(f rootfs.File) string {
	if f.State == rootfs.Chain {
		return "leads through more than the 40 symbolic links that Linux follows"
	}
	return "leads in a circle of symbolic links"
}

// unfit judges what a file is.
func unfit(e *index.Entry, p executable.Program) *fault {
	want := e.Platform()
	arch := want.Architecture
	no := func(what string) *fault {
		return &fault{text: fmt.Sprintf("is %s, expected a Linux program for %s; every start fails with \"exec format error\"", what, arch), cure: buildCure}
	}
	switch p.Kind {
	case executable.Empty:
		return no("an empty file")
	case executable.Windows:
		return no("a program for Windows")
	case executable.MacOS:
		return no("a program for macOS, probably built on the host and copied in")
	case executable.Wasm:
		return no("a WebAssembly module")
	case executable.Data:
		return no("neither a program nor a script")
	case executable.Script, executable.Text:
		return nil // for the check of first lines
	}
	if system := p.System.Foreign(); system != "" {
		return &fault{text: fmt.Sprintf("is a program for %s, expected Linux; it crashes at its first system call; it was probably built with the wrong GOOS", system), cure: buildCure}
	}
	switch p.Machine.On(arch, want.Variant) {
	case executable.Fails:
		return wrongMachine(p, want)
	case executable.RunsInCompat:
		return &fault{
			text: fmt.Sprintf("is built for %s, expected %s; it runs only on nodes whose kernel has support for 32-bit programs", p.Machine, arch),
			cure: buildCure, weak: true,
		}
	}
	switch {
	case p.Type == executable.Object:
		return no("an object file that was never linked")
	case !p.Loadable():
		return no("an ELF file that is no program")
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

// wrongMachine is the fault that this program exists for.
func wrongMachine(p executable.Program, want specs.Platform) *fault {
	expected := want.Architecture
	if p.Machine.String() == want.Architecture { // differs in its variant only
		expected = want.Architecture + "/" + want.Variant + " (without a unit for floating-point numbers)"
	}
	return &fault{
		text: fmt.Sprintf("is built for %s, expected %s; every start on such a node fails with \"exec format error\"; probably it was built on the host and copied in, or the last stage of the Dockerfile has a --platform of its own, such as FROM --platform=$BUILDPLATFORM", p.Machine, expected),
		cure: buildCure + "; keep --platform=$BUILDPLATFORM for stages that only cross-compile",
	}
}

// called is a step's name as a person knows it: as it was written, with the real file where that is another one.
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

// ofScript tells whether a step is a script's interpreter, or what env starts as one.
func ofScript(t entrypoint.Trace, s entrypoint.Step) bool {
	return s.How == entrypoint.Interpreter || s.How == entrypoint.Wrapped && t.Steps[s.From].How == entrypoint.Interpreter
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
