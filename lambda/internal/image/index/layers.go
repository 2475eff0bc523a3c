package index

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"
	"golang.org/x/sync/errgroup"

	"archway/internal/platform"
	"archway/lambda/internal/guard"
	"archway/lambda/internal/image/entrypoint"
	"archway/lambda/internal/image/executable"
	"archway/lambda/internal/image/layer"
	"archway/lambda/internal/image/registry"
	"archway/lambda/internal/image/rootfs"
)

// Started is what would start in an image.
type Started struct {
	Trace entrypoint.Trace
	// Proven says that the trace was followed to its end, and what is wrong in it even with all
	// layers read to theirs.
	Proven bool
	// Needs is what the programs need to start. Nil if that wasn't looked at.
	Needs *Needs
	// Census lists programs and libraries of other machines. Nil unless all layers were to be read.
	Census *rootfs.Census
	// Unproven says why not all of this is known, and what is. Empty if all of it is, or other
	// checks refuse the image.
	Unproven string
	// Late says that time ran out, and Cure otherwise how to come below the limit that was met.
	Late bool
	Cure string
}

const (
	// parallelImages is how many images are followed at a time. Each reads one layer at a time.
	parallelImages = 2
	// forJudging is what is left of the time for the checks and the answer.
	forJudging = 2 * time.Second
)

// ReadLayers follows what would start in every Linux image, and no further into the layers than
// that takes; deep reads all of every layer, also of images of other systems. It fails only if the
// source could not be asked. What goes beyond a limit, or can't be done before the context's
// deadline, stands in Started.Unproven. Images that lack a layer, or of which nothing is known, are
// left out: other checks refuse them.
func ReadLayers(ctx context.Context, source Source, image *Image, deep bool) error {
	reading := ctx
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		left := time.Until(deadline)
		reading, cancel = context.WithTimeout(ctx, left-min(forJudging, left/10))
		defer cancel()
	}
	store := rootfs.NewStore(source.Layer, rootfs.Options{Deep: deep, Keep: kept})
	followers := map[*Entry]*follower{}
	for _, e := range image.Images() {
		if unpacked(e) && (deep || e.Platform().OS == "linux") {
			followers[e] = &follower{entry: e, store: store, fs: store.FS(layersOf(e)), deep: deep}
		}
	}
	g, reading := errgroup.WithContext(reading)
	g.SetLimit(parallelImages)
	for _, e := range image.Images() {
		if f := followers[e]; f != nil {
			g.Go(func() error {
				defer f.fs.Close()
				return guard.Do(func() error { return f.follow(ctx, reading) })
			})
		}
	}
	if err := g.Wait(); err != nil {
		return err
	}
	for e, f := range followers {
		for i, r := range f.fs.Readings() {
			if r.Bytes > 0 || r.Damage != "" {
				e.Blobs[i].Content = &r
			}
		}
	}
	return nil
}

// unpacked reports whether an image's layers are all there and can be unpacked.
func unpacked(e *Entry) bool {
	if e.Manifest == nil || e.Manifest.Shape() != ShapeManifest || e.Config == nil ||
		len(e.Manifest.Body.Layers) > MaxLayers {
		return false
	}
	for _, b := range e.Blobs[:len(e.Manifest.Body.Layers)] {
		if b.State != Read || b.huge() || !unpackable(b.Descriptor.MediaType) {
			return false
		}
	}
	return true
}

// unpackable reports whether a media type is one of layers that runtimes unpack; the check of layer
// types refuses all others.
func unpackable(mediaType string) bool {
	return strings.Contains(mediaType, ".tar") && !strings.HasSuffix(mediaType, "+encrypted")
}

// size is the larger of the sizes that the manifest and the registry tell: a wrong size is a
// finding, and no reason to leave bytes unread.
func (b *Blob) size() int64 { return max(b.Descriptor.Size, b.Stored) }

// huge reports whether a layer is larger than any that is read.
func (b *Blob) huge() bool { return b.size() > layer.MaxStored }

// layersOf are the layers, as large as they are at most.
func layersOf(e *Entry) []specs.Descriptor {
	var layers []specs.Descriptor
	for _, b := range e.Blobs[:len(e.Manifest.Body.Layers)] {
		d := b.Descriptor
		d.Size = b.size()
		layers = append(layers, d)
	}
	return layers
}

// Platform is the platform that an image is offered for: its entry's, or its config's where no
// entry tells.
func (e *Entry) Platform() specs.Platform {
	if p := e.Descriptor.Platform; p != nil && p.OS != "" && p.Architecture != "" {
		return platform.Normal(*p)
	}
	if e.Config != nil {
		return platform.Normal(e.Config.Platform())
	}
	return specs.Platform{}
}

// Fits reports whether a machine's programs run on the image's platform, as far as is known of
// that.
func (e *Entry) Fits(m executable.Machine) bool {
	p := e.Platform()
	return m.On(p.Architecture, p.Variant) != executable.Fails
}

// follower follows one image.
type follower struct {
	entry *Entry
	store *rootfs.Store
	fs    *rootfs.FS
	deep  bool
}

