package transfer

import (
	"context"
	"errors"
	"fmt"

	"archway/lambda/internal/image/registry"
)

// blob brings one blob into the target: by mount, or by sending it.
func (t *transfer) blob(ctx context.Context, b blob) error {
	if err := t.late(); err != nil {
		return err
	}
	upload := t.resumed[b.digest]
	if upload == nil && !t.noMounts.Load() {
		mounted, begun, err := t.To.Mount(ctx, b.digest, t.From)
		switch {
		case err != nil:
			return err
		case mounted:
			t.count(func(r *Result) { r.Mounted++ })
			return nil
		case begun == nil && !t.noMounts.Swap(true):
			t.Log.Info("the registry mounts no blobs here: they are copied")
		}
		upload = begun
	}
	if upload != nil && upload.Offset() > b.size {
		return fmt.Errorf("the continuation token says that %d bytes of the blob %s were sent, but it has %d",
			upload.Offset(), b.digest, b.size)
	}
	if there, err := t.To.HasBlob(ctx, b.digest); err != nil || there {
		return err
	}
	if b.foreign {
		if kept, err := t.From.HasBlob(ctx, b.digest); err != nil || !kept {
			return err
		}
	}
	for attempt := 1; ; attempt++ {
		if upload == nil {
			var err error
			if upload, err = t.To.StartUpload(ctx); err != nil {
				return err
			}
		}
		err := t.send(ctx, b, upload)
		if err == nil {
			t.count(func(r *Result) { r.Copied++; delete(t.open, b.digest) })
			return nil
		}
		if !errors.Is(err, registry.ErrUploadLost) || attempt >= restarts {
			return err
		}
		t.Log.Warn("an upload begins again", "blob", b.digest, "error", err.Error())
		t.count(func(*Result) { delete(t.open, b.digest) })
		upload = nil
	}
}

// send sends what an upload lacks, and completes it once all bytes were seen to be those that the
// digest names.
func (t *transfer) send(ctx context.Context, b blob, upload *registry.Upload) error {
	from := &source{repository: t.From, blob: b}
	defer from.close()
	for upload.Offset() < b.size {
		if err := t.late(); err != nil {
			return err
		}
		before := upload.Offset()
		err := upload.Append(ctx, max(t.chunk, upload.Least()), b.size, from.at)
		t.count(func(r *Result) {
			r.Bytes += max(0, upload.Offset()-before)
			t.open[b.digest] = begun{Digest: b.digest, At: upload.Location(), Offset: upload.Offset()}
		})
		if err != nil {
			return err
		}
	}
	if err := from.verify(ctx); err != nil {
		return err
	}
	return upload.Complete(ctx, b.digest)
}
