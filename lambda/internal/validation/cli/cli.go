// Package cli is the command line of validate.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/opencontainers/go-digest"

	"archway/lambda/internal/guard"
	"archway/lambda/internal/image/layout"
	"archway/lambda/internal/image/registry"
	"archway/lambda/internal/plain"
	"archway/lambda/internal/validation"
	"archway/lambda/internal/verdict/check"
	"archway/lambda/internal/verdict/report"
)

// Exit codes.
const (
	Valid   = 0
	Invalid = 1
	// Unknown is for wrong usage and for registries that could not be asked.
	Unknown = 2
)

// Run is the whole program. It returns the exit code. Nothing that it writes steers a terminal but
// the progress, and that alone.
func Run(ctx context.Context, args []string, stdout, terminal io.Writer) int {
	stdout, stderr := plain.Writer(stdout), plain.Writer(terminal)
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
	out, code := report.Open(o.output, stdout, o.want.Deep), Valid
	for _, image := range o.images {
		var verdict check.Verdict
		err := guard.Do(func() (err error) {
			verdict, err = judge(ctx, image, o, terminal)
			return err
		})
		switch {
		case err != nil:
			err = explain(ctx, image, err)
			fmt.Fprintf(stderr, "validate: %s: %v\n", image, err)
			code = Unknown
		case !verdict.Valid():
			code = max(code, Invalid)
		}
		out.Add(image.String(), verdict, err)
	}
	if err := out.End(); err != nil {
		fmt.Fprintf(stderr, "validate: %v\n", err)
		return Unknown
	}
	return code
}

// judge opens the source of an image and has the image judged. On a terminal it shows how far it
// is.
func judge(ctx context.Context, image image, o options, terminal io.Writer) (check.Verdict, error) {
	ctx, cancel := context.WithTimeout(ctx, o.timeout)
	defer cancel()
	opened, err := image.open(ctx, o)
	if err != nil {
		return check.Verdict{}, err
	}
	defer opened.Close()
	p := startProgress(terminal, image.String())
	defer p.stop()
	source := watched{opened, p}
	want := o.want
	want.Place = image.place()
	if want.Served, err = validation.Serving(ctx, source, o.against); err != nil {
		return check.Verdict{}, err
	}
	if d := digest.Digest(image.identifier()); d.Validate() == nil {
		return validation.Of(ctx, source, d, want, nil)
	}
	return validation.OfTag(ctx, source, image.identifier(), want)
}

// explain adds what a person at a terminal can do.
func explain(ctx context.Context, image image, err error) error {
	switch {
	case errors.Is(err, registry.ErrDenied):
		return fmt.Errorf("%w (%s)", err, image.access(ctx))
	case errors.Is(err, layout.ErrNoLayout):
		return fmt.Errorf("%w (oci: wants a folder with an index.json, as docker buildx build --output type=oci,tar=false,dest=FOLDER writes it)",
			err)
	case errors.Is(err, registry.ErrAddress):
		return fmt.Errorf("%w (--allow-network allows it, if it is meant)", err)
	case errors.Is(err, context.Canceled):
		return errors.New("interrupted")
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%w (--timeout allows more time)", err)
	}
	return err
}
