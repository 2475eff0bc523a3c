package entrypoint_test

import (
	"testing"

	lt "archway/lambda/internal/fixture/layertest"
	"archway/lambda/internal/image/entrypoint"
	"archway/lambda/internal/image/executable"
	"archway/lambda/internal/image/layer"
	"archway/lambda/internal/image/rootfs"
)

var (
	amd64 = executable.Machine{Bits: 64, ID: 62}
	x86   = executable.Machine{Bits: 32, ID: 3}
)

// elf is a program for amd64 after a change.
func elf(change func(*executable.Program)) executable.Program {
	p := executable.Program{Kind: executable.ELF, Type: executable.Shared, Machine: amd64}
	if change != nil {
		change(&p)
	}
	return p
}

// executed is a step to a file that may be executed, after a change.
func executed(how entrypoint.How, from int, p executable.Program, change func(*entrypoint.Step)) entrypoint.Step {
	s := entrypoint.Step{How: how, From: from, Name: "/x",
		File: rootfs.File{Path: "/x", Node: rootfs.Node{Kind: layer.File, Exec: true, Program: p}}}
	if change != nil {
		change(&s)
	}
	return s
}

// Only a trace in which every check finds all well is smooth: of every other the layers are read to
// their ends.
func TestSmooth(t *testing.T) {
	entry := func(p executable.Program, change func(*entrypoint.Step)) []entrypoint.Step {
		return []entrypoint.Step{executed(entrypoint.Entry, -1, p, change)}
	}
	script := func(line string) executable.Program { return executable.Program{Kind: executable.Script, Line: line} }
	loaded := func(p executable.Program) []entrypoint.Step {
		return []entrypoint.Step{executed(entrypoint.Entry, -1, elf(nil), nil), executed(entrypoint.Loader, 0, p, nil)}
	}
	good := elf(nil)
	for name, test := range map[string]struct {
		steps []entrypoint.Step
		want  bool
	}{
		"nothing":          {nil, true},
		"a static program": {entry(good, nil), true},
		"an executable": {entry(elf(func(p *executable.Program) { p.Type = executable.Executable }), nil),
			true},
		"from the runtime": {entry(executable.Program{},
			func(s *entrypoint.Step) { s.File.State, s.File.Node = rootfs.Outside, rootfs.Node{} }), true},
		"absent":         {entry(good, func(s *entrypoint.Step) { s.File.State = rootfs.Absent }), false},
		"below a file":   {entry(good, func(s *entrypoint.Step) { s.File.State = rootfs.NotFolder }), false},
		"a circle":       {entry(good, func(s *entrypoint.Step) { s.File.State = rootfs.Circle }), false},
		"a folder":       {entry(good, func(s *entrypoint.Step) { s.File.Node.Kind = layer.Dir }), false},
		"not executable": {entry(good, func(s *entrypoint.Step) { s.File.Node.Exec = false }), false},
		"a chain of links": {entry(good, func(s *entrypoint.Step) { s.File.State = rootfs.TooManyLinks }),
			false},
		"in a relative folder":    {entry(good, func(s *entrypoint.Step) { s.Relative = "bin" }), false},
		"an option that it lacks": {entry(good, func(s *entrypoint.Step) { s.Refuses = "-S" }), false},
		"a library":               {entry(elf(func(p *executable.Program) { p.NoEntry = true }), nil), false},
		"faulty":                  {entry(elf(func(p *executable.Program) { p.Fault = "is cut short" }), nil), false},
		"an object file": {entry(elf(func(p *executable.Program) { p.Type = executable.Object }), nil),
			false},
		"a loader that isn't seen": {entry(elf(func(p *executable.Program) { p.LoaderUnseen = true }), nil), false},
		"for FreeBSD":              {entry(elf(func(p *executable.Program) { p.System = 9 }), nil), false},
		"for another machine": {
			entry(elf(func(p *executable.Program) { p.Machine = executable.Machine{Bits: 64, ID: 183} }), nil), false},
		"text":                     {entry(executable.Program{Kind: executable.Text}, nil), false},
		"data":                     {entry(executable.Program{Kind: executable.Data}, nil), false},
		"a script":                 {entry(script("/bin/sh"), nil), true},
		"a script with an option":  {entry(script("/bin/sh -e"), nil), true},
		"a script of Windows":      {entry(script("/bin/sh\r"), nil), false},
		"a script of nothing":      {entry(script(""), nil), false},
		"a loader":                 {loaded(good), true},
		"a loader of 32 bits":      {loaded(elf(func(p *executable.Program) { p.Machine = x86 })), false},
		"a loader with a loader":   {loaded(elf(func(p *executable.Program) { p.Loader = "/x" })), false},
		"a loader that's a script": {loaded(script("/bin/sh")), false},
		"a program with a loader":  {entry(elf(func(p *executable.Program) { p.Loader = "/x" }), nil), true},
		"a program of 32 bits":     {entry(elf(func(p *executable.Program) { p.Machine = x86 }), nil), true},
		"a later step": {append(entry(script("/bin/sh"), nil),
			executed(entrypoint.Interpreter, 0, executable.Program{}, nil)), false},
		"behind the runtime's": {append(entry(good, func(s *entrypoint.Step) { s.File.State = rootfs.Outside }),
			executed(entrypoint.Wrapped, 0, executable.Program{}, nil)), false},
	} {
		runs := func(m executable.Machine) bool { return m == amd64 || m == x86 }
		if got := (entrypoint.Trace{Steps: test.steps}).Smooth(runs); got != test.want {
			t.Errorf("%s: smooth = %v", name, got)
		}
	}
}

