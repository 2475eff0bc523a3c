package executable

import (
	"slices"
	"strconv"
	"strings"
)

// Linkage is what an ELF file asks of the dynamic loader, and what it offers to others.
type Linkage struct {
	// Soname is the name by which others need the file.
	Soname string
	// Needed are the libraries that the loader has to find (DT_NEEDED).
	Needed []string
	// RPath and RunPath are folders that are searched for them, separated by colons.
	RPath, RunPath string
	// NoDefaults says that the system's own folders are not searched (DF_1_NODEFLIB).
	NoDefaults bool
	// Wants are the versions of symbols that a library must define, without those marked as weak.
	Wants []Version
	// Defines are the names of the versions that the file itself defines. Empty: it has no
	// versions.
	Defines []string
	// Level is the x86-64 level that the file says to need: 0 if it doesn't say, 1 to 4.
	Level int
	// GoLevel is the level that Go's own code needs (GOAMD64), where that was read: 0, or 2 to 4.
	GoLevel int
}

// Version is a version of symbols, such as GLIBC_2.34 of libc.so.6.
type Version struct{ Library, Name string }

// The tags of a packed linkage. Each is followed by a string that ends in a zero.
const (
	tagSoname, tagNeeded, tagRPath, tagRunPath = 's', 'n', 'r', 'u'
	tagNoDefaults, tagOf, tagWant, tagDefine   = 'd', 'o', 'w', 'v'
	tagLevel, tagGoLevel                       = 'l', 'g'
)

// maxLinks bounds a packed linkage, in bytes. That of libc.so.6 has 700, that of Node 900.
const maxLinks = 32 << 10

// pack makes one string of a linkage, so that a Program stays comparable.
func (l Linkage) pack() string {
	var b strings.Builder
	put := func(tag byte, texts ...string) {
		for _, text := range texts {
			b.WriteByte(tag)
			b.WriteString(text)
			b.WriteByte(0)
		}
	}
	some := func(tag byte, text string) {
		if text != "" {
			put(tag, text)
		}
	}
	some(tagSoname, l.Soname)
	put(tagNeeded, l.Needed...)
	some(tagRPath, l.RPath)
	some(tagRunPath, l.RunPath)
	if l.NoDefaults {
		put(tagNoDefaults, "")
	}
	of := ""
	for _, v := range l.Wants {
		if v.Library != of {
			of = v.Library
			put(tagOf, of)
		}
		put(tagWant, v.Name)
	}
	put(tagDefine, l.Defines...)
	if l.Level > 0 {
		put(tagLevel, strconv.Itoa(l.Level))
	}
	if l.GoLevel > 0 {
		put(tagGoLevel, strconv.Itoa(l.GoLevel))
	}
	return b.String()
}

// Linkage unpacks what the dynamic loader is asked for. It is empty of a static program, and where
// LinksUnseen is set.
func (p Program) Linkage() Linkage {
	var l Linkage
	of := ""
	for rest := p.Links; rest != ""; {
		tag := rest[0]
		text, after, _ := strings.Cut(rest[1:], "\x00")
		rest = after
		switch tag {
		case tagSoname:
			l.Soname = text
		case tagNeeded:
			l.Needed = append(l.Needed, text)
		case tagRPath:
			l.RPath = text
		case tagRunPath:
			l.RunPath = text
		case tagNoDefaults:
			l.NoDefaults = true
		case tagOf:
			of = text
		case tagWant:
			l.Wants = append(l.Wants, Version{of, text})
		case tagDefine:
			l.Defines = append(l.Defines, text)
		case tagLevel:
			l.Level, _ = strconv.Atoi(text)
		case tagGoLevel:
			l.GoLevel, _ = strconv.Atoi(text)
		}
	}
	return l
}

// Has reports whether the file defines a version.
func (l Linkage) Has(version string) bool { return slices.Contains(l.Defines, version) }
