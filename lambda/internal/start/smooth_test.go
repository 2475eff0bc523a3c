package start_test

import (
	"testing"

	"archway/lambda/internal/layer"
	lt "archway/lambda/internal/layertest"
	"archway/lambda/internal/program"
	"archway/lambda/internal/rootfs"
	"archway/lambda/internal/start"
)

var (
	amd64 = program.Machine{Bits: 64, ID: 62}
	x86   = program.Machine{Bits: 32, ID: 3}
)

// elf is a program for amd64 after a change.
func elf(change func(*program.Program)) program.Program {
	p := program.Program{Kind: program.ELF, Type: program.Shared, Machine: amd64}
	if change != nil {
		change(&p)
	}
	return p
}

// executed is a step to a file that may be executed, after a change.
func executed(how start.How, from int, p program.Program, change func(*start.Step)) start.Step {
	s := start.Step{How: how, From: from, Name: "/x", File: rootfs.File{Path: "/x", Node: rootfs.Node{Kind: layer.File, Exec: true, Program: p}}}
	if change != nil {
		change(&s)
	}
	return s
}

// Only a trace in which every check finds all well is smooth: of every other the layers are read to
// their ends.
func TestSmooth(t *testing.T) {
	entry := func(p program.Program, change func(*start.Step)) []start.Step {
		return []start.Step{executed(start.Entry, -1, p, change)}
	}
	script := func(line string) program.Program { return program.Program{Kind: program.Script, Line: line} }
	loaded := func(p program.Program) []start.Step {
		return []start.Step{executed(start.Entry, -1, elf(nil), nil), executed(start.Loader, 0, p, nil)}
	}
	good := elf(nil)
	for name, test := range map[string]struct {
		steps []start.Step
		want  bool
	}{
		"nothing":                  {nil, true},
		"a static program":         {entry(good, nil), true},
		"an executable":            {entry(elf(func(p *program.Program) { p.Type = program.Executable }), nil), true},
		"from the runtime":         {entry(program.Program{}, func(s *start.Step) { s.File.State, s.File.Node = rootfs.Outside, rootfs.Node{} }), true},
		"absent":                   {entry(good, func(s *start.Step) { s.File.State = rootfs.Absent }), false},
		"below a file":             {entry(good, func(s *start.Step) { s.File.State = rootfs.NotFolder }), false},
		"a circle":                 {entry(good, func(s *start.Step) { s.File.State = rootfs.Circle }), false},
		"a folder":                 {entry(good, func(s *start.Step) { s.File.Node.Kind = layer.Dir }), false},
		"not executable":           {entry(good, func(s *start.Step) { s.File.Node.Exec = false }), false},
		"faulty":                   {entry(elf(func(p *program.Program) { p.Fault = "is cut short" }), nil), false},
		"an object file":           {entry(elf(func(p *program.Program) { p.Type = program.Object }), nil), false},
		"a loader that isn't seen": {entry(elf(func(p *program.Program) { p.LoaderUnseen = true }), nil), false},
		"for FreeBSD":              {entry(elf(func(p *program.Program) { p.System = 9 }), nil), false},
		"for another machine":      {entry(elf(func(p *program.Program) { p.Machine = program.Machine{Bits: 64, ID: 183} }), nil), false},
		"text":                     {entry(program.Program{Kind: program.Text}, nil), false},
		"data":                     {entry(program.Program{Kind: program.Data}, nil), false},
		"a script":                 {entry(script("/bin/sh"), nil), true},
		"a script with an option":  {entry(script("/bin/sh -e"), nil), true},
		"a script of Windows":      {entry(script("/bin/sh\r"), nil), false},
		"a script of nothing":      {entry(script(""), nil), false},
		"a loader":                 {loaded(good), true},
		"a loader of 32 bits":      {loaded(elf(func(p *program.Program) { p.Machine = x86 })), false},
		"a loader with a loader":   {loaded(elf(func(p *program.Program) { p.Loader = "/x" })), false},
		"a loader that's a script": {loaded(script("/bin/sh")), false},
		"a program with a loader":  {entry(elf(func(p *program.Program) { p.Loader = "/x" }), nil), true},
		"a program of 32 bits":     {entry(elf(func(p *program.Program) { p.Machine = x86 }), nil), true},
		"a later step":             {append(entry(script("/bin/sh"), nil), executed(start.Interpreter, 0, program.Program{}, nil)), false},
		"behind the runtime's": {append(entry(good, func(s *start.Step) { s.File.State = rootfs.Outside }),
			executed(start.Wrapped, 0, program.Program{}, nil)), false},
	} {
		runs := func(m program.Machine) bool { return m == amd64 || m == x86 }
		if got := (start.Trace{Steps: test.steps}).Smooth(runs); got != test.want {
			t.Errorf("%s: smooth = %v", name, got)
		}
	}
}

