package check_test

import (
	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/lambda/internal/fixture"
	"archway/lambda/internal/image/index"
	"archway/lambda/internal/verdict/check"
)

// serves is a tag that serves another index, for these platforms.
func serves(tag string, platforms ...specs.Platform) index.Served {
	return index.Served{Tag: tag, Digest: digest.FromString(tag), Platforms: platforms}
}

func after(served ...index.Served) check.Want { return check.Want{Served: served, AllowExtra: true} }

func windowsOf(version, feature string) specs.Platform {
	p := specs.Platform{OS: "windows", Architecture: "amd64", OSVersion: version}
	if feature != "" {
		p.OSFeatures = []string{feature}
	}
	return p
}

func arm(variant string) specs.Platform {
	return specs.Platform{OS: "linux", Architecture: "arm", Variant: variant}
}

var _ = about("regression",
	testCase{name: "the first release", make: merged(nil), want: after(index.Served{Tag: "latest"})},
	testCase{name: "the same platforms", make: merged(nil),
		want: after(serves("latest", fixture.AMD64, fixture.ARM64))},
	testCase{
		name: "one is lost",
		make: merged(nil),
		want: after(serves("latest", fixture.AMD64, fixture.ARM64, arm("v7"))),
		report: []string{
			"error regression linux/arm/v7",
		},
	},
	testCase{
		name: "one is lost from two tags, another from one",
		make: merged(nil),
		want: after(serves("latest", fixture.AMD64, arm("v7")),
			serves("main", arm("v7"), specs.Platform{OS: "linux", Architecture: "s390x"})),
		report: []string{
			"error regression linux/arm/v7", "error regression linux/s390x",
		},
	},
	testCase{
		name: "arm64 is not served by arm",
		make: func(s *fixture.Store) digest.Digest {
			return s.Index(s.Linux("amd64", ""), s.Linux("arm", "v7")).Digest
		},
		want: check.Want{Platforms: []specs.Platform{fixture.AMD64, arm("v7")},
			Served: []index.Served{serves("latest", fixture.ARM64)}},
		report: []string{
			"error regression linux/arm64", "warning fallback-trap linux/arm/v7",
		},
	},
	testCase{name: "another spelling", make: merged(nil),
		want: after(serves("latest", specs.Platform{OS: "linux", Architecture: "arm64", Variant: "v8"}))},
	testCase{
		name: "an older variant serves the newer one's nodes too",
		make: with(func(s *fixture.Store) []specs.Descriptor { return []specs.Descriptor{s.Linux("arm", "v6")} }),
		want: after(serves("latest", arm("v7"), specs.Platform{OS: "linux", Architecture: "amd64", Variant: "v3"})),
	},
	testCase{
		name:   "a newer variant doesn't serve the older one's nodes",
		make:   with(func(s *fixture.Store) []specs.Descriptor { return []specs.Descriptor{s.Linux("arm", "v7")} }),
		want:   after(serves("latest", arm("v6"))),
		report: []string{"error regression linux/arm/v6"},
	},
	testCase{
		name: "a new version of Windows",
		make: with(func(s *fixture.Store) []specs.Descriptor {
			return []specs.Descriptor{s.Image(fixture.ImageSpec{Platform: windows})}
		}),
		want: after(serves("latest", specs.Platform{OS: "windows", Architecture: "amd64", OSVersion: "10.0.20348.1"})),
	},
	testCase{
		name: "two versions of Windows, as base images have them",
		make: with(func(s *fixture.Store) []specs.Descriptor {
			return []specs.Descriptor{s.Image(fixture.ImageSpec{Platform: windows}),
				s.Image(fixture.ImageSpec{Platform: windowsOf("10.0.26100.1", "win32k")})}
		}),
		want: after(serves("latest", windowsOf("10.0.17763.1", ""), windowsOf("10.0.20348.1", "win32k"))),
	},
	testCase{
		name:   "Windows is lost, in both versions at once",
		make:   merged(nil),
		want:   after(serves("latest", windowsOf("10.0.17763.1", ""), windowsOf("10.0.20348.1", "win32k"))),
		report: []string{"error regression windows/amd64"},
	},
	testCase{
		name: "Windows of another machine",
		make: with(func(s *fixture.Store) []specs.Descriptor {
			return []specs.Descriptor{s.Image(fixture.ImageSpec{Platform: windows})}
		}),
		want: after(serves("latest",
			specs.Platform{OS: "windows", Architecture: "arm64", OSVersion: "10.0.26100.1"})),
		report: []string{"error regression windows/arm64"},
	},
	testCase{
		name:   "what the tag serves can't be read as a whole",
		make:   merged(nil),
		want:   after(index.Served{Tag: "latest", Digest: digest.FromString("x"), Unknown: "it is too large"}),
		report: []string{"warning regression"},
	},
)

// A tag that serves the very image already can't lose anything by it, whatever is wrong with the
// image.
func init() {
	s := fixture.New()
	root := s.Index(s.Linux("amd64", "")).Digest
	about("regression", testCase{
		name: "the tag serves it already",
		make: func(s *fixture.Store) digest.Digest { return s.Index(s.Linux("amd64", "")).Digest },
		want: check.Want{Platforms: []specs.Platform{fixture.AMD64},
			Served: []index.Served{{Tag: "latest", Digest: root, Platforms: []specs.Platform{fixture.ARM64}}}},
	})
}
