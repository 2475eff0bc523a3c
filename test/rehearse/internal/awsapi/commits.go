package awsapi

import "context"

// Commits are the source repositories that can be asked about. Its errors that
// CodeCommit has a name for are of the type *Error.
type Commits interface {
	MergeBase(ctx context.Context, repository, source, destination string) (MergeOptions, error)
}

// MergeOptions is GetMergeOptions' answer. Which merges are possible is not
// worked out.
type MergeOptions struct {
	Source      string   `json:"sourceCommitId"`
	Destination string   `json:"destinationCommitId"`
	Base        string   `json:"baseCommitId"`
	Options     []string `json:"mergeOptions"`
}

func (s *Server) getMergeOptions(_ Caller, body []byte) (any, error) {
	var in struct {
		Repository  string `json:"repositoryName"`
		Source      string `json:"sourceCommitSpecifier"`
		Destination string `json:"destinationCommitSpecifier"`
	}
	if err := decode(body, &in); err != nil {
		return nil, err
	}
	var found problems
	found.length(in.Repository, "repositoryName", 100)
	found.length(in.Source, "sourceCommitSpecifier", 256)
	found.length(in.Destination, "destinationCommitSpecifier", 256)
	if err := found.err(); err != nil {
		return nil, err
	}
	options, err := s.options.Commits.MergeBase(context.Background(), in.Repository, in.Source, in.Destination)
	if options.Options == nil {
		options.Options = []string{}
	}
	return options, err
}
