package config

import "archway/internal/spec"

// ImageGates are the optional stages that look at one image, between its validation and its
// promotion.
type ImageGates struct {
	// A judgment of what scans have found in the image, before a tag points at it.
	// Default: nothing is judged; ECR scans each image all the same.
	ScanGate *spec.ScanGate `key:"scanGate"`

	// A run of the validated image on each architecture, before a tag points at it.
	// Default: it is not run.
	SmokeTest *spec.SmokeTest `key:"smokeTest"`
}
