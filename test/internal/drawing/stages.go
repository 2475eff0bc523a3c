package drawing

import (
	"math"

	"archway/test/internal/scene"
)

// stageInset is the room between the frame of the pipeline and its stages.
const stageInset = 16.0

// stages draws the pipeline: a frame with its stages, from left to right and then below.
func (c *canvas) stages(s scene.Scene, y float64) float64 {
	columns := evenly(len(s.Stages))
	stageWidth := (inner - 2*stageInset - float64(columns-1)*gap) / float64(columns)
	at := y + stageInset
	left, right := margin+stageInset, margin+inner-stageInset
	for start := 0; start < len(s.Stages); start += columns {
		row := s.Stages[start:min(start+columns, len(s.Stages))]
		if start > 0 {
			// From the end of the row above to the start of this one, through the room between
			// them.
			from := at - gap
			c.line("flow", true,
				[2]float64{right - stageWidth/2, from}, [2]float64{right - stageWidth/2, from + gap/2},
				[2]float64{left + 14, from + gap/2}, [2]float64{left + 14, at})
		}
		height := 0.0
		for _, stage := range row {
			height = math.Max(height, stageHeight(stage, stageWidth))
		}
		for i, stage := range row {
			x := left + float64(i)*(stageWidth+gap)
			if i > 0 {
				c.line("flow", true, [2]float64{x - gap, at + 18}, [2]float64{x, at + 18})
			}
			c.stage(stage, x, at, stageWidth, height)
		}
		at += height + gap
	}
	bottom := at - gap + stageInset
	c.frames = append(c.frames, Box{X: margin, Y: y, W: inner, H: bottom - y, Class: "frame", Round: 10})
	return bottom
}

const (
	stagePadding = 8.0
	then         = "then"
)

func stageHeight(s scene.Stage, width float64) float64 {
	height := stagePadding + section.line() + 4
	if s.Mark != "" {
		height += boldChip.line()
	}
	for _, note := range s.Notes {
		height += float64(len(normal.wrap(note, width-2*stagePadding, 3))) * normal.line()
	}
	for i, group := range s.Groups {
		if i > 0 {
			height += normal.line()
		}
		for _, card := range group {
			height += cardHeight(card, width-2*stagePadding) + small
		}
	}
	return height
}

func (c *canvas) stage(s scene.Stage, x, y, width, height float64) {
	c.box(Box{X: x, Y: y, W: width, H: height, Class: marked("stage", s.Mark), Round: 7, Tip: "Stage " + s.Name})
	at := c.text(x+stagePadding, y+stagePadding, section, "", section.cut(s.Name, width-2*stagePadding))
	if s.Mark != "" {
		at = c.text(x+stagePadding, at, boldChip, "on-"+string(s.Mark), marks[s.Mark])
	}
	for _, note := range s.Notes {
		for _, line := range normal.wrap(note, width-2*stagePadding, 3) {
			at = c.text(x+stagePadding, at, normal, "muted", line)
		}
	}
	at += 4
	for i, group := range s.Groups {
		if i > 0 {
			at = c.text(x+(width-normal.width(then))/2, at-small/2, normal, "muted", then) + small/2
		}
		for _, card := range group {
			h := cardHeight(card, width-2*stagePadding)
			c.card(card, x+stagePadding, at, width-2*stagePadding, h)
			at += h + small
		}
	}
}
