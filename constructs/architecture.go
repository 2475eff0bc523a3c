package constructs

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodebuild"
	"github.com/aws/jsii-runtime-go"
)

// Architecture is a CPU architecture on which CodeBuild has machines of its own. It decides the kind of the machine and the
// image that runs on it together, so that the two always fit.
type Architecture string

const (
	// AMD64 builds linux/amd64 on x86_64 machines.
	AMD64 Architecture = "amd64"

	// ARM64 builds linux/arm64 on Graviton machines.
	ARM64 Architecture = "arm64"
)

// Platform is the platform of the images that a machine of this architecture builds natively.
func (a Architecture) Platform() string { return "linux/" + string(a) }

func (a Architecture) validate() error {
	switch a {
	case AMD64, ARM64:
		return nil
	case "":
		return missing(true, "Architecture", "AMD64 or ARM64")
	}
	return wrong("Architecture", "is %q: CodeBuild has machines for %q and %q only", a, AMD64, ARM64)
}

// buildImage is the newest Amazon Linux image that CodeBuild keeps for the architecture: Docker with buildx, the AWS CLI
// and jq are in it. The CDK's constants end one release earlier.
// https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-available.html
func (a Architecture) buildImage() awscodebuild.IBuildImage {
	if a == ARM64 {
		return awscodebuild.LinuxArmBuildImage_FromCodeBuildImageId(jsii.String("aws/codebuild/amazonlinux-aarch64-standard:4.0"))
	}
	return awscodebuild.LinuxBuildImage_FromCodeBuildImageId(jsii.String("aws/codebuild/amazonlinux-x86_64-standard:6.0"))
}

var computeTypes = map[Compute]awscodebuild.ComputeType{
	ComputeSmall:   awscodebuild.ComputeType_SMALL,
	ComputeMedium:  awscodebuild.ComputeType_MEDIUM,
	ComputeLarge:   awscodebuild.ComputeType_LARGE,
	ComputeXLarge:  awscodebuild.ComputeType_X_LARGE,
	Compute2XLarge: awscodebuild.ComputeType_X2_LARGE,
}
