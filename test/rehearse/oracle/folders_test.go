package oracle

// folders are working folders.
var folders = []choice{
	{"", nil},
	{"in /", func(m *maker) { m.trial.config.WorkingDir = "/" }},
	{"in the program's folder", func(m *maker) { m.trial.config.WorkingDir = "/" + m.folder() }},
	{"in a new folder", func(m *maker) { m.trial.config.WorkingDir = "/new/and/deep" }},
	{"in a folder with a slash", func(m *maker) { m.trial.config.WorkingDir = "/srv/" }},
	{"in a link", func(m *maker) { m.trial.config.WorkingDir = "/home" }},
	{"below a link", func(m *maker) { m.trial.config.WorkingDir = "/home/new" }},
	{"in a relative folder", func(m *maker) { m.trial.config.WorkingDir = "srv" }},
	{"in .", func(m *maker) { m.trial.config.WorkingDir = "." }},
	{"in a file", func(m *maker) { m.trial.config.WorkingDir = "/srv/other" }},
	{"below a file", func(m *maker) { m.trial.config.WorkingDir = "/srv/other/deep" }},
	{"in a link to nothing", func(m *maker) { m.trial.config.WorkingDir = "/nowhere" }},
	{"below a link to nothing", func(m *maker) { m.trial.config.WorkingDir = "/nowhere/deep" }},
	{"in a circle", func(m *maker) { m.trial.config.WorkingDir = "/round" }},
	{"in a link to a file", func(m *maker) {
		m.add(link("srv/tofile", "other"))
		m.trial.config.WorkingDir = "/srv/tofile"
	}},
	{"in an odd way", func(m *maker) { m.trial.config.WorkingDir = "/srv/.././/home" }},
	{"above the root", func(m *maker) { m.trial.config.WorkingDir = "/../../srv" }},
	{"through a new folder", func(m *maker) { m.trial.config.WorkingDir = "/new/../srv" }},
	{"in /proc", func(m *maker) { m.trial.config.WorkingDir = "/proc/self" }},
	{"in /dev/shm", func(m *maker) { m.trial.config.WorkingDir = "/dev/shm" }},
}

// paths are PATHs. They matter where something is called by name.
var paths = []choice{
	{"", nil},
	{"default PATH", func(m *maker) { m.path("/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin") }},
	{"PATH with all", func(m *maker) { m.path("/bin:/usr/bin:/opt:/srv:/usr/local/bin") }},
	{"empty PATH", func(m *maker) { m.path("") }},
	{"PATH of colons", func(m *maker) { m.path("::") }},
	{"PATH that begins empty", func(m *maker) { m.path(":/bin:/usr/bin:/opt:/srv:/usr/local/bin") }},
	{"PATH that ends empty", func(m *maker) { m.path("/bin:/usr/bin:/opt:/srv:/usr/local/bin:") }},
	{"relative PATH", func(m *maker) { m.path("bin:usr/bin:opt:srv:usr/local/bin") }},
	{"relative PATH first", func(m *maker) {
		m.path("srv:usr/bin:bin:opt:usr/local/bin:/bin:/usr/bin:/opt:/srv:/usr/local/bin")
	}},
	{"relative PATH last", func(m *maker) { m.path("/bin:/usr/bin:/opt:/srv:/usr/local/bin:bin") }},
	{"PATH with a dot", func(m *maker) { m.path(".:/bin:/usr/bin:/opt:/srv:/usr/local/bin") }},
	{"PATH with slashes", func(m *maker) { m.path("/bin/:/usr/bin//:/opt/./:/srv/../srv:/usr/local/bin") }},
	{"PATH through a link and back", func(m *maker) {
		m.path("/home/../bin:/nowhere/../usr/bin:/missing/../opt:/home:/usr/local/bin")
	}},
	{"PATH with missing folders", func(m *maker) {
		m.path("/missing:/srv/other:/nowhere:/round:/bin:/usr/bin:/opt:/srv:/usr/local/bin")
	}},
	{"PATH with a bad one first", func(m *maker) {
		m.add(file("srv/plain/app", 0o644, elf{}.bytes()), folder("srv/dir/app"), link("srv/dangling/app", "/none"))
		m.path("/srv/plain:/srv/dir:/srv/dangling:/bin:/usr/bin:/opt:/srv:/usr/local/bin")
	}},
	{"PATH with a text first", func(m *maker) {
		m.add(script("srv/text/app", "exit 42\n"))
		m.path("/srv/text:/bin:/usr/bin:/opt:/srv:/usr/local/bin")
	}},
	{"PATH with a pipe first", func(m *maker) {
		e := file("srv/pipe/app", 0o755, nil)
		e.Typeflag = '6'
		m.add(e)
		m.path("/srv/pipe:/bin:/usr/bin:/opt:/srv:/usr/local/bin")
	}},
	{"two PATHs", func(m *maker) {
		m.trial.config.Env = []string{"PATH=/missing", "A=1", "PATH=/bin:/usr/bin:/opt:/srv:/usr/local/bin"}
	}},
}

// path sets PATH, and in half of all cases a call by name, without which it would say nothing.
func (m *maker) path(value string) {
	if len(m.trial.config.Env) > 0 {
		return // the call needs its own
	}
	m.trial.config.Env = []string{"PATH=" + value}
	if m.IntN(2) == 0 && len(m.trial.config.Cmd) == 0 {
		m.trial.about = append(m.trial.about, "by name")
		m.trial.config.Entrypoint = []string{"app"}
	}
}
