package check

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"archway/lambda/internal/image/executable"
	"archway/lambda/internal/image/index"
	"archway/lambda/internal/image/rootfs"
)

// cpuLevel warns of programs and libraries that say to need newer x86-64 processors than their
// platform does: glibc refuses to load them on others ("CPU ISA level is lower than required"), and
// nothing keeps linux/amd64 from being pulled there. Every amd64 machine of the clouds has level 2;
// levels 3 and 4 are missing on older and on small ones.
var cpuLevel = Check{Name: "cpu-level",
	About: "a program needs newer x86-64 processors (v2, v3, v4) than its platform says",
	run: func(in Input, r *report) {
		for _, e := range started(in.Image) {
			p := e.Platform()
			if p.Architecture != "amd64" {
				continue
			}
			have := max(1, levelOf(p.Variant))
			needy, level, golang := needsLevel(e)
			if level <= have {
				continue
			}
			severity := Info
			if level > 2 {
				severity = Warning
			}
			if golang {
				goCode(r, severity, e, needy, level)
				continue
			}
			cause, cure := marked(needy, level)
			r.add(severity, about(e), cure,
				"%s is marked as needing a processor of x86-64-v%d, expected one that runs on any linux/amd64; on "+
					"others every start fails, with \"CPU ISA level is lower than required\" or an illegal "+
					"instruction; %s", needy, level, cause)
		}
	}}

// goCode warns of a program whose Go code looks at the processor by itself, before anything else.
func goCode(r *report, severity Severity, e *index.Entry, file string, level int) {
	r.add(severity, about(e),
		fmt.Sprintf("build it without GOAMD64, or offer the image as the variant v%d beside one for every amd64",
			level),
		"%s was built with GOAMD64=v%d, expected a program that runs on any linux/amd64; on other processors every "+
			"start ends with \"This program can only be run on AMD64 processors with v%[2]d microarchitecture support\"",
		file, level)
}

// ofSystem are the folders in which distributions have their own programs and libraries.
var ofSystem = regexp.MustCompile(`^(/usr)?/(s?bin|lib(32|64)?)/`)

// distributions need a level in all that they bring. (RHEL 9's and 10's release notes.)
var distributions = map[int]string{2: "RHEL 9", 3: "RHEL 10"}

// marked gives the likely cause why a file needs newer processors, and the cure.
func marked(file string, level int) (cause, cure string) {
	variant := "offer the image as the variant v" + strconv.Itoa(level) + " beside one for every amd64"
	if like := distributions[level]; like != "" && ofSystem.MatchString(file) {
		return "probably the base image's distribution is built so, as " + like + " and its like are",
			"take a base image for all amd64, or " + variant
	}
	return "probably it was compiled with -march=x86-64-v" + strconv.Itoa(level),
		"compile it without that, or " + variant
}

func levelOf(variant string) int {
	n, err := strconv.Atoi(strings.TrimPrefix(variant, "v"))
	if err != nil {
		return 0
	}
	return n
}

// needsLevel gives the file that needs the highest level among all that is loaded at the start, and
// whether it is Go's own code that needs it.
func needsLevel(e *index.Entry) (file string, level int, golang bool) {
	see := func(path string, l executable.Linkage) {
		if l.Level > level {
			file, level, golang = path, l.Level, false
		}
		if l.GoLevel > level {
			file, level, golang = path, l.GoLevel, true
		}
	}
	for _, s := range e.Start.Trace.Steps {
		if s.File.State == rootfs.Found && e.Fits(s.File.Node.Program.Machine) {
			see(s.File.Path, s.File.Node.Program.Linkage())
		}
	}
	if n := e.Start.Needs; n != nil {
		for _, load := range n.Loads {
			for _, o := range load.Objects {
				see(o.Path, o.Links)
			}
		}
	}
	return file, level, golang
}
