package cli

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/internal/platform"
	"archway/lambda/internal/check"
	"archway/lambda/internal/index"
)

const usage = `validate checks multi-architecture images in a registry. It reads manifests and configs, and pulls or runs nothing.

usage: validate [flags] IMAGE…

  IMAGE   a reference such as ghcr.io/me/app:1.2, or REPOSITORY@sha256:…

flags:
  -o text|json          output for people (default) or one JSON document
  --platform PLATFORM   a required platform; repeat it, or separate several by commas
                        (default linux/amd64,linux/arm64)
  --allow-extra         accept platforms beyond the required ones
  --revision COMMIT     every image must carry the label org.opencontainers.image.revision=COMMIT
  --help                this text, with the list of checks

exit status:
  0   all images are valid
  1   some image is not valid
  2   wrong usage, or a registry could not be asked

Credentials are Docker's: log in with "docker login" or a credential helper. Registries on localhost may use plain HTTP.

examples:
  validate ghcr.io/me/app:1.2
  validate --platform linux/amd64,linux/arm64,linux/arm/v7 ghcr.io/me/app:1.2
  validate --allow-extra docker.io/library/debian:stable-slim
  validate -o json localhost:5000/app:latest | jq '.images[].findings[]'
`

// options are the command line in checked form.
type options struct {
	json   bool
	want   check.Want
	images []name.Reference
}

// errHelp says that help was asked for.
var errHelp = errors.New("help")

func parse(args []string) (options, error) {
	var o options
	var output, revision string
	var required []string
	flags := flag.NewFlagSet("validate", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&output, "o", "text", "")
	flags.StringVar(&output, "output", "text", "")
	flags.StringVar(&revision, "revision", "", "")
	flags.BoolVar(&o.want.AllowExtra, "allow-extra", false, "")
	flags.Func("platform", "", func(s string) error {
		required = append(required, strings.Split(s, ",")...)
		return nil
	})

	// Flags may stand before, between and after the images; after "--" everything is an image.
	var images []string
	for rest := args; ; {
		if err := flags.Parse(rest); errors.Is(err, flag.ErrHelp) {
			return o, errHelp
		} else if err != nil {
			return o, err
		}
		parsed := rest[:len(rest)-flags.NArg()]
		rest = flags.Args()
		if len(parsed) > 0 && parsed[len(parsed)-1] == "--" {
			images = append(images, rest...)
			break
		}
		if len(rest) == 0 {
			break
		}
		images, rest = append(images, rest[0]), rest[1:]
	}

	switch output {
	case "text":
	case "json":
		o.json = true
	default:
		return o, fmt.Errorf("-o is %q, expected text or json", output)
	}
	if len(images) == 0 {
		return o, errors.New("no IMAGE given")
	}
	for _, image := range images {
		reference, err := name.ParseReference(image)
		if err != nil {
			return o, fmt.Errorf("%q is no image reference: %w", image, err)
		}
		o.images = append(o.images, reference)
	}
	o.want.Revision = revision
	var err error
	o.want.Platforms, err = platformsOf(required)
	return o, err
}

func platformsOf(required []string) ([]specs.Platform, error) {
	var all []specs.Platform
	if required == nil {
		for _, p := range platform.All() {
			all = append(all, p.OCI())
		}
		return all, nil
	}
	for _, s := range required {
		p, err := index.ParsePlatform(s)
		if err != nil {
			return nil, fmt.Errorf("--platform: %w", err)
		}
		if !slices.ContainsFunc(all, func(other specs.Platform) bool { return index.Key(other) == index.Key(p) }) {
			all = append(all, p)
		}
	}
	return all, nil
}
