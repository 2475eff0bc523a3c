package check

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"archway/lambda/internal/image/index"
	"archway/lambda/internal/image/loading"
)

// elfVersion refuses a program that was linked with a newer library than the image has, most often
// glibc: "version `GLIBC_2.34' not found". The loader looks at the versions of all libraries before
// it starts anything.
var elfVersion = Check{Name: "elf-version",
	About: "a program wants a newer version of a library than the image has, such as GLIBC_2.34",
	run: func(in Input, r *report) {
		loads(in, func(e *index.Entry, l index.Load) {
			name := called(e.Start.Trace.Steps[l.Step])
			seen := map[string]bool{}
			for _, u := range l.Unmet {
				if seen[u.Path+"\x00"+u.By] {
					continue // one of a file's versions is enough: the newest
				}
				seen[u.Path+"\x00"+u.By] = true
				if len(seen) > maxNamed {
					return
				}
				unmet(r, e, l, name, newestUnmet(l.Unmet, u))
			}
		})
	}}

func unmet(r *report, e *index.Entry, l index.Load, program string, u loading.Unmet) {
	by := "the program " + program
	if u.By != l.Objects[0].Path {
		by = fmt.Sprintf("%s, which the program %s loads,", u.By, program)
	}
	has := "has none of that kind"
	if newest := newestLike(u.Has, u.Version); newest != "" {
		has = "has versions up to " + newest
	}
	r.add(certainty(l), about(e),
		"build it on the same release of the same distribution as the last stage's, take a "+
			"newer last stage, or link the program statically",
		"%s wants the version %s of %s, which %s; the program ends with \"version `%s' not found\"; probably %s was "+
			"built on a newer system than the last stage's", by, u.Version, u.Path, has, u.Version, path.Base(u.By))
}

// newestUnmet gives the newest of the versions that one file wants of another.
func newestUnmet(all []loading.Unmet, like loading.Unmet) loading.Unmet {
	for _, u := range all {
		if u.Path == like.Path && u.By == like.By && family(u.Version) == family(like.Version) &&
			compareVersions(u.Version, like.Version) > 0 {
			like = u
		}
	}
	return like
}

// newestLike gives the newest version of the same family, such as GLIBC_2.31 for GLIBC_2.34.
func newestLike(has []string, version string) string {
	same := slices.DeleteFunc(slices.Clone(has),
		func(v string) bool { return family(v) != family(version) || !strings.ContainsAny(v, "0123456789") })
	if len(same) == 0 {
		return ""
	}
	return slices.MaxFunc(same, compareVersions)
}

// family is the part of a version before its number.
func family(version string) string {
	name, _, _ := strings.Cut(version, "_")
	return name
}

// compareVersions compares numbers part by part: GLIBC_2.4 is before GLIBC_2.34.
func compareVersions(a, b string) int {
	parts := func(v string) []int {
		_, number, _ := strings.Cut(v, "_")
		var all []int
		for _, part := range strings.Split(number, ".") {
			n, err := strconv.Atoi(part)
			if err != nil {
				n = -1 // as of GLIBC_PRIVATE
			}
			all = append(all, n)
		}
		return all
	}
	return slices.Compare(parts(a), parts(b))
}
