package check_test

import (
	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/lambda/internal/fixture"
	"archway/lambda/internal/verdict/check"
)

func only(platforms ...specs.Platform) check.Want { return check.Want{Platforms: platforms} }

var (
	extra   = check.Want{AllowExtra: true}
	windows = specs.Platform{OS: "windows", Architecture: "amd64", OSVersion: "10.0.20348.2700"}
)

var _ = about("platform-set",
	testCase{name: "exactly those", make: merged(nil)},
	testCase{
		name: "arm64 with variant v8",
		make: func(s *fixture.Store) digest.Digest {
			return s.Index(s.Linux("amd64", ""), s.Linux("arm64", "v8")).Digest
		},
	},
	testCase{
		name:   "one is missing",
		make:   func(s *fixture.Store) digest.Digest { return s.Index(s.Linux("amd64", "")).Digest },
		report: []string{"error platform-set linux/arm64"},
	},
	testCase{
		name:   "all are missing",
		make:   func(s *fixture.Store) digest.Digest { return s.Index().Digest },
		report: []string{"error platform-set linux/amd64", "error platform-set linux/arm64"},
	},
	testCase{
		name: "one is there of a variant that ordinary nodes don't take",
		make: func(s *fixture.Store) digest.Digest {
			return s.Index(s.Linux("amd64", ""), s.Linux("arm64", "v9")).Digest
		},
		report: []string{"error platform-set linux/arm64", "error platform-set linux/arm64/v9"},
	},
	testCase{
		name:   "one too many",
		make:   with(func(s *fixture.Store) []specs.Descriptor { return []specs.Descriptor{s.Linux("s390x", "")} }),
		report: []string{"error platform-set linux/s390x"},
	},
	testCase{
		name: "one too many, but allowed",
		make: with(func(s *fixture.Store) []specs.Descriptor { return []specs.Descriptor{s.Linux("s390x", "")} }),
		want: extra,
	},
	testCase{
		name: "one too many, but named as allowed",
		make: with(func(s *fixture.Store) []specs.Descriptor { return []specs.Descriptor{s.Linux("s390x", "")} }),
		want: check.Want{Allowed: []specs.Platform{{OS: "linux", Architecture: "s390x"}}},
	},
	testCase{
		name: "one too many beside one that is allowed",
		make: with(func(s *fixture.Store) []specs.Descriptor {
			return []specs.Descriptor{s.Linux("s390x", ""), s.Linux("riscv64", "")}
		}),
		want:   check.Want{Allowed: []specs.Platform{{OS: "linux", Architecture: "s390x"}}},
		report: []string{"error platform-set linux/riscv64"},
	},
	testCase{
		name: "an allowed one is missing",
		make: merged(nil),
		want: check.Want{Allowed: []specs.Platform{{OS: "linux", Architecture: "s390x"}}},
	},
	testCase{
		name: "Windows of any version, as required",
		make: with(func(s *fixture.Store) []specs.Descriptor {
			return []specs.Descriptor{s.Image(fixture.ImageSpec{Platform: windows})}
		}),
		want: only(fixture.AMD64, fixture.ARM64, specs.Platform{OS: "windows", Architecture: "amd64"}),
	},
)

var _ = about("platform-dup",
	testCase{name: "one each", make: merged(nil)},
	testCase{
		name:   "the same platform twice",
		make:   with(func(s *fixture.Store) []specs.Descriptor { return []specs.Descriptor{s.Linux("arm64", "")} }),
		report: []string{"error platform-dup linux/arm64"},
	},
	testCase{
		name:   "arm64 and arm64/v8",
		make:   with(func(s *fixture.Store) []specs.Descriptor { return []specs.Descriptor{s.Linux("arm64", "v8")} }),
		report: []string{"error platform-dup linux/arm64/v8"},
	},
	testCase{
		name:   "amd64 and amd64/v1",
		make:   with(func(s *fixture.Store) []specs.Descriptor { return []specs.Descriptor{s.Linux("amd64", "v1")} }),
		report: []string{"error platform-dup linux/amd64/v1"},
	},
	testCase{
		name: "two variants of arm",
		make: with(func(s *fixture.Store) []specs.Descriptor {
			return []specs.Descriptor{s.Linux("arm", "v6"), s.Linux("arm", "v7")}
		}),
		want: extra,
	},
	testCase{
		name: "two versions of Windows",
		make: with(func(s *fixture.Store) []specs.Descriptor {
			older := windows
			older.OSVersion = "10.0.17763.6414"
			return []specs.Descriptor{s.Image(fixture.ImageSpec{Platform: windows}),
				s.Image(fixture.ImageSpec{Platform: older})}
		}),
		want: extra,
	},
)

var _ = about("digest-dup",
	testCase{name: "one image each", make: merged(nil)},
	testCase{
		name: "one image for two architectures",
		make: merged(func(s *fixture.Store, amd64, arm64 *specs.Descriptor) {
			*arm64 = *amd64
			arm64.Platform = &fixture.ARM64
		}),
		report: []string{"error config-platform linux/arm64", "error digest-dup linux/arm64",
			"error entry-elf linux/arm64"},
	},
	testCase{
		name: "one image for two variants",
		make: with(func(s *fixture.Store) []specs.Descriptor {
			v6 := s.Linux("arm", "")
			v7 := v6
			v6.Platform = &specs.Platform{OS: "linux", Architecture: "arm", Variant: "v6"}
			v7.Platform = &specs.Platform{OS: "linux", Architecture: "arm", Variant: "v7"}
			return []specs.Descriptor{v6, v7}
		}),
		want:   extra,
		report: []string{"warning digest-dup linux/arm/v7"},
	},
)

