package check

import (
	"fmt"
	"path"
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
				if !byShell(t, s) { // which runs it
					noLine(r, e, s, p)
				}
			case executable.Script:
				firstLine(r, e, n, s)
			}
		}
	}
}}

func noLine(r *report, e *index.Entry, s entrypoint.Step, p executable.Program) {
	problem := "is a text that doesn't begin with #! and an interpreter"
	if p.Fault != "" {
		problem = p.Fault
	}
	r.add(Error, about(e), "make `#!/bin/sh`, or the interpreter that it is written for, its very first line",
		"the script %s %s, expected a first line such as #!/bin/sh; every start fails with \"exec format error\"", called(s), problem)
}

// firstLine judges a script's first line and what it leads to.
func firstLine(r *report, e *index.Entry, n int, s entrypoint.Step) {
	t := e.Start.Trace
	line := s.File.Node.Program.Shebang()
	if line.Fault != "" {
		f := &fault{text: line.Fault, cure: "correct the script's first line"}
		r.fault(about(e), f.unless(t.Guess(s)), "the first line of the script %s", called(s))
		return
	}
	for _, next := range t.Steps[n+1:] {
		if !ofScript(t, next) || !leadsTo(t, n, next) {
			continue
		}
		f := faultOf(e, next)
		if f == nil {
			continue
		}
		if f.weak {
			r.fault(about(e), f, "the interpreter of the script %s, %s,", called(s), called(next))
			continue
		}
		switch name := path.Base(line.Interpreter); {
		case line.CR:
			f = &fault{text: "is not in the image; the script has Windows line ends, so that the carriage return belongs to the name",
				cure: "give the file Unix line ends (`*.sh text eol=lf` in .gitattributes, or dos2unix)"}
		case next.How == entrypoint.Wrapped && strings.Contains(line.Argument, " ") && !strings.HasPrefix(line.Argument, "-") && name == "env":
			f = &fault{text: fmt.Sprintf("is not in the image; env gets %q as one name", line.Argument), cure: "write `#!" + line.Interpreter + " -S " + line.Argument + "`"}
		case next.File.State == rootfs.Absent:
			f.text += "; the kernel reports \"no such file or directory\" about the script itself"
			f.cure = "install the interpreter in the last stage of the Dockerfile, or write the script for one that is there"
		}
		r.fault(about(e), f.unless(t.Guess(s)), "the interpreter of the script %s, %s,", called(s), called(next))
	}
}

// leadsTo tells whether a step is the interpreter of the script at n, or what its env starts.
func leadsTo(t entrypoint.Trace, n int, s entrypoint.Step) bool {
	return s.From == n || s.How == entrypoint.Wrapped && t.Steps[s.From].How == entrypoint.Interpreter && t.Steps[s.From].From == n
}
