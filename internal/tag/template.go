// Package tag renders the names of image tags from templates such as {commit:12} or
// nightly-{date:20060102}.
//
// The configuration checks the templates before anything is deployed, and the promotion renders
// them; both must read them alike, so it is one package. It is imported by the Lambda functions and
// stays free of the CDK.
package tag

import (
	"strings"
	"time"
)

// Template is a parsed tag template. Its zero value renders nothing; make one with Parse.
//
// A template is literal text with any of these placeholders:
//
//	{commit}        the whole commit ID, 40 hexadecimal characters
//	{commit:N}      its first N characters, N from 4 to 40
//	{branch}        the branch, made fit for a tag (see Branch)
//	{date:LAYOUT}   the creation time of the image index in UTC, in a layout of Go's time package, such as 20060102
//	{date:LAYOUT,Europe/Berlin}   the same in a time zone of the IANA database
//	{semver.major}  a value of a version, for a rule of git tags; also .minor, .patch and .version
//	{NAME}          a value that Parse was told of, such as a named group of a build rule, made fit for a tag (see Fit)
type Template struct {
	source string
	parts  []part
}

// part is a piece of a template: a literal or one placeholder.
type part struct {
	kind    kind
	literal string // text of a literal
	length  int    // characters of the commit
	layout  string // layout of the date
	zone    *time.Location
	name    string // name of a value
}

type kind int

const (
	literal kind = iota
	commit
	branch
	date
	value
)

// version is what the names of values begin with that only a version has: a value that is missing
// would be an empty one.
const version = "semver."

// String returns the template as it was written.
func (t Template) String() string { return t.source }

// Varies reports whether the template can yield different tags for different commits of one branch.
func (t Template) Varies() bool {
	for _, p := range t.parts {
		if p.kind == commit || p.kind == date {
			return true
		}
	}
	return false
}

// Uses reports whether the template holds a placeholder: "commit", "branch", "date" or the name of
// a value.
func (t Template) Uses(name string) bool {
	for _, p := range t.parts {
		if p.kind == commit && name == "commit" || p.kind == branch && name == "branch" || p.kind == date &&
			name == "date" || p.kind == value && name == p.name {
			return true
		}
	}
	return false
}

// MaxLength is the length of the longest tag that a registry takes:
// https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pulling-manifests
const MaxLength = 128

// Valid reports whether a registry takes s as a tag: [A-Za-z0-9_][A-Za-z0-9._-]{0,127}.
func Valid(s string) bool {
	if s == "" || len(s) > MaxLength || strings.ContainsAny(s[:1], ".-") {
		return false
	}
	for i := range len(s) {
		if !tagByte(s[i]) {
			return false
		}
	}
	return true
}

func tagByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '.' || c == '-'
}