// entry is an index in which the arm64 entry's platform is written in another way.
func entry(platform any) func(*fixture.Store) digest.Digest {
	return document(func(doc map[string]any) {
		if platform == nil {
			delete(fixture.Entry(doc, 1), "platform")
			return
		}
		fixture.Entry(doc, 1)["platform"] = platform
	})
}

var _ = about("platform-shape",
	testCase{name: "as runtimes write it",
		make: entry(map[string]any{"os": "linux", "architecture": "arm64", "variant": "v8"})},
	testCase{
		name:   "none",
		make:   entry(nil),
		want:   only(fixture.AMD64),
		report: []string{"error platform-shape linux/arm64"},
	},
	testCase{
		name:   "empty",
		make:   entry(map[string]any{"os": "", "architecture": ""}),
		want:   check.Want{Platforms: []specs.Platform{fixture.AMD64}, AllowExtra: true},
		report: []string{"error platform-shape no-os/no-architecture"},
	},
	testCase{
		name:   "no operating system",
		make:   entry(map[string]any{"architecture": "arm64"}),
		want:   check.Want{Platforms: []specs.Platform{fixture.AMD64}, AllowExtra: true},
		report: []string{"error platform-shape no-os/arm64"},
	},
	testCase{
		name:   "no architecture",
		make:   entry(map[string]any{"os": "linux"}),
		want:   check.Want{Platforms: []specs.Platform{fixture.AMD64}, AllowExtra: true},
		report: []string{"error platform-shape linux/no-architecture"},
	},
	testCase{
		name:   "aarch64",
		make:   entry(map[string]any{"os": "linux", "architecture": "aarch64"}),
		report: []string{"error platform-shape linux/aarch64"},
	},
	testCase{
		name:   "variant 8",
		make:   entry(map[string]any{"os": "linux", "architecture": "arm64", "variant": "8"}),
		report: []string{"error platform-shape linux/arm64/8"},
	},
	testCase{
		name:   "capital letters",
		make:   entry(map[string]any{"os": "Linux", "architecture": "arm64"}),
		report: []string{"error platform-shape Linux/arm64"},
	},
	testCase{
		name: "variants of the specification's table without a v",
		make: with(func(s *fixture.Store) []specs.Descriptor {
			return []specs.Descriptor{s.Linux("riscv64", "rva20u64"), s.Linux("ppc64le", "power9")}
		}),
		want: extra,
	},
	testCase{
		name: "such a variant in capital letters",
		make: with(
			func(s *fixture.Store) []specs.Descriptor { return []specs.Descriptor{s.Linux("ppc64le", "POWER9")} }),
		want:   extra,
		report: []string{"error platform-shape linux/ppc64le/POWER9"},
	},
	testCase{
		name:   "a level of amd64 without its v",
		make:   with(func(s *fixture.Store) []specs.Descriptor { return []specs.Descriptor{s.Linux("amd64", "3")} }),
		want:   extra,
		report: []string{"error platform-shape linux/amd64/3"},
	},
	testCase{
		name:   "no architecture that anybody knows",
		make:   with(func(s *fixture.Store) []specs.Descriptor { return []specs.Descriptor{s.Linux("amr64", "")} }),
		want:   extra,
		report: []string{"warning platform-shape linux/amr64"},
	},
)

var _ = about("fallback-trap",
	testCase{
		name: "32-bit arm beside arm64",
		make: with(func(s *fixture.Store) []specs.Descriptor { return []specs.Descriptor{s.Linux("arm", "v7")} }),
		want: extra,
	},
	testCase{
		name: "32-bit arm without arm64",
		make: func(s *fixture.Store) digest.Digest {
			return s.Index(s.Linux("amd64", ""), s.Linux("arm", "v7")).Digest
		},
		want:   check.Want{Platforms: []specs.Platform{fixture.AMD64}, AllowExtra: true},
		report: []string{"error fallback-trap linux/arm/v7"},
	},
	testCase{
		name: "386 without amd64",
		make: func(s *fixture.Store) digest.Digest {
			return s.Index(s.Linux("386", ""),
				s.Linux("arm64", "")).Digest
		},
		want:   check.Want{Platforms: []specs.Platform{fixture.ARM64}, AllowExtra: true},
		report: []string{"error fallback-trap linux/386"},
	},
	testCase{
		name: "32-bit arm asked for by name",
		make: func(s *fixture.Store) digest.Digest {
			return s.Index(s.Linux("amd64", ""), s.Linux("arm", "v7")).Digest
		},
		want:   only(fixture.AMD64, specs.Platform{OS: "linux", Architecture: "arm", Variant: "v7"}),
		report: []string{"warning fallback-trap linux/arm/v7"},
	},
)
