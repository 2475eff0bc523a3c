package executable_test

import (
	"bytes"
	"testing"

	"archway/lambda/internal/fixture/layertest"
	"archway/lambda/internal/image/executable"
)

func scan(t *testing.T, b []byte) executable.Program {
	t.Helper()
	p, err := new(executable.Scanner).Scan(bytes.NewReader(b), int64(len(b)), 1<<40)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// What the real compiler and linker make for each architecture runs there, and nowhere else but
// where a 32-bit mode is usual.
func TestGoPrograms(t *testing.T) {
	for _, arch := range layertest.Architectures {
		p := scan(t, layertest.Program(t, arch))
		if p.Kind != executable.ELF || p.Fault != "" || p.Loader != "" || p.Type != executable.Executable ||
			p.Machine.String() != arch {
			t.Errorf("%s: %+v, machine %s", arch, p, p.Machine)
		}
		for _, platform := range layertest.Architectures {
			want := executable.Fails
			switch {
			case platform == arch:
				want = executable.Runs
			case platform == "amd64" && arch == "386":
				want = executable.RunsInCompat
			}
			if got := p.Machine.On(platform, ""); got != want {
				t.Errorf("%s on %s: %v, want %v", arch, platform, got, want)
			}
		}
	}
}

func TestMachinesBesideThoseOfPlatforms(t *testing.T) {
	for _, test := range []struct {
		elf      layertest.ELF
		platform string
		variant  string
		name     string
		fit      executable.Fit
	}{
		{layertest.ELF{Arch: "x32"}, "amd64", "", "x32 (x86-64 with 32-bit pointers)", executable.Fails},
		{layertest.ELF{Arch: "arm64be"}, "arm64", "", "arm64be (big endian)", executable.Fails},
		{layertest.ELF{Arch: "armbe"}, "arm", "v7", "armbe (big endian)", executable.Fails},
		{layertest.ELF{Arch: "arm"}, "arm64", "v8", "arm", executable.Fails},
		{layertest.ELF{Arch: "386", Raw: func(b []byte) { b[18] = 6 }}, "386", "", "386", executable.Runs},
		{layertest.ELF{Arch: "386", Raw: func(b []byte) { b[18] = 6 }}, "amd64", "", "386", executable.RunsInCompat},
		{layertest.ELF{Arch: "bpf"}, "amd64", "", "the kernel's own machine (BPF)", executable.Fails},
		{layertest.ELF{Arch: "s390x", Raw: func(b []byte) { b[19] = 99 }}, "s390x", "",
			"an unknown machine (number 99, 64-bit, big endian)", executable.Fails},
		{layertest.ELF{Arch: "amd64"}, "sparc64", "", "amd64", executable.Unjudged},
		{layertest.ELF{Arch: "arm", Flags: 0x05000400}, "arm", "v5", "arm", executable.Fails},
		{layertest.ELF{Arch: "arm", Flags: 0x05000200}, "arm", "v5", "arm", executable.Runs},
		{layertest.ELF{Arch: "arm", Flags: 0x05000002}, "arm", "v5", "arm", executable.Runs},
		{layertest.ELF{Arch: "arm", Flags: 0x05000400}, "arm", "v6", "arm", executable.Runs},
		{layertest.ELF{Arch: "arm", Flags: 0x05000400}, "arm", "v7", "arm", executable.Runs},
		{layertest.ELF{Arch: "arm", Flags: 0x05000200}, "arm", "v7", "arm", executable.Runs},
		{layertest.ELF{Arch: "arm", Flags: 0x00000400}, "arm", "v5", "arm", executable.Runs},
	} {
		p := scan(t, test.elf.Bytes())
		if p.Machine.String() != test.name || p.Machine.On(test.platform, test.variant) != test.fit {
			t.Errorf("%s with flags %x on %s/%s: %s %v, want %s %v", test.elf.Arch, test.elf.Flags, test.platform,
				test.variant, p.Machine, p.Machine.On(test.platform, test.variant), test.name, test.fit)
		}
	}
}

// Programs for other systems and machines that people build on their own computer and copy in. They
// are told apart.
func TestProgramsOfOtherSystems(t *testing.T) {
	for system, name := range map[byte]string{
		0:  "",
		3:  "",
		97: "",
		2:  "NetBSD",
		6:  "Solaris",
		9:  "FreeBSD",
		12: "OpenBSD",
	} {
		if p := scan(t, layertest.ELF{System: system}.Bytes()); p.System.Foreign() != name {
			t.Errorf("system %d is %q, want %q", system, p.System.Foreign(), name)
		}
	}
	for magic, kind := range map[string]executable.Kind{
		"MZ\x90\x00": executable.Windows, "\xcf\xfa\xed\xfe\x0c\x00\x00\x01": executable.MacOS,
		"\xfe\xed\xfa\xce": executable.MacOS, "\x00asm\x01": executable.Wasm,
	} {
		if p := scan(t, []byte(magic)); p.Kind != kind {
			t.Errorf("%q: %v, want %v", magic, p.Kind, kind)
		}
	}
}

// The kinds of files that Linux doesn't start are named.
func TestFilesLinuxDoesNotStart(t *testing.T) {
	for _, test := range []struct {
		name, bytes string
		kind        executable.Kind
	}{
		{"empty", "", executable.Empty},
		{"text", "echo hello\n", executable.Text},
		{"one letter", "#", executable.Text},
		{"UTF-8", "grüß dich, 世界\n", executable.Text},
		{"UTF-8 cut in the middle", "abc" + "世"[:2], executable.Text},
		{"byte order mark", "\xef\xbb\xbf#!/bin/sh\n", executable.Text},
		{"zeros", "\x00\x00\x00\x00", executable.Data},
		{"Latin-1", "gr\xfc\xdf dich und alle", executable.Data},
		{"gzip", "\x1f\x8b\x08", executable.Data},
		{"universal Mach-O", "\xca\xfe\xba\xbe\x00\x00\x00\x02", executable.MacOS},
		{"class of Java", "\xca\xfe\xba\xbe\x00\x00\x00\x41", executable.Data},
		{"almost ELF", "\x7fELG", executable.Data},
		{"control characters", "ab\x01", executable.Data},
	} {
		if p := scan(t, []byte(test.bytes)); p.Kind != test.kind {
			t.Errorf("%s: %v, want %v", test.name, p.Kind, test.kind)
		}
	}
}
