package config_test

import (
	"strings"
	"testing"
)

func validationWith(keys string) string { return imageWith(`"validation": {` + keys + `}`) }

// Validations that can't work are reported.
func TestWrongValidations(t *testing.T) {
	const at = "archway.pipelines[0].images[0].validation"
	check(t, []problemTest{
		{
			"no object",
			imageWith(`"validation": true`),
			[]string{at + `: true: is a boolean where an object belongs: write it in braces, { … }`},
		},
		{
			"allowed platforms",
			validationWith(`"allowedPlatforms": ["arm64", "linux/arm64/v8", "linux/arm64", "linux/riscv64", "linux/riscv64", 7, "", "linux/ppc/a/b"]`),
			[]string{
				at + `.allowedPlatforms[0]: "arm64": is no platform: use one such as "linux/arm/v7"`,
				at + `.allowedPlatforms[1]: "linux/arm64/v8": is another spelling of "linux/arm64": use that`,
				at + `.allowedPlatforms[2]: "linux/arm64": the image is built for it anyway: remove it here`,
				at + `.allowedPlatforms[4]: "linux/riscv64": is also at ` + at +
					`.allowedPlatforms[3]: remove one of them`,
				at + `.allowedPlatforms[5]: 7: is a number where a string belongs: write it in double quotes`,
				at + `.allowedPlatforms[6]: "": is no platform: use one such as "linux/arm/v7"`,
				at + `.allowedPlatforms[7]: "linux/ppc/a/b": is no platform: use one such as "linux/arm/v7"`,
			},
		},
		{
			"unknown checks",
			validationWith(`"downgrade": {"config-partiy": {}, "Rootfs": {}, "x": {}, "limits": {"severity": "info", "reason": "x"}}`),
			[]string{
				at + `.downgrade.Rootfs: there is no such check: did you mean "rootfs"?`,
				at + `.downgrade.config-partiy: there is no such check: did you mean "config-parity"?`,
				at + `.downgrade.limits: this check can't be downgraded, because nothing is known about what it reports: remove it`,
				at + `.downgrade.x: there is no such check: use "tag-is-index", "media-type", "mixed-family", "platform-set", "platform-dup", "digest-dup", "platform-shape", "fallback-trap", "attestation-shape", "nested", "cache-not-image", "limits", "child-missing", "descriptor", "layer-type", "layer-missing", "config-platform", "rootfs", "same-revision", "config-parity", "provenance", "sbom", "entry-elf", "elf-interp", "shebang", "shell-form", "given-file", "elf-needed", "elf-version", "cpu-level", "user", "access", "ca-certificates", "all-elf", "layer-digest" or "regression"`,
			},
		},
		{
			"incomplete downgrades",
			validationWith(`"downgrade": {"rootfs": {}, "nested": {"severity": "error", "reason": ""}, "media-type": {"severity": "info", "reason": 5}, "descriptor": "info"}`),
			[]string{
				at + `.downgrade.descriptor: "info": is a string where an object belongs: write it in braces, { … }`,
				at + `.downgrade.media-type.reason: 5: is a number where a string belongs: write it in double quotes`,
				at + `.downgrade.nested.severity: "error": use "warning" or "info"`,
				at + `.downgrade.nested.reason: "": is empty: say why; it is shown with each finding`,
				at + `.downgrade.rootfs.severity: is missing: say what an error becomes, "warning" or "info"`,
				at + `.downgrade.rootfs.reason: is missing: say why; it is shown with each finding`,
			},
		},
		{
			"reasons that are no sentence",
			validationWith(`"downgrade": {"nested": {"severity": "info", "reason": "a\nb"}, "media-type": {"severity": "info", "reason": "` +
				strings.Repeat("x", 201) + `"}}`),
			[]string{
				at + `.downgrade.media-type.reason: "` + strings.Repeat("x", 99) +
					`…: has more than 200 characters: say it in one sentence`,
				at + `.downgrade.nested.reason: "a\nb": holds a control character: write it in one line`,
			},
		},
		{
			"no flag",
			validationWith(`"requireProvenance": "yes"`),
			[]string{at +
				`.requireProvenance: "yes": is a string where a boolean belongs: write true or false, without quotes`},
		},
	})
}

