package config

import (
	"fmt"
	"slices"
	"strings"
)

// armRegions are those of which AWS's pages say that CodeBuild has arm64 machines there, without
// being up to date: the descriptions of ProjectEnvironment's and of Fleet's environment types.
// https://docs.aws.amazon.com/codebuild/latest/APIReference/API_ProjectEnvironment.html
var armRegions = []string{
	"ap-northeast-1", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "eu-central-1", "eu-west-1", "sa-east-1",
	"us-east-1", "us-east-2", "us-west-2",
}

// In tells the configuration where it is going to be deployed, if that is known. The error says
// that it can't work there; what may not work becomes a warning of each pipeline. docs/regions.md
// has the sources.
func (c *Plan) In(region string) error {
	warning := ""
	switch {
	case region == "" || slices.Contains(armRegions, region):
		return nil
	case strings.HasPrefix(region, "cn-"):
		return fmt.Errorf("the Region %s (CDK_DEFAULT_REGION) has no CodePipeline: no Region in China has: deploy to another one, see docs/regions.md",
			region)
	case strings.HasPrefix(region, "us-gov-"):
		warning = "GovCloud has no arm64 machines of CodeBuild, says AWS's user guide of GovCloud; images are merged on one, and " +
			"built on one for linux/arm64"
	default:
		warning = "AWS's pages don't list the Region among those in which CodeBuild has arm64 machines, but they are not up to date; " +
			"images are merged on one, and built on one for linux/arm64"
	}
	for i := range c.Pipelines {
		p := &c.Pipelines[i]
		p.Warnings = append(p.Warnings,
			fmt.Sprintf("Region %s: %s. Look into the console of CodeBuild before you deploy, and see docs/regions.md",
				region, warning))
	}
	return nil
}
