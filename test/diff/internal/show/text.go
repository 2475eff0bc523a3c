package show

import (
	"fmt"
	"io"
	"strings"

	"archway/test/internal/scene"
)

// signs stand before what changes.
var signs = map[scene.Mark]string{scene.Added: "+", scene.Removed: "-", scene.Replaced: "!", scene.Changed: "~"}

// Text writes the document for a terminal.
func (d Document) Text(w io.Writer) {
	if len(d.Stacks) == 0 {
		fmt.Fprintf(w, "No difference between %s and %s in %s.\n", d.Heading.Base, d.Heading.Head, stacks(d.Same))
		return
	}
	fmt.Fprintf(w, "From %s to %s\n", d.Heading.Base, d.Heading.Head)
	for _, s := range d.Stacks {
		fmt.Fprintf(w, "\n%s: %s\n", s.Name, s.Summary)
		for _, section := range s.Sections {
			fmt.Fprintf(w, "\n  %s\n", section.Title)
			for _, item := range section.Items {
				fmt.Fprintf(w, "    %s %s\n", signs[item.Mark], item.Text)
				for _, note := range item.Notes {
					fmt.Fprintf(w, "        %s\n", note)
				}
				for _, line := range item.Lines {
					fmt.Fprintf(w, "        %s\n", strings.TrimRight(line, " "))
				}
			}
		}
	}
	if d.Same > 0 {
		fmt.Fprintf(w, "\nNothing changes in %s.\n", stacks(d.Same))
	}
}

func stacks(n int) string {
	if n == 1 {
		return "1 stack"
	}
	return fmt.Sprintf("%d stacks", n)
}
