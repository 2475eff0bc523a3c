package index

import (
	"fmt"
	"strings"

	"github.com/containerd/platforms"
	specs "github.com/opencontainers/image-spec/specs-go/v1"
)

// Normalize gives a platform the one spelling that containerd compares by: arm64/v8 is arm64, x86_64 is amd64.
// Unlike containerd it leaves an empty operating system empty instead of filling in that of this machine.
func Normalize(p specs.Platform) specs.Platform {
	os := p.OS
	p = platforms.Normalize(p)
	if os == "" {
		p.OS = ""
	}
	return p
}

// ParsePlatform reads a platform such as linux/arm64/v8 and normalizes it. Both halves must be there: containerd would fill in
// this machine's.
func ParsePlatform(s string) (specs.Platform, error) {
	s = strings.TrimSpace(s)
	p, err := platforms.Parse(s)
	if err != nil || !strings.Contains(s, "/") {
		return specs.Platform{}, fmt.Errorf("%q is no platform, expected an operating system and an architecture such as linux/arm64", s)
	}
	return Normalize(p), nil
}

// Name writes a platform for people and as a key: os/architecture, then variant and version where it has them.
func Name(p *specs.Platform) string {
	if p == nil {
		return ""
	}
	parts := []string{orUnknown(p.OS, "no-os"), orUnknown(p.Architecture, "no-architecture")}
	if p.Variant != "" {
		parts = append(parts, p.Variant)
	}
	name := strings.Join(parts, "/")
	if p.OSVersion != "" {
		name += " " + p.OSVersion
	}
	if len(p.OSFeatures) > 0 {
		name += " +" + strings.Join(p.OSFeatures, "+")
	}
	return name
}

// Key is the name of the normalized platform: equal for two spellings of one platform. Versions count for Windows alone.
func Key(p specs.Platform) string {
	p = Normalize(p)
	if p.OS != "windows" {
		p.OSVersion = "" // no runtime looks at it
	}
	return Name(&p)
}

func orUnknown(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
