package report

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"archway/test/rehearse/internal/aws/cloudwatch"
)

// writeMetrics writes the sums of what was measured, one line for each image, as a dashboard would
// show them.
func writeMetrics(w io.Writer, data []cloudwatch.Datum) {
	sums := map[string]map[string]float64{}
	for _, d := range data {
		image := d.Dimensions["Repository"]
		if sums[image] == nil {
			sums[image] = map[string]float64{}
		}
		name := d.Name
		for _, dimension := range []string{"Check", "Platform"} {
			if value := d.Dimensions[dimension]; value != "" {
				name += " " + value
			}
		}
		sums[image][name] += d.Value
	}
	for _, image := range slices.Sorted(maps.Keys(sums)) {
		var parts []string
		for _, name := range slices.Sorted(maps.Keys(sums[image])) {
			if value := sums[image][name]; value != 0 {
				parts = append(parts, fmt.Sprintf("%s %.0f", name, value))
			}
		}
		fmt.Fprintf(w, "\nMeasured of %s: %s\n", image, strings.Join(parts, ", "))
	}
}
