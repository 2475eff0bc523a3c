package rehearsal

import (
	"context"
	"fmt"
	"io"
	"strings"

	"archway/test/rehearse/internal/aws/cloudformation"
	"archway/test/rehearse/internal/aws/codebuild"
	"archway/test/rehearse/internal/aws/codepipeline"
	"archway/test/rehearse/internal/aws/codepipeline/actions"
	"archway/test/rehearse/internal/aws/eventbridge"
	"archway/test/rehearse/internal/aws/lambdaruntime"
)

// What the services do in the names of the roles that they are given. Nobody sees
// these calls: which ones they are is taken from AWS's documentation, in its
// strictest reading, and stands here in one place.

// sourceCalls: what is special about the source, and then the archive is put into the artifact
// bucket.
// https://docs.aws.amazon.com/codepipeline/latest/userguide/how-to-custom-role.html
func (r *Rehearsal) sourceCalls(source actions.Source) actionCalls {
	return func(run codepipeline.Run, role string) []call {
		by := session(role)
		var calls []call
		for _, c := range source.Calls(run) {
			calls = append(calls, call{by: by, action: c.Action, resource: c.Resource})
		}
		bucket := bucketARN(run.Pipeline.Bucket)
		for _, action := range []string{"s3:GetBucketVersioning", "s3:GetBucketAcl", "s3:GetBucketLocation"} {
			calls = append(calls, call{by: by, action: action, resource: bucket})
		}
		for _, name := range run.Action.Outputs {
			object := objectARN(run.Pipeline.Bucket, keyOf(run.Pipeline.Name, name))
			calls = append(calls, call{by: by, action: "s3:PutObject", resource: object})
		}
		return calls
	}
}

// buildCalls: CodePipeline looks at the input artifact, starts the build and asks
// how it goes. CodeBuild takes on the project's role, writes the log, and fetches
// the artifact.
// https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-CodeBuild.html
// https://docs.aws.amazon.com/codebuild/latest/userguide/setting-up-service-role.html
func (r *Rehearsal) buildCalls(run codepipeline.Run, role string) []call {
	project := r.projects[run.Configuration["ProjectName"]]
	by := session(role)
	var calls []call
	for _, input := range run.Inputs {
		for _, action := range []string{"s3:GetObject", "s3:GetObjectVersion"} {
			calls = append(calls, call{by: by, action: action, resource: objectARN(input.Bucket, input.Key)})
		}
	}
	return append(append(calls,
		call{by: by, action: "codebuild:StartBuild", resource: project.ARN},
		call{by: by, action: "codebuild:BatchGetBuilds", resource: project.ARN},
		assume("codebuild.amazonaws.com", project.RoleARN, project.ARN)),
		ownBuildCalls(project, run.Inputs)...)
}

// ownBuildCalls are CodeBuild's own in the name of the project's role.
func ownBuildCalls(project *codebuild.Project, inputs []codepipeline.Artifact) []call {
	by := session(project.RoleARN)
	by.Session = "AWSCodeBuild-" + by.Session
	var calls []call
	if project.LogGroup != "" {
		calls = logCalls(by.Role, by.Session, project.LogGroup)
	}
	for _, input := range inputs {
		for _, action := range []string{"s3:GetObject", "s3:GetObjectVersion"} {
			calls = append(calls, call{by: by, action: action, resource: objectARN(input.Bucket, input.Key)})
		}
		for _, action := range []string{"s3:GetBucketAcl", "s3:GetBucketLocation"} {
			calls = append(calls, call{by: by, action: action, resource: bucketARN(input.Bucket)})
		}
	}
	return calls
}

// invokeCalls: CodePipeline invokes the function. What the function's service does
// then is the same for everybody who invokes it.
// https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-Lambda.html
func (r *Rehearsal) invokeCalls(run codepipeline.Run, role string) []call {
	f, _ := r.invoke.Function(run.Configuration["FunctionName"])
	return []call{{by: session(role), action: "lambda:InvokeFunction", resource: f.ARN}}
}

// approvalCalls: CodePipeline tells the topic, if there is one, that it waits.
// https://docs.aws.amazon.com/codepipeline/latest/userguide/approvals-configuration-options.html
func (r *Rehearsal) approvalCalls(run codepipeline.Run, role string) []call {
	calls := []call{} // not nil: it is known that nothing is needed
	if topic := run.Configuration["NotificationArn"]; topic != "" {
		calls = append(calls, call{by: session(role), action: "sns:Publish", resource: topic})
	}
	return calls
}

