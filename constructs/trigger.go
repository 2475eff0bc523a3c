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
	errs := []error{
		missing(p.Delivery == nil, "Delivery", "what the pipeline delivers"),
		missing(p.Pipeline == nil, "Pipeline", "the pipeline to start"),
	}
	if d := p.Delivery; d != nil && len(d.Rules) > 0 && d.Source.pushes(allRefs, nil) == nil {
		errs = append(errs, wrong("Delivery", "has build rules, and a source of whose pushes EventBridge isn't told, "+
			"so that nothing could match them: leave out the rules, or take another source"))
	}
	return errors.Join(errs...)
}

// Trigger starts a pipeline for each push that counts, with exactly the commit that was pushed: by
// the time a run starts, the branch may have moved on.
//
// Without rules, EventBridge does that alone. With rules, every start goes through a function: a
// run must know its rule and its branch or tag, and that an EventBridge rule hands variables to a
// pipeline is documented nowhere. The function also records what becomes of every push, so that one
// that matches nothing is not just silence.
type Trigger struct {
	constructs.Construct

	// Rule is the EventBridge rule; nil for a source of which EventBridge isn't told. It is an L1
	// construct, because the CDK's target for pipelines can't say which commit to build.
	Rule awsevents.CfnRule

	// Role is the role with which EventBridge starts the pipeline; nil with rules, and without
	// EventBridge.
	Role awsiam.Role

	// Function starts the pipeline by rules; nil without.
	Function *GoFunction

	// DeadLetters holds the events of pushes that should have started a run and did not; nil where
	// there are no events.
	DeadLetters awssqs.Queue

	// Alarms are on while there are any. They have no action: give them to [AlarmsProps].Others, or
	// add one.
	Alarms []awscloudwatch.Alarm

	// StartCommand is the command line that starts a run at once ("build now"), with words in
	// capitals to be replaced.
	StartCommand *string
}

// maxStartDelay is how long a start is tried before it is given up: longer, and the push is no news
// any more.
const maxStartDelay = time.Hour

// NewTrigger adds the rule to scope, and the function if there are build rules.
func NewTrigger(scope constructs.Construct, id string, props *TriggerProps) *Trigger {
	check("Trigger", scope, id, props.Validate())
	this := &Trigger{Construct: constructs.NewConstruct(scope, &id)}
	d := props.Delivery
	switch events := d.Source.pushes([]rule.Type{rule.Branch}, []string{d.Branch}); {
	case len(d.Rules) > 0:
		this.byFunction(props)
	case events != nil:
		this.direct(props, events)
	default:
		this.StartCommand = startCommand(props)
	}
	return this
}

// allRefs are what build rules are about.
var allRefs = []rule.Type{rule.Branch, rule.Tag}

// direct has EventBridge start the pipeline. Of what it hands on, only the commit was ever seen to
// arrive.
// https://docs.aws.amazon.com/codepipeline/latest/userguide/pipelines-trigger-source-overrides.html
func (t *Trigger) direct(p *TriggerProps, pushes *pushEvents) {
	t.addDeadLetters()
	arn := pipelineARN(t.Construct, p.Pipeline.Name)
	t.Role = newRole(t.Construct, &roleProps{
		Service:        "events.amazonaws.com",
		OwnAccountOnly: true,
		Description:    "Starts the pipeline when a commit is pushed",
		Statements:     []awsiam.PolicyStatement{allow([]*string{arn}, "codepipeline:StartPipelineExecution")},
	})
	d := p.Delivery
	pinned := `{"sourceRevisions":[{"actionName":"` + StageSource + `",` +
		`"revisionType":"` + d.settings.Source.RevisionType() + `","revisionValue":<commit>}]}`
	description := "A push to " + d.Branch + " starts the pipeline with the pushed commit"
	t.addRule(description, pushes, &awsevents.CfnRule_TargetProperty{
		Id:      jsii.String("Pipeline"),
		Arn:     arn,
		RoleArn: t.Role.RoleArn(),
		InputTransformer: &awsevents.CfnRule_InputTransformerProperty{
			InputPathsMap: map[string]string{"commit": pushes.revision},
			// A <name> outside of quotes is replaced by the value as JSON.
			InputTemplate: &pinned,
		},
	})
	t.StartCommand = startCommand(p)
}

func startCommand(p *TriggerProps) *string {
	return jsii.String("aws codepipeline start-pipeline-execution --name " + p.Pipeline.Name +
		" --source-revisions actionName=" + StageSource + ",revisionType=" + p.Delivery.settings.Source.RevisionType() +
		",revisionValue=COMMIT")
}

// byFunction has the function start the pipeline.
func (t *Trigger) byFunction(p *TriggerProps) {
	t.addDeadLetters()
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
		Statements: append([]awsiam.PolicyStatement{
			allow([]*string{pipelineARN(t.Construct, p.Pipeline.Name)}, "codepipeline:StartPipelineExecution"),
		}, d.Source.tells(d.Rules)...),
	})
	const description = "All pushes of branches and tags: " +
		"the function starts the pipeline for those that a build rule matches"
	t.addRule(description, d.Source.pushes(allRefs, nil), &awsevents.CfnRule_TargetProperty{
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

func (t *Trigger) addDeadLetters() {
	queue, alarm := newDeadLetters(t.Construct)
	t.DeadLetters, t.Alarms = queue, []awscloudwatch.Alarm{alarm}
}

// addRule adds the rule of EventBridge.
func (t *Trigger) addRule(description string, about *pushEvents, target *awsevents.CfnRule_TargetProperty) {
	target.DeadLetterConfig = &awsevents.CfnRule_DeadLetterConfigProperty{Arn: t.DeadLetters.QueueArn()}
	target.RetryPolicy = &awsevents.CfnRule_RetryPolicyProperty{
		MaximumEventAgeInSeconds: jsii.Number(maxStartDelay.Seconds())}
	t.Rule = awsevents.NewCfnRule(t.Construct, jsii.String("Rule"), &awsevents.CfnRuleProps{
		Description:  &description,
		State:        jsii.String("ENABLED"),
		EventPattern: about.pattern,
		Targets:      []any{target},
	})
	mayDeliver(t.DeadLetters, []*string{t.Rule.AttrArn()})
}
