// Package drawing makes an SVG picture of a scene. Where everything is, is known before it is
// written, so that a test can tell whether something overlaps.
package drawing

import "math"

// Box is a rectangle, with rounded corners.
type Box struct {
	X, Y, W, H float64
	Class      string
	Round      float64
	// Tip is what a pointer that rests on it is told.
	Tip string
}

// Text is one line of text.
type Text struct {
	X, Y, W float64 // Y is the top of the line
	Font    font
	Class   string // besides that of the font
	Text    string
}

// Line is a line from point to point.
type Line struct {
	Points [][2]float64
	Class  string
	Arrow  bool
}

// canvas takes shapes, in the order in which they are painted.
type canvas struct {
	frames []Box // behind everything else
	shapes []any // Box, Text or Line
	width  float64
	height float64
}

func (c *canvas) box(b Box) { c.shapes = append(c.shapes, b) }

// text writes one line and returns where the next one begins.
func (c *canvas) text(x, y float64, f font, class, text string) float64 {
	c.shapes = append(c.shapes, Text{X: x, Y: y, W: f.width(text), Font: f, Class: class, Text: text})
	return y + f.line()
}

func (c *canvas) line(class string, arrow bool, points ...[2]float64) {
	c.shapes = append(c.shapes, Line{points, class, arrow})
}

// round keeps the numbers in the file short, and the same on every machine.
func round(v float64) float64 { return math.Round(v*10) / 10 }
