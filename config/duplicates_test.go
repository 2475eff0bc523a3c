package config_test

import "testing"

func TestDuplicatesAreReported(t *testing.T) {
	check(t, []problemTest{
		{
			"pipelines",
			`{"pipelines": [{"name": "hello", "images": [{"name": "hello"}]}, {"name": "hello", "source": {"repository": "other"}, "images": [{"name": "hello", "repository": "other"}]}]}`,
			[]string{
				`archway.pipelines[1].name: "hello": is also at archway.pipelines[0].name: every pipeline is a stack with a name of its own: rename one`,
			},
		},
		{
			"images",
			`{"pipelines": [{"name": "hello", "images": [{"name": "web"}, {"name": "web", "repository": "other"}]}]}`,
			[]string{
				`archway.pipelines[0].images[1].name: "web": is also at archway.pipelines[0].images[0].name: every image of a pipeline has a name of its own: rename one`,
			},
		},
		{
			"ECR repositories of two pipelines",
			`{"pipelines": [{"name": "hello", "images": [{"name": "hello"}]}, {"name": "Hello", "images": [{"name": "hello"}]}]}`,
			[]string{
				`archway.pipelines[1].images[0].repository: "hello": is also at archway.pipelines[0].images[0].repository: every image has an ECR repository of its own: name another one`,
			},
		},
		{
			"CodeCommit repositories",
			`{"pipelines": [{"name": "one", "source": {"repository": "code"}, "images": [{"name": "one"}]}, {"name": "two", "source": {"repository": "code"}, "images": [{"name": "two"}]}]}`,
			[]string{
				`archway.pipelines[1].source.repository: "code": is also at archway.pipelines[0].source.repository: two stacks can't create the same CodeCommit repository: name another one, or set "existing": true for all but one`,
			},
		},
		{
			"platforms",
			imageWith(`"platforms": ["linux/arm64", "linux/arm64"]`),
			[]string{
				`archway.pipelines[0].images[0].platforms[1]: "linux/arm64": is also at archway.pipelines[0].images[0].platforms[0]: remove one of them`,
			},
		},
		{
			"tags",
			imageWith(`"tags": {"immutable": ["{commit:12}", "{commit:12}"], "moving": ["latest", "latest"]}`),
			[]string{
				`archway.pipelines[0].images[0].tags.immutable[1]: "{commit:12}": yields the same tag as archway.pipelines[0].images[0].tags.immutable[0], "{commit:12}" (such as "012340123401"): remove one of them`,
				`archway.pipelines[0].images[0].tags.moving[1]: "latest": yields the same tag as archway.pipelines[0].images[0].tags.moving[0], "latest" (such as "latest"): remove one of them`,
			},
		},
		{
			"tags that render alike",
			imageWith(`"tags": {"immutable": ["{commit}", "{commit:40}"], "moving": ["main", "{branch}", "{date:2006}", "{date:06}"]}`),
			[]string{
				`archway.pipelines[0].images[0].tags.immutable[1]: "{commit:40}": yields the same tag as archway.pipelines[0].images[0].tags.immutable[0], "{commit}" (such as "0123401234012340123401234012340123401234"): remove one of them`,
				`archway.pipelines[0].images[0].tags.moving[1]: "{branch}": yields the same tag as archway.pipelines[0].images[0].tags.moving[0], "main" (such as "main"): remove one of them`,
				`archway.pipelines[0].images[0].tags.moving[2]: "{date:2006}": its filter "*" would also make the immutable tag at archway.pipelines[0].images[0].tags.immutable[0], "{commit}", overwritable: change one so that no tag fits both`,
				`archway.pipelines[0].images[0].tags.moving[2]: "{date:2006}": its filter "*" would also make the immutable tag at archway.pipelines[0].images[0].tags.immutable[1], "{commit:40}", overwritable: change one so that no tag fits both`,
				`archway.pipelines[0].images[0].tags.moving[3]: "{date:06}": its filter "*" would also make the immutable tag at archway.pipelines[0].images[0].tags.immutable[0], "{commit}", overwritable: change one so that no tag fits both`,
				`archway.pipelines[0].images[0].tags.moving[3]: "{date:06}": its filter "*" would also make the immutable tag at archway.pipelines[0].images[0].tags.immutable[1], "{commit:40}", overwritable: change one so that no tag fits both`,
			},
		},
	})
}
