// Package platform names the platforms that Archway builds for and compares platforms as a
// container runtime would.
//
// It is imported by the Lambda functions, so it stays free of everything that belongs to the CDK.
package platform

import (
	"fmt"
	"slices"
	"strings"

	"github.com/containerd/platforms"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// Platform is a platform in its normalized spelling, os/architecture or os/architecture/variant.
type Platform string

// The platforms that CodeBuild builds natively with Docker at hand: x86_64 in LINUX_CONTAINER and
// arm64 in ARM_CONTAINER.
// https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-compute-types.html
const (
	AMD64 Platform = "linux/amd64"
	ARM64 Platform = "linux/arm64"
)

// machines are the platforms that are built, in the order in which Archway names them everywhere,
// and the machines that build them, by the platform that these run natively.
var machines = []struct{ platform, machine Platform }{{AMD64, AMD64}, {ARM64, ARM64}}

// Unbuildable says why another platform is refused.
const Unbuildable = "CodeBuild builds natively only on x86_64 and arm64"

// All lists the buildable platforms.
func All() []Platform {
	var all []Platform
	for _, m := range machines {
		all = append(all, m.platform)
	}
	return all
}

// Native lists the buildable platforms that are not emulated: what is built unless somebody says
// otherwise.
func Native() []Platform {
	return slices.DeleteFunc(All(), func(p Platform) bool { return p.Machine() != p })
}

// Machine is the platform of the machines that build this one: the same, unless it is emulated. It
// is empty if it is not built.
func (p Platform) Machine() Platform {
	for _, m := range machines {
		if m.platform == p {
			return m.machine
		}
	}
	return ""
}

// Choices are the buildable platforms.
func (Platform) Choices() []string {
	var all []string
	for _, p := range All() {
		all = append(all, p.String())
	}
	return all
}

// Buildable reports whether there are machines that build the platform.
func (p Platform) Buildable() bool { return p.Machine() != "" }

// Name is the name of the platform's builds, in the configuration, of actions and of caches, such
// as arm64.
func (p Platform) Name() string { return p.Arch() + p.Variant() }

// ID is the name as it stands in the ids of constructs, such as Arm64.
func (p Platform) ID() string { return strings.ToUpper(p.Name()[:1]) + p.Name()[1:] }

// OS returns the operating system, such as linux.
func (p Platform) OS() string { return p.part(0) }

// Arch returns the architecture without a variant, such as arm64.
func (p Platform) Arch() string { return p.part(1) }

// Variant returns the variant of the architecture, such as v7; it is empty for both buildable
// platforms.
func (p Platform) Variant() string { return p.part(2) }

// String returns the platform as it is written in the configuration.
func (p Platform) String() string { return string(p) }

func (p Platform) part(i int) string {
	if parts := strings.SplitN(string(p), "/", 3); i < len(parts) {
		return parts[i]
	}
	return ""
}

// Parse reads any platform, such as linux/arm64/v8, and normalizes it. Both halves must be there:
// containerd would fill in this machine's.
func Parse(s string) (ocispec.Platform, error) {
	s = strings.TrimSpace(s)
	p, err := platforms.Parse(s)
	if err != nil || !strings.Contains(s, "/") {
		return ocispec.Platform{}, fmt.Errorf(
			"%q is no platform, expected an operating system and an architecture such as linux/arm64", s)
	}
	return Normal(p), nil
}

// Of gives the one spelling under which containerd compares platforms, so that two descriptors for
// the same machine are seen as the same: aarch64 and arm64/v8 are arm64, x86_64 and amd64/v1 are
// amd64, arm is arm/v7.
func Of(p ocispec.Platform) Platform {
	n := Normal(p)
	s := n.OS + "/" + n.Architecture
	if n.Variant != "" {
		s += "/" + n.Variant
	}
	return Platform(s)
}

// Normal is the same for a platform that may have a version, too. An empty operating system stays
// empty; containerd would put the one of this machine, which says nothing about an image.
func Normal(p ocispec.Platform) ocispec.Platform {
	os := p.OS
	p = platforms.Normalize(p)
	if os == "" {
		p.OS = ""
	}
	return p
}
