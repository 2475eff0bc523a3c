package oracle

// calls say how the program is started.
var calls = []choice{
	{"", func(m *maker) { m.trial.config.Entrypoint = []string{"/" + m.where} }},
	{"as a command", func(m *maker) { m.trial.config.Cmd = []string{"/" + m.where} }},
	{"by name", func(m *maker) {
		m.trial.config.Entrypoint = []string{"app"}
		if m.IntN(2) == 0 {
			m.trial.config.Env = []string{"PATH=/bin:/usr/bin:/" + m.folder()}
		}
	}},
	{"with an argument", func(m *maker) {
		m.trial.config.Entrypoint, m.trial.config.Cmd = []string{"/" + m.where}, []string{"-x"}
	}},
	{"relatively", func(m *maker) { m.trial.config.Entrypoint = []string{m.where} }},
	{"in its folder", func(m *maker) { m.trial.config.Entrypoint = []string{"./app"} }},
	{"with a slash behind it", func(m *maker) { m.trial.config.Entrypoint = []string{"/" + m.where + "/"} }},
	{"with a dot behind it", func(m *maker) { m.trial.config.Entrypoint = []string{"/" + m.where + "/."} }},
	{"in an odd way", func(m *maker) { m.trial.config.Entrypoint = []string{"//srv/../" + m.where} }},
	{"below itself", func(m *maker) { m.trial.config.Entrypoint = []string{"/" + m.where + "/../app"} }},
	{"through a link", func(m *maker) { m.trial.config.Entrypoint = []string{"/home/other"} }},
	{"through a folder that is missing", func(m *maker) {
		m.trial.config.Entrypoint = []string{"/missing/../" + m.where}
	}},
	{"with blanks", func(m *maker) { m.trial.config.Entrypoint = []string{"/" + m.where + " -x"} }},
	{"an empty name", func(m *maker) { m.trial.config.Entrypoint = []string{""} }},
	{"in /proc", func(m *maker) { m.trial.config.Entrypoint = []string{"/proc/self/root/" + m.where} }},
	{"by a shell", func(m *maker) { m.byShell([]string{"/bin/sh", "-c"}, "/"+m.where) }},
	{"by a shell's exec", func(m *maker) { m.byShell([]string{"/bin/sh", "-c"}, "exec /"+m.where+" -x") }},
	{"by env", func(m *maker) { m.trial.config.Entrypoint = []string{"/usr/bin/env", "/" + m.where} }},
	{"by env with a variable", func(m *maker) { m.trial.config.Entrypoint = []string{"env", "A=1", "app"} }},
	{"by env -S", func(m *maker) { m.trial.config.Entrypoint = []string{"/usr/bin/env", "-S", "/" + m.where + " -x"} }},
	{"by env, by a path", func(m *maker) { m.trial.config.Entrypoint = []string{"/usr/bin/env", "-u", "X", m.where} }},
	{"by env -i", func(m *maker) { m.trial.config.Entrypoint = []string{"env", "-i", "A=1", "/" + m.where} }},
	{"by env of env", func(m *maker) { m.trial.config.Entrypoint = []string{"env", "/usr/bin/env", "/" + m.where} }},
	{"a text by env", func(m *maker) {
		m.add(script("srv/text", "exit 42\n"))
		m.trial.config.Entrypoint = []string{"/usr/bin/env", "/srv/text"}
	}},
	{"by nohup", func(m *maker) { m.trial.config.Entrypoint = []string{"nohup", "/" + m.where} }},
	{"by a script", func(m *maker) { m.byShell([]string{"/srv/entry.sh"}, "/"+m.where, "-x") }},
	{"by a script, by name", func(m *maker) { m.byShell([]string{"/srv/entry.sh"}, "app") }},
}

// byShell lets a shell start the program, if there is a real one.
func (m *maker) byShell(entrypoint []string, cmd ...string) {
	m.trial.guess = true
	if m.trial.base == "bare" {
		entrypoint, cmd = nil, []string{"/" + m.where}
	}
	m.add(script("srv/entry.sh", "#!/bin/sh\nexec \"$@\"\n"))
	m.trial.config.Entrypoint, m.trial.config.Cmd = entrypoint, cmd
}

// users are users.
var users = []choice{
	{"", nil},
	{"as root", func(m *maker) { m.trial.config.User = "root" }},
	{"as 0:0", func(m *maker) { m.trial.config.User = "0:0" }},
	{"as somebody", func(m *maker) { m.trial.config.User = "1000" }},
	{"as somebody of a group", func(m *maker) { m.trial.config.User = "1000:1000" }},
	{"as root by name, whom no file knows", func(m *maker) {
		m.trial.config.User = "root"
		m.above(gone("etc/passwd"))
	}},
	{"as root of a group that nobody has", func(m *maker) { m.trial.config.User = "root:nosuch" }},
	{"as a user that nobody has", func(m *maker) { m.trial.config.User = "nosuch" }},
	{"by name", func(m *maker) { m.trial.config.User = "worker" }},
	{"by name and group", func(m *maker) { m.trial.config.User = "worker:staff" }},
}
