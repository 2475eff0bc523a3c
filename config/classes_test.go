package config_test

import (
	"strings"
	"testing"

	"archway/config"
	"archway/internal/rule"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const (
	mainRule    = `{"name": "main", "type": "branch", "exact": "main", "tags": {"immutable": ["{commit:12}"], "moving": ["latest"]}}`
	previewRule = `{"name": "feature", "class": "previews", "type": "branch", "pattern": "feature/.*", "tags": {"moving": ["{branch}"]}}`
	checkRule   = `{"name": "fork", "class": "checks", "type": "branch", "pattern": "fork/.*"}`
)

func TestClassesBecomePipelines(t *testing.T) {
	cfg := load(t, `{"pipelines": [
		{"name": "Shop", "source": {"repository": "code", "seed": "testdata/seed"},
			"approval": {"timeoutMinutes": 60}, "rollbackOnFailure": true, "driftCheck": {"schedule": "rate(1 day)"},
			"releaseWriters": ["arn:aws:iam::111122223333:role/admin"], "notifications": {"email": ["a@example.com"]}, "dashboard": true,
			"classes": {"previews": {"secrets": ["npm"]}, "checks": {"promote": false}},
			"images": [
				{"name": "web", "repository": "team/web", "context": "services/web", "dockerfile": "docker/Dockerfile.web", "baseImages": "report",
				 "secrets": {"npm": {"parameterStore": "/npm"}, "key": {"parameterStore": "/key"}}},
				{"name": "job", "context": "services/web", "dockerfile": "docker/Dockerfile.web", "scanGate": {"timeoutMinutes": 90}}
			],
			"rules": [`+checkRule+`, `+mainRule+`, `+previewRule+
		`, {"name": "tags", "type": "tag", "class": "gold-1", "exact": "gold", "tags": {"moving": ["gold"]}}]},
		{"name": "other", "source": {"repository": "code", "existing": true}, "images": [{"name": "other"}],
			"rules": [`+mainRule+`, `+checkRule+`]}
	]}`)
	type pipeline struct {
		Name, Class, After string
		Source             config.Source
		Rules, Images      string // the names of the rules; of each image the repository, secrets and filters
		Promotes           bool
		Approval, Rollback bool
		Drift              string
		Writers, Days      int
	}
	var got []pipeline
	for _, p := range cfg.Pipelines {
		one := pipeline{
			p.Name, p.Class, p.After, p.Source, "", "", p.Promotes, p.Approval != nil, p.RollbackOnFailure,
			p.DriftCheck.Schedule,
			len(p.ReleaseWriters), p.StagingDays,
		}
		for _, r := range p.Rules {
			one.Rules += r.Name + " "
			if r.Class != "" || len(p.Settings[r.Name]) != len(p.Images) {
				t.Errorf("%s: the rule %s has the class %q and settings of %d images", p.Name, r.Name, r.Class,
					len(p.Settings[r.Name]))
			}
		}
		for _, i := range p.Images {
			one.Images += i.Repository + " " + strings.Join(p.Filters[i.Name], ",")
			for _, id := range []string{"key", "npm"} {
				if _, ok := i.Secrets[id]; ok {
					one.Images += " " + id
				}
			}
			one.Images += "; "
		}
		if p.Classes != nil || p.Name[:4] == "Shop" && (len(p.Notifications.Email) != 1 || !p.Dashboard) {
			t.Errorf("%s: %+v", p.Name, p)
		}
		got = append(got, one)
	}
	code := func(existing bool, seed string) config.Source {
		return config.Source{Repository: "code", Existing: existing, Branch: "main", Seed: seed}
	}
	want := []pipeline{
		{"Shop", "", "", code(false, "testdata/seed"), "main ", "team/web latest key npm; shop/job latest; ", true,
			true, true, "rate(1 day)", 1, 14},
		{"Shop-checks", "checks", "Shop", code(true, ""), "fork ", "checks/team/web ; checks/shop/job ; ", false, false,
			false, "", 0, 14},
		{"Shop-previews", "previews", "Shop", code(true, ""), "feature ",
			"previews/team/web feature-* npm; previews/shop/job feature-*; ", true, true, true, "", 1, 14},
		{"Shop-gold-1", "gold-1", "Shop", code(true, ""), "tags ", "gold-1/team/web gold; gold-1/shop/job gold; ", true,
			true, true, "rate(1 day)", 1, 14},
		{"other", "", "", code(true, ""), "main ", "other latest; ", true, false, false, "", 0, 14},
		{"other-checks", "checks", "", code(true, ""), "fork ", "checks/other fork-*,latest; ", true, false, false, "",
			0, 14},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(rule.Tags{},
		cfg.Pipelines[1].Settings[cfg.Pipelines[1].Rules[0].Name]["web"].Tags); diff != "" {
		t.Errorf("what is not promoted has tags: %s", diff)
	}
}

// A pipeline is the same whether others have classes, and whether it has some itself, but for what
// went into them.
func TestClassesChangeNothingElse(t *testing.T) {
	alone := load(t, rulesWith(mainRule))
	with := load(t, rulesWith(mainRule+`, `+previewRule))
	if len(with.Pipelines) != 2 {
		t.Fatalf("%d pipelines, want 2", len(with.Pipelines))
	}
	if diff := cmp.Diff(alone.Pipelines[0], with.Pipelines[0], cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("(-alone +with):\n%s", diff)
	}
}

func TestClassesThatCouldNotWork(t *testing.T) {
	with := func(classes, rules string) string {
		return pipelineWith(`"classes": {` + classes + `}, "rules": [` + rules + `]`)
	}
	const secrets = `{"pipelines": [{"name": "hello", "images": [{"name": "hello", "secrets": {"npm": {"parameterStore": "/npm"}}}], "rules": [` +
		mainRule + `, ` + previewRule + `],
		"classes": {"previews": {"secrets": ["nmp", "npm", "npm", 7, "else"]}}}]}`
	class := func(name string) string { return strings.Replace(previewRule, "previews", name, 1) }
	checkGolden(t, "testdata/wrong-classes.txt", []struct{ name, config string }{
		{"names that are none",
			with(`"a_b": {}, "-": {}`, mainRule+`, `+class("A")+`, `+strings.Replace(class(""), "feature", "f", 2))},
		{"a long name", rulesWith(mainRule + `, ` + class(strings.Repeat("x", 21)))},
		{"names that just fit", rulesWith(mainRule + `, ` + class(strings.Repeat("x", 20)))},
		{"unknown keys", with(`"previews": {"promotes": false, "secret": []}`, mainRule+`, `+previewRule)},
		{"wrong types",
			with(`"previews": true, "checks": {"promote": "no", "secrets": "npm"}`,
				mainRule+`, `+previewRule+`, `+checkRule)},
		{"no rule", with(`"previews": {}, "preview": {}`, mainRule+`, `+previewRule)},
		{"no rules", pipelineWith(`"classes": {"previews": {}}`)},
		{"rules that can't be read", pipelineWith(`"classes": {"previews": {}}, "rules": 7`)},
		{"all rules", rulesWith(previewRule)},
		{"secrets that no image has", secrets},
		{"secrets where there are none", with(`"previews": {"secrets": ["npm"]}`, mainRule+`, `+previewRule)},
		{"tags that nothing gets", with(`"previews": {"promote": false}`, mainRule+`, `+previewRule)},
		{"tags of one image that nothing gets", with(`"checks": {"promote": false}`, mainRule+`, `+
			strings.Replace(checkRule, `}`, `, "images": {"hello": {"tags": {"moving": ["x"]}}}}`, 1))},
		{"a pipeline of the same name, before",
			`{"pipelines": [{"name": "hello-previews", "images": [{"name": "a"}]}, {"name": "hello", "images": [{"name": "b"}], "rules": [` +
				mainRule + `, ` + previewRule + `]}]}`},
		{"a pipeline of the same name, after",
			`{"pipelines": [{"name": "hello", "images": [{"name": "b"}], "rules": [` + mainRule + `, ` + previewRule +
				`]}, {"name": "hello-previews", "images": [{"name": "a"}]}]}`},
		{"two classes of the same name",
			`{"pipelines": [{"name": "a", "images": [{"name": "x", "repository": "xx"}], "rules": [` + mainRule + `, ` +
				class("b-c") + `]}, {"name": "a-b", "images": [{"name": "y"}], "rules": [` + mainRule + `, ` +
				class("c") + `]}]}`},
		{"the registry's stack",
			`{"registry": {}, "pipelines": [{"name": "archway", "images": [{"name": "x"}], "rules": [` + mainRule +
				`, ` + class("registry") + `]}]}`},
		{"a repository of the same name",
			`{"pipelines": [{"name": "hello", "images": [{"name": "a", "repository": "xx"}, {"name": "b", "repository": "previews/xx"}], "rules": [` +
				mainRule + `, ` + previewRule + `]}]}`},
		{"staging", rulesWith(mainRule + `, ` + class("staging"))},
		{"a long pipeline",
			`{"pipelines": [{"name": "` + strings.Repeat("p", 92) + `", "images": [{"name": "x"}], "rules": [` +
				mainRule + `, ` + previewRule + `]}]}`},
		{"a pipeline that just fits",
			`{"pipelines": [{"name": "` + strings.Repeat("p", 91) + `", "images": [{"name": "x"}], "rules": [` +
				mainRule + `, ` + previewRule + `]}]}`},
		{"a long repository",
			`{"pipelines": [{"name": "p", "images": [{"name": "x", "repository": "` + strings.Repeat("r", 240) +
				`"}], "rules": [` + mainRule + `, ` + previewRule + `]}]}`},
		{"a repository that just fits",
			`{"pipelines": [{"name": "p", "images": [{"name": "x", "repository": "` + strings.Repeat("r", 239) +
				`"}], "rules": [` + mainRule + `, ` + previewRule + `]}]}`},
		{"overlaps of two classes", rulesWith(mainRule + `, ` + strings.Replace(previewRule, "feature/.*", "m.*", 1))},
		{"tags of two classes, which don't meet",
			rulesWith(mainRule + `, ` + strings.Replace(previewRule, "feature/.*", "[^m].*", 1))},
		{"tags of one class, which do",
			rulesWith(mainRule + `, ` + strings.Replace(previewRule, "feature/.*", "[^m].*", 1) +
				`, {"name": "t", "type": "tag", "pattern": "v.*", "class": "previews", ` +
				`"tags": {"moving": ["latest"]}}`)},
		{"too many filters in one class, each of which has five", rulesWith(mainRule +
			`, {"name": "a", "type": "branch", "exact": "a", "class": "c", "tags": {"moving": ["a", "b", "c", "d", "e"]}}` +
			`, {"name": "b", "type": "branch", "exact": "b", "class": "d", "tags": {"moving": ["a", "b", "c", "d", "e", "f"]}}`)},
		{"drift that nobody can tell in a class",
			pipelineWith(`"driftCheck": {"schedule": "rate(1 day)"}, "rules": [` + mainRule +
				`, {"name": "a", "type": "branch", "exact": "a", "class": "c", "platforms": ["linux/amd64"], "tags": {"moving": ["x"]}}` +
				`, {"name": "b", "type": "branch", "exact": "b", "class": "c", "platforms": ["linux/arm64"], "tags": {"moving": ["x"]}}]`)},
		{"drift of classes alone",
			pipelineWith(`"driftCheck": {"schedule": "rate(1 day)"}, "rules": [{"name": "m", "type": "branch", "exact": "m", "tags": {"immutable": ["{commit}"]}}` +
				`, {"name": "a", "type": "branch", "exact": "a", "class": "c", "tags": {"moving": ["x"]}}]`)},
		{"writers that are none",
			pipelineWith(`"releaseWriters": ["*", "arn:aws:iam::111122223333:role/*", "arn:aws:iam::111122223333:root",
			"arn:aws:sts::111122223333:assumed-role/admin/me", "arn:aws:iam::111122223333:role/a", "arn:aws:iam::111122223333:role/a",
			"arn:aws:iam::111122223333:group/a", "arn:aws:iam::111122223333:role/", 7, "arn:aws:iam::111122223333:role/a?"]`)},
		{"too many writers",
			pipelineWith(`"releaseWriters": [` +
				strings.TrimSuffix(strings.Repeat(`"arn:aws:iam::111122223333:role/a",`, 21), ",") + `]`)},
	})
}

// A rule that many may push for must not share what builds the tags that people pull.
func TestRulesThatShareTooMuch(t *testing.T) {
	const (
		secret  = `"secrets": {"npm": {"parameterStore": "/npm"}}`
		feature = `{"name": "feature", "type": "branch", "pattern": "feature/.*", "tags": {"moving": ["{branch}"]}}`
		stable  = `{"name": "stable", "type": "tag", "exact": "stable", "tags": {"moving": ["{tag}", "newest"]}}`
	)
	of := func(image, keys string) string {
		return `{"pipelines": [{"name": "shop", "images": [{"name": "web"` + image + `}, {"name": "job"}], ` + keys +
			`}]}`
	}
	for _, test := range []struct {
		name, config string
		want         []string
	}{
		{"no rules", of(", "+secret, `"dashboard": true`), nil},
		{"exact names", of(", "+secret, `"rules": [`+mainRule+`, `+stable+`]`), nil},
		{"a pattern for git tags",
			of(", "+secret, `"rules": [`+mainRule+`, {"name": "v", "type": "tag", "pattern": "v.*"}]`), nil},
		{"a pattern alone",
			of("", `"rules": [`+feature+
				`, {"name": "r", "type": "branch", "exact": "r", "tags": {"moving": ["{date:20060102}"]}}]`), nil},
		{"a class", of(", "+secret, `"rules": [`+mainRule+`, `+previewRule+`]`), nil},
		{"a class without releases",
			of(", "+secret, `"classes": {"checks": {"promote": false}}, "rules": [`+mainRule+`, `+checkRule+`]`), nil},
		{"fixed tags", of("", `"rules": [`+mainRule+`, `+feature+`, `+stable+`]`), []string{
			`pipeline shop: the rule "feature" takes every branch that feature/.* matches, and is built with the machines, roles and caches of ` +
				`"main", which moves latest, and of "stable", which moves stable and newest: whoever may push such a branch reaches what people pull. ` +
				`Give "feature" a class of its own ("class": "previews"), unless only those may push such branches who may push what "main" or "stable" builds`,
		}},
		{"secrets", of(", "+secret, `"rules": [`+feature+`]`), []string{
			`pipeline shop: the rule "feature" takes every branch that feature/.* matches, and its builds have the secrets of the images (npm): ` +
				`whoever may push such a branch can read them. Give "feature" a class of its own ("class": "previews"), which has only the secrets that it lists`,
		}},
		{"a class that has both",
			of(", "+secret, `"classes": {"previews": {"secrets": ["npm"]}}, "rules": [`+mainRule+`, `+previewRule+`, `+
				strings.Replace(stable, `"type"`, `"class": "previews", "type"`, 1)+`]`), []string{
				`pipeline shop-previews: the rule "feature" takes every branch that feature/.* matches, and is built with the machines, roles and caches of ` +
					`"stable", which moves stable and newest: whoever may push such a branch reaches what people pull. ` +
					`Give "feature" a class of its own ("class": "branches"), unless only those may push such branches who may push what "stable" builds`,
				`pipeline shop-previews: the rule "feature" takes every branch that feature/.* matches, and the class "previews" lists secrets (npm): ` +
					`whoever may push such a branch can read them. Give "feature" another class than the rules that need them, or leave them out of "classes"`,
			}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for _, p := range load(t, test.config).Pipelines {
				got = append(got, p.Warnings...)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestStagingOutlivesApprovals(t *testing.T) {
	for config, days := range map[string]int{
		pipelineWith(`"dashboard": false`):                    14,
		pipelineWith(`"approval": {}`):                        14,
		pipelineWith(`"approval": {"timeoutMinutes": 10081}`): 15,
		pipelineWith(`"approval": {"timeoutMinutes": 86400}`): 67,
	} {
		if p := load(t, config).Pipelines[0]; p.StagingDays != days {
			t.Errorf("%s: %d days, want %d", config, p.StagingDays, days)
		}
	}
}
