package main

import (
	"os/exec"
	"path/filepath"
	"testing"

	"archway/test/rehearse/internal/report"
)

// A repository that make init has written is rehearsed from its own folder: the functions and the
// rehearsal's programs are those of Archway's module, which is another one there.
func TestAdopted(t *testing.T) {
	needsMachine(t)
	dir := filepath.Join(t.TempDir(), "pipelines")
	write := exec.Command("go", "run", "./init", "-name", "own", dir)
	write.Dir = root
	if out, err := write.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Chdir(dir)
	var got struct{ Pipelines []report.Pipeline }
	commanded(t, &got, "--page", "")
	if len(got.Pipelines) != 1 || got.Pipelines[0].Repository != "own" || len(got.Pipelines[0].Proofs) != 2 {
		t.Errorf("got %+v, expected one pipeline with an image for two platforms", got.Pipelines)
	}
}
