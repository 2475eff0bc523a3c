package index

import (
	"strings"

	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/internal/platform"
)

// Name writes a platform for people and as a key: os/architecture, then variant and version where
// it has them.
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

// Key is the name of the normalized platform: equal for two spellings of one platform. Versions
// count for Windows alone.
func Key(p specs.Platform) string {
	p = platform.Normal(p)
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
