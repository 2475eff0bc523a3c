package notification

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/codepipeline/types"

	"archway/internal/settings"
	"archway/lambda/internal/verdict/report"
)

// maxText is how many characters of failed actions a message has: SNS takes 256 KiB, but a mail
// that somebody reads is far shorter.
const maxText = 12000

// subject is the line that a mail shows.
func subject(pipeline string, r Run) string {
	what := "Archway: " + pipeline + " failed"
	if r.Rollback {
		what = "Archway: rollback of " + pipeline + " failed"
	}
	if len(r.Failed) > 0 {
		what += " in " + r.Failed[0].Stage
	}
	return what
}

// text is the message. problem is why not all could be found out, if so.
func text(e Event, r Run, link string, problem error) string {
	pipeline, execution := e.Detail.Pipeline, e.Detail.Execution
	var b strings.Builder
	what := "A run"
	if r.Rollback {
		what = "A rollback"
	}
	stage := ""
	if len(r.Failed) > 0 {
		stage = r.Failed[0].Stage
		fmt.Fprintf(&b, "%s of the pipeline %s failed in the stage %s.", what, pipeline, stage)
	} else {
		fmt.Fprintf(&b, "%s of the pipeline %s failed.", what, pipeline)
	}
	if stage != "" && stage != settings.StagePromote { // whatever fails before it moves no tag
		b.WriteString(" Every tag serves what it served before.")
	}
	if r.Commit != "" {
		fmt.Fprintf(&b, "\nCommit %.12s", r.Commit)
		if r.CommitMessage != "" {
			fmt.Fprintf(&b, ": %s", r.CommitMessage)
		}
	}
	b.WriteString("\n")
	if r.Reason != "" {
		fmt.Fprintf(&b, "\n%s\n", r.Reason)
	}
	var parts []string
	for _, a := range r.Failed {
		part := "\n" + a.Stage + " / " + a.Name + ":\n" + cmp.Or(a.Message, "It gave no reason.") + "\n"
		if a.URL != "" {
			part += "Look closer: " + a.URL + "\n"
		}
		parts = append(parts, part)
	}
	b.WriteString(report.Fit("", parts, maxText, "\n… and %d more failed actions.\n"))
	if problem != nil {
		fmt.Fprintf(&b, "\nWhat failed could not be found out: %s.\n", problem)
	} else if len(r.Failed) == 0 {
		b.WriteString("\nCodePipeline names no action that failed.\n")
	}
	if r.Status != "" && r.Status != string(types.PipelineExecutionStatusFailed) { // events come late, and in any order
		fmt.Fprintf(&b, "\nBy now CodePipeline calls it %s: somebody has probably retried it.\n", r.Status)
	}
	fmt.Fprintf(&b, "\nThe run: %s\n", link)
	if stage != "" {
		fmt.Fprintf(&b,
			"If nothing is wrong with the commit, run the stage again there, or with\n  aws codepipeline retry-stage-execution --pipeline-name %s --stage-name %s --pipeline-execution-id %s --retry-mode FAILED_ACTIONS\n",
			pipeline, stage, execution)
	}
	return b.String()
}

// link is the address of a run in the console, made of that of its pipeline.
func link(pipelineURL, execution string) string {
	return strings.Replace(pipelineURL, "/view?", "/executions/"+execution+"/timeline?", 1)
}
