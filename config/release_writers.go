package config

import "regexp"

// maxReleaseWriters is ours: a repository's policy has at most 10 KB.
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-policies.html
const maxReleaseWriters = 20

// principalARN has no wildcards. Of a role that somebody has assumed, the condition key
// aws:PrincipalArn gives the role itself.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalarn
var principalARN = nameRule{
	pattern: regexp.MustCompile(`^arn:aws[a-z-]*:iam::[0-9]{12}:(?:role|user)/[A-Za-z0-9_+=,.@/-]*[A-Za-z0-9_+=,.@-]$`), least: 1, most: 620,
	says: `a release's writer is the ARN of an IAM role or user, without wildcards; who has assumed a role is known by the ARN of the role`,
	cure: `use one such as "arn:aws:iam::111122223333:role/break-glass"`,
}

func (o object) releaseWriters(key string) []string {
	writers := []string{}
	list, _ := o.list(key)
	if len(list) > maxReleaseWriters {
		o.report(key,
			"has %d writers, and at most %d are taken: name a role that they may assume", len(list), maxReleaseWriters)
		return writers
	}
	taken := names{}
	for i, value := range list {
		at := item(o.path(key), i)
		text, ok := typed[string](o.r, at, value, aString)
		if !ok {
			continue
		}
		if broken := principalARN.check(text); broken != "" {
			o.r.report(at, text, "%s", broken)
			continue
		}
		taken.add(o.r, at, text, "remove one of them")
		writers = append(writers, text)
	}
	return writers
}
