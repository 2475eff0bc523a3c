package config

import (
	"fmt"

	"archway/internal/rule"
	"archway/internal/spec"
)

// Source is the CodeCommit repository of a pipeline.
type Source struct {
	// Name of the CodeCommit repository: 1 to 100 letters, digits, periods, underscores and
	// hyphens, not ending in .git.
	// Default: the name of the pipeline.
	Repository string `key:"repository" rule:"codeCommit"`

	// Whether the repository exists already in this account and Region. If not, the stack creates
	// it.
	Existing bool `key:"existing"`

	// The branch whose pushes start the pipeline.
	Branch string `key:"branch" default:"main" rule:"branch"`

	// Folder whose files become the first commit of a new repository, relative to the folder of
	// cdk.json. It is read only when the repository is created.
	// Default: the repository starts empty.
	Seed string `key:"seed"`
}

// source reads the source of a pipeline. The name of the pipeline is "" if it has no valid one.
func (r *reader) source(pipeline object, name string, taken names) Source {
	s := defaultPipeline().Source
	// Every name that a pipeline can have is also a name that CodeCommit takes.
	s.Repository = name
	value, ok := pipeline.fields["source"]
	if !ok {
		value = map[string]any{}
	}
	o, ok := r.object(pipeline.path("source"), value, keysOf[Source]())
	if !ok {
		return s
	}
	read(o, &s, special{
		"repository": func() {
			if address, _ := o.fields["repository"].(string); sourceAddress(address) != "" {
				o.report("repository", "%s", sourceAddress(address))
				s.Repository = ""
			} else if o.has("repository") {
				s.Repository = o.name("repository", "codeCommit")
			}
		},
		"branch": func() {
			branch, ok := o.text("branch", s.Branch)
			if !ok {
				return
			}
			s.Branch = branch
			if bad := spec.Named("branch").Check(branch); bad != "" {
				if instead, is := rule.Wildcard(branch); is {
					bad = fmt.Sprintf(`is no name of one branch: for several write "rules", such as [{"name": "all", "type": "branch", "pattern": %q}]`,
						instead)
				}
				o.report("branch", "%s", bad)
				s.Branch = ""
			}
		},
		"seed": func() {},
	})
	if !s.Existing {
		taken.add(r, o.path("repository"), s.Repository,
			`two stacks can't create the same CodeCommit repository: name another one, or set "existing": true for all but one`)
	}
	if s.Existing && o.has("seed") {
		o.report("seed",
			`an existing repository has its own files: remove "seed", or "existing" if the stack is to create the repository`)
	} else {
		s.Seed = o.seed("seed")
	}
	return s
}
