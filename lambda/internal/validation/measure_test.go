package validation

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/lambda/internal/fixture"
)

// measured lists the metrics of a log: namespace, dimensions with their values, name and value.
func measured(t *testing.T, log string) []string {
	t.Helper()
	var all []string
	for text := range strings.Lines(log) {
		var line map[string]any
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			t.Fatal(err)
		}
		var embedded struct {
			AWS struct {
				CloudWatchMetrics []struct {
					Namespace  string
					Dimensions [][]string
					Metrics    []struct{ Name, Unit string }
				}
			} `json:"_aws"`
		}
		if err := json.Unmarshal([]byte(text), &embedded); err != nil {
			t.Fatal(err)
		}
		for _, directive := range embedded.AWS.CloudWatchMetrics {
			for _, m := range directive.Metrics {
				what := directive.Namespace
				for _, dimension := range directive.Dimensions[0] {
					what += fmt.Sprintf(" %s=%v", dimension, line[dimension])
				}
				all = append(all, fmt.Sprintf("%s: %s %v %s", what, m.Name, line[m.Name], m.Unit))
			}
		}
	}
	slices.Sort(all)
	return all
}

const about = "Archway Pipeline=app-pipeline Repository=app"

func TestValidImageIsMeasured(t *testing.T) {
	var size float64
	_, log, err := act(t, func(s *fixture.Store) specs.Descriptor {
		return s.Image(fixture.ImageSpec{Platform: fixture.ARM64, Manifest: func(doc map[string]any) {
			for _, blob := range append([]any{doc["config"]}, doc["layers"].([]any)...) {
				size += sizeOf(t, blob)
			}
		}})
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	got := measured(t, log)
	want := []string{about + ": ImagesInvalid 0 Count", about + ": ImagesValid 1 Count",
		fmt.Sprintf("%s Platform=linux/arm64: ImageSize %v Bytes", about, size)}
	for _, line := range want {
		if !slices.Contains(got, line) {
			t.Errorf("%s is missing in\n%s", line, strings.Join(got, "\n"))
		}
	}
	if len(got) != 4 { // and the size of linux/amd64
		t.Errorf("%d metrics, expected 4:\n%s", len(got), strings.Join(got, "\n"))
	}
}

func sizeOf(t *testing.T, blob any) float64 {
	t.Helper()
	var d specs.Descriptor
	text, err := json.Marshal(blob)
	if err == nil {
		err = json.Unmarshal(text, &d)
	}
	if err != nil || d.Size == 0 {
		t.Fatalf("%s: %v", text, err)
	}
	return float64(d.Size)
}

// An invalid image is measured by what the checks found.
func TestInvalidImageIsMeasured(t *testing.T) {
	_, log, err := act(t, func(s *fixture.Store) specs.Descriptor {
		return s.Image(fixture.ImageSpec{Platform: fixture.ARM64,
			Config: func(doc map[string]any) { doc["architecture"] = "amd64" }})
	}, nil)
	if failed(err) == nil {
		t.Fatalf("error %v", err)
	}
	want := []string{
		about + " Check=config-platform: Findings 1 Count",
		about + ": ImagesInvalid 1 Count",
		about + ": ImagesValid 0 Count",
	}
	if diff := cmp.Diff(want, measured(t, log)); diff != "" {
		t.Error(diff)
	}
}
