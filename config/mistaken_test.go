package config_test

import (
	"fmt"
	"strings"
	"testing"
)

// However a repository is called by its clients, the error says its name.
func TestAddresses(t *testing.T) {
	for address, name := range map[string]string{
		"https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/shop":     `CodeCommit knows a repository by its name: use "shop"`,
		"ssh://git-codecommit.eu-west-1.amazonaws.com/v1/repos/my.shop":    `CodeCommit knows a repository by its name: use "my.shop"`,
		"ssh://APKA@git-codecommit.us-east-1.amazonaws.com/v1/repos/shop/": `CodeCommit knows a repository by its name: use "shop"`,
		"codecommit::eu-west-1://shop":                                     `CodeCommit knows a repository by its name: use "shop"`,
		"codecommit://profile@shop":                                        `CodeCommit knows a repository by its name: use "shop"`,
		"arn:aws:codecommit:eu-west-1:111122223333:shop":                   `CodeCommit knows a repository by its name: use "shop"`,
		"https://github.com/acme/shop.git":                                 `Archway builds from no other service: use "shop"`,
		"git@github.com:acme/shop.git":                                     `Archway builds from no other service: use "shop"`,
		"https://gitlab.example.com:8443/a/b/shop/":                        `Archway builds from no other service: use "shop"`,
	} {
		got := lines(loadText(sourceWith(fmt.Sprintf(`"repository": %q`, address))))
		if len(got) != 1 || !strings.Contains(got[0], name) {
			t.Errorf("%s: %q, want %s", address, got, name)
		}
	}
	for address, name := range map[string]string{
		"111122223333.dkr.ecr.eu-west-1.amazonaws.com/acme/shop":                   "acme/shop",
		"https://111122223333.dkr.ecr.eu-west-1.amazonaws.com/shop:1.2":            "shop",
		"111122223333.dkr-ecr.eu-west-1.on.aws/shop@sha256:0123":                   "shop",
		"111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn/team/a/shop:latest@sha2": "team/a/shop",
	} {
		got := lines(loadText(imageWith(fmt.Sprintf(`"repository": %q`, address))))
		if len(got) != 1 || !strings.HasSuffix(got[0], fmt.Sprintf("use %q", name)) {
			t.Errorf("%s: %q, want %s", address, got, name)
		}
	}
}

// What is called like a secret is warned of, and what everybody may know is not.
func TestSecretNames(t *testing.T) {
	for name, want := range map[string]bool{
		"NPM_TOKEN": true, "token": true, "DB_PASSWORD": true, "PASSWORD": true, "api_key": true,
		"AWS_SECRET_ACCESS_KEY": true,
		"CREDENTIALS":           true, "GPG_PASSPHRASE": true, "CLIENT_SECRET": true,
		"VERSION": false, "TOKENS": false, "KEYBOARD": false, "PUBLIC_KEY": false, "CACHE_KEY": false,
		"SECRETARY": false, "MONKEY": false,
	} {
		plan := load(t, imageWith(fmt.Sprintf(`"buildArgs": {%q: "hunter2"}`, name)))
		said := strings.Join(plan.Warnings(), "\n")
		if got := strings.Contains(said, "looks like a secret"); got != want || strings.Contains(said, "hunter2") {
			t.Errorf("%s: %q", name, said)
		}
	}
	if said := load(t, imageWith(`"buildArgs": {"NPM_TOKEN": ""}`)).Warnings(); len(said) > 0 {
		t.Errorf("without a value: %q", said)
	}
}

// A wildcard is warned of only where it says something else than it was meant to.
func TestWildcards(t *testing.T) {
	for pattern, want := range map[string]bool{
		"release/*": true, "v*": true, "*-x*": true, "release/.*": false, "v1.*": false, "a+": false,
	} {
		const tags = `"tags": {"moving": ["latest"]}`
		plan, err := loadText(
			rulesWith(fmt.Sprintf(`{"name": "r", "type": "branch", "pattern": %q, %s}`, pattern, tags)))
		told := err != nil && strings.Contains(err.Error(), `".*" is any text`)
		if err == nil {
			told = strings.Contains(strings.Join(plan.Warnings(), "\n"), "looks like a wildcard")
		}
		if told != want {
			t.Errorf("%s: told %v, %v", pattern, told, err)
		}
	}
}
