package cli

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/internal/nearest"
	"archway/internal/platform"
	"archway/internal/spec"
	"archway/lambda/internal/image/index"
	"archway/lambda/internal/verdict/check"
	"archway/lambda/internal/verdict/report"
)

const usage = `validate checks multi-architecture images in a registry or a folder. It reads them, of the
layers only as much as it takes to see what would start, and runs nothing.

usage: validate [flags] IMAGE…

  IMAGE   a reference such as ghcr.io/me/app:1.2, or REPOSITORY@sha256:…
          oci:FOLDER, oci:FOLDER:NAME or oci:FOLDER@sha256:…, an image in an OCI image layout
          oci-archive:FILE, the same in a tar file; also oci-archive:FILE:NAME
          docker-archive:FILE, what docker save writes since Docker 25, which is such a file too
          dir:FOLDER, what skopeo copy --all IMAGE dir:FOLDER writes

flags:
  -o FORMAT             text for people (default), json, one document (docs/validate.schema.json),
                        sarif, junit, github (annotations of GitHub Actions) or markdown
  -q, --quiet           say nothing of images that are valid
  --fail-on warning     exit with 1 for warnings, too
  --policy FILE         a JSON file with the keys of "validation" in cdk.json: allowedPlatforms,
                        downgrade, requireProvenance, requireSBOM, deep
  --platform PLATFORM   a required platform; repeat it, or separate several by commas
                        (default linux/amd64,linux/arm64)
  --allow-platform PLATFORM
                        a further platform that may be there; repeat it, or separate several by commas
  --allow-extra         accept any platform beyond the required ones
  --revision COMMIT     every image must carry the label org.opencontainers.image.revision=COMMIT
  --against TAG         a tag beside the image that is to move to it: the platforms that it serves
                        now must all be there; repeat it for several
  --deep                read every layer whole, and look at each program and library in it
  --timeout DURATION    give up after so long, such as 90s; what isn't proven by then is not valid
                        (default 15m)
  --allow-network CIDR  addresses of this machine, its neighbours or an overlay network, such as
                        100.64.0.0/10, that a registry may lead to; repeat it for several
  --insecure-registry HOST
                        a registry that may use plain HTTP, such as registry:5000; repeat it for
                        several
  --require-provenance  every platform needs an in-toto statement that says how it was built
  --require-sbom        every platform needs a bill of materials, an in-toto statement with SPDX
  --downgrade CHECK=SEVERITY:REASON
                        make what a check finds a warning or an info; it stays visible with the
                        reason; repeat it for several checks
  --version             which Archway this is
  --help                this text, with the list of checks

exit status:
  0   all images are valid
  1   some image is not valid, or has warnings with --fail-on warning
  2   wrong usage, or a registry could not be asked

Credentials are Docker's: log in with "docker login" or a credential helper. Registries on localhost may use plain HTTP.
Terminals get colors, unless NO_COLOR is set.

examples:
  validate ghcr.io/me/app:1.2
  validate --platform linux/amd64,linux/arm64,linux/arm/v7 ghcr.io/me/app:1.2
  validate --allow-extra docker.io/library/debian:stable-slim
  validate --against latest --against 1 ghcr.io/me/app:1.2
  validate --downgrade 'config-parity=info:only arm64 needs the wrapper' ghcr.io/me/app:1.2
  validate --deep ./build/image
  validate -o json localhost:5000/app:latest | jq '.images[].findings[]'
`

// options are the command line in checked form.
type options struct {
	output string
	// quiet leaves out what is valid, and failOn is the lightest severity that fails.
	quiet  bool
	failOn check.Severity
	// insecure are the registries that may speak plain HTTP.
	insecure []string
	want     check.Want
	images   []image
	// against are the tags that are to move to the image.
	against []string
	// networks are those that registries may lead to although they are this machine's own or a
	// neighbour's.
	networks []netip.Prefix
	// timeout bounds the reading of each image.
	timeout time.Duration
}

