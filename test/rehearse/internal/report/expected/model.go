// Package expected says how long an execution that was rehearsed would take on AWS, from a model:
// what AWS adds to what the commands themselves take. People see where the minutes go before they
// have an account.
package expected

import "time"

// Number is a time of the model. docs/rehearsal.md has the same numbers; a test compares them.
type Number struct {
	Name string
	Time time.Duration
	// Source says who saw it, and what is not known.
	Source string
}

// The numbers of the model.
var (
	// source is what a Source action takes.
	source = Number{"a source action", 18 * time.Second,
		"17 and 19 s in a pipeline's recorded events of March 2022 (a public repository's test data, a connection); " +
			"of CodeCommit no time is recorded"}
	// between is what lies between two stages, or two actions one after the other.
	between = Number{"from one stage to the next", time.Second,
		"the same events: Source ended at 22:38:57, the Build action began at 22:38:58"}
	// container is what CodeBuild takes until a build's machine is there.
	container = Number{"a build's machine", 33 * time.Second,
		"QUEUED 1 s and PROVISIONING 32 s in a recorded build of a pipeline, privileged as ours, March 2022; " +
			"AWS's own examples have 14 s (2019) and 4 s (a sandbox of 2025). QUEUED can take minutes: 219 s were seen"}
	// fetch is what CodeBuild takes to fetch the source and to end a build.
	fetch = Number{"a build's source, and its end", 4 * time.Second,
		"DOWNLOAD_SOURCE 2 s in AWS's example of 2025 (23 s with a large source in 2022), FINALIZING 2 s in 2022"}
	// poll is how often CodePipeline looks for a function's report, or so it seems.
	poll = Number{"a function's action", 32 * time.Second,
		"32 s were seen twice although the functions had reported within 3 s, and 63 s with one continuation " +
			"(recorded in October 2026): each began round of that length counts"}
)

// Numbers are those of the model.
func Numbers() []Number { return []Number{source, between, container, fetch, poll} }
