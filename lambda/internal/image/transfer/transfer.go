// Package transfer copies images from one repository to another, byte for byte: what is there
// already is not sent again, blobs are mounted where the registry can do that, and streamed where
// it can't. It can stop at any point and go on later.
package transfer

import (
	"context"
	"log/slog"
	"time"

	"github.com/opencontainers/go-digest"

	"archway/lambda/internal/image/registry"
)

const (
	// MaxToken is the longest Result.Next, in bytes. CodePipeline takes 2,048 characters: what is
	// left is the caller's.
	MaxToken = 1536
	// DefaultMargin is what is left of the caller's time when a transfer stops, so that the caller
	// can still say so.
	DefaultMargin = 20 * time.Second
)

// Job says what to copy.
type Job struct {
	// From and To are open for reading, and for reading and writing. Blobs are mounted where both
	// are in one registry.
	From, To *registry.Repository
	// Roots are the manifests to copy, with all that they lead to: validated indexes, and what
	// refers to them.
	Roots []digest.Digest
	// Token is the Next of the invocation before; empty at the beginning. It is text that others
	// could have written.
	Token string
	// Margin is how long before the context's deadline the transfer stops; 0 means DefaultMargin.
	// Without a deadline it never stops.
	Margin time.Duration
	// Log gets a line for what takes long or went wrong and was done again; nil logs nothing.
	Log *slog.Logger

	// For tests.
	chunk int64
	now   func() time.Time
}

// Result is what a transfer did.
type Result struct {
	// Blobs is how many different blobs the missing manifests need. Mounted and Copied of them were
	// missing in the target.
	Blobs, Mounted, Copied int
	// Manifests is how many manifests were written.
	Manifests int
	// Bytes were sent, for blobs that were copied or begun.
	Bytes int64
	// Next is empty if all is in the target. Otherwise the time ran out: run the same job again
	// with this as its Token. It is JSON of at most MaxToken bytes.
	Next string
}

// Run copies. It can be run again after any failure, also after it was killed: what is in the
// target stays.
func Run(ctx context.Context, job Job) (Result, error) { return run(ctx, job) }
