package config

import (
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"archway/internal/rule"
)

// codeCommitAddress is how clients call a repository of CodeCommit: by HTTPS, SSH, git-remote-
// codecommit, or its ARN.
// https://docs.aws.amazon.com/codecommit/latest/userguide/how-to-connect.html
var codeCommitAddress = regexp.MustCompile(
	`^(?:(?:https|ssh)://(?:[^@/]*@)?git-codecommit\.[^/]+/v1/repos/|codecommit:.*//(?:[^@/]*@)?|arn:aws[a-z-]*:codecommit:[^:]*:[0-9]*:)([^/:]+?)/?$`)

// sourceAddress gives what to tell about a source that is named by an address, and so is perhaps
// kept by another service.
func sourceAddress(name string) string {
	if at := codeCommitAddress.FindStringSubmatch(name); at != nil {
		return fmt.Sprintf("is an address: CodeCommit knows a repository by its name: use %q", at[1])
	}
	if !strings.Contains(name, ":") {
		return ""
	}
	last := strings.TrimSuffix(path.Base(strings.ReplaceAll(name, ":", "/")), ".git")
	return fmt.Sprintf(
		"is no name of CodeCommit, and Archway builds from no other service: use %q, and push the commits of "+
			`the other repository there (git push --mirror), from its own CI or by hand`, last)
}

// registryAddress is how clients call a repository of ECR.
var registryAddress = regexp.MustCompile(`^(?:https?://)?[0-9]{12}\.dkr[.-]ecr\.[^/]+/([^:@]+)(?:[:@].*)?$`)

// releaseAddress gives what to tell about an image's repository that is named by an address.
func releaseAddress(name string) string {
	if at := registryAddress.FindStringSubmatch(name); at != nil {
		return fmt.Sprintf("is an address: ECR knows a repository by its name: use %q", at[1])
	}
	return ""
}

// elsewhere reports whether a repository is called like one of another registry, which ECR takes as
// a name like any other.
func elsewhere(name string) bool {
	host, _, ok := strings.Cut(name, "/")
	return ok && strings.Contains(host, ".")
}

// secretLike are names of values that nobody else should know.
var secretLike = regexp.MustCompile(`(?i)(?:^|_)(?:TOKEN|PASSWORD|PASSWD|PASSPHRASE|SECRET|CREDENTIALS?|KEY)$`)

// publicLike are those of them that everybody may know.
var publicLike = regexp.MustCompile(`(?i)(?:PUBLIC|PUB|CACHE|SORT|PRIMARY|FOREIGN)_KEY$`)

// warnOfSecrets tells of build arguments that look like secrets, without showing them.
func (o object) warnOfSecrets(key string, args map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(args)) {
		if args[name] != "" && secretLike.MatchString(name) && !publicLike.MatchString(name) {
			o.r.warn(below(o.path(key), name), nothing{},
				"looks like a secret, and a build argument can be read by everybody who can pull the "+
					`image: keep it in Secrets Manager, name it under the image's "secrets", and mount it (RUN --mount=type=secret,id=%s)`,
				name)
		}
	}
}

// warnOfWildcard tells of a regular expression that was probably meant as a wildcard.
func (o object) warnOfWildcard(m *rule.Matcher) {
	instead, is := rule.Wildcard(m.Pattern)
	if !is {
		return
	}
	const any = "x"
	example, _ := m.Example()
	meant := strings.ReplaceAll(m.Pattern, "*", any)
	if _, matches := m.Match(meant); matches {
		return
	}
	o.r.warn(o.path("pattern"), m.Pattern,
		"looks like a wildcard, but in a regular expression %q repeats the character before it, so that "+
			"it matches %q and not %q: write %q", "*", example, meant, instead)
}

// misdirected tells of a Dockerfile whose path repeats the context. The repository can't be seen.
func (o object) misdirected(context, dockerfile string) {
	if rest, ok := strings.CutPrefix(dockerfile, context+"/"); ok && context != "." {
		o.r.warn(o.path("dockerfile"), dockerfile,
			"is looked for in the context, as %s: if it is meant from the top of the repository, write %q",
			path.Join(context, dockerfile), rest)
	}
}

// unbuilt tells of a branch that no rule matches although it is written down.
func (r *reader) unbuilt(pipeline object, p *Planned, rules []checked) {
	source, _ := pipeline.fields["source"].(map[string]any)
	if source["branch"] == nil || len(rules) == 0 || len(rules) != len(p.Rules) {
		return
	}
	built := slices.ContainsFunc(rules, func(c checked) bool {
		_, matches := c.Match(p.Source.Branch)
		return c.Type == rule.Branch && matches
	})
	if !built {
		r.warn(below(pipeline.path("source"), "branch"), p.Source.Branch,
			"no rule matches this branch, and with rules nothing else is built: "+
				`add {"name": "main", "type": "branch", "exact": %q} to "rules", or leave "branch" out`,
			p.Source.Branch)
	}
}
