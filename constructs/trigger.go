package constructs

import (
	"errors"
	"time"

	"archway/internal/rule"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// TriggerProps says which push starts which pipeline.
type TriggerProps struct {
	// Delivery names the source, and the branch or the rules that say which pushes count. Required.
	Delivery *Delivery

	// Pipeline is the pipeline to start. Required.
	Pipeline *Pipeline

	Logs
}

// Validate reports everything that is wrong with the props.
func (p *TriggerProps) Validate() error {
	if p == nil {
		return errNoProps
	}
	return errors.Join(
		missing(p.Delivery == nil, "Delivery", "what the pipeline delivers"),
		missing(p.Pipeline == nil, "Pipeline", "the pipeline to start"))
}

// Trigger starts a pipeline for each push that counts, with exactly the commit that was pushed: by the time a run starts, the branch
// may have moved on.
//
// Without rules, EventBridge does that alone. With rules, every start goes through a function: a run must know its rule and its
// branch or tag, and that an EventBridge rule hands variables to a pipeline is documented nowhere. The function also records what
// becomes of every push, so that one that matches nothing is not just silence.
type Trigger struct {
	constructs.Construct

	// Rule is the EventBridge rule. It is an L1 construct, because the CDK's target for pipelines can't say which commit to build.
	Rule awsevents.CfnRule

	// Role is the role with which EventBridge starts the pipeline; nil with rules.
	Role awsiam.Role

	// Function starts the pipeline by rules; nil without.
	Function *GoFunction

	// DeadLetters holds the events of pushes that should have started a run and did not.
	DeadLetters awssqs.Queue

	// Alarm is on while there are any. It has no action: give it to [AlarmsProps].Others, or add one.
	Alarm awscloudwatch.Alarm

	// StartCommand is the command line that starts a run at once ("build now"), with words in capitals to be replaced.
	StartCommand *string
}

// maxStartDelay is how long a start is tried before it is given up: longer, and the push is no news any more.
const maxStartDelay = time.Hour

// NewTrigger adds the rule to scope, and the function if there are build rules.
func NewTrigger(scope constructs.Construct, id string, props *TriggerProps) *Trigger {
	check("Trigger", scope, id, props.Validate())
	this := &Trigger{Construct: constructs.NewConstruct(scope, &id)}
	this.DeadLetters, this.Alarm = newDeadLetters(this.Construct)
	if len(props.Delivery.Rules) > 0 {
		this.byFunction(props)
	} else {
		this.direct(props)
	}
	mayDeliver(this.DeadLetters, []*string{this.Rule.AttrArn()})
	return this
}

// direct has EventBridge start the pipeline. Of what it hands on, only the commit was ever seen to arrive.
// https://docs.aws.amazon.com/codepipeline/latest/userguide/pipelines-trigger-source-overrides.html
func (t *Trigger) direct(p *TriggerProps) {
	arn := pipelineARN(t.Construct, p.Pipeline.Name)
	t.Role = newRole(t.Construct, &roleProps{
		Service:        "events.amazonaws.com",
		OwnAccountOnly: true,
		Description:    "Starts the pipeline when a commit is pushed",
		Statements:     []awsiam.PolicyStatement{allow([]*string{arn}, "codepipeline:StartPipelineExecution")},
	})
	t.addRule(p, "A push to "+p.Delivery.Branch+" starts the pipeline with the pushed commit", []string{p.Delivery.Branch}, []rule.Type{rule.Branch}, &awsevents.CfnRule_TargetProperty{
		Id:      jsii.String("Pipeline"),
		Arn:     arn,
		RoleArn: t.Role.RoleArn(),
		InputTransformer: &awsevents.CfnRule_InputTransformerProperty{
			InputPathsMap: map[string]string{"commit": "$.detail.commitId"},
			// A <name> outside of quotes is replaced by the value as JSON.
			InputTemplate: jsii.String(`{"sourceRevisions":[{"actionName":"` + StageSource + `","revisionType":"COMMIT_ID","revisionValue":<commit>}]}`),
		},
	})
	t.StartCommand = jsii.String("aws codepipeline start-pipeline-execution --name " + p.Pipeline.Name +
		" --source-revisions actionName=" + StageSource + ",revisionType=COMMIT_ID,revisionValue=COMMIT")
}

// byFunction has the function start the pipeline.
func (t *Trigger) byFunction(p *TriggerProps) {
	d := p.Delivery
	t.Function = NewGoFunction(t.Construct, "Function", &GoFunctionProps{
		Package:     TriggerPackage,
		Description: "Starts the pipeline by its build rules, and records what becomes of every push",
		// Many tags pushed at once are throttled: it waits for minutes before it gives up.
		Timeout:     5 * time.Minute,
		MaxEventAge: maxStartDelay,
		DeadLetters: t.DeadLetters,
		Logs:        p.Logs,
		Files:       d.files(),
		Statements: []awsiam.PolicyStatement{
			allow([]*string{pipelineARN(t.Construct, p.Pipeline.Name)}, "codepipeline:StartPipelineExecution"),
			allow([]*string{d.Source.Repository.RepositoryArn()}, sourceHistory(d)...),
		},
	})
	t.addRule(p, "All pushes of branches and tags: the function starts the pipeline for those that a build rule matches", nil, []rule.Type{rule.Branch, rule.Tag}, &awsevents.CfnRule_TargetProperty{
		Id:  jsii.String("Function"),
		Arn: t.Function.Function.FunctionArn(),
	})
	t.Function.Function.AddPermission(jsii.String("Pushes"), &awslambda.Permission{
		Principal: awsiam.NewServicePrincipal(jsii.String("events.amazonaws.com"), nil),
		SourceArn: t.Rule.AttrArn(),
	})
	t.StartCommand = jsii.String("aws lambda invoke --function-name " + *t.Function.Function.FunctionName() +
		` --cli-binary-format raw-in-base64-out --payload '{"build":{"type":"TYPE","name":"NAME"}}' /dev/stdout`)
}

// addRule adds the rule of EventBridge; without names, it is about all.
func (t *Trigger) addRule(p *TriggerProps, description string, names []string, types []rule.Type, target *awsevents.CfnRule_TargetProperty) {
	detail := map[string]any{
		// A deleted branch has no commit to build.
		"event": []string{"referenceCreated", "referenceUpdated"},
		// Without the type, a tag that is called like the branch would start a run as well.
		"referenceType": types,
	}
	if names != nil {
		detail["referenceName"] = names
	}
	target.DeadLetterConfig = &awsevents.CfnRule_DeadLetterConfigProperty{Arn: t.DeadLetters.QueueArn()}
	target.RetryPolicy = &awsevents.CfnRule_RetryPolicyProperty{MaximumEventAgeInSeconds: jsii.Number(maxStartDelay.Seconds())}
	t.Rule = awsevents.NewCfnRule(t.Construct, jsii.String("Rule"), &awsevents.CfnRuleProps{
		Description: &description,
		State:       jsii.String("ENABLED"),
		EventPattern: map[string]any{
			"source":      []string{"aws.codecommit"},
			"detail-type": []string{"CodeCommit Repository State Change"},
			"resources":   []*string{p.Delivery.Source.Repository.RepositoryArn()},
			"detail":      detail,
		},
		Targets: []any{target},
	})
}