// functionCalls are Lambda's own in the name of a function's role. It says not for
// which function it takes on the role.
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html
func functionCalls(f *lambdaruntime.Function) []call {
	return append([]call{assume("lambda.amazonaws.com", f.RoleARN, "")}, logCalls(f.RoleARN, f.Name, f.LogGroup)...)
}

// providerCalls are Lambda's own for the function behind a custom resource.
func providerCalls(p cloudformation.Provider) []call {
	return append([]call{assume("lambda.amazonaws.com", p.RoleARN, "")}, logCalls(p.RoleARN, p.Name, p.LogGroup)...)
}

// logCalls write a log stream into a group that exists already.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html
func logCalls(role, session, group string) []call {
	stream := arn("logs", "log-group:"+group+":log-stream:log")
	var calls []call
	for _, action := range []string{"logs:CreateLogStream", "logs:PutLogEvents"} {
		c := call{action: action, resource: stream}
		c.by.Role, c.by.Session = role, session
		calls = append(calls, c)
	}
	return calls
}

// startCalls: EventBridge takes on the target's role, and starts the pipeline.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-identity-based.html
func startCalls(rule *eventbridge.Rule, target eventbridge.Target) []call {
	return []call{
		assume("events.amazonaws.com", target.RoleARN, rule.ARN),
		{by: session(target.RoleARN), action: "codepipeline:StartPipelineExecution", resource: target.ARN},
	}
}

// targetCalls: EventBridge invokes a function by itself, as the function's policy lets it.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
func targetCalls(rule *eventbridge.Rule, f *lambdaruntime.Function) []call {
	c := call{action: "lambda:InvokeFunction", resource: f.ARN, context: sourced(rule.ARN)}
	c.by.Service = "events.amazonaws.com"
	return []call{c}
}

// ruleDeadLetter: EventBridge puts what it could not deliver into the queue, as the
// queue's policy lets it.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
func ruleDeadLetter(rule *eventbridge.Rule, queue string) call {
	c := call{action: "sqs:SendMessage", resource: queue, context: sourced(rule.ARN)}
	c.by.Service = "events.amazonaws.com"
	return c
}

// alarmCalls: CloudWatch tells a topic by itself, as the topic's policy lets it.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
func alarmCalls(alarm *cloudformation.Alarm, topic string) []call {
	c := call{action: "sns:Publish", resource: topic, context: sourced(alarm.ARN)}
	c.by.Service = "cloudwatch.amazonaws.com"
	return []call{c}
}

// functionDeadLetter: Lambda puts a failed event into the queue in the name of the
// function's role.
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
func functionDeadLetter(f *lambdaruntime.Function) call {
	c := call{action: "sqs:SendMessage", resource: f.DeadLetters}
	c.by.Role, c.by.Session = f.RoleARN, f.Name
	return c
}

func bucketARN(bucket string) string { return cloudformation.BucketARN(unserved, bucket) }

func objectARN(bucket, key string) string { return bucketARN(bucket) + "/" + key }

// keyOf is an artifact's key but for its last part, which is random: a key as good
// as any, and the same in each run.
func keyOf(pipeline, artifact string) string {
	return codepipeline.ArtifactFolder(pipeline, artifact) + "key"
}

// stopCalls are what CodePipeline does to an action whose execution is stopped.
func (r *Rehearsal) stopCalls(run codepipeline.Run, role string) []call {
	if project, ok := r.projects[run.Configuration["ProjectName"]]; ok {
		return []call{{by: session(role), action: "codebuild:StopBuild", resource: project.ARN}}
	}
	return nil
}

// guardedRuntime invokes functions as Lambda does: with their role.
type guardedRuntime struct {
	*lambdaruntime.Runtime
	r *Rehearsal
}

// InvokeAsync implements actions.Runtime.
func (g guardedRuntime) InvokeAsync(ctx context.Context, f *lambdaruntime.Function, payload []byte,
	log io.Writer) error {
	if err := g.r.authorize(functionCalls(f)...); err != nil {
		return fmt.Errorf("function %s: %w", f.Name, err)
	}
	return g.Runtime.InvokeAsync(ctx, f, payload, log)
}

// repositoryARN is the ARN of an ECR repository.
func repositoryARN(name string) string {
	return arn("ecr", "repository/"+strings.TrimPrefix(name, "/"))
}
