// Package version says which Archway this is.
package version

// Version is the release, or the next one of a commit between two: CHANGELOG.md tells what is in
// it. It stands in the description of each stack, and each command prints it with --version.
const Version = "0.1.0"
