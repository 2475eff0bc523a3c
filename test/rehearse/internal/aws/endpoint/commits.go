package endpoint

import "context"

// Commits are the source repositories that can be asked about. Its errors that
// CodeCommit has a name for are of the type *Error.
type Commits interface {
	MergeBase(ctx context.Context, repository, source, destination string) (MergeOptions, error)
	// Branch returns the commit that a branch points at.
	Branch(ctx context.Context, repository, branch string) (commit string, err error)
	// Folder returns the commit that a specifier names, and the tree of a folder in it.
	Folder(ctx context.Context, repository, specifier, path string) (Folder, error)
}

var codeCommit = service{"codecommit", map[string]operation{
	"GetBranch":       {(*Server).getBranch, ofRepository("codecommit:GetBranch")},
	"GetFolder":       {(*Server).getFolder, ofRepository("codecommit:GetFolder")},
	"GetMergeOptions": {(*Server).getMergeOptions, ofRepository("codecommit:GetMergeOptions")},
}}

// ofRepository is the need of an action on a repository of CodeCommit.
func ofRepository(action string) func(*Server, resourceNames) Need {
	return func(s *Server, in resourceNames) Need { return Need{action, s.arn("codecommit", in.Repository)} }
}

// Folder is GetFolder's answer. What the folder holds is left out.
type Folder struct {
	Commit string `json:"commitId"`
	Path   string `json:"folderPath"`
	Tree   string `json:"treeId"`
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

func (s *Server) getBranch(_ Caller, body []byte) (any, error) {
	var in struct {
		Repository string `json:"repositoryName"`
		Branch     string `json:"branchName"`
	}
	if err := decode(body, &in); err != nil {
		return nil, err
	}
	for _, missing := range []struct{ value, code string }{
		{in.Repository, "RepositoryNameRequiredException"}, {in.Branch, "BranchNameRequiredException"},
	} {
		if missing.value == "" {
			return nil, &Error{missing.code, "the call lacks it"}
		}
	}
	commit, err := s.options.Commits.Branch(context.Background(), in.Repository, in.Branch)
	if err != nil {
		return nil, err
	}
	return map[string]any{"branch": map[string]string{"branchName": in.Branch, "commitId": commit}}, nil
}

func (s *Server) getFolder(_ Caller, body []byte) (any, error) {
	var in struct {
		Repository string `json:"repositoryName"`
		Specifier  string `json:"commitSpecifier"`
		Path       string `json:"folderPath"`
	}
	if err := decode(body, &in); err != nil {
		return nil, err
	}
	for _, missing := range []struct{ value, code string }{
		{in.Repository, "RepositoryNameRequiredException"}, {in.Path, "PathRequiredException"},
	} {
		if missing.value == "" {
			return nil, &Error{missing.code, "the call lacks it"}
		}
	}
	// Without a specifier it is the default branch's head. Nobody here may mean that.
	if in.Specifier == "" {
		return nil, &Error{"InvalidCommitException", "the rehearsal answers GetFolder for a commitSpecifier only"}
	}
	return s.options.Commits.Folder(context.Background(), in.Repository, in.Specifier, in.Path)
}
