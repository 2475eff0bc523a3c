package codepipeline

import (
	"context"
	"errors"
	"sync"
)

// turns lets one execution at a time into a stage, in the order in which they came.
type turns struct {
	// supersede keeps one execution waiting at most: a newer one takes the place of the one that waits.
	supersede bool

	mu    sync.Mutex
	queue []*turn
}

type turn struct {
	turns     *turns
	ready     chan struct{}
	overtaken chan struct{}
}

// errOvertaken: a newer execution took the place in front of a stage.
var errOvertaken = errors.New("a newer execution took the place of this one while it waited")

// take joins the queue.
func (t *turns) take() *turn {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.join()
}

// takeFree takes the stage if nobody is in it; nil otherwise.
func (t *turns) takeFree() *turn {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.queue) > 0 {
		return nil
	}
	return t.join()
}

// join adds a place to the queue; t.mu is held.
func (t *turns) join() *turn {
	mine := &turn{turns: t, ready: make(chan struct{}), overtaken: make(chan struct{})}
	if t.supersede && len(t.queue) > 1 {
		for _, waiting := range t.queue[1:] {
			close(waiting.overtaken)
		}
		t.queue = t.queue[:1]
	}
	t.queue = append(t.queue, mine)
	if len(t.queue) == 1 {
		close(mine.ready)
	}
	return mine
}

// wait returns when it is this one's turn.
func (t *turn) wait(ctx context.Context) error {
	select {
	case <-t.ready:
		return ctx.Err()
	case <-t.overtaken:
		return errOvertaken
	case <-ctx.Done():
		return ctx.Err()
	}
}

// leave frees the stage, or gives up the place in the queue.
func (t *turn) leave() {
	q := t.turns
	q.mu.Lock()
	defer q.mu.Unlock()
	for i, other := range q.queue {
		if other != t {
			continue
		}
		q.queue = append(q.queue[:i:i], q.queue[i+1:]...)
		if i == 0 && len(q.queue) > 0 {
			close(q.queue[0].ready)
		}
		return
	}
}
