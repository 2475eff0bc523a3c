package drawing

import (
	"strings"
	"unicode/utf8"
)

// The width of ASCII's printable characters in thousandths of the font's size, as Chromium measures
// them in DejaVu Sans, regular and bold. The picture asks for no font that is wider, so text takes
// this much room or less wherever it is shown.
var widths = map[bool][]int{
	false: {318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636, 636, 636, 636, 636,
		636, 636, 636, 636, 636, 337, 337, 838, 838, 838, 531, 1000, 684, 686, 698, 770, 632, 575, 775, 752, 295, 295,
		656, 557, 863, 748, 787, 603, 787, 695, 635, 611, 732, 684, 989, 685, 611, 685, 390, 337, 390, 838, 500, 500,
		613, 635, 550, 635, 615, 352, 635, 634, 278, 278, 579, 278, 974, 634, 612, 635, 635, 411, 521, 392, 634, 592,
		818, 592, 592, 525, 636, 337, 636, 838},
	true: {348, 456, 521, 838, 696, 1002, 872, 306, 457, 457, 523, 838, 380, 415, 380, 365, 696, 696, 696, 696, 696,
		696, 696, 696, 696, 696, 400, 400, 838, 838, 838, 580, 1000, 774, 762, 734, 830, 683, 683, 821, 837, 372, 372,
		775, 637, 995, 837, 850, 733, 850, 770, 720, 682, 812, 774, 1103, 771, 724, 725, 457, 365, 457, 838, 500, 500,
		675, 716, 593, 716, 678, 435, 716, 712, 343, 343, 665, 343, 1042, 712, 687, 716, 716, 493, 595, 478, 712, 652,
		924, 645, 652, 582, 712, 365, 712, 838},
}

// elsewhere is the width of any other character: none is wider.
const elsewhere = 1000

// font is one of the picture's fonts.
type font struct {
	class string // in the style sheet
	size  float64
	bold  bool
}

// leading is the distance between two lines of a text, and the height of each, in sizes of its
// font.
const leading = 1.3

func (f font) line() float64 { return f.size * leading }

// width is how wide a text is at most.
func (f font) width(text string) float64 {
	sum := 0
	for _, r := range text {
		if r >= ' ' && r <= '~' {
			sum += widths[f.bold][r-' ']
		} else {
			sum += elsewhere
		}
	}
	return float64(sum) * f.size / 1000
}

// wrap breaks a text into at most so many lines: at spaces where it can, after what joins the parts
// of a name otherwise. What is left over becomes an ellipsis.
func (f font) wrap(text string, width float64, most int) []string {
	var lines []string
	rest := strings.TrimSpace(text)
	for rest != "" {
		if len(lines) == most-1 {
			return append(lines, f.cut(rest, width))
		}
		n := f.fitting(rest, width)
		lines = append(lines, strings.TrimSpace(rest[:n]))
		rest = strings.TrimSpace(rest[n:])
	}
	return lines
}

// fitting is how many bytes of a text fit into a line.
func (f font) fitting(text string, width float64) int {
	if f.width(text) <= width {
		return len(text)
	}
	end, space, joint := 0, 0, 0
	for i, r := range text {
		next := i + utf8.RuneLen(r)
		if f.width(strings.TrimRight(text[:next], " ")) > width {
			break
		}
		end = next
		switch {
		case r == ' ':
			space = next
		case strings.ContainsRune("-_/.:,", r):
			joint = next
		}
	}
	switch {
	case space > 0:
		return space
	case joint > 0:
		return joint
	}
	return max(end, 1)
}

// cut shortens a text to one line.
func (f font) cut(text string, width float64) string {
	if f.width(text) <= width {
		return text
	}
	runes := []rune(text)
	for len(runes) > 0 && f.width(string(runes)+"…") > width {
		runes = runes[:len(runes)-1]
	}
	return string(runes) + "…"
}