// Drift checks that can't work are reported.
func TestWrongDriftChecks(t *testing.T) {
	const at = "archway.pipelines[0].driftCheck"
	schedule := func(text string) string { return pipelineWith(`"driftCheck": {"schedule": "` + text + `"}`) }
	const form = `: EventBridge takes a rate in minutes, hours or days, or a cron expression of six fields: use one such as "rate(1 day)" or "cron(0 6 * * ? *)"`
	check(t, []problemTest{
		{"no schedule", pipelineWith(`"driftCheck": {}`),
			[]string{at + `.schedule: is missing: say when, such as "rate(1 day)", or remove "driftCheck"`}},
		{"no object", pipelineWith(`"driftCheck": "rate(1 day)"`),
			[]string{at + `: "rate(1 day)": is a string where an object belongs: write it in braces, { … }`}},
		{"words", schedule("daily"), []string{at + `.schedule: "daily"` + form}},
		{"weeks", schedule("rate(1 week)"), []string{at + `.schedule: "rate(1 week)"` + form}},
		{"never", schedule("rate(0 days)"), []string{at + `.schedule: "rate(0 days)"` + form}},
		{"five fields", schedule("cron(0 6 * * *)"), []string{at + `.schedule: "cron(0 6 * * *)"` + form}},
		{"one days", schedule("rate(1 days)"),
			[]string{at + `.schedule: "rate(1 days)": EventBridge takes only the right number: use "rate(1 day)"`}},
		{"two hour", schedule("rate(2 hour)"),
			[]string{at + `.schedule: "rate(2 hour)": EventBridge takes only the right number: use "rate(2 hours)"`}},
		{"both days", schedule("cron(0 6 * * * *)"),
			[]string{at +
				`.schedule: "cron(0 6 * * * *)": EventBridge wants "?" for exactly one of the day of the month (third field) and the day of the week (fifth): use one such as "rate(1 day)" or "cron(0 6 * * ? *)"`}},
		{
			"no tag to look at",
			`{"pipelines": [{"name": "hello", "driftCheck": {"schedule": "rate(1 day)"}, "images": [{"name": "hello", "tags": {"moving": ["nightly-{date:20060102}"]}}]}]}`,
			[]string{at +
				`: no image has a moving tag that is always called the same, so that there is nothing to look at: add one such as "latest", or remove "driftCheck"`},
		},
		{
			"rules whose tags are all called after what is pushed",
			driftWith(`{"name": "any", "type": "branch", "pattern": ".*", "tags": {"moving": ["{branch}"]}}`),
			[]string{at +
				`: no image has a moving tag that is always called the same, so that there is nothing to look at: add one such as "latest", or remove "driftCheck"`},
		},
		{
			"rules that share a tag and no platform",
			driftWith(`{"name": "a", "type": "branch", "exact": "a", "platforms": ["linux/amd64"], "tags": {"immutable": ["a-{commit:12}"], "moving": ["latest"]}},
				{"name": "b", "type": "branch", "exact": "b", "platforms": ["linux/arm64"], "tags": {"immutable": ["b-{commit:12}"], "moving": ["latest"]}}`),
			[]string{
				`archway.pipelines[0].images[0]: driftCheck can't tell what latest must hold, because the rules that write it, a, b, build no platform in common: let it be written by one of them`,
			},
		},
	})
}

func driftWith(rules string) string {
	return pipelineWith(`"driftCheck": {"schedule": "rate(1 day)"}, "rules": [` + rules + `]`)
}

// Drift is checked for the tags of rules too.
func TestDriftOfRulesTags(t *testing.T) {
	load(t, driftWith(`{"name": "main", "type": "branch", "exact": "main"}, {"name": "any", "type": "branch", "pattern": "x/.*", "tags": {"immutable": ["{commit:12}-x"], "moving": ["{branch}", "next"]}}`))
}

func TestSchedulesThatEventBridgeTakes(t *testing.T) {
	for _, schedule := range []string{"", "rate(1 minute)", "rate(5 minutes)", "rate(1 hour)", "rate(12 hours)",
		"rate(1 day)", "rate(7 days)", "cron(0 6 * * ? *)", "cron(0/15 8-17 ? * MON-FRI *)",
		"cron(0 9 ? * 2#1 2027,2028)"} {
		load(t, pipelineWith(`"driftCheck": {"schedule": "`+schedule+`"}`))
	}
}
