// Package cli is the command line of validate.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/opencontainers/go-digest"

	"archway/lambda/internal/check"
	"archway/lambda/internal/registry"
	"archway/lambda/internal/validation"
)

// Exit codes.
const (
	Valid   = 0
	Invalid = 1
	// Unknown is for wrong usage and for registries that could not be asked.
	Unknown = 2
)

// Run is the whole program. It returns the exit code.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parse(args)
	if errors.Is(err, errHelp) {
		fmt.Fprint(stdout, usage, "\nchecks:\n")
		for _, c := range check.All() {
			fmt.Fprintf(stdout, "  %-18s  %s\n", c.Name, c.About)
		}
		return Valid
	}
	if err != nil {
		fmt.Fprintf(stderr, "validate: %v\nSee validate --help.\n", err)
		return Unknown
	}
	var results []result
	for _, image := range o.images {
		r := result{reference: image}
		r.verdict, r.err = judge(ctx, image, o.want)
		if r.err != nil {
			r.err = explain(r.err)
			fmt.Fprintf(stderr, "validate: %s: %v\n", image, r.err)
		} else if !o.json {
			printText(stdout, r)
		}
		results = append(results, r)
	}
	if o.json {
		if err := printJSON(stdout, results); err != nil {
			fmt.Fprintf(stderr, "validate: %v\n", err)
			return Unknown
		}
	}
	return exitCode(results)
}

// result is what came of one image: a verdict, or the error why there is none.
type result struct {
	reference name.Reference
	verdict   validation.Verdict
	err       error
}

func exitCode(results []result) int {
	code := Valid
	for _, r := range results {
		switch {
		case r.err != nil:
			return Unknown
		case !r.verdict.Valid():
			code = Invalid
		}
	}
	return code
}

func judge(ctx context.Context, reference name.Reference, want check.Want) (validation.Verdict, error) {
	auth, err := authn.Resolve(ctx, authn.DefaultKeychain, reference.Context())
	if err != nil {
		return validation.Verdict{}, fmt.Errorf("read Docker's credentials: %w", err)
	}
	repository, err := registry.Open(ctx, reference.Context(), auth, transport.PullScope, registry.AtTerminal)
	if err != nil {
		return validation.Verdict{}, err
	}
	if byDigest, ok := reference.(name.Digest); ok {
		return validation.Of(ctx, repository, digest.Digest(byDigest.DigestStr()), want, nil)
	}
	return validation.OfTag(ctx, repository, reference.Identifier(), want)
}

// explain adds what a person at a terminal can do.
func explain(err error) error {
	switch {
	case errors.Is(err, registry.ErrDenied):
		return fmt.Errorf("%w (log in with docker login, and check the name: many registries answer so for repositories that don't exist)", err)
	case errors.Is(err, context.Canceled):
		return errors.New("interrupted")
	}
	return err
}
