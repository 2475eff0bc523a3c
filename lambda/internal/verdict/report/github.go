package report

import (
	"fmt"
	"io"
	"strings"

	"archway/lambda/internal/verdict/check"
)

// githubWords are the commands by which a step of GitHub Actions annotates its run.
// https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
var githubWords = map[check.Severity]string{check.Error: "error", check.Warning: "warning", check.Info: "notice"}

// What would end a command, or a property of it, is escaped as GitHub's own toolkit does it.
// https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts
var (
	githubMessage  = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	githubProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

// writeGitHub writes a line for each finding, and one for each image.
func writeGitHub(w io.Writer, d Document) error {
	var b strings.Builder
	command := func(word, title, message string) {
		fmt.Fprintf(&b, "::%s title=%s::%s\n", word, githubProperty.Replace(title), githubMessage.Replace(message))
	}
	for _, image := range d.Images {
		if image.Error != "" {
			command("error", image.Image, image.Error)
			continue
		}
		for _, f := range image.Findings {
			command(githubWords[f.Severity], f.Check+" in "+image.Image, f.Message+"."+downgraded(f))
		}
		// A line that begins with "::" would be a command, and no name of an image does.
		fmt.Fprintf(&b, "%s: %s\n", image.Image, verdictOf(image))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func verdictOf(image Image) string {
	switch {
	case image.Error != "":
		return "not known"
	case image.Valid:
		return "valid"
	}
	return "NOT VALID"
}

// downgraded says why a finding weighs less; nothing if it doesn't.
func downgraded(f Finding) string {
	if f.Downgraded == nil {
		return ""
	}
	return fmt.Sprintf(" (Downgraded from %s: %s)", f.Downgraded.From, f.Downgraded.Reason)
}
