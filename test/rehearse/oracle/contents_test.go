package oracle

import (
	"fmt"
	"strings"
)

// contents say what the program is.
var contents = []choice{
	{"", func(m *maker) { m.is(0o755, elf{}.bytes()) }},
	{"loadable anywhere", func(m *maker) { m.is(0o755, elf{kind: dynamic}.bytes()) }},
	{"a shell's script", func(m *maker) { m.says("#!" + m.shell() + "\nexit 42\n") }},
	{"a script with blanks", func(m *maker) { m.says("#! \t" + m.shell() + " \t\nexit 42\n") }},
	{"a script with an option", func(m *maker) { m.says("#!" + m.shell() + " -e\nexit 42\n") }},
	{"a script of one line", func(m *maker) {
		m.says("#!/srv/other")
	}},
	{"Windows line ends", func(m *maker) { m.says("#!" + m.shell() + "\r\nexit 42\r\n") }},
	{"Windows line ends after an option", func(m *maker) { m.says("#!" + m.shell() + " -e\r\nexit 42\n") }},
	{"Windows line ends after env", func(m *maker) { m.says("#!/usr/bin/env sh\r\nexit 42\n") }},
	{"Windows line ends after env -S", func(m *maker) { m.says("#!/usr/bin/env -S sh -e\r\nexit 42\n") }},
	{"env", func(m *maker) { m.says("#!/usr/bin/env sh\nexit 42\n") }},
	{"env with a missing program", func(m *maker) { m.says("#!/usr/bin/env nosuch\n") }},
	{"env with two words", func(m *maker) { m.says("#!/usr/bin/env sh -e\nexit 42\n") }},
	{"env -S", func(m *maker) { m.says("#!/usr/bin/env -S sh -e\nexit 42\n") }},
	{"env -S with a variable", func(m *maker) { m.says("#!/usr/bin/env -S A=1 sh\nexit 42\n") }},
	{"bash", func(m *maker) { m.says("#!/bin/bash\nexit 42\n") }},
	{"BusyBox", func(m *maker) { m.says("#!/bin/busybox sh\nexit 42\n") }},
	{"an interpreter that is missing", func(m *maker) { m.says("#!/usr/bin/nosuch\n") }},
	{"an interpreter that is a folder", func(m *maker) { m.says("#!/srv\n") }},
	{"an interpreter with a slash behind it", func(m *maker) { m.says("#!" + m.shell() + "/\nexit 42\n") }},
	{"a relative interpreter", func(m *maker) { m.says("#!srv/other\n") }},
	{"an interpreter in this folder", func(m *maker) { m.says("#!other\n") }},
	{"an interpreter that may not be executed", func(m *maker) {
		m.add(file("srv/plain", 0o644, elf{}.bytes()))
		m.says("#!/srv/plain\n")
	}},
	{"an interpreter behind a link", func(m *maker) { m.says("#!/home/other\n") }},
	{"another shell's script", func(m *maker) { m.says("#!/usr/bin/dash\nexit 42\n") }},
	{"a script with a NUL in its line", func(m *maker) { m.says("#!/srv/other\x00 x\n") }},
	{"a script whose interpreter has an argument with blanks", func(m *maker) { m.says("#!/srv/other a b\tc\n") }},
	{"no first line", func(m *maker) { m.says("exit 42\n") }},
	{"an empty line first", func(m *maker) { m.says("\n#!/bin/sh\nexit 42\n") }},
	{"a byte order mark", func(m *maker) { m.says("\ufeff#!/bin/sh\nexit 42\n") }},
	{"#! and nothing", func(m *maker) { m.says("#!\n") }},
	{"#! and blanks", func(m *maker) { m.says("#!  \n") }},
	{"a first line of 255 bytes",
		func(m *maker) { m.says("#!" + m.shell() + strings.Repeat(" ", 246) + "\nexit 42\n") }},
	{"an interpreter of 300 bytes", func(m *maker) { m.says("#!" + strings.Repeat("/", 300) + "srv/other\n") }},
	{"an interpreter of 250 bytes", func(m *maker) { m.says("#!" + strings.Repeat("/", 240) + "srv/other\n") }},
	{"scripts of scripts", func(m *maker) {
		depth := 2 + m.IntN(6)
		m.trial.about = append(m.trial.about, fmt.Sprint(depth))
		for n := range depth {
			m.add(script(fmt.Sprint("srv/s", n), fmt.Sprintf("#!/srv/s%d\n", n+1)))
		}
		m.add(exe(fmt.Sprint("srv/s", depth), elf{}.bytes()))
		m.says("#!/srv/s0\n")
	}},
	{"empty", func(m *maker) { m.is(0o755, nil) }},
	{"for Windows", func(m *maker) { m.says("MZ\x90\x00") }},
	{"data", func(m *maker) { m.says("\x00\x01\x02") }},
	{"an object file", func(m *maker) { m.is(0o755, elf{kind: object}.bytes()) }},
	{"a core dump", func(m *maker) { m.is(0o755, elf{kind: core}.bytes()) }},
	{"for arm64", func(m *maker) { m.is(0o755, elf{machine: arm64}.bytes()) }},
	{"a library", func(m *maker) { m.is(0o755, elf{kind: dynamic, noEntry: true}.bytes()) }},
	{"a library of a fixed address", func(m *maker) { m.is(0o755, elf{noEntry: true}.bytes()) }},
	{"cut short", func(m *maker) { m.is(0o755, elf{cut: 20}.bytes()) }},
	{"cut within its header", func(m *maker) { m.is(0o755, elf{}.bytes()[:40]) }},
	{"a loader", func(m *maker) {
		m.add(exe("srv/ld.so", elf{kind: dynamic}.bytes()))
		m.is(0o755, elf{kind: dynamic, loader: "/srv/ld.so"}.bytes())
	}},
	{"a loader behind a link", func(m *maker) {
		m.add(exe("srv/ld.so", elf{kind: dynamic}.bytes()))
		m.is(0o755, elf{loader: "/home/ld.so"}.bytes())
	}},
	{"a relative loader", func(m *maker) {
		m.add(exe("srv/ld.so", elf{kind: dynamic}.bytes()))
		m.is(0o755, elf{loader: "ld.so"}.bytes())
	}},
	{"no loader", func(m *maker) { m.is(0o755, elf{loader: "/lib/ld.so"}.bytes()) }},
	{"a loader that may not be executed", func(m *maker) {
		m.add(file("srv/ld.so", 0o644, elf{kind: dynamic}.bytes()))
		m.is(0o755, elf{loader: "/srv/ld.so"}.bytes())
	}},
	{"a loader with a slash behind it", func(m *maker) {
		m.add(exe("srv/ld.so", elf{kind: dynamic}.bytes()))
		m.is(0o755, elf{loader: "/srv/ld.so/"}.bytes())
	}},
	{"a loader that is a script", func(m *maker) {
		m.add(script("srv/ld.so", "#!/srv/other\n"))
		m.is(0o755, elf{loader: "/srv/ld.so"}.bytes())
	}},
	{"a loader for arm64", func(m *maker) {
		m.add(exe("srv/ld.so", elf{kind: dynamic, machine: arm64}.bytes()))
		m.is(0o755, elf{loader: "/srv/ld.so"}.bytes())
	}},
	{"a loader without an entry point", func(m *maker) {
		m.add(exe("srv/ld.so", elf{kind: dynamic, noEntry: true}.bytes()))
		m.is(0o755, elf{loader: "/srv/ld.so"}.bytes())
	}},
	{"not executable", func(m *maker) { m.is(0o644, elf{}.bytes()) }},
	{"executable for its owner", func(m *maker) { m.is(0o700, elf{}.bytes()) }},
	{"executable for others alone", func(m *maker) { m.is(0o001, elf{}.bytes()) }},
	{"setuid", func(m *maker) { m.is(0o4755, elf{}.bytes()) }},
	{"a pipe", func(m *maker) {
		e := file(m.where, 0o755, nil)
		e.Typeflag = '6'
		m.add(e)
	}},
	{"a folder", func(m *maker) { m.add(folder(m.where)) }},
	{"nothing", nil},
}
