// Package metrics names what the functions measure, for everybody who has to spell it: the
// functions, and the constructs that show it. Every metric has the dimensions Pipeline and
// Repository, and some have one more.
package metrics

// Namespace is that of the metrics in CloudWatch.
const Namespace = "Archway"

// The dimensions.
const (
	// Pipeline is the name of the pipeline.
	Pipeline = "Pipeline"
	// Repository is the ECR repository of the image.
	Repository = "Repository"
	// Platform is what an image in the index is for, such as linux/arm64.
	Platform = "Platform"
	// Check is the name of one of the validator's checks.
	Check = "Check"
)

// What the validator measures.
const (
	// ImagesValid and ImagesInvalid count verdicts, in image indexes: each verdict adds 1 to one
	// and 0 to the other.
	ImagesValid   = "ImagesValid"
	ImagesInvalid = "ImagesInvalid"
	// Findings count what a check noticed, whatever it weighs. By [Check].
	Findings = "Findings"
	// ImageSize is what a node downloads for a valid image that has none of its layers: the bytes
	// of the compressed layers and the config. By [Platform].
	ImageSize = "ImageSize"
)

// What the promoter measures.
const (
	// Promotions and Rollbacks count Promote actions that ended well: each adds 1 to one of them
	// and 0 to the other. A check that comes before the promotion of several images is none.
	Promotions = "Promotions"
	Rollbacks  = "Rollbacks"
	// TagsMoved, TagsRolledBack, TagsConfirmed and TagsKept count what became of each tag.
	TagsMoved      = "TagsMoved"
	TagsRolledBack = "TagsRolledBack"
	TagsConfirmed  = "TagsConfirmed"
	TagsKept       = "TagsKept"
)
