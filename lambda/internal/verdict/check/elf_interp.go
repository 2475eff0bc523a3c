package check

import (
	"fmt"
	"strings"

	"archway/lambda/internal/image/entrypoint"
	"archway/lambda/internal/image/executable"
	"archway/lambda/internal/image/index"
	layers "archway/lambda/internal/image/layer"
	"archway/lambda/internal/image/rootfs"
)

// elfInterp refuses a dynamically linked program whose loader isn't in the image, or is another
// machine's (xk6-kafka#395): the kernel says "no such file or directory" of a program that is
// plainly there. Usually a program built for Debian was copied into Alpine or scratch.
var elfInterp = Check{Name: "elf-interp", About: "a program's dynamic loader is missing, or built for another machine",
	run: func(in Input, r *report) {
		for _, e := range started(in.Image) {
			t := e.Start.Trace
			for _, s := range t.Steps {
				if s.How == entrypoint.Loader {
					if !ownLoader(r, e, s, t.Steps[s.From]) {
						loaderOf(r, e, s, t.Steps[s.From])
					}
				} else if p := s.File.Node.Program; p.LoaderUnseen && e.Fits(p.Machine) {
					r.add(Warning, about(e), "link it without tools that move its parts, such as patchelf",
						"the dynamic loader of %s stands at so unusual a place of the file that it was not looked for",
						called(s))
				}
			}
		}
	}}

const ownLoaderCure = "link the program with the dynamic loader of the C library that it was built for"

// ownLoader judges a loader that names a loader of its own, which the kernel doesn't look at: it
// loads no third file. One that is the program itself is mapped twice and jumps into a program that
// nobody has linked.
func ownLoader(r *report, e *index.Entry, s, of entrypoint.Step) bool {
	switch p := s.File.Node.Program; {
	case s.File.State != rootfs.Found || p.Loader == "":
		return false
	case s.File.Path == of.File.Path:
		r.add(Error, about(e), ownLoaderCure,
			"the program %s names itself as its dynamic loader; every start of it crashes", called(of))
		return true
	default:
		r.add(Warning, about(e), ownLoaderCure,
			"the dynamic loader of %s, %s, names a loader of its own, %s, which the kernel doesn't load; "+
				"probably it is no dynamic loader", called(of), called(s), p.Loader)
		return false
	}
}

func loaderOf(r *report, e *index.Entry, s, program entrypoint.Step) {
	f := faultOf(e, s)
	switch {
	case f == nil && !sameMachine(s, program):
		f = &fault{text: fmt.Sprintf("is built for %s, expected %s", s.File.Node.Program.Machine,
			program.File.Node.Program.Machine)}
	case f == nil || f.weak:
		return
	}
	f = &fault{text: f.text, cure: "build the program without cgo or with static linking, " +
		"or take a last stage of the same distribution as the build's"}
	if strings.HasPrefix(s.Name, "/nix/store/") {
		f.cure = "copy it with all that it refers to (`nix-store --query --requisites`), or link it statically"
	}
	const itself = "; every start of the program fails with "
	switch {
	case s.Merged != "":
		f.text, f.cure = unfound(s).text+itself+"\"no such file or directory\"", unfound(s).cure
	case s.File.State == rootfs.Absent:
		f.text += itself + "\"no such file or directory\", although the program itself is there; " + libraryOf(s.Name)
	case s.File.State != rootfs.Found:
	case s.File.Node.Kind != layers.File, !s.File.Node.Exec:
		f.text, f.cure = f.text+itself+"\"permission denied\"",
			"take the loader with its mode, as the base image has it"
	default:
		if text := unfitLoader(s, program); text != "" {
			f.text = text + itself + corrupted(s)
		} else {
			f.text += "; every start of the program crashes or fails"
		}
		f.cure = "leave the C library as the base image of the platform has it, " +
			"and copy none from another platform's image or from the host"
	}
	r.fault(about(e), f.unless(e.Start.Trace.Guess(s)), "the dynamic loader of %s, %s,", called(program), called(s))
}

// unfitLoader says what a loader is that isn't the program's, or "" of one that has another fault.
func unfitLoader(s, program entrypoint.Step) string {
	want, p := program.File.Node.Program.Machine, s.File.Node.Program
	switch {
	case p.Kind != executable.ELF:
		return fmt.Sprintf("is no ELF file, expected a dynamic loader for %s", want)
	case !sameMachine(s, program):
		return fmt.Sprintf("is built for %s, expected %s", p.Machine, want)
	default:
		return ""
	}
}

// corrupted is what the kernel reports of a loader that it finds and can't load (fs/binfmt_elf.c,
// load_elf_binary).
func corrupted(s entrypoint.Step) string {
	const short, corrupted = `"input/output error"`, `"accessing a corrupted shared library"`
	switch s.File.Node.Program.Kind {
	case executable.Empty:
		return short
	case executable.ELF:
		return corrupted
	default:
		return corrupted + " or, if it is shorter than an ELF file's header, " + short
	}
}

func sameMachine(loader, of entrypoint.Step) bool {
	if loader.File.State != rootfs.Found {
		return true
	}
	a, b := loader.File.Node.Program, of.File.Node.Program
	a.Machine.Float, b.Machine.Float = executable.FloatUnknown, executable.FloatUnknown
	return a.Kind == executable.ELF && a.Machine == b.Machine
}

// libraryOf guesses from a loader's name how the program was built.
func libraryOf(name string) string {
	switch {
	case strings.Contains(name, "ld-musl"):
		return "probably the program was built on Alpine (musl) and copied into an image that isn't"
	case strings.HasPrefix(name, "/nix/store/"):
		return "probably the program was built with Nix and copied without the rest of its store"
	case strings.Contains(name, "ld-linux"), strings.Contains(name, "/ld.so"), strings.Contains(name, "/ld64.so"):
		return "probably the program was built on Debian or the like (glibc) and copied into Alpine, scratch or a static base"
	default:
		return "probably the program was copied without the system that it was built on"
	}
}
