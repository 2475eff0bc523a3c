package drawing

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"archway/test/internal/assembly"
	"archway/test/internal/scene"
)

// rectangle is what a shape covers.
type rectangle struct {
	left, top, right, bottom float64
	what                     string
}

func (r rectangle) overlaps(o rectangle) bool {
	return math.Min(r.right, o.right)-math.Max(r.left, o.left) > tolerance &&
		math.Min(r.bottom, o.bottom)-math.Max(r.top, o.top) > tolerance
}

func (r rectangle) contains(o rectangle) bool {
	return o.left >= r.left-tolerance && o.right <= r.right+tolerance && o.top >= r.top-tolerance &&
		o.bottom <= r.bottom+tolerance
}

// tolerance is for sums of fractions; lines may touch what they lead to.
const tolerance = 0.01

func ofBox(b Box) rectangle {
	return rectangle{b.X, b.Y, b.X + b.W, b.Y + b.H, "box " + b.Class + " " + b.Tip}
}

// checkGeometry finds everything that is in the way of something else.
func checkGeometry(t *testing.T, scenes ...scene.Scene) {
	t.Helper()
	c := layout(scenes)
	page := rectangle{margin, margin, c.width - margin, c.height - margin, "the page"}
	var boxes, texts, lines []rectangle
	for _, f := range c.frames {
		boxes = append(boxes, ofBox(f))
	}
	for _, shape := range c.shapes {
		switch s := shape.(type) {
		case Box:
			boxes = append(boxes, ofBox(s))
		case Text:
			texts = append(texts, rectangle{s.X, s.Y, s.X + s.W, s.Y + s.Font.line(), "text " + s.Text})
		case Line:
			for i := range s.Points[1:] {
				a, b := s.Points[i], s.Points[i+1]
				lines = append(lines,
					rectangle{math.Min(a[0], b[0]) - 0.75, math.Min(a[1], b[1]) - 0.75, math.Max(a[0], b[0]) + 0.75,
						math.Max(a[1], b[1]) + 0.75, "a line " + s.Class})
			}
		}
	}
	if len(texts) == 0 {
		t.Fatal("the picture has no text")
	}
	for i, a := range texts {
		if !page.contains(a) {
			t.Errorf("%s is outside of %s: %+v", a.what, page.what, a)
		}
		for _, b := range texts[i+1:] {
			if a.overlaps(b) {
				t.Errorf("%s lies upon %s", a.what, b.what)
			}
		}
		for _, b := range boxes {
			if a.overlaps(b) && !b.contains(a) {
				t.Errorf("%s sticks out of %s: %+v, %+v", a.what, b.what, a, b)
			}
		}
		for _, l := range lines {
			if a.overlaps(l) {
				t.Errorf("%s crosses %s", l.what, a.what)
			}
		}
	}
	for i, a := range boxes {
		if !page.contains(a) {
			t.Errorf("%s is outside of %s: %+v", a.what, page.what, a)
		}
		for _, b := range boxes[i+1:] {
			if a.overlaps(b) && !a.contains(b) && !b.contains(a) {
				t.Errorf("%s lies upon %s", a.what, b.what)
			}
		}
		if strings.HasPrefix(a.what, "box frame") {
			continue // what starts the pipeline leads into it
		}
		inside := rectangle{a.left + 1, a.top + 1, a.right - 1, a.bottom - 1, a.what}
		for _, l := range lines {
			if l.overlaps(inside) {
				t.Errorf("%s crosses %s", l.what, a.what)
			}
		}
	}
}

func TestNothingOverlapsInTheExample(t *testing.T) {
	found, err := assembly.Read("../../picture/testdata/assembly")
	if err != nil {
		t.Fatal(err)
	}
	stack := found.Stacks[0]
	resources, err := stack.Resources()
	if err != nil {
		t.Fatal(err)
	}
	checkGeometry(t, scene.New(stack.Name, resources))
	checkGeometry(t, scene.New(stack.Name, resources), scene.New(stack.Name, resources))
}

// Marks of what changes have their room too.
func TestMarksFit(t *testing.T) {
	for seed := range uint64(6) {
		r := random{rand.New(rand.NewPCG(seed, 2))}
		was, is := r.scene(), r.scene()
		checkGeometry(t, scene.Merge(&was, &is, nil), scene.Merge(nil, &is, nil), scene.Merge(&was, nil, nil))
	}
}

// Nothing overlaps: whatever a stack holds, and however long its names are.
func TestNothingOverlaps(t *testing.T) {
	for seed := range uint64(60) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			r := random{rand.New(rand.NewPCG(seed, 1))}
			checkGeometry(t, r.scene())
		})
	}
}

type random struct{ *rand.Rand }

func (r random) text(most int) string {
	var b strings.Builder
	for range 1 + r.IntN(most) {
		b.WriteByte("abcdefghimnopqWM0123456789 -_/.:"[r.IntN(32)])
	}
	return strings.TrimSpace(b.String()) + "x"
}

func (r random) texts(most, length int) []string {
	var list []string
	for range r.IntN(most + 1) {
		list = append(list, r.text(length))
	}
	return list
}

func (r random) card() scene.Card {
	return scene.Card{Kind: scene.Build, Title: r.text(100), Lines: r.texts(4, 80)}
}

func (r random) scene() scene.Scene {
	s := scene.Scene{Title: r.text(120), Note: r.text(300), Also: r.texts(20, 60)}
	for range r.IntN(3) {
		s.Starts = append(s.Starts, scene.Event{When: r.card(), Rule: r.card(), Then: r.card()})
	}
	for range r.IntN(4) {
		s.Others = append(s.Others, scene.Event{When: r.card(), Rule: r.card(), Then: r.card()})
	}
	for range r.IntN(12) {
		stage := scene.Stage{Name: r.text(100), Notes: r.texts(2, 60)}
		for range 1 + r.IntN(3) {
			var group []scene.Card
			for range 1 + r.IntN(5) {
				group = append(group, r.card())
			}
			stage.Groups = append(stage.Groups, group)
		}
		s.Stages = append(s.Stages, stage)
	}
	for range r.IntN(13) {
		s.Keeps = append(s.Keeps, r.card())
	}
	for range r.IntN(8) {
		who := scene.Identity{Name: r.text(100), As: r.text(60)}
		for range r.IntN(8) {
			who.May = append(who.May, scene.Permission{
				Thing: r.text(120), Verbs: append(r.texts(5, 60), "x"), Class: scene.Writes, Conditions: r.texts(2, 80),
				Any: r.IntN(2) == 0, Denied: r.IntN(4) == 0,
			})
		}
		s.Who = append(s.Who, who)
	}
	return s
}
