// Package trial tries facts one after the other, and says what came of each.
package trial

import (
	"context"
	"errors"
	"fmt"
	"time"

	"archway/test/confirm/facts"
	"archway/test/confirm/internal/account"
)

// Verdict is what a trial came to.
type Verdict string

const (
	Confirmed Verdict = "confirmed"
	Refuted   Verdict = "refuted"
	NotTried  Verdict = "could not be tried"
)

// Result is what became of one fact.
type Result struct {
	Fact    string  `json:"fact"`
	Verdict Verdict `json:"verdict"`
	// Reading is the one that was seen, if any.
	Reading string `json:"reading,omitempty"`
	// Says is the reading in words.
	Says string `json:"says,omitempty"`
	// Seen is what exactly, or why nothing was.
	Seen string `json:"seen"`
	// Wrong is what of Archway is not right now.
	Wrong string `json:"wrong,omitempty"`
	// Left is what was not deleted.
	Left string `json:"left,omitempty"`

	expected bool
}

// Failed reports whether a trial that should have been made was not.
func (r Result) Failed() bool { return r.Verdict == NotTried && !r.expected }

// String is the line of output.
func (r Result) String() string {
	line := fmt.Sprintf("%-18s  %s: ", r.Verdict, r.Fact)
	if r.Says != "" {
		line += r.Says + "; seen: "
	}
	line += r.Seen
	switch {
	case r.Wrong != "":
		line += "\n" + fmt.Sprintf("%-18s  ", "") + "NOT RIGHT UNDER IT: " + r.Wrong
	case r.Verdict == Refuted:
		line += " (Archway is right under it, too)"
	}
	if r.Left != "" {
		line += "\n" + fmt.Sprintf("%-18s  ", "") + "LEFT BEHIND: " + r.Left
	}
	return line
}

// cleaning is how long a fact's resources are deleted; an interrupt doesn't end it.
const cleaning = 5 * time.Minute

// Try tries one fact, and deletes what that made, whatever happened.
func Try(ctx context.Context, s *account.Session, f facts.Fact) (r Result) {
	r = Result{Fact: f.Name, Verdict: NotTried}
	if f.Try == nil {
		r.Seen, r.expected = "by hand: docs/aws.md#"+f.Name, true
		return r
	}
	own := s.For(f.Name)
	defer func() {
		if problem := recover(); problem != nil {
			r.Seen = fmt.Sprintf("the trial is defective: %v", problem)
		}
		clean, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleaning)
		defer cancel()
		if err := own.CleanUp(clean); err != nil {
			r.Left = err.Error()
		}
	}()
	seen, err := f.Try(ctx, own)
	var not facts.NotTried
	switch {
	case errors.As(err, &not):
		r.Seen, r.expected = not.Why, true
		return r
	case err != nil:
		r.Seen = err.Error()
		return r
	}
	return judge(f, seen)
}

// judge says what a sight means for a fact.
func judge(f facts.Fact, seen facts.Seen) Result {
	r := Result{Fact: f.Name, Verdict: Refuted, Reading: seen.Reading, Seen: seen.Text}
	reading, known := f.Reading(seen.Reading)
	switch {
	case !known:
		r.Says, r.Wrong = "something that no reading says", "nobody thought of it: please report it"
	case reading.Name == f.Readings[0].Name:
		r.Verdict, r.Says, r.Wrong = Confirmed, reading.Says, reading.Wrong
	default:
		r.Says, r.Wrong = reading.Says, reading.Wrong
	}
	return r
}
