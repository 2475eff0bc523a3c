package check_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"archway/lambda/internal/check"
	"archway/lambda/internal/fixture"
	"archway/lambda/internal/index"
	"archway/lambda/internal/registry"
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
			repository, err := registry.Open(t.Context(), server.Repository(t, "app"), authn.Anonymous, transport.PullScope, retry.Policy{First: time.Millisecond})
			if err != nil {
				t.Fatal(err)
			}
			image, err := index.Get(t.Context(), repository, root, builds)
			if err != nil {
				t.Fatal(err)
			}
			slices.Sort(c.report)
			if diff := cmp.Diff(c.report, short(check.Run(image, c.want))); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}
