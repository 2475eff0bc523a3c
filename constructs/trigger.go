package constructs

import (
	"errors"
	"time"

	"archway/internal/rule"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodecommit"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/aws-cdk-go/awscdk/v2/interfaces/interfacesawscodepipeline"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// TriggerProps says which push starts which pipeline.
type TriggerProps struct {
	// Repository is the repository whose pushes count. Required.
	Repository awscodecommit.IRepository

	// Branch is the branch whose pushes count.
	// Default: "main". It is not used if there are Rules.
	Branch string

	// Rules say which pushes of branches and git tags count. They set the pipeline's variables [RuleVariable] and
	// [RefVariable].
	// Default: only those to Branch.
	Rules []Rule

	// Pipeline is the pipeline to start. Required.
	Pipeline interfacesawscodepipeline.IPipelineRef

	// SourceAction is the name of the pipeline's source action, whose revision is pinned to the pushed commit.
	// Default: "Source".
	SourceAction string

	// BranchVariable is the pipeline variable that is set to the name of the pushed branch.
	// Default: "branch", the variable that [Pipeline] declares. It is not used if there are Rules.
	BranchVariable string

	// LogRetention is how long log events of the function are kept.
	// Default: three months.
	LogRetention awslogs.RetentionDays

	// LogKey encrypts the logs. Its policy must let CloudWatch Logs use it, as that of an [EncryptionKey] does.
	// Default: a key of CloudWatch Logs, which costs nothing.
	LogKey awskms.IKey

	// RemovalPolicy decides what becomes of the log group of the function when it leaves the stack.
	// Default: RETAIN.
	RemovalPolicy awscdk.RemovalPolicy
}

// Validate reports everything that is wrong with the props.
func (p *TriggerProps) Validate() error {
	if p == nil {
		return errNoProps
	}
	_, err := compile(p.Rules)
	return errors.Join(
		missing(p.Repository == nil, "Repository", "the repository whose pushes start the pipeline"),
		missing(p.Pipeline == nil, "Pipeline", "the pipeline to start"),
		err,
		fitsEnvironment(rule.Encode(forFunction(p.Rules))))
}

// Trigger starts a pipeline for each push of a branch or tag that a rule matches, with exactly the commit that was pushed: by
// the time a run starts, the branch may have moved on. EventBridge does that alone where it can tell by itself: exact names,
// and patterns that only leave parts of a name open. Where only a regular expression can tell, a function decides. It also
// records what becomes of every push, so that one that matches nothing is not just silence.
type Trigger struct {
	constructs.Construct

	// Rules are the EventBridge rules. They are L1 constructs, because the CDK's target for pipelines can't say which commit
	// to build.
	Rules []awsevents.CfnRule

	// Role is the role with which EventBridge starts the pipeline; nil if only the function does.
	Role awsiam.Role

	// Function decides by regular expressions, and records what becomes of every push of a branch or tag; nil without Rules.
	// It may start the pipeline only if it has something to decide.
	Function *GoFunction

	// DeadLetters holds the events of pushes that should have started a run and did not.
	DeadLetters awssqs.Queue

	// Alarm is on while there are any. It has no action: give it to [AlarmsProps].Others, or add one.
	Alarm awscloudwatch.Alarm
}

// triggerPart is an EventBridge rule to be made.
type triggerPart struct {
	id, description string
	refType         rule.Type
	names           []any // nil: all
	inputTemplate   string
}

// NewTrigger adds the rules to scope, and the function if it is needed.
func NewTrigger(scope constructs.Construct, id string, props *TriggerProps) *Trigger {
	check("Trigger", scope, id, props.Validate())
	p := *props
	fill(&p.Branch, DefaultBranch)
	fill(&p.SourceAction, StageSource)
	fill(&p.BranchVariable, BranchVariable)

	this := &Trigger{Construct: constructs.NewConstruct(scope, &id)}
	this.DeadLetters, this.Alarm = newDeadLetters(this.Construct)

	// Put together from the name: that a pipeline has an attribute "Arn" is new, and may not be so in every partition.
	pipelineARN := awscdk.Stack_Of(scope).FormatArn(&awscdk.ArnComponents{
		Service:  jsii.String("codepipeline"),
		Resource: p.Pipeline.PipelineRef().PipelineName,
	})
	start := allow([]*string{pipelineARN}, "codepipeline:StartPipelineExecution")
	direct, decides := p.parts()
	if len(direct) > 0 {
		this.Role = newRole(this.Construct, &roleProps{
			Service:        "events.amazonaws.com",
			OwnAccountOnly: true,
			Description:    "Starts the pipeline when a commit is pushed",
			Statements:     []awsiam.PolicyStatement{start},
		})
	}
	for _, part := range direct {
		this.addRule(&p, part.id, part.description, []rule.Type{part.refType}, part.names, &awsevents.CfnRule_TargetProperty{
			Id:      jsii.String("Pipeline"),
			Arn:     pipelineARN,
			RoleArn: this.Role.RoleArn(),
			InputTransformer: &awsevents.CfnRule_InputTransformerProperty{
				InputPathsMap: map[string]string{
					"commit": "$.detail.commitId",
					"branch": "$.detail.referenceName",
				},
				InputTemplate: &part.inputTemplate,
			},
		})
	}
	if len(p.Rules) > 0 {
		this.addFunction(&p, start, decides)
	}
	var arns []*string
	for _, r := range this.Rules {
		arns = append(arns, r.AttrArn())
	}
	mayDeliver(this.DeadLetters, arns)
	return this
}

// parts tells what EventBridge does by itself, and whether that leaves something for the function to decide.
func (p *TriggerProps) parts() (direct []triggerPart, decides bool) {
	if len(p.Rules) == 0 {
		return []triggerPart{{
			id: "Rule", description: "A push to " + p.Branch + " starts the pipeline with the pushed commit",
			refType: rule.Branch, names: []any{p.Branch}, inputTemplate: p.inputTemplate(p.BranchVariable, ""),
		}}, false
	}
	return nil, true
}

// inputTemplate is the shape of StartPipelineExecution. A <name> outside of quotes is replaced by the value as JSON.
// https://docs.aws.amazon.com/codepipeline/latest/userguide/pipelines-trigger-source-overrides.html
func (p *TriggerProps) inputTemplate(variable, ruleName string) string {
	named := ""
	if ruleName != "" {
		named = `{"name":` + compactJSON(RuleVariable) + `,"value":` + compactJSON(ruleName) + `},`
	}
	return `{"sourceRevisions":[{"actionName":` + compactJSON(p.SourceAction) + `,"revisionType":"COMMIT_ID","revisionValue":<commit>}],` +
		`"variables":[` + named + `{"name":` + compactJSON(variable) + `,"value":<branch>}]}`
}

// maxStartDelay is how long a start is tried before it is given up: longer, and the push is no news any more.
const maxStartDelay = time.Hour

func (t *Trigger) addRule(p *TriggerProps, id, description string, types []rule.Type, names []any, target *awsevents.CfnRule_TargetProperty) awsevents.CfnRule {
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
	r := awsevents.NewCfnRule(t.Construct, &id, &awsevents.CfnRuleProps{
		Description: &description,
		State:       jsii.String("ENABLED"),
		EventPattern: map[string]any{
			"source":      []string{"aws.codecommit"},
			"detail-type": []string{"CodeCommit Repository State Change"},
			"resources":   []*string{p.Repository.RepositoryArn()},
			"detail":      detail,
		},
		Targets: []any{target},
	})
	t.Rules = append(t.Rules, r)
	return r
}

func forFunction(rules []Rule) []rule.Rule {
	var all []rule.Rule
	for _, r := range rules {
		all = append(all, r.rule())
	}
	return all
}

// addFunction adds the function that sees every push, and decides about those that EventBridge can't tell. Where it decides
// nothing, no push fails to start with it: it may start none, and what it fails at is only logged.
func (t *Trigger) addFunction(p *TriggerProps, start awsiam.PolicyStatement, decides bool) {
	function := &GoFunctionProps{
		Package:       TriggerPackage,
		Description:   "Records which pushes start the pipeline",
		MaxEventAge:   maxStartDelay,
		LogRetention:  p.LogRetention,
		LogKey:        p.LogKey,
		RemovalPolicy: p.RemovalPolicy,
		Environment: map[string]string{
			rule.Environment: rule.Encode(forFunction(p.Rules)),
			"PIPELINE":       *p.Pipeline.PipelineRef().PipelineName,
			"SOURCE_ACTION":  p.SourceAction,
		},
	}
	if decides {
		function.Description = "Starts the pipeline for pushes that match a regular expression, and records which pushes start it"
		function.DeadLetters = t.DeadLetters
		function.Statements = []awsiam.PolicyStatement{start}
	}
	t.Function = NewGoFunction(t.Construct, "Function", function)
	r := t.addRule(p, "Pushes", "All pushes of branches and tags: the function records what becomes of them", []rule.Type{rule.Branch, rule.Tag}, nil, &awsevents.CfnRule_TargetProperty{
		Id:  jsii.String("Function"),
		Arn: t.Function.Function.FunctionArn(),
	})
	t.Function.Function.AddPermission(jsii.String("Pushes"), &awslambda.Permission{
		Principal: awsiam.NewServicePrincipal(jsii.String("events.amazonaws.com"), nil),
		SourceArn: r.AttrArn(),
	})
}
