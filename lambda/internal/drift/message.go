package drift

import (
	"fmt"
	"strings"

	"archway/lambda/internal/verdict/check"
	"archway/lambda/internal/verdict/report"
)

// maxText is in characters: SNS takes 256 KiB, but a mail that somebody reads is far shorter.
const maxText = 8000

// drift says which tags serve what they should not, most important first.
func drift(repository string, seen []observation) string {
	text := fmt.Sprintf(
		"The scheduled check found that public tags of %s don't serve what a run of the pipeline has validated.",
		repository)
	var lines []string
	for _, o := range seen {
		if o.verdict.Valid() {
			continue
		}
		what := "nothing"
		if o.digest != "" {
			what = o.digest.String()
		}
		head := fmt.Sprintf("\n\n%s: %s, %s", strings.Join(o.tags, ", "), what, report.Tally(o.verdict.Findings))
		for n, f := range o.verdict.Findings {
			lines, head = append(lines, head+report.Item(n+1, f, sentence(f))), ""
		}
	}
	return report.Fit(text, lines, maxText, report.More) + fmt.Sprintf(`

Nothing was changed. To look closer, with credentials for the registry:
  go run ./lambda/validate %s:%s
To put the tags back on an earlier image, run the Promote stage of its execution again.
`, repository, firstTag(seen))
}

// sentence is a finding's message; one about no digest begins with its problem.
func sentence(f check.Finding) string {
	if f.Subject == (check.Subject{}) {
		return f.Problem + "; " + f.Cure
	}
	return f.Message()
}

func firstTag(seen []observation) string {
	for _, o := range seen {
		if !o.verdict.Valid() {
			return o.tags[0]
		}
	}
	return seen[0].tags[0]
}

// unknown says that the check could not be made.
func unknown(image string, err error) string {
	return fmt.Sprintf(
		"The scheduled check of the image %s could not be made, so that it is not known what its public tags serve:\n"+
			"%s\n\nIt will be tried again at the next time. If that fails too, "+
			"look at the function's role, its log and its timeout.\n", image, err)
}

// subject is the line that a mail shows, as far as it fits: package topic cuts it.
func subject(image string) string { return "Archway: drift of " + image }
