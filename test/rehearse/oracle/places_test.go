package oracle

import (
	"fmt"
	"strings"
)

// moved puts what was made under another name.
func (m *maker) moved(to string) {
	top := m.trial.layers[len(m.trial.layers)-1]
	for n := range top {
		if top[n].Name == m.where {
			top[n].Name = to
		}
	}
}

// chain is so many links, of which the last one leads to the program.
func (m *maker) chain(links int) {
	m.moved("srv/real")
	target := "/srv/real"
	for n := range links - 1 {
		name := fmt.Sprintf("srv/l%d", n)
		m.add(link(name, target))
		target = []string{"/" + name, "../" + name, name[len("srv/"):]}[m.IntN(3)]
		if !strings.HasPrefix(target, "/") && n+2 == links {
			target = "/" + name
		} else if strings.HasPrefix(target, "../") {
			target = "../" + name
		}
	}
	m.add(link(m.where, target))
}

// places say where the program is.
var places = []choice{
	{"", nil},
	{"behind a link", func(m *maker) { m.chain(1) }},
	{"behind some links", func(m *maker) { m.chain(2 + m.IntN(6)) }},
	{"behind 40 links", func(m *maker) { m.chain(40) }},
	{"behind 41 links", func(m *maker) { m.chain(41) }},
	{"behind a link out of the root", func(m *maker) {
		m.moved("srv/real")
		m.add(link(m.where, "../../../../../../srv/real"))
	}},
	{"behind a link with a slash", func(m *maker) {
		m.moved("srv/real")
		m.add(link(m.where, "/srv/real/"))
	}},
	{"behind a link to nothing", func(m *maker) {
		m.moved("srv/real")
		m.add(link(m.where, "/srv/reel"))
	}},
	{"behind a link to itself", func(m *maker) {
		m.moved("srv/real")
		m.add(link(m.where, "/"+m.where))
	}},
	{"behind a link with an odd way", func(m *maker) {
		m.moved("srv/real")
		m.add(link(m.where, "/home/.././srv//real"))
	}},
	{"a hard link", func(m *maker) {
		m.moved("srv/real")
		m.add(hard(m.where, "srv/real"))
	}},
	{"a hard link with a slash", func(m *maker) {
		m.moved("srv/real")
		m.add(hard(m.where, "/./srv/real"))
	}},
	{"a hard link to a link", func(m *maker) {
		m.moved("srv/real")
		m.add(link("srv/way", "/srv/real"), hard(m.where, "srv/way"))
	}},
	{"a hard link behind a link", func(m *maker) {
		m.moved("srv/real")
		m.add(hard(m.where, "home/real"))
	}},
	{"a hard link before its file", func(m *maker) {
		m.moved("srv/real")
		top := len(m.trial.layers) - 1
		m.trial.layers[top] = append([]entry{hard(m.where, "srv/real")}, m.trial.layers[top]...)
	}},
	{"a hard link to a folder", func(m *maker) { m.add(hard("srv/again", "srv")) }},
	{"a hard link into the layer below", func(m *maker) {
		m.moved("srv/real")
		m.above(hard(m.where, "srv/real"))
	}},
	{"a hard link that nothing starts into the layer below",
		func(m *maker) { m.above(hard("srv/again", "srv/other")) }},
	{"a hard link to a copy of the layer below", func(m *maker) {
		m.moved("srv/real")
		m.above(exe("srv/real", elf{}.bytes()), hard(m.where, "srv/real"))
	}},
	{"a hard link to nothing", func(m *maker) { m.add(hard("srv/again", "srv/nothing")) }},
	{"a hard link to what was replaced", func(m *maker) {
		m.moved("srv/real")
		m.add(hard(m.where, "srv/real"), script("srv/real", "no program\n"))
	}},
	{"with a leading dot", func(m *maker) { m.moved("./" + m.where) }},
	{"twice in a layer", func(m *maker) { m.add(exe(m.where, elf{}.bytes())) }},
	{"first another", func(m *maker) {
		top := len(m.trial.layers) - 1
		m.trial.layers[top] = append([]entry{file(m.where, 0o644, nil)}, m.trial.layers[top]...)
	}},
}
