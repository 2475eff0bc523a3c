package drawing

import (
	"math"

	"archway/test/internal/scene"
)

// The measures of the picture. GitHub shows a README about 830 px wide: the smallest text is still
// 9.5 px there.
const (
	width  = 960.0
	margin = 20.0
	inner  = width - 2*margin
	gap    = 22.0 // between what an arrow leads from and to
	small  = 8.0
)

// layout draws scenes below each other.
func layout(scenes []scene.Scene) *canvas {
	c := &canvas{width: width}
	y := margin
	for i, s := range scenes {
		if i > 0 {
			y += margin
		}
		y = c.scene(s, y)
	}
	y = c.legend(y+small, changing(scenes))
	c.height = y + margin
	return c
}

func (c *canvas) scene(s scene.Scene, y float64) float64 {
	y = c.text(margin, y, heading, "", heading.cut(s.Title, inner))
	for _, line := range normal.wrap(s.Note, inner, 2) {
		y = c.text(margin, y, normal, "muted", line)
	}
	y += 12
	if len(s.Starts) > 0 {
		y = c.starts(s, y)
	}
	if len(s.Stages) > 0 {
		y = c.stages(s, y) + 18
	}
	if len(s.Others) > 0 {
		y = c.section("What else comes about by itself", y)
		for _, e := range s.Others {
			y = c.event(e, y, 0) + small
		}
		y += 10
	}
	if len(s.Keeps) > 0 {
		y = c.section("What it keeps", y)
		y = c.grid(s.Keeps, y) + 18
	}
	if len(s.Who) > 0 {
		y = c.section("Who may do what", y)
		y = c.identities(s.Who, y)
	}
	if len(s.Also) > 0 {
		y += small
		y = c.section("Also in the template", y)
		text := ""
		for i, also := range s.Also {
			if i > 0 {
				text += ", "
			}
			text += also
		}
		for _, line := range normal.wrap(text, inner, 20) {
			y = c.text(margin, y, normal, "muted", line)
		}
	}
	return y
}

func (c *canvas) section(title string, y float64) float64 {
	return c.text(margin, y, section, "", title) + 6
}

// starts draws the events that start the pipeline, and leads from the last of them into it.
func (c *canvas) starts(s scene.Scene, y float64) float64 {
	// Of several, each leads into the pipeline, by a way beside them.
	way := 0.0
	if len(s.Starts) > 1 && len(s.Stages) > 0 {
		way = small + 10
	}
	var ends []float64
	for i, e := range s.Starts {
		if i > 0 {
			y += small
		}
		top := y
		y = c.event(e, y, way)
		ends = append(ends, (top+y)/2)
	}
	if len(s.Stages) == 0 {
		return y + gap
	}
	// Into the first stage, around everything else.
	first := margin + stageInset + 14
	x := margin + 2*(eventWidth+eventGap) + eventWidth/2
	from := [2]float64{x, y}
	if way > 0 {
		x = margin + inner - 2
		for _, end := range ends[1:] {
			c.line("flow", false, [2]float64{x - way + 2, end}, [2]float64{x, end})
		}
		c.line("flow", false, [2]float64{x - way + 2, ends[0]}, [2]float64{x, ends[0]}, [2]float64{x, y})
		from = [2]float64{x, y}
	}
	c.line("flow", true, from, [2]float64{x, y + gap/2}, [2]float64{first, y + gap/2},
		[2]float64{first, y + gap + stageInset})
	return y + gap
}

// The cards of an event: when, the rule, and what then happens.
const (
	eventGap   = 34.0
	eventWidth = (inner - 2*eventGap) / 3
)

// event draws an event; beside is room that its last card leaves on the right.
func (c *canvas) event(e scene.Event, y, beside float64) float64 {
	cards := []scene.Card{e.When, e.Rule, e.Then}
	wide := []float64{eventWidth, eventWidth, eventWidth - beside}
	height := 0.0
	for i, card := range cards {
		height = math.Max(height, cardHeight(card, wide[i]))
	}
	for i, card := range cards {
		x := margin + float64(i)*(eventWidth+eventGap)
		if i > 0 {
			c.line("flow", true, [2]float64{x - eventGap, y + height/2}, [2]float64{x, y + height/2})
		}
		c.card(card, x, y, wide[i], height)
	}
	return y + height
}

// most is how many cards or stages stand in a row.
const most = 5

// evenly is how many of n stand in a row, so that the rows are filled alike.
func evenly(n int) int {
	rows := (n + most - 1) / most
	return (n + rows - 1) / rows
}

// grid draws cards in rows.
func (c *canvas) grid(cards []scene.Card, y float64) float64 {
	columns := evenly(len(cards))
	cardWidth := (inner - float64(columns-1)*12) / float64(columns)
	for start := 0; start < len(cards); start += columns {
		if start > 0 {
			y += 12
		}
		row := cards[start:min(start+columns, len(cards))]
		height := 0.0
		for _, card := range row {
			height = math.Max(height, cardHeight(card, cardWidth))
		}
		for i, card := range row {
			c.card(card, margin+float64(i)*(cardWidth+12), y, cardWidth, height)
		}
		y += height
	}
	return y
}
