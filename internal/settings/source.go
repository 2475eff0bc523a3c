package settings

import "regexp"

// Source is the repository whose commits are built.
type Source struct {
	// Kind is the service that keeps it. It is left out for CodeCommit.
	Kind SourceKind `json:"kind,omitempty"`
	// Repository is the service's name for it.
	Repository string `json:"repository"`
	Branch     string `json:"branch"`
}

// SourceKind is a service that keeps sources.
type SourceKind string

// CodeCommit is AWS CodeCommit.
const CodeCommit SourceKind = ""

// revisionTypes are CodePipeline's words for what a source action of each kind is pinned to.
// https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_SourceRevisionOverride.html
var revisionTypes = map[SourceKind]string{
	CodeCommit: "COMMIT_ID",
}

// RevisionType is CodePipeline's word for what an execution is pinned to.
func (s Source) RevisionType() string { return revisionTypes[s.Kind] }

var commitID = regexp.MustCompile(`^[0-9a-f]{40}$`)

// IsCommit reports whether a text is the whole ID of a commit, or of another object of git.
func IsCommit(text string) bool { return commitID.MatchString(text) }
