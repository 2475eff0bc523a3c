// Package report says what a rehearsal did: for people, and as JSON for machines.
package report

import (
	"cmp"
	"slices"
	"time"

	"archway/test/rehearse/internal/aws/cloudwatch"
	"archway/test/rehearse/internal/aws/codepipeline"
	"archway/test/rehearse/internal/aws/endpoint"
	"archway/test/rehearse/internal/aws/iam"
	"archway/test/rehearse/internal/report/expected"
)

// Report is a whole rehearsal.
type Report struct {
	Success bool   `json:"success"`
	Error   string `json:"error,omitempty"`
	// Steps are the parts of the set-up.
	Steps []Step `json:"steps"`
	// Bases are the base images of the builds.
	Bases     []Base          `json:"bases,omitempty"`
	Pipelines []Pipeline      `json:"pipelines"`
	Calls     []endpoint.Call `json:"calls"`
	// Permissions are the calls that roles and services made, judged by the template's
	// policies, and the allowances that nothing needed. Nil if nothing was deployed.
	Permissions *iam.Report `json:"permissions,omitempty"`
	// Notices are what people would have been told, Metrics what the functions have measured.
	Notices []endpoint.Notice  `json:"notices"`
	Metrics []cloudwatch.Datum `json:"metrics"`
	Times   Times              `json:"times"`
	// Folder is the working folder, if it was kept.
	Folder string `json:"folder,omitempty"`
	// Page is the HTML page about the rehearsal.
	Page string `json:"page,omitempty"`
}

// Step is a part of the set-up.
type Step struct {
	Name    string        `json:"name"`
	Error   string        `json:"error,omitempty"`
	Seconds Seconds       `json:"seconds"`
	Elapsed time.Duration `json:"-"`
}

// Pipeline is what became of one push.
type Pipeline struct {
	Stack      string `json:"stack"`
	Repository string `json:"repository"`
	Branch     string `json:"branch"`
	Commit     string `json:"commit"`
	// Execution is what the push started.
	Execution codepipeline.Result `json:"execution"`
	// Machines say where actions ran, by "stage/action": "x86_64", "arm64" or "Lambda".
	Machines map[string]string `json:"machines,omitempty"`
	// Expected is what the execution would take on AWS.
	Expected *expected.Timeline `json:"-"`
	// Before and Registries are the stack's registry repositories before and after the run.
	Before     []Registry `json:"before,omitempty"`
	Registries []Registry `json:"registries"`
	Proofs     []Proof    `json:"proofs"`
	// Unproved says why there is no proof.
	Unproved string `json:"unproved,omitempty"`
}

// Registry is a registry repository with its tags.
type Registry struct {
	Name string `json:"name"`
	// Tags that serve the same digest are together.
	Tagged []Tagged `json:"tagged"`
	// Untagged are indexes that the execution made and that no tag serves: they were not promoted.
	Untagged []Tagged `json:"untagged,omitempty"`
}

// Tagged is a digest with the tags that serve it.
type Tagged struct {
	Digest    string   `json:"digest"`
	MediaType string   `json:"mediaType"`
	Tags      []string `json:"tags"`
	// Entries are an index's entries; none for a single manifest.
	Entries []Entry `json:"entries,omitempty"`
}

// Entry is one entry of an image index.
type Entry struct {
	Platform string `json:"platform"`
	Digest   string `json:"digest"`
	Size     int64  `json:"size"`
	// Attests is the digest that the entry makes a statement about, if it is no image.
	Attests string `json:"attests,omitempty"`
}

// Index reports whether what is tagged is an image index.
func (t Tagged) Index() bool { return len(t.Entries) > 0 }

// Proof is the run of one platform's image.
type Proof struct {
	Image    string `json:"image"`
	Platform string `json:"platform"`
	Expected string `json:"expected"`
	Got      string `json:"got"`
	Error    string `json:"error,omitempty"`
}

// Times says where the time went.
type Times struct {
	Total Seconds `json:"total"`
	// Builds is how long at least one build ran.
	Builds Seconds `json:"builds"`
	// Overhead is the rest: what the rehearsal itself costs.
	Overhead Seconds `json:"overhead"`
	// Parts of the overhead.
	Synthesis Seconds `json:"synthesis"`
	SetUp     Seconds `json:"setUp"`
	Pipelines Seconds `json:"pipelines"`
	Proof     Seconds `json:"proof"`
}

// Seconds are written with one decimal.
type Seconds time.Duration

// MarshalJSON writes seconds as a number.
func (s Seconds) MarshalJSON() ([]byte, error) {
	return []byte(format(time.Duration(s).Seconds(), 3)), nil
}

// Busy is the time in which at least one build ran.
func Busy(results []codepipeline.Result) time.Duration {
	var spans []codepipeline.Span
	for _, r := range results {
		for _, s := range r.Stages {
			for _, a := range s.Actions {
				spans = append(spans, a.Busy...)
			}
		}
	}
	slices.SortFunc(spans,
		func(a, b codepipeline.Span) int { return cmp.Compare(a.Start.UnixNano(), b.Start.UnixNano()) })
	var total time.Duration
	var end time.Time
	for _, s := range spans {
		if s.Start.Before(end) {
			s.Start = end
		}
		if s.End.After(s.Start) {
			total += s.End.Sub(s.Start)
			end = s.End
		}
	}
	return total
}