// https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests (tag)
var tagShape = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$`)

// These say that help was asked for, and which version this is.
var (
	errHelp    = errors.New("help")
	errVersion = errors.New("version")
)

func parse(args []string) (options, error) {
	o := options{want: check.Want{Downgrades: map[string]spec.Downgrade{}}}
	var required, allowed []string
	flags := flag.NewFlagSet("validate", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&o.output, "o", "text", "")
	flags.StringVar(&o.output, "output", "text", "")
	flags.BoolVar(&o.quiet, "q", false, "")
	flags.BoolVar(&o.quiet, "quiet", false, "")
	var asked bool
	flags.BoolVar(&asked, "version", false, "")
	var policy string
	flags.StringVar(&policy, "policy", "", "")
	o.failOn = check.Error
	flags.Func("fail-on", "", func(s string) error {
		o.failOn = check.Severity(s)
		if o.failOn != check.Error && o.failOn != check.Warning {
			return errors.New("expected error or warning")
		}
		return nil
	})
	flags.Func("insecure-registry", "", func(s string) error {
		for _, host := range strings.Split(s, ",") {
			if _, err := name.NewRegistry(host); err != nil || host == "" || strings.Contains(host, "/") {
				return fmt.Errorf("%q is no host, expected one such as registry:5000", host)
			}
			o.insecure = append(o.insecure, host)
		}
		return nil
	})
	flags.Func("revision", "", func(s string) error {
		o.want.Revision = s
		if s == "" {
			return errors.New("no commit is given; leave the flag out if it doesn't matter")
		}
		return nil
	})
	flags.BoolVar(&o.want.AllowExtra, "allow-extra", false, "")
	flags.BoolVar(&o.want.Deep, "deep", false, "")
	flags.DurationVar(&o.timeout, "timeout", 15*time.Minute, "")
	flags.BoolVar(&o.want.Provenance, "require-provenance", false, "")
	flags.BoolVar(&o.want.SBOM, "require-sbom", false, "")
	list := func(all *[]string) func(string) error {
		return func(s string) error {
			*all = append(*all, strings.Split(s, ",")...)
			return nil
		}
	}
	flags.Func("platform", "", list(&required))
	flags.Func("allow-platform", "", list(&allowed))
	flags.Func("against", "", func(s string) error {
		for _, tag := range strings.Split(s, ",") {
			if !tagShape.MatchString(tag) {
				return fmt.Errorf("%q is no tag, expected one such as latest", tag)
			}
			o.against = append(o.against, tag)
		}
		return nil
	})
	flags.Func("allow-network", "", func(s string) error {
		for _, text := range strings.Split(s, ",") {
			network, err := netip.ParsePrefix(text)
			if err != nil {
				return fmt.Errorf("%q is no network, expected one such as 100.64.0.0/10 or 127.0.0.1/32", text)
			}
			o.networks = append(o.networks, network.Masked())
		}
		return nil
	})
	flags.Func("downgrade", "", o.downgrade)

	images, err := interspersed(flags, args)
	if err != nil {
		return o, err
	}
	if asked {
		return o, errVersion
	}
	if err := o.apply(policy, &allowed); err != nil {
		return o, err
	}
	if report.Open(o.output, io.Discard, report.Options{}) == nil {
		return o, fmt.Errorf("-o is %q, expected %s", o.output, report.Formats())
	}
	if o.timeout <= 0 {
		return o, fmt.Errorf("--timeout is %s, expected a time above 0 such as 90s", o.timeout)
	}
	if len(images) == 0 {
		return o, errors.New("no IMAGE given")
	}
	for _, s := range images {
		image, err := parseImage(s, o.insecure...)
		if err != nil {
			return o, err
		}
		o.images = append(o.images, image)
	}
	if required == nil {
		for _, p := range platform.Native() {
			required = append(required, p.String())
		}
	}
	if o.want.Platforms, err = platformsOf("--platform", required); err != nil {
		return o, err
	}
	o.want.Allowed, err = platformsOf("--allow-platform", allowed)
	return o, err
}

// interspersed takes flags before, between and after the images; after "--" everything is an image.
func interspersed(flags *flag.FlagSet, args []string) (images []string, err error) {
	for rest := args; ; {
		if err := flags.Parse(rest); errors.Is(err, flag.ErrHelp) {
			return nil, errHelp
		} else if err != nil {
			return nil, meant(flags, err)
		}
		parsed := rest[:len(rest)-flags.NArg()]
		rest = flags.Args()
		if len(parsed) > 0 && parsed[len(parsed)-1] == "--" {
			return append(images, rest...), nil
		}
		if len(rest) == 0 {
			return images, nil
		}
		images, rest = append(images, rest[0]), rest[1:]
	}
}

// oneDash is how package flag calls a flag that has more than one letter.
var oneDash = regexp.MustCompile(`(flag|argument:|for) -([a-z][a-z-]+)`)

// meant says of a flag that doesn't exist which one was probably meant.
func meant(flags *flag.FlagSet, err error) error {
	name, unknown := strings.CutPrefix(err.Error(), "flag provided but not defined: -")
	if !unknown {
		return errors.New(oneDash.ReplaceAllString(err.Error(), "$1 --$2"))
	}
	if report.Open(name, io.Discard, report.Options{}) != nil {
		return fmt.Errorf("there is no flag --%s: did you mean -o %[1]s?", name)
	}
	var names []string
	flags.VisitAll(func(f *flag.Flag) { names = append(names, f.Name) })
	switch near := nearest.Word(name, names); {
	case near == "":
	case len(near) == 1:
		return fmt.Errorf("there is no flag --%s: did you mean -%s?", name, near)
	default:
		return fmt.Errorf("there is no flag --%s: did you mean --%s?", name, near)
	}
	return fmt.Errorf("there is no flag --%s", name)
}

// downgrade reads CHECK=SEVERITY:REASON.
func (o *options) downgrade(s string) error {
	name, rest, ok := strings.Cut(s, "=")
	if !ok {
		return errors.New("expected CHECK=SEVERITY:REASON, such as config-parity=info:only arm64 needs the wrapper")
	}
	severity, reason, _ := strings.Cut(rest, ":")
	d := spec.Downgrade{Severity: spec.Severity(strings.TrimSpace(severity)), Reason: strings.TrimSpace(reason)}
	if err := check.Downgradable(name, d); err != nil {
		return err
	}
	if _, twice := o.want.Downgrades[name]; twice {
		return fmt.Errorf("the check %s is downgraded twice", name)
	}
	o.want.Downgrades[name] = d
	return nil
}

func platformsOf(flag string, names []string) ([]specs.Platform, error) {
	var all []specs.Platform
	for _, s := range names {
		p, err := platform.Parse(s)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", flag, err)
		}
		if !slices.ContainsFunc(all, func(other specs.Platform) bool { return index.Key(other) == index.Key(p) }) {
			all = append(all, p)
		}
	}
	return all, nil
}
