package constructs

import (
	"archway/internal/platform"
	"archway/internal/spec"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscodebuild"
	"github.com/aws/jsii-runtime-go"
)

// Platform is what an image is built for. It decides the kind of the machine and the image that
// runs on it together, so that the two always fit.
type Platform = platform.Platform

const (
	// AMD64 is linux/amd64, built on x86_64 machines.
	AMD64 = platform.AMD64

	// ARM64 is linux/arm64, built on Graviton machines.
	ARM64 = platform.ARM64
)

func validPlatform(p Platform) error {
	switch {
	case p == "":
		return missing(true, "Platform", "AMD64 or ARM64")
	case !p.Buildable():
		return wrong("Platform", "is %q: %s: use %s", p, platform.Unbuildable, spec.Quoted(platform.All()))
	}
	return nil
}

// buildImage is the newest Amazon Linux image that CodeBuild keeps for the machine: Docker with
// buildx, the AWS CLI and jq are in it. The CDK's constants end one release earlier.
// https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-available.html
func buildImage(p Platform) awscodebuild.IBuildImage {
	if p.Machine() == ARM64 {
		return awscodebuild.LinuxArmBuildImage_FromCodeBuildImageId(
			jsii.String("aws/codebuild/amazonlinux-aarch64-standard:4.0"))
	}
	return awscodebuild.LinuxBuildImage_FromCodeBuildImageId(
		jsii.String("aws/codebuild/amazonlinux-x86_64-standard:6.0"))
}

var computeTypes = map[Compute]awscodebuild.ComputeType{
	ComputeSmall:   awscodebuild.ComputeType_SMALL,
	ComputeMedium:  awscodebuild.ComputeType_MEDIUM,
	ComputeLarge:   awscodebuild.ComputeType_LARGE,
	ComputeXLarge:  awscodebuild.ComputeType_X_LARGE,
	Compute2XLarge: awscodebuild.ComputeType_X2_LARGE,
}
