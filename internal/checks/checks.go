// Package checks names the checks of the validator, for everybody who has to spell them: the
// configuration, the constructs and the validator itself, which has a test that it has exactly
// these.
package checks

// Names are all checks, in the order of their tiers.
var Names = []string{
	// The index alone.
	"tag-is-index", "media-type", "mixed-family", "platform-set", "platform-dup", "digest-dup", "platform-shape",
	"fallback-trap",
	"attestation-shape", "nested", "cache-not-image", "limits",
	// The manifests that it names.
	"child-missing", "descriptor", "layer-type", "layer-missing",
	// The configs, across all of them.
	"config-platform", "rootfs", "same-revision", "config-parity", "provenance", "sbom",
	// The layers.
	"entry-elf", "elf-interp", "shebang", "shell-form", "given-file", "elf-needed", "elf-version", "cpu-level", "user",
	"access",
	"ca-certificates", "all-elf", "layer-digest",
	// What the tags serve beside it.
	"regression",
}

// Firm are checks that can't be made to weigh less: what they report was not examined, so that
// nothing is known about it.
var Firm = []string{"limits"}
