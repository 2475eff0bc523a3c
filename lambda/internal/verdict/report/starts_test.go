package report_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/lambda/internal/fixture"
	lt "archway/lambda/internal/fixture/layertest"
	"archway/lambda/internal/validation"
	"archway/lambda/internal/verdict/check"
	"archway/lambda/internal/verdict/report"
)

// What starts is told from the entrypoint to the loader.
func TestStarts(t *testing.T) {
	s := fixture.New()
	windows := s.Image(fixture.ImageSpec{Platform: specs.Platform{OS: "windows", Architecture: "amd64"}})
	image := s.Image(fixture.ImageSpec{Platform: fixture.ARM64,
		Run: func(run map[string]any) { run["Entrypoint"], run["Cmd"] = []any{"entry.sh"}, []any{"server"} },
		Layers: [][]lt.Entry{
			{lt.Exe("bin/dash", lt.Dynamic("arm64", "/lib/ld.so")), lt.Link("bin/sh", "dash"),
				lt.Exe("bin/server", lt.Static("amd64"))},
			{lt.Script("bin/entry.sh", "#!/bin/sh\nexec \"$@\"\n")},
		}})
	verdict, err := validation.Of(t.Context(), s, s.Index(windows, image).Digest, check.Want{}, nil)
	var d report.Document
	d.Add("image", verdict, err)
	if got := d.Images[0].Platforms[0].Starts; got != nil {
		t.Errorf("of Windows: %v", got)
	}
	want := []report.Start{
		{How: "entry", Name: "entry.sh", File: "/bin/entry.sh"},
		{How: "interpreter", Name: "/bin/sh", File: "/bin/dash", Machine: "arm64"},
		{How: "loader", Name: "/lib/ld.so"},
		{How: "probable", Name: "server", File: "/bin/server", Machine: "amd64"},
	}
	if diff := cmp.Diff(want, d.Images[0].Platforms[1].Starts); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
