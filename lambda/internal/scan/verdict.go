package scan

import (
	"fmt"
	"strings"

	"archway/internal/spec"
	"archway/lambda/internal/verdict/check"
	"archway/lambda/internal/verdict/report"
)

// verdict is what the scans of all images come to.
type verdict struct {
	target     *target
	acceptance *acceptance
	// objections stop the pipeline.
	objections []string
	// waiting are the images whose scans have not ended, with ECR's word for it.
	waiting  []string
	passages []string
}

func (v *verdict) add(image check.Subject, s Scan) {
	switch s.State {
	case Waiting:
		v.waiting = append(v.waiting, fmt.Sprintf("%s: %s", image, s.Status))
	case Done:
		v.count(image, s)
	case Unscannable:
		if v.target.AllowUnscannable {
			v.passages = append(v.passages, image.Platform+": can't be scanned")
			return
		}
		v.objections = append(v.objections, fmt.Sprintf(
			"%s can't be scanned (%s): the scanner finds no distribution or packages that it knows. Turn on enhanced scanning, which knows more, or allow images that can't be scanned.",
			image, s.Status))
	default:
		v.objections = append(v.objections,
			fmt.Sprintf("%s has no findings, and none will come (%s): start a scan of it, then retry the stage.", image,
				s.Status))
	}
}

// count compares the findings with the limits, without those that are accepted.
func (v *verdict) count(image check.Subject, s Scan) {
	rest, accepted, ids := v.acceptance.sort(image, s.Findings)
	var counts, over []string
	exceeded := map[string]bool{}
	for _, severity := range spec.Severities {
		n := max(0, s.Counts[severity]-accepted[severity])
		word := strings.ToLower(severity)
		counts = append(counts, fmt.Sprintf("%d %s", n, word))
		if limit := v.target.Of(severity); limit != nil && n > *limit {
			over = append(over, fmt.Sprintf("%d %s, allowed %d", n, word, *limit))
			exceeded[severity] = true
		}
	}
	v.passages = append(v.passages, image.Platform+": "+strings.Join(counts, ", ")+passed(accepted, ids))
	if len(over) > 0 {
		v.objections = append(v.objections,
			fmt.Sprintf("%s has %s%s", image, strings.Join(over, "; "), examples(rest, exceeded)))
	}
}

// shown is how many findings of an image a message names.
const shown = 10

// examples name findings of the severities of which there are too many.
func examples(findings []Finding, of map[string]bool) string {
	var names []string
	for _, severity := range spec.Severities {
		for _, f := range findings {
			if f.Severity != severity || !of[severity] {
				continue
			}
			name := f.Name
			if f.Package != "" {
				name += " in " + f.Package
			}
			if f.Note != "" {
				name += " (" + f.Note + ")"
			}
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return "."
	}
	return ": " + report.Some(names, shown) + "."
}

// summary is one line about what was found.
func (v *verdict) summary() string { return strings.Join(v.passages, "; ") }

func (v *verdict) image() string {
	return v.target.repository.Name() + "@" + check.Short(v.target.digest.String())
}

// failure is what the console shows.
func (v *verdict) failure() string {
	return fmt.Sprintf("The scan gate does not let %s pass. No tag was moved.\n%s", v.image(),
		strings.Join(v.objections, "\n"))
}

// late is what the console shows when the scans took too long.
func (v *verdict) late() string {
	return fmt.Sprintf("The scans of %s have not ended within %s, so nothing was decided. No tag was moved.\n%s\n"+
		"Where there is no scan at all, neither the repository's scan on push nor enhanced scanning is on. Otherwise retry the stage later.",
		v.image(), v.target.patience(), strings.Join(v.waiting, "\n"))
}
