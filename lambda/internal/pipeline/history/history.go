// Package history asks the source of a pipeline about commits: which of two is older, to which one
// a branch or a tag leads, and which one a push has brought. Each kind of source has a file of its
// own.
package history

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"

	"archway/internal/rule"
	"archway/internal/settings"
)

// Relation is what one commit is to another.
type Relation int

const (
	// Unknown says that the source can't tell, e.g. because it has one of the commits no more.
	Unknown Relation = iota
	// Descends says that the commit has the other one among its ancestors: it is newer.
	Descends
	// Precedes says that the commit is an ancestor of the other one: it is older.
	Precedes
	// Diverged says that neither descends from the other: they are on two branches, or history was
	// rewritten.
	Diverged
)

// Source is where the code of a pipeline comes from.
type Source interface {
	// Compare tells what commit is to other, which is another commit. A source that can't tell
	// says Unknown.
	Compare(ctx context.Context, commit, other string) (Relation, error)
	// Head gives the commit that a branch or a git tag leads to, or "".
	Head(ctx context.Context, t rule.Type, name string) (string, error)
	// Stray says why a commit is not what a branch or git tag has led to, or "".
	Stray(ctx context.Context, t rule.Type, name, commit string) (why string, err error)
	// Push reads an event of EventBridge. With an error it gives what could be read, or nil.
	Push(event json.RawMessage) (*Push, error)
	// Pushed gives the commit that a push has brought. "" says that the branch or tag leads
	// somewhere else by now, of which another event tells.
	Pushed(ctx context.Context, p *Push) (string, error)
}

// Push is what an event tells about a branch or a git tag.
type Push struct {
	// Event is the event's id, which stays the same when it comes again.
	Event      string
	Repository string
	Type       rule.Type
	Name       string
	// Commit is what the branch or tag leads to, as the event says.
	Commit string
	// Deleted says that it is gone.
	Deleted bool
}

// sources open the sources of each kind.
var sources = map[settings.SourceKind]func(aws.Config, settings.Source) Source{
	settings.CodeCommit: func(cfg aws.Config, s settings.Source) Source { return NewCodeCommit(cfg, s.Repository) },
}

// Open gives the source that a pipeline's settings name.
func Open(cfg aws.Config, s settings.Source) (Source, error) {
	open, ok := sources[s.Kind]
	if !ok {
		return nil, fmt.Errorf("%s names a source of the kind %q, which this function doesn't know: deploy it again",
			settings.File, s.Kind)
	}
	return open(cfg, s), nil
}
