package validation

import (
	"log/slog"
	"maps"
	"slices"

	"archway/internal/metrics"
	"archway/lambda/internal/aws/emf"
	"archway/lambda/internal/image/index"
	"archway/lambda/internal/verdict/check"
)

// measure leaves what a pipeline's dashboard shows: verdicts, findings by check, and the size of
// valid images by platform.
func measure(log *slog.Logger, pipeline, repository string, v check.Verdict) {
	dimensions := func(more ...emf.Dimension) []emf.Dimension {
		return append([]emf.Dimension{{Name: metrics.Pipeline, Value: pipeline},
			{Name: metrics.Repository, Value: repository}}, more...)
	}
	valid, invalid := int64(1), int64(0)
	if !v.Valid() {
		valid, invalid = 0, 1
	}
	emf.Log(log, "measured", dimensions(), []emf.Metric{
		{Name: metrics.ImagesValid, Unit: emf.Count, Value: valid},
		{Name: metrics.ImagesInvalid, Unit: emf.Count, Value: invalid},
	})
	found := map[string]int64{}
	for _, f := range v.Findings {
		found[f.Check]++
	}
	for _, check := range slices.Sorted(maps.Keys(found)) {
		emf.Log(log, "measured", dimensions(emf.Dimension{Name: metrics.Check, Value: check}),
			[]emf.Metric{{Name: metrics.Findings, Unit: emf.Count, Value: found[check]}})
	}
	if !v.Valid() {
		return // its sizes may be those of something else
	}
	for _, e := range v.Image.Images() {
		if e.Descriptor.Platform == nil || e.Manifest == nil {
			continue
		}
		emf.Log(log, "measured",
			dimensions(emf.Dimension{Name: metrics.Platform, Value: index.Key(*e.Descriptor.Platform)}),
			[]emf.Metric{{Name: metrics.ImageSize, Unit: emf.Bytes, Value: size(e.Manifest.Body)}})
	}
}

// size is what a node downloads that has nothing of the image.
func size(image index.Body) int64 {
	var sum int64
	if image.Config != nil {
		sum = image.Config.Size
	}
	for _, layer := range image.Layers {
		sum += layer.Size
	}
	return sum
}
