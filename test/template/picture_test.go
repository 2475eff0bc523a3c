package template_test

import (
	"os"
	"os/exec"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The README shows the picture, so it must be that of the template that is reviewed.
func TestPictureIsThatOfTheTemplate(t *testing.T) {
	templatePath(t, asCommitted) // it synthesizes
	draw := exec.Command("go", "run", "archway/test/picture", "-stack", asCommitted, assembly)
	draw.Stderr = os.Stderr
	got, err := draw.Output()
	if err != nil {
		t.Fatal(err)
	}
	const picture = root + "/docs/pipeline.svg"
	if *update {
		if err := os.WriteFile(picture, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(picture)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("docs/pipeline.svg is out of date: run make picture, or go test ./test/template -update, and look at it (-want +got):\n%s", diff)
	}
}
