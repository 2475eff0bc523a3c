package executable_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"archway/lambda/internal/image/executable"
)

// Lines are taken apart as the kernel takes them, in fs/binfmt_script.c.
func TestShebangLines(t *testing.T) {
	long := strings.Repeat("x", 300)
	for _, test := range []struct {
		name, file string
		want       executable.Shebang
	}{
		{"plain", "#!/bin/sh\necho", executable.Shebang{Interpreter: "/bin/sh"}},
		{"without an end", "#!/bin/sh", executable.Shebang{Interpreter: "/bin/sh"}},
		{"blanks before", "#! \t/bin/sh\n", executable.Shebang{Interpreter: "/bin/sh"}},
		{"blanks behind", "#!/bin/sh \t\n", executable.Shebang{Interpreter: "/bin/sh"}},
		{"argument", "#!/bin/sh -e\n", executable.Shebang{Interpreter: "/bin/sh", Argument: "-e"}},
		{"arguments are one", "#!/usr/bin/env -S node --x\n",
			executable.Shebang{Interpreter: "/usr/bin/env", Argument: "-S node --x"}},
		{"tab", "#!/bin/sh\t-e\n", executable.Shebang{Interpreter: "/bin/sh", Argument: "-e"}},
		{"Windows", "#!/bin/sh\r\necho\r\n", executable.Shebang{Interpreter: "/bin/sh\r", CR: true}},
		{"Windows with env", "#!/usr/bin/env node\r\n",
			executable.Shebang{Interpreter: "/usr/bin/env", Argument: "node\r", CR: true}},
		{"zero", "#!/bin/sh\x00 -e\n", executable.Shebang{Interpreter: "/bin/sh"}},
		{"nothing", "#!\n", executable.Shebang{Fault: "names no interpreter after #!"}},
		{"blanks only", "#!   \n", executable.Shebang{Fault: "names no interpreter after #!"}},
		{"at the file's end", "#!", executable.Shebang{Fault: "names no interpreter after #!"}},
		{"a long argument is cut", "#!/bin/sh " + long + "\n",
			executable.Shebang{Interpreter: "/bin/sh", Argument: long[:256-len("#!/bin/sh ")]}},
		{"a long interpreter", "#!/" + long + "\n",
			executable.Shebang{Fault: "is longer than the 256 bytes that the kernel reads"}},
		{"just as long as allowed", "#!/" + long[:252] + "\n", executable.Shebang{Interpreter: "/" + long[:252]}},
		{"a long first line that a zero ends", "#!/bin/sh\x00" + long + "\n",
			executable.Shebang{Interpreter: "/bin/sh"}},
	} {
		p := scan(t, []byte(test.file))
		if p.Kind != executable.Script {
			t.Errorf("%s: no script", test.name)
		}
		got := p.Shebang()
		if got.Fault != "" {
			got = executable.Shebang{Fault: got.Fault}
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

// The program env starts its first word that is no setting.
func TestEnv(t *testing.T) {
	for _, test := range []struct {
		args string
		want string
	}{
		{"node", "node"},
		{"node|app.js", "node app.js"},
		{"A=1|B=2|node|x", "node x"},
		{"-S node --flag", "node --flag"},
		{"-S|node --flag|more", "node --flag more"},
		{"-vS node --flag", "node --flag"},
		{"--split-string=A=1 node", "node"},
		{"-v|node", "node"},
		{"--|node", "node"},
		{"--|A=1|node", "node"},
		{"-S -i node", ""},
		{"-i|node", ""},
		{"-S -i /bin/node x", "/bin/node x"},
		{"-|A=1|/bin/node", "/bin/node"},
		{"--ignore-environment|/bin/node", "/bin/node"},
		{"-i", ""},
		{"-u|X|node", "node"},
		{"-u X|node", "node"},
		{"-uPATH|node", ""},
		{"--unset=X|node", "node"},
		{"-u|PATH|node", ""},
		{"--unset=PATH|node", ""},
		{"-u", ""},
		{"PATH=/x|node", ""},
		{`-S "my node"`, ""},
		{"-S ${NODE}", ""},
		{"A=1", ""},
		{"", ""},
	} {
		var args []string
		if test.args != "" {
			args = strings.Split(test.args, "|")
		}
		rest, ok := executable.Env(args)
		if got := strings.Join(rest, " "); got != test.want || ok != (test.want != "") {
			t.Errorf("env %q: %q, want %q", args, got, test.want)
		}
	}
}

func TestOptionsThatEnvRefuses(t *testing.T) {
	for args, want := range map[string]string{
		"": "", "node": "", "A=1|node|-S": "", "-i|node": "", "-|-S": "-S", "-u|-S|node": "", "-u|X|-S|node": "-S",
		"-S node": "-S", "-vS|node": "-v", "-u": "",
		"--|-S": "", "--split-string=node": "--split-string", "--debug": "--debug", "--ignore-environment|node": "",
		"A=1|-S|x": "", "-i node": "-i node",
	} {
		var split []string
		if args != "" {
			split = strings.Split(args, "|")
		}
		if got := executable.EnvRefuses(split, true); got != want {
			t.Errorf("BusyBox: %s: %q, want %q", args, got, want)
		}
	}
	for args, want := range map[string]string{"": "", "-S node": "", "-i": "",
		"-i node": "-i node", "-v node": "-v node",
		"-u node": "", "-iS node": "", "-i\tnode": "-i\tnode"} {
		if got := executable.EnvRefuses([]string{args}, false); got != want {
			t.Errorf("GNU: %s: %q, want %q", args, got, want)
		}
	}
}

func FuzzShebang(f *testing.F) {
	for _, s := range []string{"/bin/sh", " /usr/bin/env -S a b\r", "\x00", "\t", strings.Repeat("a", 254),
		"/usr/bin/env -vS"} {
		f.Add(s, true)
		f.Add(s, false)
	}
	f.Fuzz(func(t *testing.T, line string, cut bool) {
		s := executable.Program{Kind: executable.Script, Line: line, Cut: cut}.Shebang()
		if s.Fault == "" && (s.Interpreter == "" || strings.ContainsAny(s.Interpreter, " \t\x00")) {
			t.Errorf("%q gives the interpreter %q", line, s.Interpreter)
		}
		if rest, ok := executable.Env([]string{s.Argument}); ok && len(rest) == 0 {
			t.Errorf("env starts nothing of %q", s.Argument)
		}
	})
}
