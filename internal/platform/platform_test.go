package platform_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/internal/platform"
)

// Parse takes every spelling of a platform that can be built.
func TestParse(t *testing.T) {
	for in, want := range map[string]platform.Platform{
		"linux/amd64":    platform.AMD64,
		"linux/x86_64":   platform.AMD64,
		"linux/amd64/v1": platform.AMD64,
		"Linux/AMD64":    platform.AMD64,
		"linux/arm64":    platform.ARM64,
		"linux/aarch64":  platform.ARM64,
		"linux/arm64/v8": platform.ARM64,
		"linux/arm64/8":  platform.ARM64,
	} {
		t.Run(in, func(t *testing.T) {
			got, err := platform.Parse(in)
			if err != nil {
				t.Fatal(err)
			}
			if got != want {
				t.Errorf("Parse(%q) = %q, want %q", in, got, want)
			}
		})
	}
}

// Parse refuses what CodeBuild can't build.
func TestParseRefuses(t *testing.T) {
	const only = `: CodeBuild builds natively only on x86_64 and arm64: use "linux/amd64" or "linux/arm64"`
	const shape = `: want os/architecture: use "linux/amd64" or "linux/arm64"`
	for in, want := range map[string]string{
		"linux/ppc64le":    `platform "linux/ppc64le"` + only,
		"linux/arm/v7":     `platform "linux/arm/v7"` + only,
		"linux/amd64/v3":   `platform "linux/amd64/v3"` + only,
		"linux/arm64/v9":   `platform "linux/arm64/v9"` + only,
		"windows/amd64":    `platform "windows/amd64"` + only,
		"/amd64":           `platform "/amd64"` + only,
		"arm64":            `platform "arm64"` + shape,
		"":                 `platform ""` + shape,
		"linux/arm64/v8/x": `platform "linux/arm64/v8/x"` + shape,
	} {
		t.Run(in, func(t *testing.T) {
			got, err := platform.Parse(in)
			if err == nil {
				t.Fatalf("Parse(%q) = %q, want an error", in, got)
			}
			if diff := cmp.Diff(want, err.Error()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Normalize makes the spellings of one machine equal.
func TestNormalize(t *testing.T) {
	for _, test := range []struct {
		os, arch, variant string
		want              platform.Platform
	}{
		{"linux", "arm64", "", "linux/arm64"},
		{"linux", "arm64", "v8", "linux/arm64"},
		{"linux", "arm64", "v9", "linux/arm64/v9"},
		{"linux", "aarch64", "", "linux/arm64"},
		{"linux", "arm", "", "linux/arm/v7"},
		{"linux", "armhf", "", "linux/arm/v7"},
		{"linux", "amd64", "v1", "linux/amd64"},
		{"linux", "amd64", "v2", "linux/amd64/v2"},
		{"unknown", "unknown", "", "unknown/unknown"},
		{"", "amd64", "", "/amd64"},
		{"", "", "", "/"},
	} {
		t.Run(string(test.want), func(t *testing.T) {
			if got := platform.Normalize(test.os, test.arch, test.variant); got != test.want {
				t.Errorf("Normalize(%q, %q, %q) = %q, want %q", test.os, test.arch, test.variant, got, test.want)
			}
		})
	}
}

func TestPartsOfAPlatform(t *testing.T) {
	type parts struct {
		OS, Arch, Variant string
		OCI               ocispec.Platform
		Buildable         bool
	}
	for in, want := range map[platform.Platform]parts{
		platform.AMD64: {"linux", "amd64", "", ocispec.Platform{OS: "linux", Architecture: "amd64"}, true},
		platform.ARM64: {"linux", "arm64", "", ocispec.Platform{OS: "linux", Architecture: "arm64"}, true},
		"linux/arm/v7": {"linux", "arm", "v7", ocispec.Platform{OS: "linux", Architecture: "arm", Variant: "v7"},
			false},
		"": {},
	} {
		t.Run(string(in), func(t *testing.T) {
			got := parts{in.OS(), in.Arch(), in.Variant(), in.OCI(), in.Buildable()}
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

func TestParseAnyReadsAnyPlatform(t *testing.T) {
	for text, want := range map[string]platform.Platform{
		"linux/arm64":      "linux/arm64",
		"linux/aarch64/v8": "linux/arm64",
		"linux/arm":        "linux/arm/v7",
		"linux/arm/v6":     "linux/arm/v6",
		"windows/amd64":    "windows/amd64",
	} {
		if got, err := platform.ParseAny(text); err != nil || got != want {
			t.Errorf("%s: %s, %v, want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"", "arm64", "linux", "linux/", "linux/arm/v7/x", "linux/ar m",
		"windows(10.0)/amd64"} {
		if got, err := platform.ParseAny(text); err == nil {
			t.Errorf("%q: %s, want an error", text, got)
		}
	}
}
