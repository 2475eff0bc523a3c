package validation

import (
	"maps"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/lambda/internal/check"
	"archway/lambda/internal/index"
	"archway/lambda/internal/job"
)

// Parameters are the UserParameters of a Validate action.
type Parameters struct {
	// Repository is the registry's host and the repository's name.
	Repository string `json:"repository"`
	// Digest is that of the merged index.
	Digest string `json:"digest"`
	// Revision is the commit that this execution builds.
	Revision string `json:"revision"`
	// Builds are the digests that the builds exported, by platform, or "none" where the build rule leaves the platform out. The
	// platforms that have a digest are the required ones.
	Builds map[string]string `json:"builds"`
	// Rule is the build rule of this execution.
	Rule string `json:"rule"`
	// Only lists the rules that build fewer platforms, by the platforms that they build, separated by commas. A build can't leave
	// itself out: what "none" stands for must be here, and what stands here must be "none".
	Only map[string][]string `json:"only"`
	// Branch and Moving give the tags that are to point at the index, and that must not lose a platform by it. Moving are
	// templates, see package tag.
	Branch string   `json:"branch"`
	Moving []string `json:"moving"`
	Policy
}

// task is the same in checked form.
type task struct {
	repository name.Repository
	digest     digest.Digest
	revision   string
	platforms  []specs.Platform
	builds     map[string]digest.Digest
	moving     Templates
	branch     string
	policy     check.Want
}

// parse checks the parameters of an action.
func parse(userParameters string) (task, error) {
	var p Parameters
	if err := job.Decode(userParameters, &p); err != nil {
		return task{}, err
	}
	builds := ""
	if len(p.Builds) > 0 {
		builds = "given"
	}
	required := job.Required{"repository": p.Repository, "digest": p.Digest, "revision": p.Revision, "builds": builds}
	if err := required.Missing("repository", "digest", "revision", "builds"); err != nil {
		return task{}, err
	}
	repository, err := job.CheckRepository(p.Repository)
	if err != nil {
		return task{}, err
	}
	if err := job.CheckDigest("digest", p.Digest); err != nil {
		return task{}, err
	}
	t := task{repository: repository, digest: digest.Digest(p.Digest), revision: p.Revision, branch: p.Branch, builds: map[string]digest.Digest{}}
	if t.moving, err = ParseTemplates("moving", p.Moving); err != nil {
		return task{}, err
	}
	if t.policy, err = p.Want(); err != nil {
		return task{}, err
	}
	for _, key := range slices.Sorted(maps.Keys(p.Builds)) {
		platform, err := index.ParsePlatform(key)
		if err != nil {
			return task{}, job.Misconfigured("The parameter builds names the platforms: %s.", err)
		}
		normal := index.Key(platform)
		if built := p.builds(normal); (p.Builds[key] == none) == built {
			return task{}, job.Misconfigured("The build of %s gave %q, but the build rule %q says that it is %s. The rule may have been changed while this execution ran: start it again.",
				normal, p.Builds[key], p.Rule, map[bool]string{true: "built", false: "left out"}[built])
		} else if !built {
			continue
		}
		if err := job.CheckDigest("builds."+key, p.Builds[key]); err != nil {
			return task{}, err
		}
		if _, twice := t.builds[normal]; twice {
			return task{}, job.Misconfigured("The parameter builds names the platform %s twice.", normal)
		}
		t.builds[normal] = digest.Digest(p.Builds[key])
		t.platforms = append(t.platforms, platform)
	}
	if len(t.platforms) == 0 {
		return task{}, job.Misconfigured("The build rule %q leaves out every platform.", p.Rule)
	}
	return t, nil
}

// none is what a build gives that the build rule leaves out.
const none = "none"

// builds tells whether the rule of this execution builds a platform.
func (p Parameters) builds(platform string) bool {
	for platforms, rules := range p.Only {
		if slices.Contains(rules, p.Rule) {
			return slices.Contains(strings.Split(platforms, ","), platform)
		}
	}
	return true
}
