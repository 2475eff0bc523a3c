package report

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"archway/test/rehearse/internal/aws/iam"
)

// writePermissions says what the judgment of calls came to. Refusals are said once
// each; of what was not used, each statement has a line. What only other events need
// ("not now") and what no rehearsal can exercise ("not here") is said with the reason. Where a run
// ended early, and not by a refusal, that says nothing about the permissions, and would only bury
// what does.
func writePermissions(w io.Writer, p *iam.Report, early bool) {
	fmt.Fprintf(w, "\nPermissions: %d calls, %d refused; %s\n", p.Calls, len(p.Refused), unusedText(len(p.Unused)))
	if early && len(p.Refused) == 0 {
		return
	}
	for _, refusal := range Refusals(p) {
		fmt.Fprintf(w, "  refused  %s\n", refusal)
	}
	writeAllowances(w, "unused  ", p.Unused)
	for _, elsewhere := range []bool{true, false} {
		label := "not here"
		if elsewhere {
			label = "not now "
		}
		reasons := map[string][]iam.Allowance{}
		for _, n := range p.NotExercised {
			if n.Elsewhere == elsewhere {
				reasons[n.Reason] = append(reasons[n.Reason], n.Allowance)
			}
		}
		for _, reason := range slices.Sorted(maps.Keys(reasons)) {
			fmt.Fprintf(w, "  %s %s: %s\n", label, actions(reasons[reason]), reason)
		}
	}
}

// Refusals are AWS's messages, each once for all sessions of a role.
func Refusals(p *iam.Report) []string {
	seen := map[string]bool{}
	var once []string
	for _, refusal := range p.Refused {
		if !seen[withoutSession(refusal)] {
			once = append(once, refusal)
		}
		seen[withoutSession(refusal)] = true
	}
	return once
}

func unusedText(n int) string {
	switch n {
	case 0:
		return "nothing is allowed that nobody needs"
	case 1:
		return "1 allowance was not used"
	}
	return fmt.Sprintf("%d allowances were not used", n)
}

func writeAllowances(w io.Writer, label string, list []iam.Allowance) {
	byStatement := map[string][]iam.Allowance{}
	for _, a := range list {
		byStatement[a.Statement] = append(byStatement[a.Statement], a)
	}
	for _, statement := range slices.Sorted(maps.Keys(byStatement)) {
		fmt.Fprintf(w, "  %s %s: %s\n", label, statement, actions(byStatement[statement]))
	}
}

// actions are the actions of allowances, each once; the resources stand in the JSON report.
func actions(list []iam.Allowance) string {
	var names []string
	for _, a := range list {
		names = append(names, a.Action)
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), ", ")
}

// withoutSession leaves out the name of the role's session, which is another one for each call.
func withoutSession(refusal string) string {
	who, rest, _ := strings.Cut(refusal, " is not authorized")
	return who[:max(0, strings.LastIndex(who, "/"))] + rest
}
