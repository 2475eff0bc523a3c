// Command copy copies an image as promotion does, and points a tag there, in a process of its own:
// `make bench` measures it. It logs in nowhere.
//
//	copy REPOSITORY DIGEST TARGET TAG
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/opencontainers/go-digest"

	"archway/lambda/internal/image/registry"
	"archway/lambda/internal/image/transfer"
)

func main() {
	if len(os.Args) != 5 {
		fmt.Fprintln(os.Stderr, "usage: copy REPOSITORY DIGEST TARGET TAG")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1], digest.Digest(os.Args[2]), os.Args[3], os.Args[4]); err != nil {
		fmt.Fprintf(os.Stderr, "copy: %v\n", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, source string, image digest.Digest, target, tag string) error {
	from, err := name.NewRepository(source)
	if err != nil {
		return err
	}
	to, err := name.NewRepository(target)
	if err != nil {
		return err
	}
	job := transfer.Job{Roots: []digest.Digest{image}}
	if job.From, err = registry.Open(ctx, from, authn.Anonymous, transport.PullScope, registry.AtTerminal); err != nil {
		return err
	}
	job.To, err = registry.Open(ctx, to, authn.Anonymous, transport.PushScope, registry.AtTerminal,
		registry.MountFrom(from))
	if err != nil {
		return err
	}
	result, err := transfer.Run(ctx, job)
	if err != nil {
		return err
	}
	index, err := job.From.Manifest(ctx, image)
	if err != nil {
		return err
	}
	fmt.Printf("%+v\n", result)
	return job.To.Put(ctx, tag, index)
}
