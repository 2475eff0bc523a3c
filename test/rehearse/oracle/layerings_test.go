package oracle

// layerings change what is there by another layer.
var layerings = []choice{
	{"", nil},
	{"under an empty layer", func(m *maker) { m.above(folder("srv")) }},
	{"taken away", func(m *maker) { m.above(gone(m.where)) }},
	{"taken away and back again", func(m *maker) {
		m.above(gone(m.where))
		m.above(exe(m.where, elf{}.bytes()))
	}},
	{"taken away behind its new file", func(m *maker) { m.above(exe(m.where, elf{}.bytes()), gone(m.where)) }},
	{"a file is taken away, and its folder", func(m *maker) { m.above(gone("etc/group"), gone("etc")) }},
	{"a folder is taken away, and its file", func(m *maker) { m.above(gone("etc"), gone("etc/group")) }},
	{"a file is taken away twice", func(m *maker) { m.above(gone("etc/group"), gone("etc/group")) }},
	{"a folder is hidden and taken away", func(m *maker) { m.above(opaque("etc"), gone("etc")) }},
	{"a folder is taken away and hidden", func(m *maker) { m.above(gone("etc"), opaque("etc")) }},
	{"a folder is hidden twice, and a file taken away", func(m *maker) {
		m.above(opaque("etc"), opaque("etc"), gone("etc/group"))
	}},
	{"what isn't there is taken away", func(m *maker) { m.above(gone("srv/nosuch"), gone("new/nosuch")) }},
	{"taken away before its new file", func(m *maker) { m.above(gone(m.where), exe(m.where, elf{}.bytes())) }},
	{"its folder is hidden behind its new file", func(m *maker) {
		m.above(exe(m.where, elf{}.bytes()), opaque(m.folder()))
	}},
	{"its folder is taken away and made again", func(m *maker) {
		m.above(gone(m.folder()), folder(m.folder()), exe(m.folder()+"/more", elf{}.bytes()))
	}},
	{"its folder is taken away, and it is there again", func(m *maker) {
		m.above(gone(m.folder()), exe(m.where, elf{}.bytes()))
	}},
	{"a folder is taken away, and a file in it put far below", func(m *maker) {
		m.above(gone("srv/old"), exe("srv/old/deep/file", nil))
	}},
	{"a file has a file in it", func(m *maker) { m.above(exe("srv/more", nil), exe("srv/more/file", nil)) }},
	{"a file that was a folder has a file in it", func(m *maker) {
		m.above(exe("srv/more/one", nil), exe("srv/more", nil), exe("srv/more/two", nil))
	}},
	{"a folder in a file's place has a file in it", func(m *maker) {
		m.above(exe("srv/more", nil), folder("srv/more"), exe("srv/more/file", nil))
	}},
	{"a file is taken away below a link of another layer", func(m *maker) { m.above(gone("home/nosuch")) }},
	{"a file is taken away below a link of its own layer", func(m *maker) {
		m.above(link("way", "srv"), gone("way/nosuch"), gone("srv/nosuch"))
	}},
	{"replaced", func(m *maker) { m.above(exe(m.where, elf{}.bytes())) }},
	{"replaced by a folder", func(m *maker) { m.above(folder(m.where)) }},
	{"replaced by a text", func(m *maker) { m.above(script(m.where, "exit 42\n")) }},
	{"its folder is taken away", func(m *maker) { m.above(gone(m.folder())) }},
	{"its folder is hidden", func(m *maker) {
		m.above(folder(m.folder()), opaque(m.folder()))
	}},
	{"its folder is hidden and filled", func(m *maker) {
		m.above(opaque(m.folder()), exe(m.where, elf{}.bytes()))
	}},
	{"its folder becomes a link", func(m *maker) { m.above(link(m.folder(), "/srv")) }},
	{"its folder becomes a file", func(m *maker) {
		m.above(file(m.folder(), 0o755, nil))
	}},
	{"a folder takes a link's place", func(m *maker) { m.above(exe("home/new", nil)) }},
	{"the whole of the base is hidden", func(m *maker) { m.above(gone("usr"), gone("lib"), gone("bin")) }},
	{"another file beside it", func(m *maker) { m.above(exe("srv/more", elf{}.bytes())) }},
	{"the link to the loader is hidden by a folder", func(m *maker) { m.above(file("lib64/readme", 0o644, nil)) }},
}
