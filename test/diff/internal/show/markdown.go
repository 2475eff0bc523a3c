package show

import (
	"fmt"
	"io"
	"strings"

	"archway/test/internal/scene"
)

// words are marks for those who read.
var words = map[scene.Mark]string{
	scene.Added: "**added**", scene.Removed: "**removed**", scene.Replaced: "**replaced**", scene.Changed: "changed",
}

// Markdown writes the document for a pull request. What is long is folded.
func (d Document) Markdown(w io.Writer) {
	if len(d.Stacks) == 0 {
		fmt.Fprintf(w, "No difference between %s and %s in %s.\n", escape(d.Heading.Base), escape(d.Heading.Head),
			stacks(d.Same))
		return
	}
	fmt.Fprintf(w, "## What this changes\n\nFrom %s to %s.\n", escape(d.Heading.Base), escape(d.Heading.Head))
	for _, s := range d.Stacks {
		fmt.Fprintf(w, "\n### %s: %s\n", escape(s.Name), escape(s.Summary))
		for _, section := range s.Sections {
			section.markdown(w)
		}
	}
	if d.Same > 0 {
		fmt.Fprintf(w, "\nNothing changes in %s.\n", stacks(d.Same))
	}
}

func (s Section) markdown(w io.Writer) {
	if s.Long {
		fmt.Fprintf(w, "\n<details><summary><b>%s</b> (%d)</summary>\n\n", escape(s.Title), len(s.Items))
		defer fmt.Fprint(w, "\n</details>\n")
	} else {
		fmt.Fprintf(w, "\n**%s**\n\n", escape(s.Title))
	}
	for _, item := range s.Items {
		fmt.Fprintf(w, "- %s: %s\n", words[item.Mark], escape(item.Text))
		for _, note := range item.Notes {
			fmt.Fprintf(w, "  - %s\n", escape(note))
		}
		if len(item.Lines) > 0 {
			fence := fenceOf(item.Lines)
			fmt.Fprintf(w, "\n  %sdiff\n", fence)
			for _, line := range item.Lines {
				fmt.Fprintf(w, "  %s\n", strings.TrimRight(line, " "))
			}
			fmt.Fprintf(w, "  %s\n\n", fence)
		}
	}
}

// fenceOf is a fence that no line of the code can close.
func fenceOf(lines []string) string {
	fence := "```"
	for strings.Contains(strings.Join(lines, "\n"), fence) {
		fence += "`"
	}
	return fence
}

// escape keeps a text from being markup, and from naming people or issues.
func escape(text string) string {
	return strings.NewReplacer(
		`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "<", "&lt;", ">", "&gt;", "|", `\|`,
		"#", "&#35;", "@", "&#64;", "~", `\~`, "\n", " ",
	).Replace(text)
}
