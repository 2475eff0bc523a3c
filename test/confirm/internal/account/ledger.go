package account

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/smithy-go"
)

// made is one resource, or a setting to put back.
type made struct {
	kind *kind
	name string
	undo func(context.Context) error
}

// ledger holds what has to be deleted. A resource stands in it before it is made: who asks for one
// and is interrupted doesn't know whether it is there.
type ledger struct{ entries []made }

func (s *Session) making(k *kind, name string) {
	s.ledger.entries = append(s.ledger.entries, made{kind: k, name: name})
}

// Undo says how a setting is put back, before it is changed.
func (s *Session) Undo(what string, undo func(context.Context) error) {
	s.ledger.entries = append(s.ledger.entries, made{name: what, undo: undo})
}

// attempts to delete a resource: AWS refuses for a while what is still in use, or was made just
// now.
const attempts = 8

// CleanUp deletes what this fact made, the youngest first, and says what is left. It takes a
// context that an interrupt does not end.
func (s *Session) CleanUp(ctx context.Context) error {
	var left []error
	for _, m := range slices.Backward(s.ledger.entries) {
		if m.undo != nil {
			if err := s.retried(ctx, func() error { return m.undo(ctx) }); err != nil {
				left = append(left, fmt.Errorf("%s was not put back: %w", m.name, err))
			}
			continue
		}
		if err := s.retried(ctx, func() error { return s.deleteOwn(ctx, m.kind, m.name) }); err != nil {
			left = append(left, fmt.Errorf("%s %s is left: %w", m.kind.name, m.name, err))
		}
	}
	s.ledger.entries = nil
	return errors.Join(left...)
}

// errForeign is not worth a second attempt.
var errForeign = errors.New("it has another tag, so this run did not make it")

// deleteOwn deletes what has both the prefix and the tag of this run.
func (s *Session) deleteOwn(ctx context.Context, k *kind, name string) error {
	if !strings.HasPrefix(name, s.Prefix+"-") {
		return errForeign
	}
	switch tag, err := k.tag(ctx, s, name); {
	case isMissing(err):
		return nil
	case err != nil:
		return err
	case tag != s.Prefix:
		return errForeign
	}
	if err := k.delete(ctx, s, name); err != nil && !isMissing(err) {
		return err
	}
	return nil
}

// Left deletes what a run with this prefix left behind, after it was killed. It reports each thing
// that is gone.
func (s *Session) Left(ctx context.Context, gone func(what string)) error {
	var problems []error
	for _, k := range kinds {
		names, err := k.list(ctx, s)
		if err != nil {
			problems = append(problems, fmt.Errorf("%ss were not looked for: %w", k.name, err))
			continue
		}
		for _, name := range names {
			if !strings.HasPrefix(name, s.Prefix+"-") {
				continue
			}
			if err := s.retried(ctx, func() error { return s.deleteOwn(ctx, k, name) }); err != nil {
				problems = append(problems, fmt.Errorf("%s %s is left: %w", k.name, name, err))
				continue
			}
			gone(k.name + " " + name)
		}
	}
	return errors.Join(problems...)
}

func (s *Session) retried(ctx context.Context, do func() error) error {
	var err error
	for attempt := range attempts {
		if err = do(); err == nil || errors.Is(err, errForeign) || isRefused(err) {
			return err
		}
		if wait := s.Sleep(ctx, time.Duration(attempt+1)*s.Pace); wait != nil {
			return errors.Join(err, wait)
		}
	}
	return err
}

// Code is AWS's name of an error, or nothing.
func Code(err error) string {
	var refused smithy.APIError
	if errors.As(err, &refused) {
		return refused.ErrorCode()
	}
	return ""
}

// isMissing reports whether AWS says that there is no such thing: each service has a name of its
// own for it.
func isMissing(err error) bool {
	code := Code(err)
	for _, part := range []string{"NotFound", "NoSuchEntity", "NoSuchBucket", "NonExistentQueue", "DoesNotExist"} {
		if strings.Contains(code, part) {
			return true
		}
	}
	return false
}

func isRefused(err error) bool {
	code := Code(err)
	return strings.Contains(code, "AccessDenied") || strings.Contains(code, "Unauthorized")
}