func TestArgumentsAreNotAlwaysPrograms(t *testing.T) {
	for name, test := range map[string]struct {
		c       entrypoint.Command
		entries []lt.Entry
		want    []string
	}{
		"a shell with an option of its own": {
			entrypoint.Command{Entrypoint: []string{"/e", "app"}},
			[]lt.Entry{lt.Exe("bin/sh", static), lt.Exe("bin/app", static),
				lt.Script("e", "#!/bin/sh -e\nexec \"$@\"\n")},
			[]string{"entry /e: /e script", "interpreter /bin/sh: /bin/sh amd64", "probable app: /bin/app amd64"},
		},
		"env with a shell and an option": {
			entrypoint.Command{Entrypoint: []string{"/e", "app"}},
			[]lt.Entry{lt.Exe("usr/bin/env", static), lt.Exe("bin/sh", static), lt.Exe("bin/app", static),
				lt.Script("e", "#!/usr/bin/env -S sh -e\nexec \"$@\"\n")},
			[]string{"entry /e: /e script", "interpreter /usr/bin/env: /usr/bin/env amd64", "wrapped sh: /bin/sh amd64",
				"probable app: /bin/app amd64"},
		},
		"another program that is given a shell's name": {
			entrypoint.Command{Entrypoint: []string{"/e", "app"}},
			[]lt.Entry{lt.Exe("bin/python", static), lt.Exe("bin/app", static), lt.Script("e", "#!/bin/python sh\n")},
			[]string{"entry /e: /e script", "interpreter /bin/python: /bin/python amd64"},
		},
		"a text": {entrypoint.Command{Entrypoint: []string{"/e", "/app"}},
			[]lt.Entry{lt.Script("e", "echo\n"), lt.Exe("app", static)}, []string{"entry /e: /e"}},
		"tini without its option's value": {entrypoint.Command{Entrypoint: []string{"tini", "-p"}},
			[]lt.Entry{lt.Exe("bin/tini", static)}, []string{"entry tini: /bin/tini amd64"}},
		"data": {entrypoint.Command{Entrypoint: []string{"/sh", "-c", "/app"}},
			[]lt.Entry{lt.Script("sh", "\x00"), lt.Exe("app", static)}, []string{"entry /sh: /sh"}},
		"nothing": {entrypoint.Command{Entrypoint: []string{"/sh", "-c", "/app"}},
			[]lt.Entry{lt.Exe("app", static)}, []string{"entry /sh: absent"}},
		"what can't be executed": {entrypoint.Command{Entrypoint: []string{"/sh", "-c", "/app"}},
			[]lt.Entry{lt.Plain("sh", static), lt.Exe("app", static)}, []string{"entry /sh: /sh not executable"}},
		"a program of another system": {entrypoint.Command{Entrypoint: []string{"/sh", "-c", "/app"}},
			[]lt.Entry{lt.Exe("sh", lt.Static("arm64")), lt.Exe("app", static)}, []string{"entry /sh: /sh arm64"}},
		"a program cut short": {entrypoint.Command{Entrypoint: []string{"/sh", "-c", "/app"}},
			[]lt.Entry{lt.Exe("sh", lt.ELF{Size: 9000}.Bytes()[:5000]), lt.Exe("app", static)},
			[]string{"entry /sh: /sh amd64"}},
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
