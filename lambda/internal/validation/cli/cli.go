// Package cli is the command line of validate.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/opencontainers/go-digest"
	"golang.org/x/term"

	"archway/lambda/internal/guard"
	"archway/lambda/internal/image/layout"
	"archway/lambda/internal/image/registry"
	"archway/lambda/internal/plain"
	"archway/lambda/internal/validation"
	"archway/lambda/internal/verdict/check"
	"archway/lambda/internal/verdict/report"
	"archway/version"
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
	color := colorOf(stdout)
	stdout, stderr := plain.Writer(stdout), plain.Writer(terminal)
	o, err := parse(args)
	if errors.Is(err, errHelp) {
		fmt.Fprint(stdout, usage, "\nchecks:\n")
		for _, c := range check.All() {
			fmt.Fprintf(stdout, "  %-18s  %s\n", c.Name, c.About)
		}
		return Valid
	}
	if errors.Is(err, errVersion) {
		fmt.Fprintln(stdout, "validate", version.Version)
		return Valid
	}
	if err != nil {
		fmt.Fprintf(stderr, "validate: %v\nSee validate --help.\n", err)
		return Unknown
	}
	out, code := report.Open(o.output, stdout, report.Options{Deep: o.want.Deep, Quiet: o.quiet, Color: color}), Valid
	for _, image := range o.images {
		var verdict check.Verdict
		err := guard.Do(func() (err error) {
			verdict, err = judge(ctx, image, o, terminal, stderr)
			return err
		})
		switch {
		case err != nil:
			err = explain(ctx, image, err)
			fmt.Fprintf(stderr, "validate: %s: %v\n", image, err)
			code = Unknown
		case !verdict.Valid():
			code = max(code, Invalid)
		case o.failOn == check.Warning && warned(verdict):
			code = max(code, Invalid)
			fmt.Fprintf(stderr, "validate: %s: has warnings, which fail by --fail-on warning\n", image)
		}
		out.Add(image.String(), verdict, err)
	}
	if err := out.End(); err != nil {
		fmt.Fprintf(stderr, "validate: %v\n", err)
		return Unknown
	}
	return code
}

// colorOf is where colors go to: to a terminal of somebody who has not turned them off
// (https://no-color.org).
func colorOf(stdout io.Writer) io.Writer {
	f, ok := stdout.(*os.File)
	if !ok || os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" || !term.IsTerminal(int(f.Fd())) {
		return nil
	}
	return f
}

func warned(v check.Verdict) bool {
	return slices.ContainsFunc(v.Findings, func(f check.Finding) bool { return f.Severity == check.Warning })
}

// judge opens the source of an image and has the image judged. On a terminal it shows how far it
// is.
func judge(ctx context.Context, image image, o options, terminal, stderr io.Writer) (check.Verdict, error) {
	ctx, cancel := context.WithTimeout(ctx, o.timeout)
	defer cancel()
	opened, err := image.open(ctx, o)
	if err != nil {
		return check.Verdict{}, err
	}
	defer opened.Close()
	if o.quiet {
		terminal = io.Discard
	}
	p := startProgress(terminal, image.String())
	defer p.stop()
	source := watched{opened, p}
	want := o.want
	want.Place = image.place()
	if want.Served, err = validation.Serving(ctx, source, o.against); err != nil {
		return check.Verdict{}, err
	}
	for _, served := range want.Served {
		if served.Digest == "" {
			fmt.Fprintf(stderr,
				"validate: %s: --against %s: there is no such tag, so that nothing can be lost; is it the right one?\n",
				image, served.Tag)
		}
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
	case strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"): // net/http has no type for it
		return fmt.Errorf("%w (--insecure-registry HOST allows plain HTTP)", err)
	case errors.Is(err, context.Canceled):
		return errors.New("interrupted")
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%w (--timeout allows more time)", err)
	}
	return err
}
