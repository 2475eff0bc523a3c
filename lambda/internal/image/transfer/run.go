package transfer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/opencontainers/go-digest"
	"golang.org/x/sync/errgroup"

	"archway/lambda/internal/image/registry"
)

const (
	// parallel is how many blobs are on their way at once.
	parallel = 4
	// chunkSize is what goes in one request, in bytes. ECR's parts are of 5 to 10 MiB, but for the
	// last (https://docs.aws.amazon.com/AmazonECR/latest/userguide/service-quotas.html); chunks of
	// 10 MiB were seen to arrive there.
	chunkSize = 10 << 20
	// restarts is how often an upload begins again that the registry lost.
	restarts = 3
)

// errLate says that the time is over, and nothing is wrong.
var errLate = errors.New("the time for this transfer is over")

// transfer is one run.
type transfer struct {
	Job
	// stop is when no further request begins; zero is never.
	stop time.Time
	// resumed are the uploads that the token names.
	resumed map[digest.Digest]*registry.Upload
	// noMounts is set once the registry refuses to be asked for mounts.
	noMounts atomic.Bool

	mu     sync.Mutex
	result Result
	// open are the uploads that were begun and are not complete.
	open map[digest.Digest]begun
}

func run(ctx context.Context, job Job) (Result, error) {
	if job.Log == nil {
		job.Log = slog.New(slog.DiscardHandler)
	}
	if job.chunk == 0 {
		job.chunk = chunkSize
	}
	if job.now == nil {
		job.now = time.Now
	}
	t := &transfer{Job: job, open: map[digest.Digest]begun{}}
	if err := t.takeToken(); err != nil {
		return Result{}, err
	}
	within := ctx
	if deadline, ok := ctx.Deadline(); ok {
		margin := job.Margin
		if margin <= 0 {
			margin = DefaultMargin
		}
		t.stop = deadline.Add(-margin)
		// What is on its way at the end of the margin's first half is broken off: the other half is
		// the caller's.
		var cancel context.CancelFunc
		within, cancel = context.WithDeadline(ctx, deadline.Add(-margin/2))
		defer cancel()
	}
	err := t.all(within)
	if errors.Is(err, errLate) || err != nil && ctx.Err() == nil && within.Err() != nil {
		t.result.Next, err = t.token()
	}
	return t.result, err
}

// late tells whether the time is over, as an error.
func (t *transfer) late() error {
	if !t.stop.IsZero() && !t.now().Before(t.stop) {
		return errLate
	}
	return nil
}

// all copies blobs first, and then the manifests that need them, children before the indexes that
// name them.
func (t *transfer) all(ctx context.Context) error {
	p, err := t.plan(ctx)
	if err != nil {
		return err
	}
	t.result.Blobs = len(p.blobs)
	if err := t.blobs(ctx, p.blobs); err != nil {
		return err
	}
	for _, m := range p.missing {
		if err := t.late(); err != nil {
			return err
		}
		if m.Bytes == nil {
			again, err := t.From.Manifest(ctx, m.Digest)
			if err != nil {
				return err
			}
			m.Bytes = again.Bytes
		}
		if err := t.To.PutByDigest(ctx, m); err != nil {
			return err
		}
		t.result.Manifests++
	}
	return nil
}

func (t *transfer) blobs(ctx context.Context, blobs []blob) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(parallel)
	for _, b := range blobs {
		g.Go(func() (err error) {
			defer func() {
				if p := recover(); p != nil {
					t.Log.Error("panic", "blob", b.digest, "value", p, "stack", string(debug.Stack()))
					err = fmt.Errorf("copy the blob %s: a defect of this program: %v", b.digest, p)
				}
			}()
			if ctx.Err() != nil {
				return ctx.Err() // another one failed
			}
			err = t.blob(ctx, b)
			if errors.Is(err, errLate) {
				return nil // the others go on to the end of their chunks, and then see that it is late
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return t.late()
}

func (t *transfer) count(change func(*Result)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	change(&t.result)
}
