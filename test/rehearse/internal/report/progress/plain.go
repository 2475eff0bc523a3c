package progress

import (
	"fmt"
	"time"

	"archway/test/rehearse/internal/aws/codepipeline"
	"archway/test/rehearse/internal/report"
)

// changes writes a line for each action that started or ended; v.mu is held.
func (v *View) changes(before, now codepipeline.Result) {
	if before.Execution == "" {
		fmt.Fprintf(v.out, "%8s  %s: execution %s started by %s\n", report.Duration(v.Elapsed()), now.Pipeline,
			now.Execution, now.Trigger)
	}
	for i, stage := range now.Stages {
		for j, action := range stage.Actions {
			was := codepipeline.Waiting
			if before.Execution != "" {
				was = before.Stages[i].Actions[j].Status
			}
			if action.Status == was || action.Status == codepipeline.DidNotRun {
				continue
			}
			text := map[codepipeline.Status]string{
				codepipeline.InProgress: "started",
				codepipeline.Succeeded:  "succeeded",
				codepipeline.Failed:     "FAILED",
				codepipeline.Stopped:    "was stopped",
			}[action.Status]
			if action.Status != codepipeline.InProgress {
				text += " in " + report.Duration(action.Duration())
			}
			fmt.Fprintf(v.out, "%8s  %s: %s: %s %s\n", report.Duration(time.Since(v.started)), now.Pipeline, stage.Name,
				action.Name, text)
		}
	}
}
