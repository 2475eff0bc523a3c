package check

import (
	"fmt"

	"github.com/opencontainers/go-digest"

	"archway/internal/spec"
	"archway/lambda/internal/image/index"
	"archway/lambda/internal/plain"
)

// Severity is how much a finding weighs.
type Severity = spec.Severity

// The severities. An image is valid if it has no finding of severity Error.
const (
	Error   Severity = "error"
	Warning          = spec.Warning
	Info             = spec.Info
)

// Subject is what a finding is about. Both are empty if the reference leads to nothing.
type Subject struct {
	// Digest of the index or of one of its manifests.
	Digest string `json:"digest"`
	// The platform, if it is about one.
	Platform string `json:"platform,omitempty"`
}

// String is the subject in the short form for people.
func (s Subject) String() string {
	switch {
	case s == Subject{}:
		return "the reference"
	case s.Platform == "":
		return Short(s.Digest)
	case s.Digest == "":
		return s.Platform
	default:
		return s.Platform + " (" + Short(s.Digest) + ")"
	}
}

// Finding is one thing that a check noticed.
type Finding struct {
	Check    string
	Severity Severity
	Subject  Subject
	// Problem says what was found, what was expected, and the likely cause. It begins in the middle
	// of a sentence, after the subject.
	Problem string
	// Cure says what to do about it.
	Cure string
	// Downgraded says, if the finding weighs less by configuration, what it would be otherwise, and
	// why it isn't.
	Downgraded *Downgraded
}

// Message is the whole sentence: subject, problem and cure.
func (f Finding) Message() string {
	s := f.Subject.String() + ": " + f.Problem
	if f.Cure != "" {
		s += "; " + f.Cure
	}
	return s
}

// Short is a digest as people compare it: the algorithm and twelve digits.
func Short(d string) string {
	parsed, err := digest.Parse(d)
	if err != nil || len(parsed.Encoded()) <= 12 {
		return d
	}
	return parsed.Algorithm().String() + ":" + parsed.Encoded()[:12]
}

// report collects the findings of one check.
type report struct {
	check    string
	place    Place
	findings []Finding
}

func (r *report) add(s Severity, about Subject, cure, format string, args ...any) {
	r.findings = append(r.findings,
		Finding{Check: r.check, Severity: s, Subject: about, Problem: printable(fmt.Sprintf(format, args...)),
			Cure: cure})
}

// printable keeps what a registry put into names and labels from steering a terminal or flooding a
// log.
func printable(s string) string {
	s = plain.Text(s)
	if runes := []rune(s); len(runes) > longest {
		s = string(runes[:longest]) + "…"
	}
	return s
}

// longest is the length in characters beyond which a problem's text is cut. Our own words stay far
// below it.
const longest = 900

// about is the subject of a finding about an entry.
func about(e *index.Entry) Subject {
	s := Subject{Digest: printable(e.Descriptor.Digest.String()),
		Platform: printable(index.Name(e.Descriptor.Platform))}
	if s.Platform == "" && e.Config != nil {
		p := e.Config.Platform()
		s.Platform = printable(index.Name(&p))
	}
	return s
}

// root is the subject of a finding about the index itself.
func root(i *index.Image) Subject { return Subject{Digest: i.Digest.String()} }
