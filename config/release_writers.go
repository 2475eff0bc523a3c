package config

import "archway/internal/spec"

// maxReleaseWriters is ours: a repository's policy has at most 10 KB.
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-policies.html
const maxReleaseWriters = 20

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
		if broken := spec.Named("principal").Check(text); broken != "" {
			o.r.report(at, text, "%s", broken)
			continue
		}
		taken.add(o.r, at, text, "remove one of them")
		writers = append(writers, text)
	}
	return writers
}
