package check

import (
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
			needy, level := needsLevel(e)
			if level <= have {
				continue
			}
			severity := Info
			if level > 2 {
				severity = Warning
			}
			r.add(severity, about(e),
				"build it without -march=x86-64-v"+strconv.Itoa(level)+", or offer it as the variant v"+
					strconv.Itoa(level)+" beside an image for every amd64",
				"%s says to need a processor of x86-64-v%d, expected one that runs on any linux/amd64; on others it ends with \"CPU ISA level is lower than required\" or an illegal instruction",
				needy, level)
		}
	}}

func levelOf(variant string) int {
	n, err := strconv.Atoi(strings.TrimPrefix(variant, "v"))
	if err != nil {
		return 0
	}
	return n
}

// needsLevel gives the file that needs the highest level among all that is loaded at the start.
func needsLevel(e *index.Entry) (file string, level int) {
	see := func(path string, l executable.Linkage) {
		if l.Level > level {
			file, level = path, l.Level
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
	return file, level
}
