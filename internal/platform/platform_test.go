package platform_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/internal/platform"
)

// Parse takes every spelling of a platform that can be built.
func TestParse(t *testing.T) {
	for text, want := range map[string]platform.Platform{
		"linux/amd64":         platform.AMD64,
		"linux/x86_64":        platform.AMD64,
		"linux/amd64/v1":      platform.AMD64,
		"Linux/AMD64":         platform.AMD64,
		"linux/arm64":         platform.ARM64,
		" linux/aarch64 ":     platform.ARM64,
		"linux/arm64/v8":      platform.ARM64,
		"linux/arm64/8":       platform.ARM64,
		"linux/arm64/v9":      "linux/arm64/v9",
		"linux/amd64/v2":      "linux/amd64/v2",
		"linux/arm":           "linux/arm/v7",
		"linux/arm/7":         "linux/arm/v7",
		"linux/armhf":         "linux/arm/v7",
		"linux/arm/v6":        "linux/arm/v6",
		"windows/amd64":       "windows/amd64",
		"windows(10.0)/amd64": "windows/amd64",
	} {
		p, err := platform.Parse(text)
		got := platform.Of(p)
		if err != nil || got != want {
			t.Errorf("%s: %s, %v, want %s", text, got, err, want)
		}
		if native := got == platform.AMD64 || got == platform.ARM64; got.Buildable() != native {
			t.Errorf("%s: buildable %t, want %t", text, got.Buildable(), native)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, text := range []string{
		"", "arm64", "linux", "linux/", "/amd64", "linux/arm/v7/x", "linux/ar m", "linux/*", "a/b/c/d",
	} {
		want := fmt.Sprintf("%q is no platform, expected an operating system and an architecture such as linux/arm64",
			text)
		if p, err := platform.Parse(text); err == nil || err.Error() != want {
			t.Errorf("%q: %v, error %v, want %s", text, p, err, want)
		}
	}
}

// What an index says may be less than a platform.
func TestOf(t *testing.T) {
	for want, p := range map[platform.Platform]ocispec.Platform{
		"unknown/unknown": {OS: "unknown", Architecture: "unknown"},
		"/amd64":          {Architecture: "amd64"},
		"/":               {},
	} {
		if got := platform.Of(p); got != want {
			t.Errorf("%v: %q, want %q", p, got, want)
		}
	}
}

func TestPartsOfAPlatform(t *testing.T) {
	type parts struct {
		OS, Arch, Variant string
		Buildable         bool
	}
	for in, want := range map[platform.Platform]parts{
		platform.AMD64: {"linux", "amd64", "", true},
		platform.ARM64: {"linux", "arm64", "", true},
		"linux/arm/v7": {"linux", "arm", "v7", false},
		"":             {},
	} {
		t.Run(string(in), func(t *testing.T) {
			got := parts{in.OS(), in.Arch(), in.Variant(), in.Buildable()}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAllAreBuildable(t *testing.T) {
	for _, p := range platform.All() {
		if !p.Buildable() {
			t.Errorf("%q is listed but not buildable", p)
		}
	}
}
