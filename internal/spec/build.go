package spec

// Build is the machine that builds one architecture.
type Build struct {
	// Size of the machine. amd64: SMALL 2 vCPU and 4 GB, MEDIUM 4 and 8, LARGE 8 and 16, XLARGE 36
	// and 72, 2XLARGE 72 and 144. arm64: SMALL, MEDIUM and LARGE the same, XLARGE 32 and 64,
	// 2XLARGE 48 and 96. Not every Region has every size.
	Compute Compute `key:"compute" default:"MEDIUM"`

	// Minutes after which a build is stopped: 5 to 480. CodePipeline ends a build action after 8
	// hours.
	TimeoutMinutes int `key:"timeoutMinutes" default:"60" range:"5..480" why:"CodeBuild takes no less than 5 minutes, and CodePipeline ends a build after 8 hours"`
}

// Compute is the size of a build machine.
type Compute string

// The sizes, which CodeBuild has for LINUX_CONTAINER and for ARM_CONTAINER alike.
// https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-compute-types.html
const (
	Small   Compute = "SMALL"
	Medium  Compute = "MEDIUM"
	Large   Compute = "LARGE"
	XLarge  Compute = "XLARGE"
	XXLarge Compute = "2XLARGE"
)

// Choices are the sizes.
func (Compute) Choices() []string { return texts(Small, Medium, Large, XLarge, XXLarge) }
