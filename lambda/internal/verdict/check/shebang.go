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

// shebang refuses a script that the kernel can't start (runc#1773): its first line is missing or
// ends in a carriage return, or names an interpreter that isn't in the image or is built for
// another machine. A shell hides most of these; a container's runtime doesn't.
var shebang = Check{Name: "shebang",
	About: "a script's interpreter is missing, unfit, or spelled with a carriage return",
	run: func(in Input, r *report) {
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
		"the script %s %s, expected a first line such as #!/bin/sh; every start fails with \"exec format error\"",
		called(s), problem)
}

// firstLine judges a script's first line and what it leads to.
func firstLine(r *report, e *index.Entry, n int, s entrypoint.Step) {
	t := e.Start.Trace
	line := s.File.Node.Program.Shebang()
	if line.Fault != "" {
		f := &fault{text: line.Fault + "; " + refused, cure: nameInterpreter}
		r.fault(about(e), f.unless(t.Guess(s)), "the first line of the script %s", called(s))
		return
	}
	returned(r, e, s, line)
	for _, next := range t.Steps[n+1:] {
		if !ofScript(t, next) || !leadsTo(t, n, next) {
			continue
		}
		if next.Again {
			r.fault(about(e), again(t, s, next).unless(t.Guess(s)), "the first line of the script %s", called(s))
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
				cure: unixLines(s.Name)}
		case next.How == entrypoint.Wrapped && strings.Contains(line.Argument, " ") &&
			!strings.HasPrefix(line.Argument, "-") && name == "env":
			f = oneArgument(line, t.Steps[next.From])
		case next.File.State == rootfs.Absent && next.Merged == "" && !next.File.Dangling:
			f = missingInterpreter(f, t, next)
		}
		r.fault(about(e), f.unless(t.Guess(s)), "the interpreter of the script %s, %s,", called(s), called(next))
	}
}

// oneArgument is the fault of a first line in which env gets more than a name. BusyBox's env can't
// take it apart.
func oneArgument(line executable.Shebang, env entrypoint.Step) *fault {
	f := &fault{text: fmt.Sprintf("is not in the image; env gets %q as one name", line.Argument)}
	program, _, _ := strings.Cut(line.Argument, " ")
	if path.Base(env.File.Path) == "busybox" {
		f.cure = "name the interpreter by its whole path, as in `#!/usr/bin/" + line.Argument +
			"`, since BusyBox's env has no -S; or install coreutils"
	} else {
		f.cure = fmt.Sprintf("write `#!%s -S %s`, or name %s by its whole path", line.Interpreter, line.Argument,
			program)
	}
	return f
}

// missingInterpreter says who reports it that an interpreter isn't there, and how to get it.
func missingInterpreter(f *fault, t entrypoint.Trace, s entrypoint.Step) *fault {
	name := path.Base(s.Name)
	who := "; the kernel reports \"no such file or directory\" about the script itself"
	if s.How == entrypoint.Wrapped {
		who = fmt.Sprintf("; %s reports \"%s: No such file or directory\"", path.Base(t.Steps[s.From].Name), s.Name)
	}
	cure := "install " + name + " in the last stage of the Dockerfile"
	switch name {
	case "sh":
		cure = "take a base image with a shell for the last stage (scratch and distroless have none)"
	case "bash":
		cure += " (Alpine has none: `apk add bash`)"
	}
	return &fault{text: f.text + who, cure: cure + ", or write the script for an interpreter that is there"}
}

// again is the fault of a first line that leads back to its own script, or to one that led to it.
func again(t entrypoint.Trace, script, s entrypoint.Step) *fault {
	if s.File.Path != script.File.Path {
		return &fault{cure: nameInterpreter,
			text: "leads back to the script " + s.File.Path + ", so that they start each other without end"}
	}
	return &fault{
		text: fmt.Sprintf("gives %s no program but the script itself, whose name the kernel appends: it starts itself "+
			"again and again", t.Steps[s.From].Name),
		cure: nameInterpreter,
	}
}

const nameInterpreter = "name the script's interpreter in its first line, as in `#!/bin/sh`"

// unixLines is how a script gets line ends without carriage returns.
func unixLines(script string) string {
	return "give the file Unix line ends: `" + path.Base(script) + " text eol=lf` in .gitattributes " +
		"and `git add --renormalize .`, or dos2unix"
}

// takesReturns are programs that pass over a carriage return behind their options, refusesReturns
// some that don't.
var (
	takesReturns   = regexp.MustCompile(`^(perl|ruby)[0-9.]*$`)
	refusesReturns = regexp.MustCompile(`^((d|b|)ash|(z|k|)sh|busybox|python[0-9.]*|node(js)?|[gm]?awk|sed)$`)
)

// returned judges a carriage return behind the interpreter's argument, which gets it as a part of
// that.
func returned(r *report, e *index.Entry, s entrypoint.Step, line executable.Shebang) {
	name := path.Base(line.Interpreter)
	if !line.CR || line.Argument == "" || name == "env" || takesReturns.MatchString(name) {
		return
	}
	severity, what := Warning, "most programs refuse"
	if refusesReturns.MatchString(name) {
		severity, what = Error, "it refuses"
	}
	r.add(severity, about(e), unixLines(s.Name),
		"the first line of the script %s ends in a carriage return, so that %s is given the "+
			"argument %q, which %s; the file has Windows line ends", called(s), line.Interpreter, line.Argument, what)
}

// leadsTo reports whether a step is the interpreter of the script at n, or what its env starts.
func leadsTo(t entrypoint.Trace, n int, s entrypoint.Step) bool {
	return s.From == n || s.How == entrypoint.Wrapped && t.Steps[s.From].How == entrypoint.Interpreter &&
		t.Steps[s.From].From == n
}
