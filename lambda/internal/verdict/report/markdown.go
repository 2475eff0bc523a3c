package report

import (
	"fmt"
	"io"
	"strings"
)

// markdownText keeps what a registry serves from being anything but text in a table: neither
// another cell, nor a link, an image, HTML, or the name of somebody who is told.
func markdownText(s string) string { return markdown.Replace(s) }

var markdown = func() *strings.Replacer {
	pairs := []string{"&", "&amp;", "<", "&lt;", ">", "&gt;", "\n", " ", "\r", " ",
		// An address becomes a link by itself, and a name one to a person.
		"://", ":&#8203;//", "@", "@&#8203;"}
	for _, r := range "\\|`*_[]!#~" {
		pairs = append(pairs, string(r), `\`+string(r))
	}
	return strings.NewReplacer(pairs...)
}()

// writeMarkdown writes a section for each image: for a pull request, or the summary of a job.
func writeMarkdown(w io.Writer, d Document) error {
	var b strings.Builder
	for _, image := range d.Images {
		fmt.Fprintf(&b, "### %s: %s\n\n", markdownText(image.Image), verdictOf(image))
		switch {
		case image.Error != "":
			fmt.Fprintf(&b, "%s\n\n", markdownText(image.Error))
			continue
		case image.Digest != "":
			fmt.Fprintf(&b, "Digest %s, for %s.\n\n", markdownText(image.Digest), markdownText(platformsOf(image)))
		}
		if len(image.Findings) == 0 {
			continue
		}
		b.WriteString("| | check | what, and what to do |\n|---|---|---|\n")
		for _, f := range image.Findings {
			fmt.Fprintf(&b, "| %s | %s | %s |\n", f.Severity, f.Check, markdownText(f.Message+"."+downgraded(f)))
		}
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "%s\n", Total(d))
	_, err := io.WriteString(w, b.String())
	return err
}

func platformsOf(image Image) string {
	var names []string
	for _, p := range image.Platforms {
		names = append(names, p.Platform)
	}
	if len(names) == 0 {
		return "no platform"
	}
	return strings.Join(names, ", ")
}

// Total says in one line what came out of all images.
func Total(d Document) string {
	valid, unknown := 0, 0
	for _, image := range d.Images {
		switch {
		case image.Error != "":
			unknown++
		case image.Valid:
			valid++
		}
	}
	text := fmt.Sprintf("%d of %d images valid", valid, len(d.Images))
	if len(d.Images) == 1 {
		text = "1 image: " + verdictOf(d.Images[0])
	}
	if unknown > 0 && len(d.Images) > 1 {
		text += fmt.Sprintf(", %d not known", unknown)
	}
	return text
}
