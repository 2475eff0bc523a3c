package check

import (
	"testing"

	"github.com/containerd/platforms"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/lambda/internal/image/index"
)

func TestSpelled(t *testing.T) {
	for _, test := range []struct {
		os, architecture, variant string
		want                      string
	}{
		{"linux", "amd64", "", "linux/amd64"},
		{"linux", "amd64", "v3", "linux/amd64/v3"},
		{"linux", "amd64", "3", "linux/amd64/v3"},
		{"linux", "x86_64", "", "linux/amd64"},
		{"linux", "arm64", "v8", "linux/arm64/v8"},
		{"linux", "arm64", "8", "linux/arm64"},
		{"linux", "arm64", "V8", "linux/arm64"},
		{"linux", "arm64", "9", "linux/arm64/v9"},
		{"linux", "aarch64", "", "linux/arm64"},
		{"linux", "arm", "7", "linux/arm/v7"},
		{"linux", "armhf", "", "linux/arm/v7"},
		{"linux", "riscv64", "rva20u64", "linux/riscv64/rva20u64"},
		{"linux", "ppc64le", "power9", "linux/ppc64le/power9"},
		{"linux", "ppc64le", "POWER9", "linux/ppc64le/power9"},
		{"macos", "arm64", "", "darwin/arm64"},
	} {
		p := specs.Platform{OS: test.os, Architecture: test.architecture, Variant: test.variant}
		got := spelled(&p)
		if index.Name(&got) != test.want {
			t.Errorf("%s is expected to be spelled %s, want %s", index.Name(&p), index.Name(&got), test.want)
		}
		if again := spelled(&got); index.Name(&again) != test.want {
			t.Errorf("%s, which was asked for, is refused: expected %s", test.want, index.Name(&again))
		}
		if _, err := platforms.Parse(test.want); err != nil {
			t.Error(err)
		}
	}
}
