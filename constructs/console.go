package constructs

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// consoleHosts has every partition, because CloudFormation refuses a stack that looks for a key that is not there.
// CloudFormation knows the suffix of a partition's endpoints (AWS::URLSuffix), but not the address of its console.
var consoleHosts = map[string]map[string]any{
	"aws":        {"host": "console.aws.amazon.com"},
	"aws-cn":     {"host": "console.amazonaws.cn"},
	"aws-eusc":   {"host": "console.amazonaws-eusc.eu"},
	"aws-us-gov": {"host": "console.amazonaws-us-gov.com"},
	"aws-iso":    {"host": "console.c2shome.ic.gov"},
	"aws-iso-b":  {"host": "console.sc2shome.sgov.gov"},
	"aws-iso-e":  {"host": "console.csphome.adc-e.uk"},
	"aws-iso-f":  {"host": "console.csphome.hci.ic.gov"},
}

// consoleURL is the address of a pipeline's page in the console of the partition that the stack is deployed to.
func consoleURL(scope constructs.Construct, pipelineName *string) *string {
	mapping := map[string]*map[string]any{}
	for partition, hosts := range consoleHosts {
		mapping[partition] = &hosts
	}
	console := awscdk.NewCfnMapping(scope, jsii.String("Console"), &awscdk.CfnMappingProps{Mapping: &mapping})
	host := console.FindInMap(awscdk.Aws_PARTITION(), jsii.String("host"), nil)
	region := *awscdk.Aws_REGION()
	return jsii.Sprintf("https://%s.%s/codesuite/codepipeline/pipelines/%s/view?region=%s", region, *host, *pipelineName, region)
}
