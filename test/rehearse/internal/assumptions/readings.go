package assumptions

import (
	"fmt"
	"slices"
	"strings"
)

// Readings are facts about AWS that are unproven, and of which what runs here must be right under
// both readings. The zero value of each is the reading that a rehearsal takes if nobody asks for
// the other one.
type Readings struct {
	// RollbackTarget: in a rollback, #{codepipeline.PipelineExecutionId} is the id of the execution
	// that it goes back to, and not the rollback's own.
	RollbackTarget bool
	// PromptHistory: ListActionExecutions and GetPipelineExecution know at once what
	// GetPipelineState says. Else they lag behind it by some answers.
	PromptHistory bool
	// Mount: the account has blob mounting switched on.
	Mount bool
	// DropVariables: an EventBridge rule's target starts a pipeline without the variables that its
	// input names.
	DropVariables bool
	// FreshShell: each command of a buildspec runs in a shell of its own, under "set -a"; only
	// exported variables and the folder survive. Else all commands share one shell.
	FreshShell bool
	// TagObject: the commitId in the event of an annotated tag is the tag object's id, and not the
	// commit's.
	TagObject bool
	// PeelsIDs: GetFolder resolves the id of a tag object. Else it refuses it.
	PeelsIDs bool
}

// reading is one fact, for people.
type reading struct {
	name  string
	field func(*Readings) *bool
	// says is the reading that the name asks for.
	says string
}

var readings = []reading{
	{"rollback-target", func(r *Readings) *bool { return &r.RollbackTarget },
		"a rollback's PipelineExecutionId is its target's id"},
	{"prompt-history", func(r *Readings) *bool { return &r.PromptHistory },
		"CodePipeline's history does not lag behind its state"},
	{"mount", func(r *Readings) *bool { return &r.Mount }, "ECR mounts blobs from other repositories"},
	{"drop-variables", func(r *Readings) *bool { return &r.DropVariables }, "rules start pipelines without variables"},
	{"fresh-shell", func(r *Readings) *bool { return &r.FreshShell },
		"each command of a buildspec has a shell of its own"},
	{"tag-object", func(r *Readings) *bool { return &r.TagObject },
		"events name an annotated tag's object, not its commit"},
	{"peels-ids", func(r *Readings) *bool { return &r.PeelsIDs }, "GetFolder resolves the id of a tag object"},
}

// ReadingNames are the names that Set takes.
func ReadingNames() []string {
	var names []string
	for _, r := range readings {
		names = append(names, r.name)
	}
	return names
}

// Set takes the other reading of the facts that are named, separated by commas; "all" is all of
// them. With String it makes Readings the value of a flag.
func (r *Readings) Set(names string) error {
	*r = Readings{}
	for _, name := range strings.Split(names, ",") {
		if name == "" {
			continue
		}
		at := slices.IndexFunc(readings, func(f reading) bool { return f.name == name })
		if at < 0 && name != "all" {
			return fmt.Errorf("there is no reading %q, expected all, or some of %s", name,
				strings.Join(ReadingNames(), ", "))
		}
		for i, f := range readings {
			if i == at || name == "all" {
				*f.field(r) = true
			}
		}
	}
	return nil
}

// String are the names of the readings that were asked for.
func (r *Readings) String() string {
	var names []string
	for _, f := range readings {
		if r != nil && *f.field(r) {
			names = append(names, f.name)
		}
	}
	return strings.Join(names, ",")
}

// Sentences are the readings that were asked for, as sentences.
func (r *Readings) Sentences() []string {
	var said []string
	for _, f := range readings {
		if *f.field(r) {
			said = append(said, f.says)
		}
	}
	return said
}
