package config

import (
	"maps"
	"regexp"
	"slices"
)

// secretID is what a Dockerfile calls a secret. Docker takes more; this fits its command line and a mount without quotes.
var secretID = nameRule{
	pattern: regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]*$`), least: 1, most: 64,
	says: `a secret's name has 1 to 64 letters, digits, ".", "_" and "-"`,
	cure: `use one such as "npmrc", as in RUN --mount=type=secret,id=npmrc`,
}

// secretName is a name or an ARN, and perhaps a key.
// https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html (Name) and
// https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html#build-spec.env.secrets-manager
var secretName = nameRule{
	pattern: regexp.MustCompile(`^(?:(?:arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:)?[A-Za-z0-9/_+=.@-]+(?::[A-Za-z0-9/_+=.@-]+)?)?$`), most: 1024,
	says: `a secret of Secrets Manager is its name or its ARN, and after a colon, if it is a JSON object, the key whose value is wanted`,
	cure: `use one such as "build/npm" or "build/npm:token"`,
}

// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html (Name)
var parameterName = nameRule{
	pattern: regexp.MustCompile(`^(?:/?[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)*)?$`), most: 1011,
	says: `the Parameter Store takes names of letters, digits, ".", "_" and "-", in parts separated by "/"`,
	cure: `use one such as "/build/npmrc"`,
}

var keyARN = nameRule{
	pattern: regexp.MustCompile(`^(?:arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+)?$`), most: 256,
	says: `a key is named by its ARN, as IAM knows it by nothing else`,
	cure: `use one such as "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"`,
}

// secrets reads what a build may mount.
func (o object) secrets(key string) map[string]Secret {
	secrets := map[string]Secret{}
	if !o.has(key) {
		return secrets
	}
	fields, _ := typed[map[string]any](o.r, o.path(key), o.fields[key], anObject)
	all := object{r: o.r, at: o.path(key), fields: fields}
	for _, id := range slices.Sorted(maps.Keys(fields)) {
		if problem := secretID.check(id); problem != "" {
			o.r.report(all.path(id), nothing{}, "%s", problem)
			continue
		}
		if _, ok := fields[id].(string); ok {
			// Not shown: it may be the secret itself.
			o.r.report(all.path(id), nothing{}, `is text where an object belongs: say where the secret is kept, such as {"secretsManager": "build/npm"}; the secret itself must not stand here`)
			continue
		}
		secrets[id] = o.r.secret(all.path(id), fields[id])
	}
	return secrets
}

func (r *reader) secret(at string, value any) Secret {
	o, ok := r.object(at, value, keysOf[Secret]())
	if !ok {
		return Secret{}
	}
	s := Secret{
		SecretsManager: o.name("secretsManager", secretName),
		ParameterStore: o.name("parameterStore", parameterName),
		KmsKey:         o.name("kmsKey", keyARN),
	}
	if o.has("secretsManager") == o.has("parameterStore") {
		r.report(at, nothing{}, `give either "secretsManager" or "parameterStore": it says where the secret is kept`)
	}
	return s
}
