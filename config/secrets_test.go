package config_test

import "testing"

// Secrets that can't be fetched are reported.
func TestWrongSecrets(t *testing.T) {
	check(t, []problemTest{
		{
			"secrets",
			imageWith(`"secrets": {
				"npm rc": {"secretsManager": "build/npm"},
				"both": {"secretsManager": "a", "parameterStore": "/b"},
				"neither": {},
				"text": "s3cret",
				"versions": {"secretsManager": "a:b:AWSCURRENT"},
				"slashes": {"parameterStore": "/a//b"},
				"key": {"parameterStore": "/a", "kmsKey": "alias/build"}
			}`),
			[]string{
				`archway.pipelines[0].images[0].secrets.both: give either "secretsManager" or "parameterStore": it says where the secret is kept`,
				`archway.pipelines[0].images[0].secrets.key.kmsKey: "alias/build": a key is named by its ARN, as IAM knows it by nothing else: use one such as "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"`,
				`archway.pipelines[0].images[0].secrets.neither: give either "secretsManager" or "parameterStore": it says where the secret is kept`,
				`archway.pipelines[0].images[0].secrets["npm rc"]: a secret's name has 1 to 64 letters, digits, ".", "_" and "-": use one such as "npmrc", as in RUN --mount=type=secret,id=npmrc`,
				`archway.pipelines[0].images[0].secrets.slashes.parameterStore: "/a//b": the Parameter Store takes names of letters, digits, ".", "_" and "-", in parts separated by "/": use one such as "/build/npmrc"`,
				`archway.pipelines[0].images[0].secrets.text: is text where an object belongs: say where the secret is kept, such as {"secretsManager": "build/npm"}; the secret itself must not stand here`,
				`archway.pipelines[0].images[0].secrets.versions.secretsManager: "a:b:AWSCURRENT": a secret of Secrets Manager is its name or its ARN, and after a colon, if it is a JSON object, the key whose value is wanted: use one such as "build/npm" or "build/npm:token"`,
			},
		},
	})
}
