package proof_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"archway/test/rehearse/internal/machine/proof"

	"github.com/google/go-cmp/cmp"
)

func TestExamplesSayHowTheyAreProved(t *testing.T) {
	for example, http := range map[string]*proof.HTTP{"hello-go": nil, "hello-node": {Port: 8080, Path: "/"}} {
		got, err := proof.Load(examples(example))
		if err != nil {
			t.Fatal(err)
		}
		want := []proof.Expectation{
			{Platform: "linux/amd64", Output: "Hello, amd64!", HTTP: http},
			{Platform: "linux/arm64", Output: "Hello, arm64!", HTTP: http},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", example, diff)
		}
	}
}

func TestFolderWithoutExpectations(t *testing.T) {
	if _, err := proof.Load(t.TempDir()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got error %v, expected that the file is not there", err)
	}
}

func TestExpectationsThatAreRefused(t *testing.T) {
	tests := []struct {
		behavior string
		file     string
		problems []string
	}{
		{"nothing expected", `{"expect": []}`, []string{`"expect" is empty`}},
		{"unknown key", `{"expects": []}`, []string{`unknown field "expects"`}},
		{"no JSON", `{`, []string{"unexpected EOF"}},
		{"a platform without architecture, and no output", `{"expect": [{"platform": "linux"}]}`, []string{
			`expect[0].platform is "linux", expected os/architecture`,
			"expect[0].output is empty",
		}},
		{"one platform twice",
			`{"expect": [{"platform": "linux/amd64", "output": "x"}, {"platform": "linux/amd64", "output": "x"}]}`,
			[]string{
				`expect[1].platform "linux/amd64" is there twice`,
			}},
		{"no port, and no path", `{"expect": [{"platform": "linux/amd64", "output": "x", "http": {"path": "x"}}]}`,
			[]string{
				"expect[0].http.port is 0, expected 1 to 65535",
				`expect[0].http.path is "x", expected a path that starts with /`,
			}},
	}
	for _, test := range tests {
		t.Run(test.behavior, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, proof.File), []byte(test.file), 0o644); err != nil {
				t.Fatal(err)
			}
			_, err := proof.Load(dir)
			if err == nil {
				t.Fatal("got no error")
			}
			if lines := strings.Split(err.Error(), "\n"); len(lines) != len(test.problems) {
				t.Errorf("got %d problems, expected %d: %v", len(lines), len(test.problems), err)
			}
			for _, want := range test.problems {
				if !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), proof.File+": ") {
					t.Errorf("got error %v, expected the file and %q", err, want)
				}
			}
		})
	}
}
