package cloudformation

import (
	"fmt"
	"time"

	"archway/internal/settings"
	"archway/test/rehearse/internal/aws/codepipeline"
	"archway/test/rehearse/internal/aws/iam"
)

// topicKeysMetadata is the key of a pipeline's metadata that names the keys of topics which are not
// part of the stack.
const topicKeysMetadata = "archway:topic-keys"

func init() {
	describe("AWS::CodePipeline::Pipeline", descriptor{
		// It says which keys encrypt topics from elsewhere.
		read: (*loader).pipeline, access: true, runs: true,
		name: "Name", arn: regional("codepipeline", "%s"),
		attributes: map[string]func(identity) string{"Version": func(identity) string { return "1" }},
		withoutEffect: map[string]string{
			"ArtifactStore.EncryptionKey": encryption,
			"RestartExecutionOnUpdate":    "the stack is never updated",
			"Stages.Actions.Region": "it names the pipeline's own Region, or the action would have an artifact " +
				"store of its own, which is refused",
			"Tags":                  describes,
			"Variables.Description": describes,
		},
	})
}

// pipeline reads a pipeline. Its structure is checked where it is run.
func (l *loader) pipeline(r *resource) {
	pipeline := &codepipeline.Pipeline{Name: r.name, ARN: r.arn, RoleARN: r.required("RoleArn")}
	r.oneOf("PipelineType", "V2")
	if pipeline.Mode = r.text("ExecutionMode"); pipeline.Mode == "" {
		pipeline.Mode = "SUPERSEDED" // CodePipeline's default
	}
	store := r.object("ArtifactStore")
	store.oneOf("Type", "S3")
	pipeline.Bucket = store.required("Location")
	for _, v := range r.objects("Variables") {
		variable := codepipeline.Variable{Name: v.required("Name"), Default: v.text("DefaultValue")}
		pipeline.Variables = append(pipeline.Variables, variable)
	}
	for _, s := range r.objects("Stages") {
		stage := codepipeline.Stage{Name: s.required("Name")}
		for _, a := range s.objects("Actions") {
			stage.Actions = append(stage.Actions, action(a))
		}
		stage.OnFailure = onFailure(s)
		pipeline.Stages = append(pipeline.Stages, stage)
	}
	l.topicKeys(r)
	l.shown[r.name] = r.metadata[settings.Metadata]
	l.stack.add(pipeline)
}

// topicKeys notes the keys of topics from elsewhere. Such a key's policy is not known: it is taken
// to leave the decision to IAM policies, as the one does that KMS gives a key by default.
// https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
func (l *loader) topicKeys(r *resource) {
	keys, _ := r.metadata[topicKeysMetadata].(map[string]any)
	for topic, value := range keys {
		key, _ := value.(string)
		policy, err := iam.Resource(key, key, map[string]any{"Statement": map[string]any{
			"Effect": "Allow", "Principal": map[string]any{"AWS": l.account.ID}, "Action": "kms:*", "Resource": "*",
		}})
		if err != nil {
			r.fail("Metadata."+topicKeysMetadata, "%v", err)
			continue
		}
		l.encrypted(topic, key)
		l.stack.Access.Policies = append(l.stack.Access.Policies, iam.ResourcePolicy{
			Resource: key, ID: l.stack.Name + "/" + r.id, Policy: policy, Assumed: true,
		})
	}
}

// onFailure reads a stage's rule for failures.
func onFailure(stage *properties) codepipeline.OnFailure {
	if _, ok := stage.values["OnFailure"]; !ok {
		stage.get("OnFailure")
		return codepipeline.OnFailure{}
	}
	rule := stage.object("OnFailure")
	f := codepipeline.OnFailure{Result: rule.required("Result")}
	if _, ok := rule.values["RetryConfiguration"]; ok {
		f.Retry = codepipeline.RetryMode(rule.object("RetryConfiguration").required("RetryMode"))
	}
	return f
}

func action(p *properties) codepipeline.Action {
	kind := p.object("ActionTypeId")
	return codepipeline.Action{
		Name: p.required("Name"),
		Type: codepipeline.ActionType{
			Category: kind.required("Category"), Owner: kind.required("Owner"),
			Provider: kind.required("Provider"), Version: kind.required("Version"),
		},
		Configuration: configuration(p),
		Inputs:        artifacts(p, "InputArtifacts"),
		Outputs:       artifacts(p, "OutputArtifacts"),
		Namespace:     p.text("Namespace"),
		RunOrder:      p.integer("RunOrder", 1),
		RoleARN:       p.text("RoleArn"),
		Timeout:       time.Duration(p.integer("TimeoutInMinutes", 0)) * time.Minute,
	}
}

// configuration reads the configuration, whose values CloudFormation takes as strings.
func configuration(p *properties) map[string]string {
	if _, ok := p.values["Configuration"]; !ok {
		p.get("Configuration")
		return nil
	}
	return p.textMap("Configuration")
}

func artifacts(p *properties, property string) []string {
	var names []string
	for i, artifact := range p.objects(property) {
		name := artifact.required("Name")
		if name == "" {
			p.fail(fmt.Sprintf("%s[%d]", property, i), "it has no name")
		}
		names = append(names, name)
	}
	return names
}
