package drawing

import (
	"fmt"
	"strings"
)

// palette are the colors of one scheme.
type palette struct {
	page, edge, ink, muted, flow string
	frame, stage, card, line     string
	kinds                        map[string]string
	// chips are background and text, by class.
	chips map[string][2]string
	// marks are the colors of what changes.
	marks map[string]string
}

var light = palette{
	marks: map[string]string{"added": "#116329", "removed": "#a40e26", "replaced": "#a40e26", "changed": "#7d4e00"},
	page:  "#ffffff", edge: "#d1d9e0", ink: "#1f2328", muted: "#59636e", flow: "#59636e",
	frame: "#f6f8fa", stage: "#eaeef2", card: "#ffffff", line: "#d1d9e0",
	kinds: map[string]string{"source": "#8250df", "build": "#bf5700", "function": "#1a7f37", "person": "#cf222e",
		"store": "#0969da", "rule": "#bf3989", "other": "#59636e"},
	chips: map[string][2]string{"read": {"#ddf4ff", "#0a3069"}, "run": {"#dafbe1", "#04421b"},
		"write": {"#fff1cc", "#5c3300"}, "denied": {"#ffebe9", "#82071e"}},
}

var dark = palette{
	marks: map[string]string{"added": "#56d364", "removed": "#ff7b72", "replaced": "#ff7b72", "changed": "#e3b341"},
	page:  "#0d1117", edge: "#3d444d", ink: "#f0f6fc", muted: "#a5adb7", flow: "#a5adb7",
	frame: "#151b23", stage: "#212830", card: "#0d1117", line: "#3d444d",
	kinds: map[string]string{"source": "#ab7df8", "build": "#f0883e", "function": "#3fb950", "person": "#f85149",
		"store": "#4493f8", "rule": "#db61a2", "other": "#9198a1"},
	chips: map[string][2]string{"read": {"#0c2d6b", "#cae8ff"}, "run": {"#0b3d1d", "#aff5b4"},
		"write": {"#4a2b00", "#f8e3a1"}, "denied": {"#67060c", "#ffdcd7"}},
}

// rules are a scheme's rules. They name each color, and no custom property: some viewers of SVG
// know none.
func (p palette) rules(change bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, ".page{fill:%s;stroke:%s}text{fill:%s}.muted{fill:%s}", p.page, p.edge, p.ink, p.muted)
	fmt.Fprintf(&b, ".frame{fill:%s;stroke:%s}.stage{fill:%s}.card{fill:%s;stroke:%s}", p.frame, p.edge, p.stage,
		p.card, p.line)
	fmt.Fprintf(&b, ".flow{stroke:%s}.tip{fill:%s}.rule{stroke:%s}", p.flow, p.flow, p.line)
	for _, kind := range []string{"source", "build", "function", "person", "store", "rule", "other"} {
		fmt.Fprintf(&b, ".k-%s{fill:%s}", kind, p.kinds[kind])
	}
	for _, class := range []string{"read", "run", "write", "denied"} {
		fmt.Fprintf(&b, ".%s{fill:%s}.on-%s{fill:%s}.%s.any{stroke:%s}", class, p.chips[class][0], class,
			p.chips[class][1], class, p.chips[class][1])
	}
	if !change {
		return b.String()
	}
	for _, mark := range []string{"added", "removed", "replaced", "changed"} {
		fmt.Fprintf(&b, ".on-%s{fill:%s}.m-%s{stroke:%s}", mark, p.marks[mark], mark, p.marks[mark])
	}
	return b.String()
}

// style is the style sheet. No family is wider than DejaVu Sans, by which the text was measured.
func style(change bool) string {
	var b strings.Builder
	b.WriteString(`text{font-family:-apple-system,"Segoe UI","Noto Sans",Helvetica,Arial,sans-serif}`)
	for _, f := range []font{heading, section, strong, normal, boldChip} {
		weight := ""
		if f.bold {
			weight = ";font-weight:600"
		}
		fmt.Fprintf(&b, ".%s{font-size:%gpx%s}", f.class, f.size, weight)
	}
	b.WriteString(".flow,.rule{fill:none}.flow{stroke-width:1.5}.any{stroke-dasharray:4 3}")
	if change {
		b.WriteString(".m-added,.m-removed,.m-replaced,.m-changed{stroke-width:2.5}.m-removed{stroke-dasharray:6 4}" +
			".gone{text-decoration:line-through}")
	}
	b.WriteString(light.rules(change))
	b.WriteString("@media(prefers-color-scheme:dark){" + dark.rules(change) + "}")
	return b.String()
}
