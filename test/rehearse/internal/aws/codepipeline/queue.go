package codepipeline

import (
	"context"
	"errors"
	"sync"
)

// stageQueue lets one execution at a time into a stage, in the order in which they came.
type stageQueue struct {
	// supersede keeps one execution waiting at most: a newer one takes the place of the one that
	// waits.
	supersede bool

	mu     sync.Mutex
	places []*place
}

// place is an execution's in the queue in front of a stage.
type place struct {
	queue     *stageQueue
	ready     chan struct{}
	overtaken chan struct{}
}

// errOvertaken: a newer execution took the place in front of a stage.
var errOvertaken = errors.New("a newer execution took the place of this one while it waited")

// join takes a place at the end of the queue.
func (q *stageQueue) join() *place {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.add()
}

// joinIfFree takes the stage if nobody is in it; nil otherwise.
func (q *stageQueue) joinIfFree() *place {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.places) > 0 {
		return nil
	}
	return q.add()
}

// add adds a place to the queue; q.mu is held.
func (q *stageQueue) add() *place {
	mine := &place{queue: q, ready: make(chan struct{}), overtaken: make(chan struct{})}
	if q.supersede && len(q.places) > 1 {
		for _, waiting := range q.places[1:] {
			close(waiting.overtaken)
		}
		q.places = q.places[:1]
	}
	q.places = append(q.places, mine)
	if len(q.places) == 1 {
		close(mine.ready)
	}
	return mine
}

// wait returns when the execution is the first one.
func (p *place) wait(ctx context.Context) error {
	select {
	case <-p.ready:
		return ctx.Err()
	case <-p.overtaken:
		return errOvertaken
	case <-ctx.Done():
		return ctx.Err()
	}
}

// leave frees the stage, or gives up the place in the queue.
func (p *place) leave() {
	q := p.queue
	q.mu.Lock()
	defer q.mu.Unlock()
	for i, other := range q.places {
		if other != p {
			continue
		}
		q.places = append(q.places[:i:i], q.places[i+1:]...)
		if i == 0 && len(q.places) > 0 {
			close(q.places[0].ready)
		}
		return
	}
}
