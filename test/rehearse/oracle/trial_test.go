package oracle

import (
	"fmt"
	"math/rand/v2"
	"strings"

	specs "github.com/opencontainers/image-spec/specs-go/v1"
)

// trial is one image, and how it is called in failures.
type trial struct {
	name   string
	about  []string
	config specs.ImageConfig
	base   string
	layers [][]entry
	// guess says that a shell gets the program's name, so that the validator can only guess what
	// starts.
	guess bool
}

// maker makes one trial.
type maker struct {
	*rand.Rand
	trial trial
	// where is the program, without a slash before it.
	where string
}

// choice is one way to do something, and what it is called.
type choice struct {
	name string
	do   func(m *maker)
}

// take makes a choice.
func (m *maker) take(c choice) {
	if c.name != "" {
		m.trial.about = append(m.trial.about, c.name)
	}
	if c.do != nil {
		c.do(m)
	}
}

// add puts entries into the uppermost layer, above into a new one.
func (m *maker) add(entries ...entry) {
	n := len(m.trial.layers) - 1
	m.trial.layers[n] = append(m.trial.layers[n], entries...)
}

func (m *maker) above(entries ...entry) { m.trial.layers = append(m.trial.layers, entries) }

// sides are what a trial has to choose. The first of each is plain.
var sides = [][]choice{contents, places, calls, folders, paths, users, layerings}

// table gives all trials: one for each choice with all else plain, and so many of chance.
func table(chance int) []trial {
	var all []trial
	for side, choices := range sides {
		for n := range choices {
			all = append(all, made(uint64(len(all)), fmt.Sprintf("alone-%d-%d", side, n), func(m *maker, at int) int {
				if at == side {
					return n
				}
				return 0
			}))
		}
	}
	for seed := range uint64(chance) {
		all = append(all, made(seed, fmt.Sprintf("seed-%d", seed), func(m *maker, at int) int {
			// What is plain comes most often, so that an image has one oddity or two, and not seven
			// that hide each other.
			if m.IntN(3) > 0 {
				return 0
			}
			return m.IntN(len(sides[at]))
		}))
	}
	return all
}

// made makes the trial of a seed.
func made(seed uint64, name string, choose func(m *maker, side int) int) trial {
	m := &maker{Rand: rand.New(rand.NewPCG(seed, 1)), trial: trial{name: name, layers: [][]entry{nil}}}
	m.trial.base = []string{"bare", "busybox", "hard-linked busybox", "debian"}[m.IntN(4)]
	m.trial.about = append(m.trial.about, "on "+m.trial.base)
	m.add(folder("srv"), exe("srv/other", elf{}.bytes()), link("home", "srv"))
	m.add(link("nowhere", "/none/at/all"), link("round", "/round"))
	m.where = []string{"bin/app", "opt/app", "srv/app", "usr/local/bin/app"}[m.IntN(4)]
	if m.trial.base == "debian" && m.where == "bin/app" {
		m.where = "usr/bin/app" // /bin is a link there, which a folder would hide
	}
	for side, choices := range sides {
		m.take(choices[choose(m, side)])
	}
	return m.trial
}

// folder is where the program is.
func (m *maker) folder() string { return m.where[:strings.LastIndexByte(m.where, '/')] }

func (m *maker) is(mode int64, body []byte) { m.add(file(m.where, mode, body)) }

func (m *maker) says(text string) { m.is(0o755, []byte(text)) }

// shell is a shell of the base, or a program in its place.
func (m *maker) shell() string {
	if m.trial.base == "bare" {
		return "/srv/other"
	}
	return "/bin/sh"
}
