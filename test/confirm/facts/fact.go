// Package facts holds what Archway leans on and nobody has seen in an account, each with the trial
// that proves it.
package facts

import (
	"context"
	"slices"

	"archway/test/confirm/internal/account"
)

// Fact is one question about AWS.
type Fact struct {
	// Name is what --only takes; it is also in the names of what a trial makes.
	Name string
	// Question is what is unproven.
	Question string
	// Readings are the answers that are thought of; the first is the one that a rehearsal takes if
	// nobody asks.
	Readings []Reading
	// Unrehearsed tells that no rehearsal acts on it: it is only told in documents, or it is about
	// what a rehearsal does not have.
	Unrehearsed bool
	// Proof is what would prove it, for people.
	Proof string
	// ByHand are the steps for a person, of a fact that no program tries.
	ByHand []string
	// Try makes what it needs with the session, which deletes it afterwards, and says what it saw.
	Try func(context.Context, *account.Session) (Seen, error)
}

// Reading is one answer.
type Reading struct {
	Name, Says string
	// Wrong is what of Archway is not right under this reading; empty: it is right.
	Wrong string
	// Option has a rehearsal take this reading, too: make rehearse ARGS='--readings OPTION'.
	Option string
}

// Seen is which reading was seen, and what exactly.
type Seen struct{ Reading, Text string }

// Reading finds the reading of a name, if the fact has one.
func (f Fact) Reading(name string) (Reading, bool) {
	at := slices.IndexFunc(f.Readings, func(r Reading) bool { return r.Name == name })
	if at < 0 {
		return Reading{}, false
	}
	return f.Readings[at], true
}

// NotTried is the error of a trial that was not made, as something is not allowed or not given.
type NotTried struct{ Why string }

func (e NotTried) Error() string { return e.Why }

// All facts, in the order in which they are tried: those that cost nothing first.
func All() []Fact {
	return slices.Concat(starts, rollbacks, runs, tags, sources, images, pushes, builds, byHand)
}