func TestArgumentsAreNotAlwaysPrograms(t *testing.T) {
	for name, test := range map[string]struct {
		c       start.Command
		entries []lt.Entry
		want    []string
	}{
		"a shell with an option of its own": {
			start.Command{Entrypoint: []string{"/e", "app"}}, []lt.Entry{lt.Exe("bin/sh", static), lt.Exe("bin/app", static), lt.Script("e", "#!/bin/sh -e\n")},
			[]string{"entry /e: /e script", "interpreter /bin/sh: /bin/sh amd64", "probable app: /bin/app amd64"},
		},
		"env with a shell and an option": {
			start.Command{Entrypoint: []string{"/e", "app"}},
			[]lt.Entry{lt.Exe("usr/bin/env", static), lt.Exe("bin/sh", static), lt.Exe("bin/app", static), lt.Script("e", "#!/usr/bin/env -S sh -e\n")},
			[]string{"entry /e: /e script", "interpreter /usr/bin/env: /usr/bin/env amd64", "wrapped sh: /bin/sh amd64", "probable app: /bin/app amd64"},
		},
		"another program that is given a shell's name": {
			start.Command{Entrypoint: []string{"/e", "app"}},
			[]lt.Entry{lt.Exe("bin/python", static), lt.Exe("bin/app", static), lt.Script("e", "#!/bin/python sh\n")},
			[]string{"entry /e: /e script", "interpreter /bin/python: /bin/python amd64"},
		},
		"a text":                          {start.Command{Entrypoint: []string{"/e", "/app"}}, []lt.Entry{lt.Script("e", "echo\n"), lt.Exe("app", static)}, []string{"entry /e: /e"}},
		"tini without its option's value": {start.Command{Entrypoint: []string{"tini", "-p"}}, []lt.Entry{lt.Exe("bin/tini", static)}, []string{"entry tini: /bin/tini amd64"}},
		"data":                            {start.Command{Entrypoint: []string{"/sh", "-c", "/app"}}, []lt.Entry{lt.Script("sh", "\x00"), lt.Exe("app", static)}, []string{"entry /sh: /sh"}},
		"nothing":                         {start.Command{Entrypoint: []string{"/sh", "-c", "/app"}}, []lt.Entry{lt.Exe("app", static)}, []string{"entry /sh: absent"}},
		"what can't be executed":          {start.Command{Entrypoint: []string{"/sh", "-c", "/app"}}, []lt.Entry{lt.Plain("sh", static), lt.Exe("app", static)}, []string{"entry /sh: /sh not executable"}},
		"a program of another system":     {start.Command{Entrypoint: []string{"/sh", "-c", "/app"}}, []lt.Entry{lt.Exe("sh", lt.Static("arm64")), lt.Exe("app", static)}, []string{"entry /sh: /sh arm64"}},
		"a program cut short": {start.Command{Entrypoint: []string{"/sh", "-c", "/app"}},
			[]lt.Entry{lt.Exe("sh", lt.ELF{Size: 9000}.Bytes()[:5000]), lt.Exe("app", static)}, []string{"entry /sh: /sh amd64"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := follow(t, test.c, test.entries)
			if len(got) != len(test.want) {
				t.Fatalf("%q, want %q", got, test.want)
			}
			for n := range got {
				if got[n] != test.want[n] {
					t.Errorf("%q, want %q", got, test.want)
				}
			}
		})
	}
}
