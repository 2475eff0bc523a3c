package constructs

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// consoleHosts has every partition, because CloudFormation refuses a stack that looks for a key
// that is not there. CloudFormation knows the suffix of a partition's endpoints (AWS::URLSuffix),
// but not the address of its console.
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

// console makes addresses in the console of the partition and Region that the stack is deployed to.
type console struct{ origin, region string }

func newConsole(scope constructs.Construct) console {
	mapping := map[string]*map[string]any{}
	for partition, hosts := range consoleHosts {
		mapping[partition] = &hosts
	}
	found := awscdk.NewCfnMapping(scope, jsii.String("Console"), &awscdk.CfnMappingProps{Mapping: &mapping})
	host := found.FindInMap(awscdk.Aws_PARTITION(), jsii.String("host"), nil)
	region := *awscdk.Aws_REGION()
	return console{"https://" + region + "." + *host, region}
}

// pipeline is the address of a pipeline's page.
func (c console) pipeline(name string) string {
	return fmt.Sprintf("%s/codesuite/codepipeline/pipelines/%s/view?region=%s", c.origin, name, c.region)
}

// execution is the address of the page of one execution.
func (c console) execution(pipeline, id string) string {
	return fmt.Sprintf("%s/codesuite/codepipeline/pipelines/%s/executions/%s/timeline?region=%s", c.origin, pipeline,
		id, c.region)
}

// dashboard is the address of the page of a dashboard.
func (c console) dashboard(name string) string {
	return fmt.Sprintf("%s/cloudwatch/home?region=%s#dashboards/dashboard/%s", c.origin, c.region, name)
}
