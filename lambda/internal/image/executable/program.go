// Package executable tells what a file is by its first bytes, as the kernel does when somebody
// executes it: an ELF file with its machine and its dynamic loader, a script with its interpreter,
// or nothing that Linux starts.
//
// It parses by hand instead of with debug/elf, which wants random access and reads section tables
// of any size: here a file passes by once, inside a stream, and its bytes come from a registry.
package executable

// Kind is what a file is to the kernel.
type Kind uint8

// The kinds of files. The kernel starts ELF and Script; the others are told apart for the sake of
// the message.
const (
	// Data is none of the others.
	Data Kind = iota
	// Empty is a file without bytes.
	Empty
	// Text is readable, but doesn't begin with "#!": a shell runs it as a script, the kernel
	// doesn't.
	Text
	// ELF is a program or library of Linux and other systems.
	ELF
	// Script begins with "#!".
	Script
	// Windows is a program of Windows (PE).
	Windows
	// MacOS is a program of macOS (Mach-O).
	MacOS
	// Wasm is a WebAssembly module.
	Wasm
	// Portable is an "Actually Portable Executable": a shell takes it for a script that starts the
	// ELF program inside, and Windows for one of its own. Linux takes it for nothing.
	Portable
)

// Program is what the first bytes of a file say. It is comparable, so that equal ones can be kept
// once.
type Program struct {
	Kind Kind
	// Fault says what keeps the kernel from starting an ELF file or a text, in words that follow
	// "it". Empty if nothing was seen.
	Fault string

	// Machine, Type and System are an ELF file's.
	Machine Machine
	Type    Type
	System  System
	// Loader is the dynamic loader's path (PT_INTERP). Empty for a static program.
	Loader string
	// LoaderUnseen says that it could not be read whether there is a loader or which one: its name
	// stands far before the table that names its place, or either lies too far into the file.
	LoaderUnseen bool

	// Links is what an ELF file asks of the dynamic loader, packed; Linkage unpacks it. LinksUnseen
	// says that it couldn't be read.
	Links       string
	LinksUnseen bool
	// NoEntry says that the file has no first instruction (e_entry is 0), as 414 of 439 libraries
	// of Debian 12, and none of 695 programs.
	NoEntry bool

	// Line is a script's first line after "#!", as far as the kernel reads it.
	Line string
	// Cut says that the line goes on beyond that.
	Cut bool
	// HandsOn says that a script's text holds a command that executes its arguments, such as exec
	// "$@".
	HandsOn bool
}

// Type is an ELF file's type (e_type).
type Type uint16

// The types of ELF files that matter here.
const (
	Object     Type = 1 // ET_REL, what a compiler makes before linking
	Executable Type = 2 // ET_EXEC
	Shared     Type = 3 // ET_DYN: a library, or a program that can be loaded anywhere
	Core       Type = 4 // ET_CORE
)

// Loadable reports whether the kernel or a dynamic loader can load the file.
func (p Program) Loadable() bool { return p.Kind == ELF && (p.Type == Executable || p.Type == Shared) }

// System is the operating system that an ELF file names (EI_OSABI).
type System uint8

// foreign are the systems whose programs Linux would start, as it ignores the field, and which then
// crash at their first system call. Go and the systems' own tools write these numbers.
var foreign = map[System]string{2: "NetBSD", 6: "Solaris", 9: "FreeBSD", 12: "OpenBSD"}

// Foreign names the other system that the file is for, or "".
func (s System) Foreign() string { return foreign[s] }
