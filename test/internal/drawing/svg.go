package drawing

import (
	"fmt"
	"html"
	"slices"
	"strings"

	"archway/test/internal/scene"
)

// SVG draws scenes as one picture. The same scenes give the same bytes.
func SVG(scenes []scene.Scene) []byte {
	c := layout(scenes)
	var b strings.Builder
	fmt.Fprintf(&b,
		`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %g %g" width="%g" height="%g" role="img" aria-labelledby="title desc">`+
			"\n",
		c.width, round(c.height), c.width, round(c.height))
	fmt.Fprintf(&b, "<title id=\"title\">%s</title>\n<desc id=\"desc\">%s</desc>\n", html.EscapeString(title(scenes)),
		html.EscapeString(describe(scenes)))
	fmt.Fprintf(&b, "<style>%s</style>\n", style(changing(scenes)))
	b.WriteString(`<defs><marker id="arrow" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path class="tip" d="M0 0 8 4 0 8z"/></marker></defs>` +
		"\n")
	fmt.Fprintf(&b, `<rect class="page" x="0.5" y="0.5" width="%g" height="%g" rx="8"/>`+"\n", c.width-1,
		round(c.height)-1)
	for _, frame := range c.frames {
		frame.write(&b)
	}
	for _, shape := range c.shapes {
		switch s := shape.(type) {
		case Box:
			s.write(&b)
		case Text:
			s.write(&b)
		case Line:
			s.write(&b)
		}
	}
	b.WriteString("</svg>\n")
	return []byte(b.String())
}

func (s Box) write(b *strings.Builder) {
	fmt.Fprintf(b, `<rect class="%s" x="%g" y="%g" width="%g" height="%g" rx="%g"`, s.Class, round(s.X), round(s.Y),
		round(s.W), round(s.H), s.Round)
	if s.Tip == "" {
		b.WriteString("/>\n")
		return
	}
	fmt.Fprintf(b, "><title>%s</title></rect>\n", html.EscapeString(s.Tip))
}

func (s Text) write(b *strings.Builder) {
	class := strings.TrimSpace(s.Font.class + " " + s.Class)
	// The baseline, as DejaVu Sans has it, with the line's free room above and below alike.
	baseline := s.Y + s.Font.line()/2 + s.Font.size*0.35
	fmt.Fprintf(b, "<text class=\"%s\" x=\"%g\" y=\"%g\">%s</text>\n", class, round(s.X), round(baseline),
		html.EscapeString(s.Text))
}

func (s Line) write(b *strings.Builder) {
	fmt.Fprintf(b, `<path class="%s" d="M`, s.Class)
	for i, p := range s.Points {
		if i > 0 {
			b.WriteString(" ")
		}
		fmt.Fprintf(b, "%g %g", round(p[0]), round(p[1]))
	}
	if s.Arrow {
		b.WriteString(`" marker-end="url(#arrow)`)
	}
	b.WriteString("\"/>\n")
}

// changing reports whether the scenes mark what changes.
func changing(scenes []scene.Scene) bool {
	return slices.ContainsFunc(scenes, func(s scene.Scene) bool { return s.Change })
}

func title(scenes []scene.Scene) string {
	var names []string
	for _, s := range scenes {
		names = append(names, s.Title)
	}
	return "The pipeline " + strings.Join(names, ", ")
}

// describe tells in sentences what the picture shows, for those who don't see it.
func describe(scenes []scene.Scene) string {
	var b strings.Builder
	for _, s := range scenes {
		fmt.Fprintf(&b, "%s: %s.", s.Title, s.Note)
		for _, e := range append(s.Starts, s.Others...) {
			fmt.Fprintf(&b, " %s: %s %s.", e.When.Title, e.Then.Title, strings.Join(e.Then.Lines, ", "))
		}
		for i, stage := range s.Stages {
			var groups []string
			for _, group := range stage.Groups {
				var names []string
				for _, card := range group {
					names = append(names, fmt.Sprintf("%s (%s)", card.Title, strings.Join(card.Lines, ", ")))
				}
				groups = append(groups, strings.Join(names, " and "))
			}
			fmt.Fprintf(&b, " Stage %d, %s: %s.", i+1, stage.Name, strings.Join(groups, ", then "))
		}
		for _, who := range s.Who {
			var may []string
			for _, p := range who.May {
				verbs := strings.Join(p.Verbs, ", ")
				if p.Denied {
					verbs = "denied: " + verbs
				}
				may = append(may, p.Thing+" ("+verbs+")")
			}
			if may == nil {
				may = []string{"nothing"}
			}
			fmt.Fprintf(&b, " %s may use %s.", who.Name, strings.Join(may, ", "))
		}
		b.WriteString(" ")
	}
	return strings.TrimSpace(b.String())
}
