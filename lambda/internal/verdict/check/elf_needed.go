package check

import (
	"fmt"
	"path"
	"regexp"
	"strings"

	"archway/lambda/internal/image/index"
	"archway/lambda/internal/image/loading"
)

// elfNeeded refuses a program whose shared libraries the dynamic loader doesn't find: it ends before its first instruction, with
// "error while loading shared libraries". Where the search can't be told for sure, this says nothing.
var elfNeeded = Check{Name: "elf-needed", About: "a shared library that a program needs is not where the dynamic loader looks", run: func(in Input, r *report) {
	loads(in, func(e *index.Entry, l index.Load) {
		name := called(e.Start.Trace.Steps[l.Step])
		for n, m := range l.Missing {
			if n == maxNamed {
				r.add(certainty(l), about(e), "install them too", "the program %s needs %d more libraries that are not in the image", name, len(l.Missing)-n)
				return
			}
			missing(r, e, l, name, m)
		}
	})
}}

// maxNamed is how many libraries of a program are named. One is often enough: the others came with it.
const maxNamed = 3

// loads goes through what dynamic loaders find for the programs that start.
func loads(in Input, do func(*index.Entry, index.Load)) {
	for _, e := range started(in.Image) {
		if e.Start.Needs == nil {
			continue
		}
		for _, l := range e.Start.Needs.Loads {
			if l.Known {
				do(e, l)
			}
		}
	}
}

// certainty is an error only where all that is loaded is known, and the program starts for sure.
func certainty(l index.Load) Severity {
	if l.Sure && l.Result.Sure {
		return Error
	}
	return Warning
}

func missing(r *report, e *index.Entry, l index.Load, program string, m loading.Missing) {
	by := "the program " + program
	if m.By != l.Objects[0].Path {
		by = fmt.Sprintf("%s, which the program %s loads,", m.By, program)
	}
	where := "the dynamic loader finds none"
	if len(m.Searched) > 0 {
		where += " in " + strings.Join(m.Searched, ":")
	}
	cure := "install the package that has it in the last stage of the Dockerfile, or link the program statically"
	if m.Elsewhere != "" {
		where += ", and doesn't look at " + m.Elsewhere
		cure = "run ldconfig after the library was installed, or set LD_LIBRARY_PATH=" + path.Dir(m.Elsewhere) + " with ENV"
		if !m.Cached {
			cure = "set LD_LIBRARY_PATH=" + path.Dir(m.Elsewhere) + " with ENV"
		}
	}
	r.add(certainty(l), about(e), cure, "%s needs the library %s, expected it in the image; %s; the program ends with \"error while loading shared libraries\"; %s",
		by, m.Name, where, causeOf(m.Name))
}

var muslName = regexp.MustCompile(`^libc\.musl-`)

// causeOf guesses from a library's name why it is missing.
func causeOf(name string) string {
	if muslName.MatchString(name) {
		return "probably the program was built on Alpine (musl) and copied into an image that isn't"
	}
	return "probably it was there where the program was built, and the last stage doesn't install it"
}
