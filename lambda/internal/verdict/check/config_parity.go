package check

import (
	"maps"
	"slices"
	"strings"

	"archway/lambda/internal/image/index"
)

// configParity warns when the platforms of one index start differently (headroom#2673). There can
// be reasons for it, so it is no error.
var configParity = Check{Name: "config-parity", About: "the platforms' images start differently",
	run: func(in Input, r *report) {
		var first *index.Entry
		for _, e := range in.Image.Images() {
			if e.Config == nil || e.Config.OS != "linux" {
				continue
			}
			if first == nil {
				first = e
				continue
			}
			if different := differences(e.Config.Run, first.Config.Run); len(different) > 0 {
				r.add(Warning, about(e),
					"build all platforms from one Dockerfile without conditions on the platform, unless this is meant",
					"the image starts differently from %s: %s", about(first), strings.Join(different, ", "))
			}
		}
	}}

// differences names what differs. Of the environment only the names are compared: values such as an
// architecture's name differ rightly.
func differences(a, b index.Run) []string {
	var found []string
	compare := func(what, x, y string) {
		if x != y {
			found = append(found, what+" is "+orEmpty(x)+" instead of "+orEmpty(y))
		}
	}
	compare("the entrypoint", strings.Join(a.Entrypoint, " "), strings.Join(b.Entrypoint, " "))
	compare("the command", strings.Join(a.Cmd, " "), strings.Join(b.Cmd, " "))
	compare("the user", a.User, b.User)
	compare("the working directory", a.WorkingDir, b.WorkingDir)
	compare("the stop signal", a.StopSignal, b.StopSignal)
	compare("the set of ports", keys(a.ExposedPorts), keys(b.ExposedPorts))
	compare("the set of volumes", keys(a.Volumes), keys(b.Volumes))
	compare("the set of environment variables", names(a.Env), names(b.Env))
	return found
}

func orEmpty(s string) string {
	if s == "" {
		return "empty"
	}
	return `"` + s + `"`
}

func keys(m map[string]struct{}) string { return strings.Join(slices.Sorted(maps.Keys(m)), " ") }

func names(env []string) string {
	var all []string
	for _, v := range env {
		name, _, _ := strings.Cut(v, "=")
		all = append(all, name)
	}
	slices.Sort(all)
	return strings.Join(slices.Compact(all), " ")
}
