package drawing

import (
	"fmt"
	"math"
	"strings"

	"archway/test/internal/scene"
)

const (
	whoWidth    = 190.0
	chipPadding = 8.0
	chipGap     = 6.0
)

// identities draws a row for everybody who may do something.
func (c *canvas) identities(all []scene.Identity, y float64) float64 {
	for i, who := range all {
		if i > 0 {
			c.line("rule", false, [2]float64{margin, y}, [2]float64{margin + inner, y})
			y += small
		}
		y = c.identity(who, y)
	}
	return y
}

func (c *canvas) identity(who scene.Identity, y float64) float64 {
	left := y
	for _, line := range strong.wrap(who.Name, whoWidth-12, 3) {
		left = c.text(margin, left, strong, "", line)
	}
	for _, line := range normal.wrap(who.As, whoWidth-12, 2) {
		left = c.text(margin, left, normal, "muted", line)
	}
	if who.Mark != "" {
		left = c.text(margin, left, boldChip, "on-"+string(who.Mark), marks[who.Mark])
	}
	x, right := margin+whoWidth, y
	rowHeight := 0.0
	for _, p := range who.May {
		chip := newChip(p)
		if x > margin+whoWidth && x+chip.width > margin+inner {
			x, right, rowHeight = margin+whoWidth, right+rowHeight+chipGap, 0
		}
		c.chip(chip, x, right)
		x += chip.width + chipGap
		rowHeight = math.Max(rowHeight, chip.height)
	}
	if len(who.May) == 0 {
		rowHeight = c.text(x, right, normal, "muted", "nothing") - right
	}
	return math.Max(left, right+rowHeight) + small
}

// chip is a permission, broken into lines. The thing is in bold.
type chip struct {
	class         string
	tip           string
	thing         []string
	verbs         []string
	beside        bool // the verbs stand beside the thing
	mark          scene.Mark
	width, height float64
}

func newChip(p scene.Permission) chip {
	const most = inner - whoWidth - 2*chipPadding
	verbs := strings.Join(p.Verbs, ", ")
	if len(p.Conditions) > 0 {
		verbs += " if " + strings.Join(p.Conditions, ", ")
	}
	c := chip{class: string(p.Class), tip: strings.Join(p.Actions, "\n")}
	switch {
	case p.Denied:
		c.class, verbs = "denied", "denied: "+verbs
	case p.Any:
		c.class += " any"
	}
	switch p.Mark {
	case scene.Added:
		p.Thing, c.mark = "+ "+p.Thing, p.Mark
	case scene.Removed:
		p.Thing, c.mark, verbs = "− "+p.Thing, p.Mark, "no longer: "+verbs
	}
	thing := boldChip.width(p.Thing)
	if c.beside = thing+chipGap+normal.width(verbs) <= most; c.beside {
		c.thing, c.verbs = []string{p.Thing}, []string{verbs}
		c.width, c.height = thing+chipGap+normal.width(verbs), normal.line()
	} else {
		c.thing, c.verbs = boldChip.wrap(p.Thing, most, 2), normal.wrap(verbs, most, 10)
		for _, line := range c.thing {
			c.width = math.Max(c.width, boldChip.width(line))
		}
		for _, line := range c.verbs {
			c.width = math.Max(c.width, normal.width(line))
		}
		c.height = float64(len(c.thing)+len(c.verbs)) * normal.line()
	}
	c.width += 2 * chipPadding
	c.height += 6
	if p.Denied {
		c.tip = fmt.Sprintf("denied:\n%s", c.tip)
	}
	return c
}

var boldChip = font{"t", 12, true}

func (c *canvas) chip(chip chip, x, y float64) {
	c.box(Box{X: x, Y: y, W: chip.width, H: chip.height, Class: marked("chip "+chip.class, chip.mark), Round: 9,
		Tip: chip.tip})
	x += chipPadding
	at := y + 3
	for _, line := range chip.thing {
		c.text(x, at, boldChip, "on-"+chip.class, line)
		if !chip.beside {
			at += normal.line()
		}
	}
	if chip.beside {
		x += boldChip.width(chip.thing[0]) + chipGap
	}
	for _, line := range chip.verbs {
		at = c.text(x, at, normal, "on-"+chip.class, line)
	}
}

// legend says what the colors of the permissions mean; and of a change, what the marks do.
func (c *canvas) legend(y float64, change bool) float64 {
	x := margin
	y += small
	height := 0.0
	for _, p := range legend(change) {
		chip := newChip(p)
		chip.tip = ""
		if x+chip.width > margin+inner {
			x, y = margin, y+height+chipGap
		}
		c.chip(chip, x, y)
		x += chip.width + chipGap
		height = math.Max(height, chip.height)
	}
	return y + height
}

// legend are the permissions that stand for all of their kind.
func legend(change bool) []scene.Permission {
	all := []scene.Permission{
		{Thing: "reads", Class: scene.Reads, Verbs: []string{"changes nothing"}},
		{Thing: "runs", Class: scene.Runs, Verbs: []string{"starts something"}},
		{Thing: "writes", Class: scene.Writes, Verbs: []string{"changes something"}},
		{Thing: "dashed", Class: scene.Reads, Verbs: []string{"names no resource"}, Any: true},
	}
	if change {
		all = append(all,
			scene.Permission{Thing: "new", Class: scene.Reads, Verbs: []string{"from now on"}, Mark: scene.Added},
			scene.Permission{Thing: "gone", Class: scene.Reads, Verbs: []string{"what was so far"},
				Mark: scene.Removed})
	}
	return all
}
