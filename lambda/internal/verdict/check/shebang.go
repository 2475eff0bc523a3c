package check

import (
	"fmt"
	"path"
	"regexp"
	"strings"

	"archway/lambda/internal/image/entrypoint"
	"archway/lambda/internal/image/executable"
	"archway/lambda/internal/image/index"
	"archway/lambda/internal/image/rootfs"
)

// shebang refuses a script that the kernel can't start (runc#1773): its first line is missing or ends in a carriage return, or names an
// interpreter that isn't in the image or is built for another machine. A shell hides most of these; a container's runtime doesn't.
var shebang = Check{Name: "shebang", About: "a script's interpreter is missing, unfit, or spelled with a carriage return", run: func(in Input, r *report) {
	for _, e := range started(in.Image) {
		t := e.Start.Trace
		for n, s := range t.Steps {
			if s.File.State != rootfs.Found || !s.File.Node.Exec || s.How == entrypoint.Loader {
				continue
			}
			switch p := s.File.Node.Program; p.Kind {
			case executable.Text:
				if s.How != entrypoint.Probable { // a shell runs it
					noLine(r, e, t, s)
				}
			case executable.Script:
				firstLine(r, e, n, s)
			}
		}
	}
}}

func noLine(r *report, e *index.Entry, t entrypoint.Trace, s entrypoint.Step) {
	problem := "is a text that doesn't begin with #! and an interpreter"
	if p := s.File.Node.Program; p.Fault != "" {
		problem = p.Fault
	}
	severity, end := Error, "every start fails with \"exec format error\""
	if s.How == entrypoint.Wrapped && handsToShell(t.Steps[s.From]) {
		severity, end = Warning, "it starts only where the C library hands such texts to /bin/sh, as glibc's execvp does"
	}
	r.add(severity, about(e), "make `#!/bin/sh`, or the interpreter that it is written for, its very first line",
		"the script %s %s, expected a first line such as #!/bin/sh; %s", called(s), problem, end)
}

// handsToShell reports whether a program may start a text without a first line: those that are
// written in C with glibc's execvp do (posix/execvpe.c, maybe_script_execute), with musl's they don't.
func handsToShell(s entrypoint.Step) bool {
	switch path.Base(s.Name) {
	case "gosu", "su-exec": // Go's, and usually Alpine's
		return false
	}
	return !strings.Contains(s.File.Node.Program.Loader, "ld-musl")
}

// firstLine judges a script's first line and what it leads to.
func firstLine(r *report, e *index.Entry, n int, s entrypoint.Step) {
	t := e.Start.Trace
	line := s.File.Node.Program.Shebang()
	if line.Fault != "" {
		r.add(Error, about(e), "correct the script's first line", "the first line of the script %s %s", called(s), line.Fault)
		return
	}
	returned(r, e, s, line)
	for _, next := range t.Steps[n+1:] {
		if !ofScript(t, next) || !leadsTo(t, n, next) {
			continue
		}
		f := faultOf(e, next)
		if f == nil && next.Refuses != "" {
			f = refusing(next, "name the interpreter itself in the first line")
			r.fault(about(e), f, "the interpreter of the script %s, %s,", called(s), called(next))
		}
		if f == nil || next.Refuses != "" {
			continue
		}
		if f.weak {
			r.fault(about(e), f, "the interpreter of the script %s, %s,", called(s), called(next))
			continue
		}
		switch name := path.Base(line.Interpreter); {
		case strings.HasSuffix(next.Name, "\r"):
			f = &fault{text: "is not in the image; the script has Windows line ends, so that the carriage return belongs to the name",
				cure: unixLines}
		case next.How == entrypoint.Wrapped && strings.Contains(line.Argument, " ") && !strings.HasPrefix(line.Argument, "-") && name == "env":
			f = &fault{text: fmt.Sprintf("is not in the image; env gets %q as one name", line.Argument), cure: "write `#!" + line.Interpreter + " -S " + line.Argument + "`"}
		case next.File.State == rootfs.Absent:
			f.text += "; the kernel reports \"no such file or directory\" about the script itself"
			f.cure = "install the interpreter in the last stage of the Dockerfile, or write the script for one that is there"
		}
		r.fault(about(e), f, "the interpreter of the script %s, %s,", called(s), called(next))
	}
}

const unixLines = "give the file Unix line ends (`*.sh text eol=lf` in .gitattributes, or dos2unix)"

// takesReturns are programs that pass over a carriage return behind their options, refusesReturns
// some that don't.
var (
	takesReturns   = regexp.MustCompile(`^(perl|ruby)[0-9.]*$`)
	refusesReturns = regexp.MustCompile(`^((d|b|)ash|(z|k|)sh|busybox|python[0-9.]*|node(js)?|[gm]?awk|sed)$`)
)

// returned judges a carriage return behind the interpreter's argument, which gets it as a part of that.
func returned(r *report, e *index.Entry, s entrypoint.Step, line executable.Shebang) {
	name := path.Base(line.Interpreter)
	if !line.CR || line.Argument == "" || name == "env" || takesReturns.MatchString(name) {
		return
	}
	severity, what := Warning, "most programs refuse"
	if refusesReturns.MatchString(name) {
		severity, what = Error, "it refuses"
	}
	r.add(severity, about(e), unixLines, "the first line of the script %s ends in a carriage return, so that %s is given the "+
		"argument %q, which %s; the file has Windows line ends", called(s), line.Interpreter, line.Argument, what)
}

// leadsTo tells whether a step is the interpreter of the script at n, or what its env starts.
func leadsTo(t entrypoint.Trace, n int, s entrypoint.Step) bool {
	return s.From == n || s.How == entrypoint.Wrapped && t.Steps[s.From].How == entrypoint.Interpreter && t.Steps[s.From].From == n
}
