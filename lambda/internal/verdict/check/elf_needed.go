package check

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"archway/lambda/internal/image/index"
	"archway/lambda/internal/image/loading"
)

// elfNeeded refuses a program whose shared libraries the dynamic loader doesn't find: it ends
// before its first instruction, with "error while loading shared libraries". Where the search can't
// be told for sure, this says nothing.
var elfNeeded = Check{Name: "elf-needed",
	About: "a shared library that a program needs is not where the dynamic loader looks",
	run: func(in Input, r *report) {
		loads(in, func(e *index.Entry, l index.Load) {
			for n, group := range alike(l.Missing) {
				if n == maxNamed {
					return
				}
				missing(r, e, l, group)
			}
		})
	}}

// maxNamed is how many libraries are named of those that a file lacks, and of how many files. One
// is often enough: the others come with the same package.
const maxNamed = 3

// alike puts those libraries together that one file needs, and that are in the same wrong place, if
// any.
func alike(all []loading.Missing) [][]loading.Missing {
	var groups [][]loading.Missing
	for _, m := range all {
		at := slices.IndexFunc(groups, func(g []loading.Missing) bool {
			return g[0].By == m.By && path.Dir(g[0].Elsewhere) == path.Dir(m.Elsewhere) &&
				slices.Equal(g[0].Searched, m.Searched)
		})
		if at < 0 {
			groups = append(groups, nil)
			at = len(groups) - 1
		}
		groups[at] = append(groups[at], m)
	}
	return groups
}

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

// missing reports libraries that one file needs.
func missing(r *report, e *index.Entry, l index.Load, group []loading.Missing) {
	m, program := group[0], called(e.Start.Trace.Steps[l.Step])
	by := "the program " + program
	if m.By != l.Objects[0].Path {
		by = fmt.Sprintf("%s, which the program %s loads,", m.By, program)
	}
	names, many := "the library "+m.Name, len(group) > 1
	if many {
		names = "the libraries " + named(group)
	}
	where := "the dynamic loader finds nothing like it"
	if many {
		where = "the dynamic loader finds none of them"
	}
	if len(m.Searched) > 0 {
		where += " in " + strings.Join(m.Searched, ":")
	}
	cause, cure := causeOf(m.Name, many)
	if m.Elsewhere != "" {
		where += ", and doesn't look at " + m.Elsewhere
		cause, cure = misplaced(path.Dir(m.Elsewhere), m.Cached)
	}
	ends := "error while loading shared libraries"
	if l.Musl {
		ends = "Error loading shared library"
	}
	r.add(certainty(l), about(e), cure, "%s needs %s, expected in the image; %s; the program ends with \"%s\"; %s",
		by, names, where, ends, cause)
}

// misplaced gives the likely cause why a library lies where the loader doesn't look, and the cure.
// Where ldconfig looks without being told is /usr/local/lib, and that only on Debian and its like.
func misplaced(folder string, cached bool) (cause, cure string) {
	set := "set LD_LIBRARY_PATH=" + folder + " with ENV"
	switch {
	case !cached:
		return "probably it was copied there, and nothing says to look there", set
	case strings.HasPrefix(folder, "/usr/local/lib"):
		return "probably it was copied there, and ldconfig didn't run afterwards",
			"run ldconfig after the library was installed, or " + set
	default:
		return "probably it was copied there, and nothing says to look there",
			set + ", or name the folder in a file below /etc/ld.so.conf.d and run ldconfig"
	}
}

func named(group []loading.Missing) string {
	var names []string
	for _, m := range group[:min(maxNamed, len(group))] {
		names = append(names, m.Name)
	}
	text := strings.Join(names, ", ")
	if more := len(group) - maxNamed; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

var muslName = regexp.MustCompile(`^libc\.musl-`)

// causeOf guesses from a library's name why it is missing, and says what to do.
func causeOf(name string, many bool) (cause, cure string) {
	const static = ", or link the program statically"
	switch {
	case muslName.MatchString(name):
		return "probably the program was built on Alpine (musl) and copied into an image that isn't",
			"build it on the distribution of the last stage" + static
	case many:
		return "probably they were there where the program was built, and the last stage doesn't install them",
			"install the packages that have them in the last stage of the Dockerfile" + static
	}
	return "probably it was there where the program was built, and the last stage doesn't install it",
		"install the package that has it in the last stage of the Dockerfile" + static
}
