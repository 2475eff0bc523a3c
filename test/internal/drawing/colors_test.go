package drawing

import (
	"fmt"
	"math"
	"testing"
)

// contrast is that of WCAG 2.
func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	x, y := luminance(t, a), luminance(t, b)
	return (math.Max(x, y) + 0.05) / (math.Min(x, y) + 0.05)
}

func luminance(t *testing.T, color string) float64 {
	t.Helper()
	var rgb [3]int
	if _, err := fmt.Sscanf(color, "#%02x%02x%02x", &rgb[0], &rgb[1], &rgb[2]); err != nil {
		t.Fatalf("%s is no color: %v", color, err)
	}
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		v := float64(rgb[i]) / 255
		if v <= 0.04045 {
			v /= 12.92
		} else {
			v = math.Pow((v+0.055)/1.055, 2.4)
		}
		sum += weight * v
	}
	return sum
}

// Everything can be read in both schemes: WCAG 2 asks for 4.5 for text, and for 3 for what one has
// to see to understand.
func TestContrast(t *testing.T) {
	for name, p := range map[string]palette{"light": light, "dark": dark} {
		check := func(what, a, b string, least float64) {
			if got := contrast(t, a, b); got < least {
				t.Errorf("%s: %s has a contrast of %.2f, expected %g or more", name, what, got, least)
			}
		}
		for what, background := range map[string]string{
			"page":  p.page,
			"frame": p.frame,
			"stage": p.stage,
			"card":  p.card,
		} {
			check("text on "+what, p.ink, background, 4.5)
			check("muted text on "+what, p.muted, background, 4.5)
			check("a line on "+what, p.flow, background, 3)
			for mark, color := range p.marks {
				check(mark+" on "+what, color, background, 4.5)
			}
		}
		for class, colors := range p.chips {
			check("the chip "+class, colors[1], colors[0], 4.5)
			check("the edge of the chip "+class, colors[1], p.page, 3)
		}
		for kind, color := range p.kinds {
			check("the stripe of "+kind, color, p.card, 3)
		}
	}
}
