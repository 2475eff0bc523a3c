package drawing

import (
	"strings"

	"archway/test/internal/scene"
)

// The fonts.
var (
	heading = font{"h", 20, true}
	section = font{"s", 14, true}
	strong  = font{"b", 13, true}
	normal  = font{"n", 12, false}
)

// The room within a card.
const (
	padding = 9.0
	stripe  = 4.0
)

// cardLine is a line of a card with its font.
type cardLine struct {
	font  font
	class string
	text  string
}

// cardLines breaks a card's words into lines.
func cardLines(card scene.Card, width float64) []cardLine {
	width -= 2*padding + stripe
	var lines []cardLine
	if card.Mark != "" {
		lines = append(lines, cardLine{boldChip, "on-" + string(card.Mark), marks[card.Mark]})
	}
	for _, text := range strong.wrap(card.Title, width, 3) {
		lines = append(lines, cardLine{strong, "", text})
	}
	for _, line := range card.Lines {
		class := "muted"
		if strings.HasPrefix(line, scene.Was) {
			class = "muted gone"
		}
		for _, text := range normal.wrap(line, width, 3) {
			lines = append(lines, cardLine{normal, class, text})
		}
	}
	return lines
}

func cardHeight(card scene.Card, width float64) float64 {
	height := 2 * padding
	for _, l := range cardLines(card, width) {
		height += l.font.line()
	}
	return height
}

// card draws a card.
func (c *canvas) card(card scene.Card, x, y, width, height float64) {
	c.box(Box{X: x, Y: y, W: width, H: height, Class: marked("card", card.Mark), Round: 5, Tip: card.Title})
	c.box(Box{X: x + 1, Y: y + 5, W: stripe, H: height - 10, Class: "k-" + string(card.Kind), Round: 2})
	at := y + padding
	for _, l := range cardLines(card, width) {
		at = c.text(x+padding+stripe, at, l.font, l.class, l.text)
	}
}

// marks are what stands in a box that changes; its color alone would not be enough for everybody.
var marks = map[scene.Mark]string{
	scene.Added: "+ added", scene.Removed: "− removed", scene.Replaced: "! replaced", scene.Changed: "~ changed",
}

// marked is the class of a box that may be marked.
func marked(class string, mark scene.Mark) string {
	if mark == "" {
		return class
	}
	return class + " m-" + string(mark)
}
