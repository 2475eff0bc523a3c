package constructs

import (
	"strings"
	"testing"

	"archway/internal/rule"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/assertions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodepipeline"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// silent is a source of whose pushes EventBridge isn't told.
type silent struct{ Source }

func (silent) pushes([]rule.Type, []string) *pushEvents { return nil }

// Its action starts the pipeline: there is no rule, nothing that could get lost, and the pipeline
// comes after everything else all the same.
func TestSilentSource(t *testing.T) {
	stack := awscdk.NewStack(awscdk.NewApp(nil), jsii.String("app"), nil)
	awssns.NewCfnTopic(stack, jsii.String("Other"), nil)
	pipeline := &Pipeline{Construct: constructs.NewConstruct(stack, jsii.String("Pipeline")), Name: "app"}
	pipeline.Pipeline = awscodepipeline.NewCfnPipeline(pipeline.Construct, jsii.String("Pipeline"),
		&awscodepipeline.CfnPipelineProps{RoleArn: jsii.String("role"), Stages: []any{}})
	delivery := &Delivery{DeliveryProps: DeliveryProps{Source: silent{}, Branch: "main"}}
	props := &TriggerProps{Delivery: delivery, Pipeline: pipeline}
	trigger := NewTrigger(stack, "Trigger", props)
	CreateLast(trigger, pipeline)

	want := "aws codepipeline start-pipeline-execution --name app " +
		"--source-revisions actionName=Source,revisionType=COMMIT_ID,revisionValue=COMMIT"
	if trigger.Rule != nil || len(trigger.Alarms) > 0 || *trigger.StartCommand != want {
		t.Errorf("rule %v, alarms %v, command %s", trigger.Rule, trigger.Alarms, *trigger.StartCommand)
	}
	template := assertions.Template_FromStack(stack, nil)
	template.ResourceCountIs(jsii.String("AWS::SQS::Queue"), jsii.Number(0))
	template.HasResource(jsii.String("AWS::CodePipeline::Pipeline"), map[string]any{"DependsOn": []string{"Other"}})

	delivery.Rules = []Rule{{Rule: References{Name: "main", Type: BranchRef, Exact: "main"}}}
	if err := props.Validate(); err == nil || !strings.Contains(err.Error(), "Delivery has build rules") {
		t.Errorf("with build rules: %v", err)
	}
}
