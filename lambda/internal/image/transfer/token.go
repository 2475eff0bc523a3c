package transfer

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/opencontainers/go-digest"

	"archway/internal/strict"
	"archway/lambda/internal/image/registry"
)

// state is what one invocation tells the next. It passes through other hands: what it says is
// looked at, and nothing of it decides about bytes. An upload that is not what it says ends in a
// digest that the registry refuses.
type state struct {
	Version int `json:"v"`
	// Job is a digest of what is copied.
	Job     string  `json:"job"`
	Uploads []begun `json:"uploads"`
}

// begun is an upload that is not complete.
type begun struct {
	Digest digest.Digest `json:"digest"`
	// At is its path and query.
	At     string `json:"at"`
	Offset int64  `json:"offset"`
}

const version = 1

// id stands for what is copied.
func (t *transfer) id() string {
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%s\n", t.From.Name(), t.To.Name())
	for _, r := range t.Roots {
		fmt.Fprintln(h, r)
	}
	return fmt.Sprintf("%x", h.Sum(nil)[:16])
}

// token writes the state. Uploads that have no room, or whose address can't be checked again, begin
// anew: those with the least.
func (t *transfer) token() (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	var uploads []begun
	for _, b := range t.open {
		if b.At != "" && b.Offset > 0 {
			uploads = append(uploads, b)
		}
	}
	slices.SortFunc(uploads, func(a, b begun) int {
		return cmp.Or(cmp.Compare(b.Offset, a.Offset), cmp.Compare(a.Digest, b.Digest))
	})
	s := state{Version: version, Job: t.id(), Uploads: []begun{}}
	text, err := json.Marshal(s)
	for _, b := range uploads {
		more := s
		more.Uploads = append(slices.Clip(s.Uploads), b)
		longer, failed := json.Marshal(more)
		if failed != nil || len(longer) > MaxToken {
			continue
		}
		s, text = more, longer
	}
	return string(text), err
}

// takeToken reads the state, if there is one.
func (t *transfer) takeToken() error {
	if t.Token == "" {
		return nil
	}
	refuse := func(why string, about ...any) error {
		return fmt.Errorf("the continuation token of the transfer to %s is refused: %s; retry the stage, "+
			"which begins without one", t.To.Name(), fmt.Sprintf(why, about...))
	}
	if len(t.Token) > MaxToken {
		return refuse("it has %d bytes, expected at most %d", len(t.Token), MaxToken)
	}
	var s state
	if err := strict.Decode([]byte(t.Token), &s); err != nil {
		return refuse("%s", err)
	}
	if s.Version != version || s.Job != t.id() {
		return refuse("it belongs to another transfer")
	}
	t.resumed = map[digest.Digest]*registry.Upload{}
	for _, b := range s.Uploads {
		if err := b.Digest.Validate(); err != nil || t.resumed[b.Digest] != nil {
			return refuse("%q is no digest, or stands there twice", b.Digest)
		}
		if b.Offset > maxBlob {
			return refuse("no blob has %d bytes", b.Offset)
		}
		upload, err := t.To.TakeUp(b.At, b.Offset)
		if err != nil {
			return refuse("%s", err)
		}
		t.resumed[b.Digest] = upload
		t.open[b.Digest] = b
	}
	return nil
}
