package config_test

import (
	"strings"
	"testing"
)

// Tags that couldn't work are reported.
func TestWrongImageTags(t *testing.T) {
	check(t, []problemTest{
		{
			"none",
			imageWith(`"tags": {"immutable": [], "moving": []}`),
			[]string{
				`archway.pipelines[0].images[0].tags: {"immutable":[],"moving":[]}: leaves the image without any tag: list at least one, such as "{commit:12}" under "immutable"`,
			},
		},
		{
			"empty text",
			imageWith(`"tags": {"immutable": [""]}`),
			[]string{
				`archway.pipelines[0].images[0].tags.immutable[0]: "": is empty: write a tag such as "latest" or "{commit:12}"`,
			},
		},
		{
			"a template that is none",
			imageWith(`"tags": {"immutable": ["v1:{commit}", "{sha}"], "moving": ["{date:YYYY}"]}`),
			[]string{
				`archway.pipelines[0].images[0].tags.immutable[0]: "v1:{commit}": a tag can't hold ":": use letters, digits, "_", "." and "-"`,
				`archway.pipelines[0].images[0].tags.immutable[1]: "{sha}": unknown placeholder {sha}: use {commit}, {commit:12}, {branch} or {date:20060102}`,
				`archway.pipelines[0].images[0].tags.moving[0]: "{date:YYYY}": {date:YYYY}: "YYYY" names no part of a date: write a layout of Go's time package, such as {date:20060102} or {date:20060102-1504}`,
			},
		},
		{
			"an immutable tag that is the same for every commit",
			imageWith(`"tags": {"immutable": ["v1-{branch}"]}`),
			[]string{
				`archway.pipelines[0].images[0].tags.immutable[0]: "v1-{branch}": is the same tag for every commit, which an immutable tag can't follow: put it under "moving", or add {commit:12}`,
			},
		},
		{
			"a moving tag that covers an immutable one",
			imageWith(`"tags": {"immutable": ["v1-{commit:12}", "{date:20060102}"], "moving": ["v1-{date:20060102}", "latest"]}`),
			[]string{
				`archway.pipelines[0].images[0].tags.moving[0]: "v1-{date:20060102}": its filter "v1-*" would also make the immutable tag at archway.pipelines[0].images[0].tags.immutable[0], "v1-{commit:12}", overwritable: change one so that no tag fits both`,
			},
		},
		{
			"a moving tag that covers everything",
			imageWith(`"tags": {"immutable": ["{commit:12}"], "moving": ["{commit}"]}`),
			[]string{
				`archway.pipelines[0].images[0].tags.moving[0]: "{commit}": its filter "*" would also make the immutable tag at archway.pipelines[0].images[0].tags.immutable[0], "{commit:12}", overwritable: change one so that no tag fits both`,
			},
		},
		{
			"a branch of which nothing is left",
			sourceWith(`"branch": "ö"`),
			[]string{
				`archway.pipelines[0].images[0].tags.moving[1]: "{branch}": nothing of the branch "ö" can stand in a tag: change the template, or the branch`,
			},
		},
		{
			"a branch that is too long for a tag",
			sourceWith(`"branch": "` + strings.Repeat("b", 129) + `"`),
			[]string{
				`archway.pipelines[0].images[0].tags.moving[1]: "{branch}": gives "` + strings.Repeat("b", 129) +
					`" (129 characters): a tag has 1 to 128 letters, digits, "_", "." and "-", and does not begin with "." or "-": change the template, or the branch`,
			},
		},
		{
			"a branch like a commit",
			sourceWith(`"branch": "0123456789ab"`),
			[]string{
				`archway.pipelines[0].images[0].tags.moving[1]: "{branch}": its filter "0123456789ab" would also make the immutable tag at archway.pipelines[0].images[0].tags.immutable[0], "{commit:12}", overwritable: change one so that no tag fits both`,
			},
		},
		{
			"a branch like another tag",
			sourceWith(`"branch": "latest"`),
			[]string{
				`archway.pipelines[0].images[0].tags.moving[1]: "{branch}": yields the same tag as archway.pipelines[0].images[0].tags.moving[0], "latest" (such as "latest"): remove one of them`,
			},
		},
	})
}
