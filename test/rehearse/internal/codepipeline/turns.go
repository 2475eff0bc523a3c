package codepipeline

import (
	"context"
	"sync"
)

// turns lets one execution at a time into a stage, in the order in which they came.
type turns struct {
	mu    sync.Mutex
	queue []*turn
}

type turn struct {
	turns *turns
	ready chan struct{}
}

// take joins the queue.
func (t *turns) take() *turn {
	t.mu.Lock()
	defer t.mu.Unlock()
	mine := &turn{turns: t, ready: make(chan struct{})}
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
