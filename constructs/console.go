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

// consoleHost is the host of the Region's console in the partition that the stack is deployed to. A scope has it once.
func consoleHost(scope constructs.Construct) string {
	mapping := map[string]*map[string]any{}
	for partition, hosts := range consoleHosts {
		mapping[partition] = &hosts
	}
	console := awscdk.NewCfnMapping(scope, jsii.String("Console"), &awscdk.CfnMappingProps{Mapping: &mapping})
	return *awscdk.Aws_REGION() + "." + *console.FindInMap(awscdk.Aws_PARTITION(), jsii.String("host"), nil)
}

// consoleURL is the address of a pipeline's page in the console.
func consoleURL(scope constructs.Construct, pipelineName *string) *string {
	return jsii.Sprintf("https://%s/codesuite/codepipeline/pipelines/%s/view?region=%s", consoleHost(scope), *pipelineName, *awscdk.Aws_REGION())
}
