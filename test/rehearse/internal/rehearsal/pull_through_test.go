package rehearsal

import (
	"strings"
	"testing"

	"archway/test/rehearse/internal/aws/ecr"

	"github.com/google/go-cmp/cmp"
)

func TestBuildersConfigurationIsRead(t *testing.T) {
	got, err := parseBuilder("[frontend.\"gateway.v0\"]\n  allowedRepositories = [\"docker.io/a/b\"]\n[registry.\"docker.io\"]\n  mirrors = [\"ecr.test:1/hub\"]\n[registry.\"quay.io\"]\n  mirrors = [\"ecr.test:1/quay\"]\n")
	if err != nil {
		t.Fatal(err)
	}
	want := builderSettings{mirrors: map[string]string{"docker.io": "ecr.test:1/hub", "quay.io": "ecr.test:1/quay"},
		frontends: []string{"docker.io/a/b"}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(builderSettings{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for text, want := range map[string]string{
		"registry =":   "toml",
		"debug = true": "debug",
		"[frontend.\"gateway.v0\"]\n  enabled = false": "enabled",
		"[registry.\"quay.io\"]\n  http = true":        "http",
		"[registry.\"quay.io\"]\n  mirrors = []":       "0 mirrors",
		"[registry.\"q\"]\n  mirrors = [\"a\", \"b\"]": "2 mirrors",
	} {
		if _, err := parseBuilder(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want an error with %q", text, err, want)
		}
	}
}

func TestCacheMustBeThatOfItsRegistry(t *testing.T) {
	declared := map[string]string{"hub": "registry-1.docker.io", "quay": "quay.io"}
	for _, test := range []struct{ upstream, path, want, said string }{
		{"docker.io", "/hub", "", ""},
		{"quay.io", "/quay", "", ""},
		{"ghcr.io", "/github", "", "the account is taken to have it, for ghcr.io"},
		{"docker.io", "/quay", "which is the cache of quay.io", ""},
		{"docker.io", ".example.com/hub", "which is no cache of the account's registry", ""},
	} {
		reg, err := ecr.Start(ecr.Options{Dir: t.TempDir(),
			Hosts: []string{"111122223333.dkr.ecr.eu-west-1.archway.test"}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { reg.Close() })
		said := &strings.Builder{}
		r := &Rehearsal{reg: reg, options: Options{Progress: said}}
		err = r.addCache(test.upstream, reg.Host()+test.path, declared, "127.0.0.1:1")
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%+v: got %v", test, err)
		}
		if !strings.Contains(said.String(), test.said) || (test.said == "") != (said.Len() == 0) {
			t.Errorf("%+v says %q", test, said)
		}
	}
}
