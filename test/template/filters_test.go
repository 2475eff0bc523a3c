package template_test

import (
	"slices"
	"strings"
	"testing"

	"archway/config"
)

// repositoriesOf are all repositories of all stacks, by their names, with who may write to them, as
// STACK/ROLE.
func repositoriesOf(t *testing.T) map[string][]identity {
	t.Helper()
	found := map[string][]identity{}
	for _, stack := range all {
		for _, p := range partsOf(t, stack, "AWS::ECR::Repository") {
			found[p.properties["RepositoryName"].(string)] = nil
		}
	}
	for name := range found {
		for _, stack := range all {
			for _, who := range identities(t, stack) {
				if slices.ContainsFunc(who.statements,
					func(s map[string]any) bool { return writes(t, stack, s, name) }) {
					who.role = stack + "/" + who.role
					found[name] = append(found[name], who)
				}
			}
		}
	}
	return found
}

// ECR's replication filters are beginnings of names: one for a release must not take along what is
// not validated. So no release is the beginning of a staging repository.
func TestReplicationFilters(t *testing.T) {
	staged := 0
	for name := range repositoriesOf(t) {
		if !strings.HasPrefix(name, "staging/") {
			continue
		}
		staged++
		for _, release := range releasesOf(t, all...) {
			if strings.HasPrefix(name, release) {
				t.Errorf("%s begins with the name of the release %s", name, release)
			}
		}
	}
	if staged < len(all) {
		t.Errorf("%d repositories for staging in %d stacks", staged, len(all))
	}
}

// readings of a filter. ECR's documents show filters with a * only; for scans they say that one
// without any matches anywhere in a name.
// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_SigningRepositoryFilter.html
var readings = map[string]func(filter, name string) bool{
	"whole":    matches,
	"anywhere": func(filter, name string) bool { return matches("*"+filter+"*", name) },
}

// However ECR reads the filters, it signs releases, all of them, and nothing else: where a filter
// fits a repository of another kind, nobody who writes to it may use the profile, and ECR signs in
// the name of who pushes.
func TestSigningFilters(t *testing.T) {
	var filters []string
	for _, p := range partsOf(t, config.RegistryStack, "AWS::ECR::SigningConfiguration") {
		for _, rule := range p.properties["Rules"].([]any) {
			for _, filter := range listOf(rule.(map[string]any)["RepositoryFilters"]) {
				filters = append(filters, filter.(map[string]any)["Filter"].(string))
			}
			// Without a filter, ECR signs whatever is pushed.
			if len(filters) == 0 {
				t.Fatal("a rule has no filter")
			}
		}
	}
	releases := releasesOf(t, all...)
	for reading, fits := range readings {
		beside := 0
		for name, writers := range repositoriesOf(t) {
			signed := slices.ContainsFunc(filters, func(f string) bool { return fits(f, name) })
			release := slices.Contains(releases, name)
			if release && !signed {
				t.Errorf("%s: the release %s is not signed", reading, name)
			}
			if release || !signed {
				continue
			}
			beside++
			for _, who := range writers {
				if strings.Contains(asJSON(who.statements), "signer:") {
					t.Errorf("%s: %s has what it pushes into %s signed, which is not validated", reading, who.role,
						name)
				}
			}
			if len(writers) == 0 {
				t.Errorf("nobody writes to %s: so this proves nothing", name)
			}
		}
		if want := reading == "anywhere"; (beside > 0) != want {
			t.Errorf("%s: %d other repositories fit, so that the readings don't differ", reading, beside)
		}
	}
}

// Under the prefix of a cache, builds create repositories and import into them, and ECR deletes
// what is old.
func TestNoRepositoryLiesInACache(t *testing.T) {
	var prefixes []string
	for _, p := range partsOf(t, config.RegistryStack, "AWS::ECR::PullThroughCacheRule") {
		prefixes = append(prefixes, p.properties["EcrRepositoryPrefix"].(string))
	}
	for _, p := range partsOf(t, config.RegistryStack, "AWS::ECR::RepositoryCreationTemplate") {
		prefixes = append(prefixes, p.properties["Prefix"].(string))
	}
	if len(prefixes) == 0 {
		t.Fatal("no cache has a prefix")
	}
	for name := range repositoriesOf(t) {
		for _, prefix := range prefixes {
			// Both as a folder, as documented, and as any beginning.
			if strings.HasPrefix(name, prefix) {
				t.Errorf("%s lies in the cache %s", name, prefix)
			}
		}
	}
}
