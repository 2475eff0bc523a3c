package check_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"archway/lambda/internal/fixture"
	"archway/lambda/internal/image/registry"
	"archway/lambda/internal/retry"
)

// What is judged from memory is judged alike when a registry serves it.
func TestEachCaseIsReportedOverHTTPToo(t *testing.T) {
	for _, c := range all() {
		t.Run(c.name, func(t *testing.T) {
			server := fixture.Serve(t) // one each: it keeps blobs for all repositories together
			store := fixture.New()
			root, builds := c.render(store)
			server.Push(t, "app", store)
			repository, err := registry.Open(t.Context(), server.Repository(t, "app"), authn.Anonymous,
				transport.PullScope, retry.Policy{First: time.Millisecond})
			if err != nil {
				t.Fatal(err)
			}
			slices.Sort(c.report)
			if diff := cmp.Diff(c.report, short(findings(t, repository, root, c.want, builds))); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}