func (f *follower) follow(whole, reading context.Context) error {
	if f.entry.Platform().OS != "linux" {
		return f.judge(whole, reading, new(Started), f.fs.Finish(reading))
	}
	s := new(Started)
	f.entry.Start = s
	err := f.trace(reading, s)
	s.Proven = err == nil
	if err == nil {
		err = f.fs.ReadCompressed(reading, f.saysPlain)
	}
	if err == nil && f.deep {
		var census rootfs.Census
		if census, err = f.fs.Census(reading, f.entry.Fits); err == nil {
			s.Census = &census
		}
	}
	return f.judge(whole, reading, s, err)
}

// saysPlain reports whether the manifest gives a layer the type of a plain archive, which
// containerd takes at its word.
func (f *follower) saysPlain(d digest.Digest) bool {
	return slices.ContainsFunc(f.entry.Manifest.Body.Layers, func(l specs.Descriptor) bool {
		return l.Digest == d && l.MediaType == specs.MediaTypeImageLayer
	})
}

// judge tells an error that says something about the image from one that says that the source could
// not be asked.
func (f *follower) judge(whole, reading context.Context, s *Started, err error) error {
	var damage *rootfs.Damage
	var failed *rootfs.SourceError
	switch limit, beyond := rootfs.Beyond(err); {
	case err == nil, errors.As(err, &damage): // the check of the layers' digests reports damage
	case beyond:
		s.Unproven, f.entry.Start = f.unproven(s, limit.Reason), s
		s.Cure = cmp.Or(limit.Cure, "build the image without what goes beyond the limit")
	case errors.Is(err, registry.ErrNotFound) && errors.As(err, &failed):
		f.entry.missing(failed.Layer)
	case whole.Err() != context.Canceled && errors.Is(reading.Err(), context.DeadlineExceeded):
		s.Unproven, f.entry.Start = f.unproven(s, "the time limit was reached"), s
		s.Late = true
	default:
		return err
	}
	return nil
}

// trace follows what starts. If anything is wrong with it, it does so again with all layers read to
// their ends: only what is certain is reported. If all is well, layers that are nearly read are
// read to their digests.
func (f *follower) trace(ctx context.Context, s *Started) error {
	run := f.entry.Config.Run
	command := entrypoint.Command{Entrypoint: run.Entrypoint, Cmd: run.Cmd, Env: run.Env, WorkingDir: run.WorkingDir,
		Fits: f.entry.Fits}
	var err error
	if f.deep {
		err = f.fs.Finish(ctx)
	}
	for finished := f.deep; err == nil; {
		restarts := f.store.Restarts()
		s.Trace, err = entrypoint.Follow(ctx, f.fs, command)
		switch {
		case err != nil:
			return err
		case f.store.Restarts() != restarts: // at most once for each layer
		case !finished && !s.Trace.Smooth(f.entry.Fits):
			err, finished = f.fs.Finish(ctx), true
		default:
			if err = f.needs(ctx, s); err != nil {
				return err
			}
			if !finished && s.Needs.wrong() {
				err, finished = f.fs.Finish(ctx), true
				continue
			}
			if err = f.fs.Complete(ctx); err != nil && ctx.Err() != nil {
				err = nil // the trace is known all the same, and what wasn't read is said
			}
			if err != nil || f.store.Restarts() == restarts {
				return err
			}
		}
	}
	return err
}

// Unread is a layer of which not all bytes were read, so that nobody knows whether they are those
// that its digest names.
type Unread struct {
	Digest digest.Digest
	// Read is how many bytes were read, of Size.
	Read, Size int64
}

// Unread lists an image's layers that were not read to their ends, each once. What is missing or
// damaged is for checks to say.
func (e *Entry) Unread() []Unread {
	var all []Unread
	if e.Role() != RoleImage || e.Manifest == nil || e.Manifest.Shape() != ShapeManifest {
		return nil
	}
	for _, b := range e.Blobs[:min(len(e.Blobs), len(e.Manifest.Body.Layers))] {
		u := Unread{Digest: b.Descriptor.Digest, Size: b.size()}
		switch c := b.Content; {
		case c != nil && (c.Sums != nil || c.Damage != ""), b.State == Missing:
			continue
		case c != nil:
			u.Read = c.Bytes
		}
		if !slices.ContainsFunc(all, func(other Unread) bool { return other.Digest == u.Digest }) {
			all = append(all, u)
		}
	}
	return all
}

// unproven says what was read and what wasn't.
func (f *follower) unproven(s *Started, reason string) string {
	var read, all, whole int64
	readings := f.fs.Readings()
	for _, r := range readings {
		read, all = read+r.Bytes, all+r.Size
		if r.Sums != nil {
			whole++
		}
	}
	what := "what starts in the image is"
	if f.entry.Platform().OS != "linux" {
		what = "the image's layers are"
	}
	reached := "nothing of it is known"
	if n := len(s.Trace.Steps); n > 0 {
		reached = fmt.Sprintf("it was followed to %s", s.Trace.Steps[n-1].Name)
	}
	if f.deep {
		reached += ", and not all layers were searched for programs of other machines"
	}
	return fmt.Sprintf("%s not proven (%s): %s; %d of %d layers were read whole, %d of %d MiB in all",
		what, reason, reached, whole, len(readings), read>>20, all>>20)
}

// missing notes that the registry doesn't have a layer that it said to have.
func (e *Entry) missing(layer digest.Digest) {
	e.Start = nil
	for _, b := range e.Blobs {
		if b.Descriptor.Digest == layer {
			b.State = Missing
		}
	}
}
