package stacks

import (
	"archway/config"
	archway "archway/constructs"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsecr"
	"github.com/aws/constructs-go/constructs/v10"
)

// newSmokeTests adds a test for each architecture of an image, if there is one.
func newSmokeTests(scope constructs.Construct, cfg *config.Image, repository awsecr.IRepository,
	props *imageProps) []*archway.SmokeTest {
	if cfg.SmokeTest == nil {
		return nil
	}
	var tests []*archway.SmokeTest
	for _, target := range cfg.Platforms {
		tests = append(tests, archway.NewSmokeTest(scope, "SmokeTest"+target.ID(), &archway.SmokeTestProps{
			Platform:     target,
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
