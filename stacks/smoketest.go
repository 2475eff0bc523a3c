package stacks

import (
	"archway/config"
	archway "archway/constructs"
	"archway/internal/platform"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsecr"
	"github.com/aws/constructs-go/constructs/v10"
)

var smokeTestIDs = map[platform.Platform]string{
	platform.AMD64: "SmokeTestAmd64",
	platform.ARM64: "SmokeTestArm64",
}

// newSmokeTests adds a test for each architecture of an image, if there is one.
func newSmokeTests(scope constructs.Construct, cfg *config.Image, repository awsecr.IRepository, props *imageProps) []*archway.SmokeTest {
	if cfg.SmokeTest == nil {
		return nil
	}
	var tests []*archway.SmokeTest
	for _, target := range cfg.Platforms {
		tests = append(tests, archway.NewSmokeTest(scope, smokeTestIDs[target], &archway.SmokeTestProps{
			Architecture: archway.Architecture(target.Arch()),
			Repository:   repository,
			PipelineName: props.Pipeline.Name,
			Image:        cfg.Name,
			Artifacts:    props.Artifacts.Bucket,
			Check:        *cfg.SmokeTest,
			Logs:         props.Logs,
		}))
	}
	return tests
}
