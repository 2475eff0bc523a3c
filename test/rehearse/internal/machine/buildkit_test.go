package machine

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestBuildKitConfiguration(t *testing.T) {
	want := `root = "/cache/buildkit"

[grpc]
  address = ["unix:///run/s.sock"]

[worker.oci]
  enabled = true
  gc = true
  maxUsedSpace = "20GB"

[worker.containerd]
  enabled = false

[frontend."gateway.v0"]
  allowedRepositories = ["docker.io/docker/dockerfile", "a.test/frontend"]

[registry."docker.io"]
  mirrors = ["127.0.0.1:1"]

[registry."public.ecr.aws"]
  mirrors = ["registry.test:2/ecr-public", "127.0.0.1:1"]

[registry."quay.io"]
  mirrors = ["registry.test:2/quay"]

[registry."127.0.0.1:1"]
  http = true

[registry."registry.test:2"]
  ca = ["/tmp/ca.pem"]
`
	k := BuildKit{RegistryHost: "registry.test:2", CAFile: "/tmp/ca.pem", MirrorHost: "127.0.0.1:1",
		Mirrored: []string{"docker.io", "public.ecr.aws"},
		Caches: map[string]string{
			"public.ecr.aws": "registry.test:2/ecr-public", "quay.io": "registry.test:2/quay",
		}, Frontends: []string{"docker.io/docker/dockerfile", "a.test/frontend"}}
	if diff := cmp.Diff(want, k.config("/cache/buildkit", "/run/s.sock")); diff != "" {
		t.Error(diff)
	}
}

// Daemons reach the registry without a proxy.
func TestDaemonsWithoutProxy(t *testing.T) {
	tests := []struct {
		behavior string
		env      []string
		want     []string
	}{
		{"no proxy is set", []string{"A=b"},
			[]string{"A=b", "SSL_CERT_FILE=ca", "NO_PROXY=registry.test", "no_proxy=registry.test"}},
		{"exceptions are kept", []string{"no_proxy=corp"},
			[]string{"no_proxy=corp", "SSL_CERT_FILE=ca", "NO_PROXY=corp,registry.test",
				"no_proxy=corp,registry.test"}},
	}
	for _, test := range tests {
		t.Run(test.behavior, func(t *testing.T) {
			if diff := cmp.Diff(test.want, daemonEnv(test.env, "registry.test", "ca")); diff != "" {
				t.Error(diff)
			}
		})
	}
}
