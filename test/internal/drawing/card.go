package drawing

import "archway/test/internal/scene"

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
	for _, text := range strong.wrap(card.Title, width, 3) {
		lines = append(lines, cardLine{strong, "", text})
	}
	for _, line := range card.Lines {
		for _, text := range normal.wrap(line, width, 3) {
			lines = append(lines, cardLine{normal, "muted", text})
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
	c.box(Box{X: x, Y: y, W: width, H: height, Class: "card", Round: 5, Tip: card.Title})
	c.box(Box{X: x + 1, Y: y + 5, W: stripe, H: height - 10, Class: "k-" + string(card.Kind), Round: 2})
	at := y + padding
	for _, l := range cardLines(card, width) {
		at = c.text(x+padding+stripe, at, l.font, l.class, l.text)
	}
}
