package cli

import (
	"strings"
	"testing"

	"archway/lambda/internal/image/layout"
)

// Whatever stands on the command line as an image, it is refused or has a name that means the same
// again.
func FuzzReference(f *testing.F) {
	for _, s := range []string{
		"app", "ghcr.io/me/app:1.2",
		"localhost:5000/app@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
		"oci:", "oci:.", "oci-archive:x", "oci-archive:x:y", "docker-archive:", "dir:x", "docker-daemon:x",
		"docker://x", "oci:./x:y", "oci:.@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
		"UPPER", "a//b", ":", "@", "x@sha256:", "",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		i, err := parseImage(s)
		if err != nil {
			return
		}
		again, err := parseImage(i.String())
		if err != nil || again.String() != i.String() || again.identifier() != i.identifier() {
			t.Errorf("%q is %q, and that is %v (%v)", s, i, again, err)
		}
		if _, local := i.(inLayout); local != strings.HasPrefix(s, layoutPrefix) &&
			!(local && isLayout(layout.ParseReference(s).Folder)) {
			t.Errorf("%q is in a layout: %v", s, local)
		}
	})
}
