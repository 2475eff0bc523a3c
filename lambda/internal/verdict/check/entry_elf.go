package check

import (
	"cmp"
	"fmt"
	"strings"

	"archway/lambda/internal/image/entrypoint"
	"archway/lambda/internal/image/executable"
	"archway/lambda/internal/image/rootfs"
)

// entryELF refuses an image whose program can't start on its platform: built for another machine
// (calico#13203, varlock#336, atmos#2931), not there, or no program. Everything that the index and
// the config say can be right, and each container ends with "exec format error" all the same.
var entryELF = Check{Name: "entry-elf", About: "the program that starts is missing, or built for another machine",
	run: func(in Input, r *report) {
		for _, e := range started(in.Image) {
			t := e.Start.Trace
			if len(t.Args) == 0 {
				r.add(Warning, about(e),
					"name a program with ENTRYPOINT or CMD, unless the image is only a base for others",
					"the image has neither an entrypoint nor a command, so that nothing starts unless a container's creator names it")
			} else if f := folderFault(t.Folder); f != nil {
				r.fault(about(e), f, "the working folder, %s,", asWritten(t.Folder.Name))
			}
			for _, s := range t.Steps {
				if s.How == entrypoint.Loader || ofScript(t, s) {
					continue
				}
				f := faultOf(e, s).unless(t.Guess(s))
				if f == nil && s.Refuses != "" {
					f = refusing(s, "leave env out, and set variables with ENV").unless(t.Guess(s))
				}
				given := s.How == entrypoint.Probable || s.How == entrypoint.Guessed
				if f == nil || given && s.File.Node.Program.Kind == executable.Data {
					continue // a shell may make something of it
				}
				switch s.How {
				case entrypoint.Entry:
					r.fault(about(e), f, "the program that starts, %s,", called(s))
				case entrypoint.Wrapped:
					r.fault(about(e), f, "the program %s, which %s starts,", called(s), t.Steps[s.From].Name)
				case entrypoint.Guessed:
					r.fault(about(e), f, "the program %s, which the script %s is given and may start,", called(s),
						t.Steps[s.From].Name)
				default:
					r.fault(about(e), f, "the program %s, which %s is given to start,", called(s), t.Steps[s.From].Name)
				}
			}
		}
	}}

// refusing is the fault of env where it is given an option that it doesn't have: GNU's options for
// BusyBox's, or a blank.
func refusing(s entrypoint.Step, cure string) *fault {
	if strings.ContainsAny(s.Refuses, " \t") {
		return &fault{
			text: fmt.Sprintf("gets %q as one argument, and ends with \"invalid option\" for the blank in it",
				s.Refuses),
			cure: cure + "; or write `-S` before it, as in `#!/usr/bin/env -S " + s.Refuses +
				"`, which only GNU's env knows",
		}
	}
	return &fault{
		text: fmt.Sprintf("is BusyBox, whose env has no option %s; every start ends with its usage", s.Refuses),
		cure: cure + "; or install GNU's env (on Alpine `apk add coreutils`)",
	}
}

// folderFault says why no container can start in a working folder. Nil if one can: the runtime
// makes what is missing.
func folderFault(folder entrypoint.Folder) *fault {
	const cure = "name a folder in WORKDIR, from the root"
	no := func(format string, args ...any) *fault {
		return &fault{text: fmt.Sprintf(format, args...) + "; no container of the image is even made", cure: cure}
	}
	switch f := folder.File; {
	case folder.Good():
		return nil
	case folder.Relative():
		return no("doesn't begin at the root with a slash, which runtimes refuse")
	case f.State == rootfs.NotFolder:
		return no("can't be entered: %s is a file, not a folder", f.Missing)
	case f.State == rootfs.Circle:
		return no("can't be entered: it leads in a circle of symbolic links")
	case f.State == rootfs.TooManyLinks:
		return no("can't be entered: it leads through more than the 40 symbolic links that Linux follows")
	default:
		return no(
			"can't be entered: %s, and %s is not in the image; runtimes make folders, and not what a link leads to",
			cmp.Or(f.Via, folder.Name), f.Missing)
	}
}
